"""Reading the configuration again while the daemon runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from household import QUIET, Household
from loguru import logger
from places import CONFIG

Make = Callable[..., Household]

PLAIN = "trigger: {status: preparing, since: 2026-11-01}"
ONE_RULE = QUIET + CONFIG
TITLE = "    title: Web Sitesi\n"


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Level and text of what people read of a reload."""
    lines: list[str] = []
    number = logger.add(lambda message: lines.append(message.strip()), format="{level} {message}", level="INFO")
    yield lines
    logger.remove(number)


def states(here: Household) -> dict[str, tuple[str, str | None]]:
    return {row.number: (str(row.state), row.rule) for row in here.ledger.orders.newest(limit=100)}


def test_broken_files_leave_the_last_good_configuration_in_force(daemon: Make, log: list[str]) -> None:
    here = daemon(ONE_RULE, orders=1)
    here.turn()
    log.clear()
    here.reload(ONE_RULE.replace("[site]", "[site, pazar]").replace("cod: unpaid", "cod: unpayd"))
    assert here.vitals.configuration_problems == 2
    assert [line.partition("syncd.yaml:")[2] for line in log[:2]] == [
        "21:23: there is no platform 'pazar' under 'platforms'",
        "26:12: 'cod' must be unpaid, or an account like {account: Garanti TL}, not 'unpayd' (did you mean unpaid?)",
    ]
    assert log[-1] == "ERROR the configuration is not reloaded (2 problems); the last good one stays in force"
    here.later(minutes=5)
    assert here.vitals.runs == {"site-hazirlanan": 2}
    here.reload(ONE_RULE)
    assert (here.vitals.configuration_problems, log[-1]) == (0, "INFO reloaded: nothing has changed")


def test_a_reload_says_what_changed_and_which_orders_it_affects(daemon: Make, log: list[str]) -> None:
    shipped = ONE_RULE.replace("status: preparing", "status: shipped")
    here = daemon(shipped, orders=3)
    here.turn()
    assert {number: state for number, (state, _) in states(here).items()} == {
        "15": "waiting",
        "16": "waiting",
        "17": "invoiced",
    }
    log.clear()
    changed = ONE_RULE.replace("cod: unpaid", "cod: {account: Garanti TL}").replace("Web Satışları", "Satış")
    here.reload(changed.replace(TITLE, "    title: Mağaza\n"))
    assert log == [
        "INFO reloaded; 4 changes:",
        "INFO rule site-hazirlanan: trigger.status: shipped → preparing",
        "INFO rule site-hazirlanan: categories.invoice: Web Satışları → Satış",
        "INFO rule site-hazirlanan: payment.cod: unpaid → Garanti TL",
        "INFO platform site: title: Web Sitesi → Mağaza",
        "INFO 2 orders are judged differently:",
        "INFO   site/15: waiting → due (site-hazirlanan)",
        "INFO   site/16: waiting → due (site-hazirlanan)",
        "INFO 2 due orders will be made with the new settings of rule site-hazirlanan",
        "INFO 2 due orders of rule site-hazirlanan will be made with the new title of platform site",
    ]
    here.later(minutes=5)
    assert set(states(here).values()) == {("invoiced", "site-hazirlanan")}


def test_only_the_first_ten_orders_are_named(daemon: Make, log: list[str]) -> None:
    here = daemon(ONE_RULE.replace(PLAIN, PLAIN.replace("}", ", if: order.total > 99999}")), orders=25)
    here.turn()
    log.clear()
    here.reload(ONE_RULE)
    count = len(here.ledger.orders.newest(limit=100))
    begin = next(number for number, line in enumerate(log) if "are judged differently" in line)
    named = [line for line in log[begin:] if line.startswith("INFO   site/")]
    assert (len(named), log[-1]) == (10, f"INFO   … and {int(log[begin].split()[1]) - 10} more")
    assert count >= int(log[begin].split()[1]) > 10
    assert "left (no rule) → " in named[0]


