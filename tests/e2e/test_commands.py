"""Every command as a user calls it, in a process of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from factories import ROOT
from places import CONFIG, Place

from syncd.sandbox.faults import Fault
from syncd.sandbox.parasut.people import act

Make = Callable[..., Place]


def orders(text: str) -> dict[str, Any]:
    return {entry["order"]: entry for entry in json.loads(text, parse_float=Decimal)["orders"]}


def test_check_plan_apply_and_apply_again(place: Make) -> None:
    here = place(orders=3)
    check = here.syncd("check", "--connect")
    assert (check.code, "FAIL" in check.out) == (0, False), check.out + check.err
    plan = here.syncd("plan")
    assert plan.code == 0, plan.err
    assert "payable 1559.30 TRL, order total 1559.30: equal" in plan.out
    assert here.sandbox.parasut.invoices == {}
    apply = here.syncd("apply")
    assert apply.code == 0, apply.err
    assert sorted(invoice["net_total"] for invoice in here.sandbox.parasut.invoices.values()) == [
        Decimal("226.47"),
        Decimal("1498.40"),
        Decimal("1559.30"),
    ]
    again = here.syncd("apply")
    assert (again.code, len(here.sandbox.parasut.invoices)) == (0, 3)
    assert "0 invoiced" in again.out


def test_a_plan_for_programs_has_every_figure(place: Make) -> None:
    here = place(orders=3)
    here.syncd("check", "--probe")
    planned = orders(here.syncd("plan", "--format", "json").out)["site/16"]["plan"]
    assert {
        name: planned[name] for name in ("category", "payable", "total", "exact", "issue_date", "last_legal_day")
    } == {
        "category": "Web Satışları",
        "payable": Decimal("226.47"),
        "total": Decimal("226.47"),
        "exact": True,
        "issue_date": planned["issue_date"],
        "last_legal_day": None,
    }
    assert [(line["code"], line["vat_rate"], line["gross"]) for line in planned["lines"]] == [
        ("DFT-A5", 10, Decimal("202.47")),
        ("HIZMET", 20, Decimal("24.00")),
    ]


def test_plan_can_tell_a_script_that_there_is_work(place: Make) -> None:
    here = place(orders=3)
    assert here.syncd("plan", "--exit-code").code == 1
    assert here.syncd("apply").code == 0
    assert here.syncd("plan", "--exit-code").code == 0


def test_one_order_or_one_rule_can_be_named(place: Make) -> None:
    here = place(orders=3)
    assert list(orders(here.syncd("plan", "--order", "site/16", "--format", "json").out)) == ["site/16"]
    assert here.syncd("apply", "--order", "site/16").code == 0
    assert [invoice["order_no"] for invoice in here.sandbox.parasut.invoices.values()] == ["16"]
    unknown = here.syncd("plan", "--rule", "site-hazirlanan-x")
    assert (unknown.code, "site-hazirlanan" in unknown.err) == (2, True)


def test_a_saved_order_can_be_planned_without_asking_anybody(place: Make) -> None:
    here = place(orders=3)
    here.syncd("apply")
    shown = here.syncd("orders", "show", "site/15", "--format", "json")
    saved = json.loads(shown.out)
    (here.folder / "shown.json").write_text(shown.out, encoding="utf-8")
    (here.folder / "raw.json").write_text(json.dumps(saved["raw"]), encoding="utf-8")
    (here.folder / "ours.json").write_text(json.dumps(saved["order"]), encoding="utf-8")
    before = len(here.sandbox.traffic)
    for file in ("shown.json", "raw.json", "ours.json"):
        planned = here.syncd("plan", "--input", file, "--offline", "--format", "json")
        assert planned.code == 0, planned.err
        assert orders(planned.out)["site/15"]["plan"]["payable"] == Decimal("1559.30")
    assert len(here.sandbox.traffic) == before


def test_a_mapping_can_be_tried_before_there_is_a_ledger(place: Make) -> None:
    here = place(orders=3)
    raw = here.sandbox.shop.orders[15]
    (here.folder / "raw.json").write_text(json.dumps(raw, default=str), encoding="utf-8")
    planned = here.syncd("plan", "--input", "raw.json", "--offline", "--format", "json")
    assert orders(planned.out)["site/15"]["plan"]["payable"] == Decimal("1559.30")
    assert list(here.folder.glob("*.db*")) == []


def test_explain_names_file_and_line_of_every_field(place: Make) -> None:
    here = place(config=CONFIG + '    override: {invoice.invoice_note: "Sipariş {{ order.number }}"}\n', orders=3)
    here.syncd("apply")
    explained = here.syncd("orders", "explain", "site/15").out
    assert re.search(r"contact\.name\s+Ayşe Yılmaz\s+\S*satis-faturasi\.yaml:\d+:\d+", explained)
    line = len(CONFIG.splitlines()) + 1
    assert re.search(rf"invoice\.invoice_note\s+Sipariş 15\s+\S*syncd\.yaml:{line}:\d+", explained)


def test_explain_says_why_an_order_is_left_alone(place: Make) -> None:
    here = place(config=CONFIG.replace("since: 2026-11-01", "since: 2026-11-01, if: order.total > 9999"), orders=3)
    here.syncd("apply")
    explained = here.syncd("orders", "explain", "site/15")
    assert "site-hazirlanan: `if: order.total > 9999` is not true" in explained.out


def test_a_held_order_is_shown_retried_and_ignored(place: Make) -> None:
    here = place(orders=3)
    copy = here.sandbox.parasut.add_product("Termos kopya", code="TRM-500")
    apply = here.syncd("apply")
    assert apply.code == 1
    assert "product-code-ambiguous" in apply.out
    later = here.syncd("apply")
    assert (later.code, "2 orders wait for a person in all" in later.out) == (0, True)
    listed = here.syncd("orders", "list", "--state", "held", "--format", "json")
    assert sorted(row["name"] for row in json.loads(listed.out)) == ["site/15", "site/17"]
    assert "2 × product-code-ambiguous" in here.syncd("status").out
    copy.attributes["code"] = "TRM-500-K"
    assert here.syncd("orders", "retry", "site/15").code == 0
    assert here.syncd("orders", "ignore", "site/17").code == 0
    assert here.syncd("apply").code == 0
    assert sorted(invoice["order_no"] for invoice in here.sandbox.parasut.invoices.values()) == ["15", "16"]
    assert here.syncd("orders", "retry", "site/15").code == 2


def test_a_lost_answer_is_resolved_by_a_person(place: Make) -> None:
    here = place(orders=1)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    applied = here.syncd("apply")
    assert (applied.code, "is not known yet; it is looked for" in applied.out) == (0, True)
    shown = here.syncd("orders", "show", "site/15").out
    assert "settling" in shown
    assert "is not known yet; it is looked for" in shown
    assert here.syncd("orders", "resolve", "site/15").code == 2
    contact = list(here.sandbox.parasut.contacts)[-1]
    mark = f"Elden [sale woocommerce/{here.sandbox.shop_url.removeprefix('http://')}/15]"
    act(
        here.sandbox.parasut,
        {"act": "hand_invoice", "contact": contact, "total": "1559.30", "vat_rate": 20, "description": mark},
    )
    invoice = next(iter(here.sandbox.parasut.invoices))
    assert here.syncd("orders", "resolve", "site/15", "--adopt", invoice).code == 0
    assert here.syncd("apply").code == 0
    assert list(here.sandbox.parasut.invoices) == [invoice]


def test_the_canary_and_the_emergency_stop(place: Make) -> None:
    here = place(config=CONFIG + "    go_live: canary\n", orders=3)
    assert "1 invoiced" in here.syncd("apply").out
    assert "canary: waits" in here.syncd("status").out
    assert here.syncd("approve", "site-hazirlanan").code == 0
    assert here.syncd("pause").code == 0
    stopped = here.syncd("apply")
    assert (stopped.code, "stopped early" in stopped.out) == (1, True)
    assert here.syncd("resume").code == 0
    assert "2 invoiced" in here.syncd("apply").out


def test_connection_failures_are_named_with_their_remedy_and_exit_3_when_nobody_answers(place: Make) -> None:
    here = place(orders=1)
    wrong = here.syncd("check", "--connect", T_PASSWORD="wrong", T_SECRET="cs_wrong")
    assert wrong.code == 1
    assert "FAIL parasut: login" in wrong.out
    assert "FAIL site: orders" in wrong.out
    assert "what to do:" in wrong.out
    for file in here.folder.glob("ledger.db*"):
        file.unlink()  # a ledger belongs to one company, and the address is part of its name
    silent = here.syncd("apply", T_PARASUT="http://127.0.0.1:9")
    assert silent.code == 3


@pytest.mark.parametrize("role", ["ro", "na"])
def test_a_user_without_the_right_to_write_is_found_out(place: Make, role: str) -> None:
    here = place(orders=1, user_role=role)
    checked = here.syncd("check", "--connect")
    assert checked.code == 1
    assert "FAIL parasut: rights" in checked.out


def test_the_probe_learns_the_rounding_and_leaves_nothing_behind(place: Make) -> None:
    here = place(orders=1, vat="invoice", line_net="exact", price_decimals=4, discount="unit")
    books = here.sandbox.parasut
    before = (len(books.contacts), len(books.products), len(books.invoices))
    probed = here.syncd("check", "--probe")
    assert (probed.code, "rounding: invoice-exact-4-unit" in probed.out) == (0, True), probed.out
    assert (len(books.contacts), len(books.products), len(books.invoices)) == before
    assert "invoice-exact-4-unit" in here.syncd("status").out


def test_secrets_tax_numbers_and_emails_reach_no_output(place: Make) -> None:
    here = place(orders=12)
    here.sandbox.faults.add(Fault("close_after", "POST", "sales_invoices$"))
    texts = [here.syncd(*words) for words in (("apply", "-v"), ("status",), ("check", "--connect"))]
    everything = "".join(done.out + done.err for done in texts)
    options = here.sandbox.options
    for secret in (options.client_secret, options.password, options.username, options.consumer_secret, "10000000146"):
        assert secret not in everything
    assert not re.search(r"[\w.]+@[\w.]+\.test", everything)


def test_a_configuration_without_rules_says_so(place: Make) -> None:
    here = place(config=CONFIG.partition("rules:")[0], orders=1)
    assert here.syncd("check").code == 0
    for words in (("plan",), ("apply",)):
        done = here.syncd(*words)
        assert (done.code, "has no rules" in done.err) == (2, True)
    assert here.syncd("status").code == 0


def test_the_ledger_is_for_its_owner_alone(place: Make) -> None:
    here = place(orders=1)
    here.syncd("apply")
    assert {file.stat().st_mode & 0o077 for file in here.folder.glob("ledger.db*")} == {0}


def test_wrong_usage_exits_with_2_and_never_with_a_traceback(place: Make) -> None:
    here = place(orders=1)
    for words in (
        ("nonsense",),
        ("orders", "show", "15"),
        ("orders", "show", "site/999"),
        ("plan", "--input", "no.json"),
    ):
        done = here.syncd(*words)
        assert done.code == 2, words
        assert "Traceback" not in done.err
    missing = here.syncd("plan", "--config", "no-such-file.yaml")
    assert missing.code == 1
    assert "Traceback" not in missing.err


def test_init_writes_a_configuration_that_plans_at_once(place: Make, tmp_path: Path) -> None:
    here = place(orders=3)
    options = here.sandbox.options
    done = here.syncd(
        "init",
        "new",
        "--since",
        "2026-11-01",
        "--shop-url",
        here.sandbox.shop_url,
        "--company-id",
        "115",
        "--base-url",
        here.sandbox.parasut_url,
        "--account",
        "iyzico",
        SYNCD_INIT_CONSUMER_KEY=options.consumer_key,
        SYNCD_INIT_CONSUMER_SECRET=options.consumer_secret,
        SYNCD_INIT_CLIENT_ID=options.client_id,
        SYNCD_INIT_CLIENT_SECRET=options.client_secret,
        SYNCD_INIT_USERNAME=options.username,
        SYNCD_INIT_PASSWORD=options.password,
    )
    assert done.code == 0, done.err
    written = (tmp_path / "new" / "syncd.yaml").read_text(encoding="utf-8")
    assert options.password not in written
    assert {file.stat().st_mode & 0o077 for file in (tmp_path / "new" / "secrets").iterdir()} == {0}
    for words in (("check", "--connect"), ("plan",)):
        result = here.syncd(*words, "--config", "new/syncd.yaml")
        assert result.code == 0, result.out + result.err
    assert "payable 1559.30 TRL" in result.out
    assert here.syncd("init", "new", "--shop-url", "https://magaza.test").code == 2


def test_a_connector_that_cannot_sign_in_at_an_address_is_told_by_check(place: Make) -> None:
    here = place(config=CONFIG.replace("connector: woocommerce", "connector: dukkan"), orders=1)
    own = here.folder / "mappings" / "platforms" / "dukkan.yaml"
    own.parent.mkdir(parents=True)
    text = (ROOT / "mappings" / "platforms" / "woocommerce.yaml").read_text(encoding="utf-8")
    own.write_text(re.sub(r"(?m)^    http: {way.*\n", "", text), encoding="utf-8")
    line = CONFIG.splitlines().index("  site:") + 1
    checked = here.syncd("check")
    assert checked.code == 1
    assert f"syncd.yaml:{line}:3: site: dukkan can sign in at https:// addresses only, and this one is" in checked.out
    assert here.syncd("check", T_SHOP="https://magaza.test").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--platform", "sit"), "There is no platform 'sit' (did you mean site?)."),
        (("--hold", "amount-uncler"), "No order is ever held for 'amount-uncler' (did you mean amount-unclear?)."),
    ],
)
def test_names_that_do_not_exist_are_told_instead_of_listing_nothing(
    words: tuple[str, str], told: str, place: Make
) -> None:
    here = place(orders=1)
    listed = here.syncd("orders", "list", *words)
    assert (listed.code, told in listed.err) == (2, True), listed.err
    assert here.syncd("orders", "list", "--platform", "site", "--hold", "amount-unclear").code == 0


def test_a_form_of_the_log_that_does_not_exist_is_wrong_usage(place: Make) -> None:
    done = place(orders=1).syncd("status", SYNCD_LOG_FORMAT="jsn")
    assert (done.code, done.out) == (2, "")
    assert "$SYNCD_LOG_FORMAT can't be 'jsn'" in done.err


def test_a_connector_of_ones_own_is_checked_with_positions(place: Make) -> None:
    here = place(config=CONFIG.replace("connector: woocommerce", "connector: dukkan"), orders=1)
    own = here.folder / "mappings" / "platforms" / "dukkan.yaml"
    own.parent.mkdir(parents=True)
    text = (ROOT / "mappings" / "platforms" / "woocommerce.yaml").read_text(encoding="utf-8")
    own.write_text(text.replace("| moment }}", "| momment }}"), encoding="utf-8")
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "| moment }}" in row)
    checked = here.syncd("check")
    assert checked.code == 1
    assert re.search(rf"dukkan\.yaml:{line}:\d+: .*momment.*\(did you mean moment\?\)", checked.out), checked.out


def test_schemas_are_printed_for_editors(place: Make) -> None:
    here = place(orders=1)
    assert json.loads(here.syncd("schema").out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(here.syncd("schema", "order").out)["$schema"]
    assert here.syncd("schema", "nonsense").code == 2


def test_help_names_every_command(place: Make) -> None:
    here = place(orders=1)
    text = here.syncd("--help").out
    for command in (
        "check",
        "plan",
        "apply",
        "status",
        "orders",
        "approve",
        "pause",
        "resume",
        "init",
        "schema",
        "sandbox",
        "demo",
    ):
        assert command in text
