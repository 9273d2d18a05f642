"""Values from outside: environment, systemd credentials, files."""

from __future__ import annotations

from pathlib import Path

import pytest
from configurations import ENVIRON, SMALL, at, lines, load, marked, write

from syncd.config.load import load_settings
from syncd.config.settings import Secret

PASSWORD = "password: ${PARASUT_SECRET}"


def credentials(folder: Path, **values: str) -> dict[str, str]:
    """An environment in which systemd gave these credentials."""
    for name, value in values.items():
        (folder / name).write_text(value)
    return {**ENVIRON, "CREDENTIALS_DIRECTORY": str(folder)}


def password(folder: Path, written: str, environ: dict[str, str] | None = None) -> str:
    loaded = load(folder, SMALL.replace(PASSWORD, f"password: {written}"), environ)
    assert loaded.settings is not None, lines(loaded, folder)
    return loaded.settings.parasut.password.reveal()


def test_the_environment_credentials_and_files_are_read(tmp_path: Path) -> None:
    environ = credentials(tmp_path, parasut_password="from-systemd\n", beside="from-file\n")
    assert password(tmp_path, "${PARASUT_SECRET}", environ) == "client-secret-1"
    assert password(tmp_path, "${credential:parasut_password}", environ) == "from-systemd"
    (tmp_path / "beside").chmod(0o600)
    assert password(tmp_path, "${file:beside}", environ) == "from-file"
    assert password(tmp_path, f"${{file:{tmp_path}/beside}}", environ) == "from-file"


def test_a_reference_may_be_part_of_a_text(tmp_path: Path) -> None:
    assert password(tmp_path, "a-${WC_KEY}-${WC_SECRET}") == "a-ck_1-cs_1"


def test_a_doubled_dollar_is_a_literal_one(tmp_path: Path) -> None:
    assert password(tmp_path, "a$${WC_KEY}") == "a${WC_KEY}"


def test_what_comes_from_outside_is_not_read_again(tmp_path: Path) -> None:
    assert password(tmp_path, "${ODD}", {**ENVIRON, "ODD": "${WC_KEY} $${x} {{ y }}"}) == "${WC_KEY} $${x} {{ y }}"


def test_numbers_may_come_from_outside(tmp_path: Path) -> None:
    text = SMALL.replace("company_id: 115", "company_id: ${COMPANY}")
    settings = load(tmp_path, text, {**ENVIRON, "COMPANY": "116"}).settings
    assert settings is not None
    assert settings.parasut.company_id == 116


def test_a_secret_of_digits_stays_text(tmp_path: Path) -> None:
    assert password(tmp_path, "${DIGITS}", {**ENVIRON, "DIGITS": "0123"}) == "0123"


def test_templates_of_rules_are_left_alone(tmp_path: Path) -> None:
    text = SMALL + '    override: {invoice.invoice_note: "${WC_SECRET}"}\n    categories: {invoice: "${NOPE}"}\n'
    settings = load(tmp_path, text).settings
    assert settings is not None
    assert settings.rules[0].mapping.invoice["invoice_note"].text == "${WC_SECRET}"
    assert settings.rules[0].categories.invoice is not None
    assert settings.rules[0].categories.invoice.text == "${NOPE}"


MISSING = [
    ("«${NOPE}", "the environment variable NOPE is not set: set it where syncd is started"),
    ("«${PARASUT_SECRT}", "(did you mean PARASUT_SECRET?)"),
    ("a-«${EMPTY}", "the environment variable EMPTY is empty"),
    ("${WC_KEY}-«${NOPE}", "the environment variable NOPE is not set"),
    ("«${credential:paswort}", "the credential paswort does not exist"),
    ("«${credential:parasut_pasword}", "(did you mean parasut_password?)"),
    ("«${file:none}", "does not exist"),
    ("«${file:.}", "can't be read: Is a directory"),
    ("«${credential:}", "is not understood"),
    ("«${credentials:x}", "(did you mean ${credential:x}?)"),
    ("«${}", "${} is not understood: write ${NAME}, ${credential:name} or ${file:/path}"),
    ("«${A-B}", "is not understood"),
    ("«${NAME:-default}", "is not understood"),
    ("«${OPEN", "this ${ is never closed"),
    ("«${credential:empty}", "the credential empty is empty"),
    ("«${credential:bytes}", "the credential bytes is not UTF-8 text"),
    ("«${credential:..}", "is no name of a credential"),
    ("'it''s «${NOPE}'", "the environment variable NOPE is not set"),
]