def test_a_rule_that_is_new_has_its_first_turn_at_once(daemon: Make) -> None:
    other = CONFIG.partition("rules:\n")[2].replace("site-hazirlanan", "yeni").replace("preparing", "shipped")
    first = ONE_RULE.replace(PLAIN, PLAIN.replace("}", ", if: order.total < 99999}"))
    here = daemon(first, orders=1)
    here.later(minutes=2)
    here.reload(first + other.replace("    mapping", "    otherwise: true\n    every: 1h\n    mapping"))
    assert here.vitals.runs == {"site-hazirlanan": 1, "yeni": 1}
    here.later(minutes=4)
    assert here.vitals.runs == {"site-hazirlanan": 2, "yeni": 1}


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("company_id: 115", "company_id: 116", "the company: "),
        ("sqlite:///ledger.db", "sqlite:///other.db", "the ledger: "),
    ],
)
def test_another_company_or_ledger_takes_a_restart(
    daemon: Make, log: list[str], before: str, after: str, what: str
) -> None:
    here = daemon(ONE_RULE, orders=1)
    log.clear()
    here.reload(ONE_RULE.replace(before, after))
    assert log[0].startswith(f"ERROR this takes a restart: {what}")
    assert here.vitals.configuration_problems == 1
    assert here.service.premises.settings.parasut.company_id == 115


def test_a_platform_is_opened_anew_only_when_it_is_another(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=1)
    premises = here.service.premises

    def opened() -> object:
        return premises.workshop(here.stopping, lambda: None, lambda: False).platforms["site"]

    before = opened()
    here.reload("# a comment moves every line\n" + ONE_RULE.replace("    mapping", "    every: 1h\n    mapping"))
    assert opened() is before
    here.reload(ONE_RULE.replace(TITLE, TITLE + "    statuses: {kargoda: shipped}\n"))
    assert opened() is not before


def test_a_mapping_file_that_changed_is_named_with_its_fields(daemon: Make, log: list[str]) -> None:
    mine = ONE_RULE.replace("mapping: satis-faturasi", "mapping: magazam")
    folder = "mappings"
    text = 'extends: satis-faturasi\ninvoice:\n  invoice_note: "{{ order.number }}"\n'

    def written(here: Household | None, text: str) -> None:
        assert here is not None
        (here.place.folder / folder).mkdir(exist_ok=True)
        (here.place.folder / folder / "magazam.yaml").write_text(text, encoding="utf-8")

    here = daemon(ONE_RULE, orders=1)
    written(here, text)
    here.reload(mine)
    log.clear()
    written(here, text.replace("order.number", "order.id"))
    here.reload(mine)
    assert log[:2] == [
        "INFO reloaded; 2 changes:",
        "INFO rule site-hazirlanan: mapping magazam: invoice.invoice_note",
    ]
    assert log[2].endswith("magazam.yaml: changed")


def test_secrets_are_only_said_to_be_others(daemon: Make, log: list[str]) -> None:
    here = daemon(ONE_RULE, orders=1)
    service = here.service
    service._environ = {**service._environ, "T_PASSWORD": "a-new-password"}  # type: ignore[attr-defined]
    log.clear()
    here.reload(ONE_RULE)
    assert log[:2] == ["INFO reloaded; 1 change:", "INFO parasut: password: *** → ***"]


def test_another_login_is_used_from_the_next_run_on(daemon: Make) -> None:
    here = daemon(ONE_RULE.replace("${T_PASSWORD}", "wrong"), orders=1)
    here.turn()
    assert "refused the login" in here.vitals.parasut_error
    spent = here.vitals.calls
    here.reload(ONE_RULE)
    here.later(minutes=10)
    assert (here.vitals.parasut_error, len(here.invoiced())) == ("", 1)
    assert here.vitals.calls > spent


def test_a_paused_rule_that_is_renamed_stays_paused(daemon: Make, log: list[str]) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.ledger.set_rule("site-hazirlanan", paused=True)
    here.turn()
    here.reload(ONE_RULE.replace("site-hazirlanan", "site"))
    here.later(minutes=10)
    assert (here.invoiced(), {state for state, _ in states(here).values()}) == ([], {"due"})
    assert (
        "WARNING rule site: begins paused, because the paused rule site-hazirlanan is gone; "
        "`syncd resume --rule site` lets it go on"
    ) in log
    here.ledger.set_rule("site", paused=False)
    here.later(minutes=5)
    assert sorted(here.invoiced()) == ["15", "16", "17"]


