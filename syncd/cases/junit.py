"""Results as JUnit XML, which CI servers show."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from syncd.cases.run import CaseResult, CaseRun
from syncd.cases.words import result_lines

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(run: CaseRun) -> bytes:
    """One suite per file; a file that can't be read is a suite with one error."""
    root = Element("testsuites", name="syncd test")
    for file in map(str, run.files):
        results = [one for one in run.results if one.case.document.file == file]
        problems = [problem for problem in run.problems if problem.position.file == file]
        failures = sum(one.ending in ("failed", "empty") for one in results)
        errors = sum(one.ending == "wrong" for one in results) + bool(problems)
        seconds = sum(one.seconds for one in results)
        suite = SubElement(
            root,
            "testsuite",
            name=_clean(file),
            tests=str(len(results) + bool(problems)),
            failures=str(failures),
            errors=str(errors),
            skipped="0",
            time=f"{seconds:.3f}",
        )
        for one in results:
            _case(suite, file, one)
        if problems:
            case = SubElement(suite, "testcase", name="the file", classname=_clean(file), file=_clean(file), time="0")
            case.set("line", str(problems[0].position.line))
            error = SubElement(case, "error", message=_clean(problems[0].message))
            error.text = _clean("\n".join(map(str, problems)))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _case(suite: Element, file: str, one: CaseResult) -> None:
    case = SubElement(
        suite,
        "testcase",
        name=_clean(one.case.name),
        classname=_clean(file),
        file=_clean(file),
        line=str(one.case.position.line),
        time=f"{one.seconds:.3f}",
    )
    if one.ending == "passed":
        return
    lines = list(result_lines(one))
    kind = "error" if one.ending == "wrong" else "failure"
    SubElement(case, kind, message=_clean(lines[1].strip())).text = _clean("\n".join(lines))


def _clean(text: str) -> str:
    """Without the characters that no XML may hold."""
    return _FORBIDDEN.sub("\ufffd", text)
