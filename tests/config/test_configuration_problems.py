"""Every kind of problem, at its exact place. « marks where the problem has to be reported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from configurations import ENVIRON, FULL, INCLUDED, SMALL, at, lines, load, load_full, marked

from syncd.config.schemas import schema

PASSWORD = "  password: ${PARASUT_SECRET}\n"
PARASUT = FULL[FULL.index("parasut:") : FULL.index(PASSWORD) + len(PASSWORD)]

SCHEMA_PROBLEMS = [
    ("ledger:", "«ledgr:", "unknown key 'ledgr' (did you mean ledger?)"),
    ("version: 1", "version: «2", "'version' must be 1, not 2"),
    ("company_id: 115", "company_id: «Ali", "'company_id' must be a whole number like 115, not 'Ali'"),
    ("company_id: 115", "company_id: «0", "'company_id' must be at least 1, not 0"),
    ("company_id: 115", "company_id: «11.5", "'company_id' must be a whole number like 115, not 11.5"),
    ("company_id: 115", "company_id:« ", "'company_id' is empty: it must be a whole number like 115"),
    ("client_id: ${PARASUT_CLIENT_ID}", "client_id: «12345", "'client_id' must be text, not 12345: put it in quotes"),
    ("password: ${PARASUT_SECRET}", "password: «12345", "'password' must be text: put it in quotes"),
    ("username: muhasebe@magaza.test", 'username: «""', "'username' is empty"),
    (PARASUT, "«" + PARASUT.removesuffix(PASSWORD), "missing key 'password' under 'parasut'"),
    ("every: 2m", "every: «5", "'every' must be a time like 2m, not 5"),
    ("every: 2m", "every: «2 m", "'every' must be a time like 2m, not '2 m'"),
    ("every: 2m", "«evry: 2m", "unknown key 'evry' (did you mean every?)"),
    ("every: 2m", "every: 2m\n    «cron: '* * * * *'", "'every' and 'cron' exclude each other: keep one"),
    ('cron: "*/5 8-20 * * 1-5"', 'cron: «"*/5 8-20 * * 1-5 *"', "has 6 fields, not 5"),
    ('cron: "*/5', 'cron: «"*/5 *', "'cron' must be five fields like */5 8-20 * * *: has 6 fields, not 5"),
    (
        'cron: "*/5 8-20',
        'cron: «"*/5 8-25',
        "'cron' must be five fields like */5 8-20 * * *: hour: '8-25' is not within 0-23",
    ),
    (
        'cron: "*/5 8-20 * * 1-5',
        'cron: «"0 9 31 2,4 *',
        "'cron' must be five fields like */5 8-20 * * *: never fires, for none of its months has such a day",
    ),
    ("timezone: Europe/Istanbul", "timezone: «Europe/İstanbul", "(did you mean Europe/Istanbul?)"),
    (
        "ledger: sqlite:////var",
        "ledger: «mysql:////var",
        "'ledger' must be an address like sqlite:////var/lib/syncd/ledger.db",
    ),
    ("url: https://magaza.test", 'url: «"http://[::1"', "'url' is no address: Invalid IPv6 URL"),
    ("url: https://magaza.test", "url: «http://127.0.0.1:notaport", "'url' is no address: "),
    ("ledger: sqlite:////var/lib/syncd/ledger.db", "ledger: «'sqlite:///:memory:'", "'ledger' must be an address"),
    ("  site:\n", "  «my site:\n", "the key 'my site' must be a name without spaces and slashes"),
    ("connector: woocommerce", "«conector: woocommerce", "unknown key 'conector' under 'site'"),
    ("kargoda: shipped", "kargoda: «shiped", "(did you mean shipped?)"),
    ("per_page: 25", "per_page: «250", "'per_page' must be at most 100, not 250"),
    ("per_page: 25", "«per_pge: 25", "unknown key 'per_pge' under 'site' (did you mean per_page?)"),
    ("untaxed_vat_rate: 20", "untaxed_vat_rate: «yirmi", "'untaxed_vat_rate' must be a number, not 'yirmi'"),
    (
        "tax_number_keys: [_billing_vergi_no]",
        "tax_number_keys: «_vergi_no",
        "must be a list like [one, two], not '_vergi_no'",
    ),
    ("tax_number_keys: [_billing_vergi_no]", "tax_number_keys: [a, «5]", "entry 2 of 'tax_number_keys' must be text"),
    ("url: https://magaza.test", "url: «magaza.test", "'url' must be something like https://www.example.com"),
    ("platforms: [site]", "platforms: «site", "'platforms' must be a list like [one, two], not 'site'"),
    ("platforms: [site]", "platforms: «[]", "'platforms' is empty"),
    ("platforms: [site]", "platforms: [site, «site]", "'site' stands twice in 'platforms'"),
    ("status: preparing", "status: «prepairing", "(did you mean preparing?)"),
    ("status: preparing", "status: «unpaid", "'status' must be awaiting_approval, preparing, shipped or delivered"),
    ("since: 2026-11-01", "since: «2026-11-31", "'since' must be a day like 2026-11-01, not '2026-11-31'"),
    ("since: 2026-11-01", "since: «20261101", "'since' must be a day like 2026-11-01, not 20261101"),
    ("otherwise: true", "otherwise: «yes", "'otherwise' must be true or false, not 'yes'"),
    ("match: [tax_number, email]", "match: [tax_number, «phone]", "entry 2 of 'match' must be tax_number, email or"),
    ("update: never", "update: «always", "'update' must be never, not 'always'"),
    ("missing: hold", "missing: hold\n      «use: X", "'missing' and 'use' exclude each other: keep one"),
    (
        "cod: unpaid",
        "cod: «unpayed",
        "'cod' must be unpaid, or an account like {account: Garanti TL}, not 'unpayed' (did you",
    ),
    ("account: iyzico", "«acount: iyzico", "unknown key 'acount' under '*' (did you mean account?)"),
    ('"*":\n        account: iyzico\n', '«"*":\n', "missing key 'account' under '*'"),
    ("type: ODEMEARACISI", "type: «HAVALE", "(did you mean EFT/HAVALE?)"),
    ("issue: off", "issue: «automatic", "'issue' must be off, not 'automatic'"),
    ("send_back: off", "send_back: «file", "'send_back' must be off, not 'file'"),
    ("per_run: 100", "per_run: «0", "'per_run' must be at least 1, not 0"),
    ("amount: 50000.50", "amount: «0", "'amount' must be more than 0, not 0"),
    ("go_live: canary", "go_live: «canari", "(did you mean canary?)"),
    ("trigger:\n      status: preparing\n", "«trigger:\n", "missing key 'status' under 'trigger'"),
    ("- name: site-hazirlanan\n    platforms", "- «platforms", "missing key 'name' under entry 1 of 'rules'"),
    (
        "mapping: satis-faturasi",
        "mapping: «../x",
        "'mapping' must be a mapping's name without folder and ending, not '../x'",
    ),
    ("invoice.invoice_note:", "«invoice_note:", "the key 'invoice_note' must be a field like invoice.invoice_note"),
    ("contact.is_abroad: false", "contact.is_abroad: «[]", "'contact.is_abroad' must be text, with {{ }}"),
    ("include: [rules/kapida.yaml]", "include: «rules/kapida.yaml", "'include' must be a list like [one, two]"),
]

REFERENCE_PROBLEMS = [
    ("platforms: [site]", "platforms: [«siet]", "there is no platform 'siet' under 'platforms' (did you mean site?)"),
    ("connector: woocommerce", "connector: «wocommerce", "(did you mean woocommerce?)"),
    ("mapping: satis-faturasi", "mapping: «satış-faturası", "(did you mean satis-faturasi?)"),
    (
        "invoice.invoice_note:",
        "«invoice.invoce_note:",
        "a mapping has no field 'invoice.invoce_note' (did you mean invoice.inv",
    ),
    ("rules/kapida.yaml", "«rules/kapda.yaml", "there is no file"),
    ("[rules/kapida.yaml]", "[rules/kapida.yaml, «./rules/kapida.yaml]", "./rules/kapida.yaml is read already"),
    ("name: site-kargolanan", "name: «site-hazirlanan", "the rule name 'site-hazirlanan' is taken already at"),
    ("name: site-hazirlanan", "name: «site-kapida", "the rule name 'site-kapida' is taken already at"),
    ("ca_file: ca.pem", "ca_file: «cb.pem", "there is no file"),
    ("status: shipped\n", "status: «delivered\n", "no status word of site means delivered or later"),
]

TEMPLATE_PROBLEMS = [
    ("order.payment.title", "order.«paymnt.title", "order has no 'paymnt' (did you mean payment?)"),
    ("if: order.total > 0", "if: order.«totl > 0", "(did you mean total?)"),
    ("if: order.total > 0", "if: order.«biling.name", "order has no 'biling' (did you mean billing?)"),
    ('"{{ platform.title }} Satışları"', '"{{ platform.«titel }} Satışları"', "(did you mean title?)"),
    ("product: E-ticaret", 'product: "{{ «line.code }}"', "line"),
    ("Web Müşterileri", '"{{ order.buyer.name | «titel_tr }}"', "(did you mean title_tr?)"),
]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [*SCHEMA_PROBLEMS, *REFERENCE_PROBLEMS, *TEMPLATE_PROBLEMS],
    ids=lambda text: str(text)[:40],
)
def test_a_problem_stands_at_its_key_or_value(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in FULL
    text, line, column = marked(FULL.replace(old, new, 1))
    loaded = load_full(tmp_path, text)
    here = [str(problem) for problem in loaded.problems if at(problem) == ("syncd.yaml", line, column)]
    assert any(message in problem for problem in here), lines(loaded, tmp_path)
    assert loaded.settings is None


def test_a_trigger_that_no_status_word_leads_to_is_told_for_every_rule_of_every_file(tmp_path: Path) -> None:
    text = FULL.replace("statuses:\n      kargoda: shipped", "statuses: {completed: other, processing: other}")
    preparing, first_row, first = marked(text.replace("status: preparing", "status: «preparing"))
    _, second_row, second = marked(text.replace("status: shipped", "status: «shipped"))
    _, third_row, third = marked(INCLUDED.replace("status: shipped", "status: «shipped"))
    loaded = load_full(tmp_path, preparing)
    assert sorted((at(problem), problem.message.partition(":")[0]) for problem in loaded.problems) == [
        (("kapida.yaml", third_row, third), "no status word of site means shipped or later"),
        (("syncd.yaml", first_row, first), "no status word of site means preparing or later"),
        (("syncd.yaml", second_row, second), "no status word of site means shipped or later"),
    ]
    assert loaded.settings is None


def test_a_wrong_path_in_a_condition_names_file_line_and_column(tmp_path: Path) -> None:
    text, line, column = marked(FULL.replace("if: order.total > 0", "if: order.«biling.name == 'x'"))
    assert lines(load_full(tmp_path, text), tmp_path) == [
        f"syncd.yaml:{line}:{column}: order has no 'biling' (did you mean billing?)"
    ]


def test_a_problem_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    text, line, column = marked(INCLUDED.replace("status: shipped", "status: «shipd"))
    assert at(load_full(tmp_path, included=text).problems[0]) == ("kapida.yaml", line, column)


def test_an_included_file_is_a_list(tmp_path: Path) -> None:
    loaded = load_full(tmp_path, included="rules: []\n")
    assert [at(problem) for problem in loaded.problems] == [("kapida.yaml", 1, 1)]
    assert "must be a list" in loaded.problems[0].message


def test_a_missing_key_is_reported_at_the_one_it_belongs_to(tmp_path: Path) -> None:
    text, line, column = marked(
        SMALL.replace("parasut:", "«parasut:").replace("  username: muhasebe@magaza.test\n", "")
    )
    assert lines(load(tmp_path, text), tmp_path) == [
        f"syncd.yaml:{line}:{column}: missing key 'username' under 'parasut'"
    ]


def test_several_missing_keys_are_reported_one_by_one(tmp_path: Path) -> None:
    loaded = load(tmp_path, "version: 1\n")
    assert [problem.message for problem in loaded.problems if problem.severity == "error"] == [
        "missing key 'parasut'",
        "missing key 'ledger'",
        "missing key 'platforms'",
    ]


def test_a_key_of_the_connector_that_is_missing_is_reported(tmp_path: Path) -> None:
    text, line, column = marked(SMALL.replace("  site:\n", "  «site:\n").replace("    url: https://magaza.test\n", ""))
    assert lines(load(tmp_path, text), tmp_path) == [f"syncd.yaml:{line}:{column}: missing key 'url' under 'site'"]


def test_off_and_no_are_words_as_yaml_1_2_has_it(tmp_path: Path) -> None:
    assert load_full(tmp_path, FULL.replace("issue: off", 'issue: "off"')).problems == ()
    assert load_full(tmp_path, FULL.replace("issue: off", "issue: false")).problems != ()


def test_a_file_that_is_no_mapping_is_one_problem(tmp_path: Path) -> None:
    for text in ("- a\n", "just text\n", "5\n"):
        loaded = load(tmp_path, text)
        assert [at(problem) for problem in loaded.problems] == [("syncd.yaml", 1, 1)]
        assert loaded.settings is None


def test_since_in_the_far_future_is_a_warning(tmp_path: Path) -> None:
    text, line, column = marked(SMALL.replace("since: 2026-11-01", "since: «2027-11-01"))
    problem = load(tmp_path, text).problems[0]
    assert (problem.severity, at(problem)) == ("warning", ("syncd.yaml", line, column))
    assert load(tmp_path, SMALL.replace("since: 2026-11-01", "since: 2026-12-20")).problems == ()


# Every key of the configuration, by the lines of FULL: line, column of the key, key, column of the value.
KEYS = [
    (number, found.start("key") + 1, found["key"], found.start("value") + 1 if found["value"] else None)
    for number, line in enumerate(FULL.splitlines(), start=1)
    if (found := re.match(r"^ *(?:- )?(?P<key>\"\*\"|[a-z_.]+):(?: (?P<value>.+))?$", line))
]
FREE_NAMES = {"site", "kargoda", "cod", '"*"', "invoice.invoice_note", "contact.is_abroad", "kinds.shipping.name"}


def changed(number: int, column: int, text: str, drop: int) -> str:
    lines = FULL.splitlines()
    line = lines[number - 1]
    lines[number - 1] = line[: column - 1] + text + line[column - 1 + drop :]
    return "\n".join(lines) + "\n"


def test_the_full_configuration_uses_every_key_of_the_schemas() -> None:
    def names(content: object) -> set[str]:
        if isinstance(content, list):
            return set().union(*map(names, content)) if content else set()
        if not isinstance(content, dict):
            return set()
        own = set(content["properties"]) if isinstance(content.get("properties"), dict) else set()
        return own.union(*(names(part) for key, part in content.items() if key not in ("examples", "default")))

    used = {key for _, _, key, _ in KEYS}
    assert names(dict(schema("syncd"))) | names(dict(schema("rules"))) <= used


@pytest.mark.parametrize(("number", "column", "key"), [key[:3] for key in KEYS if key[2] not in FREE_NAMES])
def test_every_misspelt_key_is_found_at_its_place(number: int, column: int, key: str, tmp_path: Path) -> None:
    loaded = load_full(tmp_path, changed(number, column, f"{key}x", len(key)))
    here = [problem for problem in loaded.problems if at(problem) == ("syncd.yaml", number, column)]
    assert [problem.message.partition("'")[0] for problem in here] == ["unknown key "]
    assert here[0].suggestion == key


@pytest.mark.parametrize(("number", "column", "key"), [(key[0], key[3], key[2]) for key in KEYS if key[3]])
def test_every_wrong_value_is_found_at_its_place(number: int, column: int, key: str, tmp_path: Path) -> None:
    value = FULL.splitlines()[number - 1][column - 1 :]
    loaded = load_full(tmp_path, changed(number, column, "[[]]" if key == "cod" else "{wrong: 1}", len(value)))
    places = [at(problem) for problem in loaded.problems]
    assert ("syncd.yaml", number, column) in places, lines(loaded, tmp_path)


def test_values_from_outside_are_not_repeated_in_messages(tmp_path: Path) -> None:
    text = SMALL.replace("url: https://magaza.test", "url: ${URL}").replace("company_id: 115", "company_id: ${ID}")
    loaded = load(tmp_path, text, {**ENVIRON, "URL": "hidden-words", "ID": "hidden-number"})
    assert len(loaded.problems) == 2
    assert "hidden" not in "".join(map(str, loaded.problems))