@pytest.mark.parametrize(("written", "message"), MISSING, ids=[case[0] for case in MISSING])
def test_a_value_that_is_not_there_is_a_problem_at_its_reference(written: str, message: str, tmp_path: Path) -> None:
    environ = credentials(tmp_path, parasut_password="x", empty="") | {"EMPTY": ""}
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    text, line, column = marked(SMALL.replace(PASSWORD, f"password: {written}"))
    loaded = load(tmp_path, text, environ)
    assert [at(problem) for problem in loaded.problems] == [("syncd.yaml", line, column)], lines(loaded, tmp_path)
    assert message in str(loaded.problems[0])
    assert loaded.settings is None


def test_a_credential_without_systemd_says_how_to_get_it(tmp_path: Path) -> None:
    loaded = load(tmp_path, SMALL.replace(PASSWORD, "password: ${credential:pw}"))
    assert "LoadCredential=pw:/path" in loaded.problems[0].message


def test_the_files_alone_can_be_checked_without_secrets(tmp_path: Path) -> None:
    text = SMALL.replace(PASSWORD, "password: ${credential:pw}").replace("url: https://magaza.test", "url: ${URL}")
    text = text.replace("company_id: 115", "company_id: ${COMPANY}")
    file = write(tmp_path, text)
    assert load_settings(file, {}).settings is None
    loaded = load_settings(file, {}, secrets="optional")
    assert lines(loaded, tmp_path) == []
    assert loaded.settings is not None


def test_a_reference_that_nobody_understands_is_wrong_without_secrets_too(tmp_path: Path) -> None:
    file = write(tmp_path, SMALL.replace(PASSWORD, "password: ${x y}"))
    assert len(load_settings(file, {}, secrets="optional").problems) == 1


def test_a_secret_in_plain_text_is_a_warning(tmp_path: Path) -> None:
    text, line, column = marked(SMALL.replace(PASSWORD, "password: «plain-words"))
    loaded = load(tmp_path, text)
    assert [at(problem) for problem in loaded.problems] == [("syncd.yaml", line, column)]
    assert loaded.problems[0].severity == "warning"
    assert "plain-words" not in str(loaded.problems[0])
    assert loaded.settings is not None
    assert Secret("plain-words") in loaded.settings.secrets


def test_a_platform_s_secret_in_plain_text_is_a_warning(tmp_path: Path) -> None:
    text, line, column = marked(SMALL.replace("consumer_secret: ${WC_SECRET}", "consumer_secret: «cs_plain"))
    loaded = load(tmp_path, text)
    assert [(at(problem), problem.severity) for problem in loaded.problems] == [
        (("syncd.yaml", line, column), "warning")
    ]


def test_a_secret_s_file_that_everybody_can_read_is_a_warning(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("words")
    for mode, expected in ((0o600, []), (0o640, []), (0o644, ["warning"])):
        secret.chmod(mode)
        loaded = load(tmp_path, SMALL.replace(PASSWORD, "password: ${file:secret}"))
        assert [problem.severity for problem in loaded.problems] == expected
        assert loaded.settings is not None


def test_a_credential_of_a_folder_that_systemd_handed_over_is_known_by_the_name_of_its_file(tmp_path: Path) -> None:
    environ = credentials(tmp_path, syncd_parasut_password="from-folder")
    assert password(tmp_path, "${credential:parasut_password}", environ) == "from-folder"
    environ = credentials(tmp_path, syncd_parasut_password="from-folder", parasut_password="its-own-line")
    assert password(tmp_path, "${credential:parasut_password}", environ) == "its-own-line"
