"""A template's syntax tree, and where in the text its parts stand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from jinja2 import TemplateSyntaxError, nodes
from jinja2.parser import Parser

from syncd.mapping.environment import LOOP_FILTER, Environment, environment, start
from syncd.mapping.filters import SUGGESTIONS, moment_mistake
from syncd.orders.turkish import ascii_fold

Mode = Literal["template", "expression"]
Filters = tuple[tuple[str, Callable[..., object]], ...]

_VALUE = "_value"
_TEST_NAME = re.compile(r"is\s+(?:not\s+)?")
_ELSEWHERE = (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport, nodes.Block)


class Mistake(Exception):
    """Something that can't be compiled, at a character offset."""

    def __init__(self, offset: int, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.suggestion = suggestion


@dataclass(frozen=True)
class Syntax:
    """A parsed template. `expression` is set when it is exactly one expression, whose value keeps its type."""

    text: str
    tree: nodes.Template
    expression: nodes.Expr | None

    def program(self) -> nodes.Template:
        """The tree to compile: an expression becomes an assignment to a name no template can read."""
        if self.expression is None:
            return self.tree
        assignment = nodes.Assign(nodes.Name(_VALUE, "store", lineno=0), self.expression, lineno=0)
        program = nodes.Template([assignment], lineno=0)
        return program.set_environment(self.tree.environment)  # type: ignore[arg-type, return-value]


@lru_cache(maxsize=4096)
def parse(text: str, mode: Mode, filters: Filters = ()) -> Syntax:
    """The syntax tree of a text; raises Mistake at the first thing that is wrong.

    White space around a single `{{ expression }}` doesn't make it text: block scalars of YAML end in a newline.
    """
    env = environment(filters)
    expression: nodes.Expr | None
    try:
        if mode == "expression":
            tree, expression = _parse_expression(text, env)
        else:
            tree = Parser(env, text).parse()
            tree.set_environment(env)
            expression = _single_expression(tree)
    except TemplateSyntaxError as error:
        raise Mistake(min(error.lineno, len(text)), _plain_words(error.message or "not understood", text)) from None
    except RecursionError:
        raise Mistake(0, "nested too deeply") from None
    syntax = Syntax(text, tree, expression)
    _check_names(syntax, env)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise Mistake(loop.lineno, "recursive loops are not available")
        loop.iter = nodes.Filter(loop.iter, LOOP_FILTER, [], [], None, None, lineno=start(loop.iter))
        loop.iter.set_environment(env)
    return syntax


def _parse_expression(text: str, env: Environment) -> tuple[nodes.Template, nodes.Expr]:
    for bracket in ("{{", "{%"):
        if text.lstrip().startswith(bracket):
            raise Mistake(text.index(bracket), f"write the expression alone, without {bracket}")
    parser = Parser(env, text, state="variable")
    expression = parser.parse_expression()
    if not parser.stream.eos:
        raise Mistake(parser.stream.current.lineno, "the expression should end here")
    tree = nodes.Template([nodes.Output([expression], lineno=0)], lineno=0)
    tree.set_environment(env)
    return tree, expression


def _single_expression(tree: nodes.Template) -> nodes.Expr | None:
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    parts = [
        part for part in tree.body[0].nodes if not (isinstance(part, nodes.TemplateData) and not part.data.strip())
    ]
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData) else None


def _check_names(syntax: Syntax, env: Environment) -> None:
    for node in syntax.tree.find_all((nodes.Filter, nodes.Test, *_ELSEWHERE)):
        if isinstance(node, nodes.Filter) and node.name not in env.filters:
            known = [name for name in env.filters if name != LOOP_FILTER]
            suggestion = SUGGESTIONS.get(node.name) or nearest(node.name, known)
            raise Mistake(node.lineno, f"there is no filter {node.name!r}", suggestion)
        if isinstance(node, nodes.Filter) and node.name == "moment":
            _check_moment(node)
        if isinstance(node, nodes.Test) and node.name not in env.tests:
            raise Mistake(
                test_offset(syntax.text, node), f"there is no test {node.name!r}", nearest(node.name, env.tests)
            )
        if isinstance(node, _ELSEWHERE):
            raise Mistake(node.lineno, "a field's template stands alone: include, import, extends and block don't work")


def _check_moment(node: nodes.Filter) -> None:
    """A zone or pattern that is written out is checked before any text comes."""
    given: list[tuple[str, nodes.Node]] = list(zip(("zone", "pattern"), node.args, strict=False))
    words: list[Any] = node.kwargs  # Jinja says that these were pairs; they are keywords
    given += [(word.key, word.value) for word in words if word.key in ("zone", "pattern")]
    written = {
        name: argument.value
        for name, argument in given
        if isinstance(argument, nodes.Const) and isinstance(argument.value, str)
    }
    mistake = moment_mistake(**written)
    if mistake:
        raise Mistake(node.lineno, mistake)


def test_offset(text: str, node: nodes.Test) -> int:
    """Where the name of a test stands; its node knows only the `is` before it."""
    match = _TEST_NAME.match(text, node.lineno)
    return match.end() if match else node.lineno


def part_offset(text: str, node: nodes.Getattr | nodes.Getitem) -> int:
    """Where the name after the dot, or the key in the brackets, begins."""
    offset = node.lineno
    if text[offset : offset + 1] in {".", "["}:
        offset += 1
        while text[offset : offset + 1].isspace():
            offset += 1
    if isinstance(node, nodes.Getitem) and text[offset : offset + 1] in {"'", '"'}:
        offset += 1
    return offset


def path_of(node: nodes.Node) -> str:
    """`order.lines[0].name` as it was written; "" for what is no plain path."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        owner = path_of(node.node)
        return f"{owner}.{node.attr}" if owner else ""
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        owner = path_of(node.node)
        return f"{owner}[{node.arg.value!r}]" if owner else ""
    return ""


def node_at(syntax: Syntax, offset: int) -> nodes.Node | None:
    """The name or part that stands at an offset."""
    for node in syntax.tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)):
        if node.lineno == offset:
            return node
    return None


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant: Turkish letters and case don't count."""
    folded = {ascii_fold(candidate): candidate for candidate in candidates}
    found = difflib.get_close_matches(ascii_fold(name), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def _plain_words(message: str, text: str) -> str:
    for jinja, ours in (
        ("end of print statement", "}}"),
        ("begin of print statement", "{{"),
        ("end of statement block", "%}"),
        ("begin of statement block", "{%"),
        ("end of template", "the end"),
    ):
        message = message.replace(f"'{jinja}'", ours).replace(jinja, ours)
    message = re.sub(r" at \d+$", "", message)
    return message[:1].lower() + message[1:].rstrip(".")