def test_a_new_rule_beside_a_paused_one_works_at_once(daemon: Make) -> None:
    other = CONFIG.partition("rules:\n")[2].replace("site-hazirlanan", "yeni").replace("preparing", "shipped")
    first = ONE_RULE.replace(PLAIN, PLAIN.replace("}", ", if: order.total < 99999}"))
    here = daemon(first, orders=1)
    here.ledger.set_rule("site-hazirlanan", paused=True)
    here.turn()
    here.reload(first + other.replace("    mapping", "    otherwise: true\n    mapping"))
    assert (here.ledger.rule("yeni").paused, here.ledger.rule("site-hazirlanan").paused) == (False, True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cod: unpaid", "cod: {account: Garanti TL}"),
        ("Web Satışları", "Satış"),
        ("    mapping", "    issue_date: shipped_at\n    mapping"),
        ("    mapping", "    totals: {inexact: hold}\n    mapping"),
        ("    mapping", '    override: {invoice.invoice_note: "{{ order.number }}"}\n    mapping'),
    ],
)
def test_a_reload_tells_of_orders_that_will_only_be_made_otherwise(
    daemon: Make, log: list[str], before: str, after: str
) -> None:
    shipped = ONE_RULE.replace("status: preparing", "status: shipped")
    here = daemon(shipped, orders=3)
    here.ledger.set_rule("site-hazirlanan", paused=True)
    here.turn()
    assert sorted(state for state, _ in states(here).values()) == ["due", "waiting", "waiting"]
    log.clear()
    here.reload(shipped.replace(before, after))
    assert log[-1] == "INFO 1 due order (and 2 waiting) will be made with the new settings of rule site-hazirlanan"


def test_a_reload_is_compared_with_the_configuration_before_it(daemon: Make, log: list[str]) -> None:
    shipped = ONE_RULE.replace("status: preparing", "status: shipped")
    here = daemon(shipped, orders=3)
    here.turn()
    here.reload(ONE_RULE)  # and no run follows
    log.clear()
    here.reload(ONE_RULE.replace("    mapping", "    every: 1h\n    mapping"))
    assert log[1:] == [
        "INFO rule site-hazirlanan: every: none → 3600s",
        "INFO no waiting or due order is affected",
    ]
    log.clear()
    here.reload(shipped)
    assert log[3:] == [
        "INFO 2 orders are judged differently:",
        "INFO   site/15: due → waiting (site-hazirlanan)",
        "INFO   site/16: due → waiting (site-hazirlanan)",
    ]


def test_a_reload_says_what_another_go_live_means(daemon: Make, log: list[str]) -> None:
    canary = ONE_RULE.replace("    mapping", "    go_live: canary\n    mapping")
    here = daemon(canary, orders=3)
    here.turn()
    rule = "INFO rule site-hazirlanan: "
    here.reload(ONE_RULE)
    assert log[-1] == rule + "its orders no longer wait for `syncd approve site-hazirlanan`; 2 orders are due now"
    here.reload(canary)
    assert log[-1] == rule + (
        "it has made invoices already: its orders wait for `syncd approve site-hazirlanan`; 2 orders are due now"
    )
    here.ledger.set_rule("site-hazirlanan", approved=True)
    here.reload(ONE_RULE)
    assert log[-1] == rule + "`go_live` changes nothing for its orders, for the rule is approved"


def test_a_reload_says_that_a_platforms_orders_are_read_again(daemon: Make, log: list[str]) -> None:
    here = daemon(ONE_RULE, orders=1)
    here.turn()
    here.reload(ONE_RULE.replace(TITLE, TITLE + "    statuses: {kargoda: shipped}\n"))
    assert log[-1].startswith("INFO the open orders of platform site are read again with its new settings")


def test_another_retention_is_a_change(daemon: Make, log: list[str]) -> None:
    here = daemon(ONE_RULE, orders=1)
    here.turn()
    here.reload(ONE_RULE + "retention: 400d\n")
    assert log[-2:] == ["INFO retention: none → 400 days", "INFO no waiting or due order is affected"]
