"""Commands that look or stop, while the configuration on disk is broken: a typo in a rule keeps nobody from pausing."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from places import CONFIG, Place

Make = Callable[..., Place]

SECOND = CONFIG.partition("rules:\n")[2].replace("site-hazirlanan", "kapida").replace("platforms: [", "platfroms: [")
BROKEN = CONFIG + SECOND
WARNING = (
    "warning: syncd.yaml has 1 problem, see `syncd check`; this goes by the rest of it, "
    "a running daemon by its last good configuration.\n"
)


@pytest.fixture
def broken(place: Make) -> Place:
    """Three orders were invoiced; then somebody wrote a second rule, with a typo."""
    here = place(orders=3)
    here.syncd("apply")
    here.config.write_text(BROKEN, encoding="utf-8")
    return here


def test_the_emergency_stop_works_with_a_typo_in_a_rule(broken: Place) -> None:
    paused = broken.syncd("pause")
    assert (paused.code, paused.err) == (0, WARNING)
    assert "PAUSED since" in broken.syncd("status").out
    assert broken.syncd("resume").code == 0
    assert "PAUSED" not in broken.syncd("status").out


def test_one_rule_is_paused_also_when_it_is_the_one_with_the_typo(broken: Place) -> None:
    assert [broken.syncd("pause", "--rule", rule).code for rule in ("kapida", "site-hazirlanan")] == [0, 0]
    status = json.loads(broken.syncd("status", "--format", "json").out)
    assert status["configuration_problems"] == 1
    assert [(rule["name"], rule["paused"], rule["canary"]) for rule in status["rules"]] == [
        ("site-hazirlanan", True, False),
        ("kapida", True, None),
    ]
    assert "paused; not read: `syncd check`" in broken.syncd("status").out
    unknown = broken.syncd("pause", "--rule", "kapda")
    assert (unknown.code, "The rules are: site-hazirlanan, kapida." in unknown.err) == (2, True)


def test_what_only_looks_works_with_a_warning(broken: Place) -> None:
    for words, shown in (
        (("status",), "site-hazirlanan"),
        (("orders", "list"), "site/16"),
        (("orders", "show", "site/16"), "invoice  id"),
        (("orders", "explain", "site/16"), "owns it"),
        (("ledger", "backup", "copy.db"), "3 orders"),
        (("ledger", "check"), "It is sound."),
    ):
        done = broken.syncd(*words)
        assert (done.code, done.err) == (0, WARNING), done
        assert shown in done.out


def test_an_order_of_a_rule_or_platform_that_can_not_be_read_is_not_said_to_be_homeless(broken: Place) -> None:
    broken.config.write_text(CONFIG.replace("satis-faturasi", "satis-fatura"), encoding="utf-8")
    explained = broken.syncd("orders", "explain", "site/16").out
    assert "Its rule, site-hazirlanan, can't be read now, see `syncd check`." in explained
    broken.config.write_text(CONFIG.replace(": woocommerce", ": woocomerce"), encoding="utf-8")
    explained = broken.syncd("orders", "explain", "site/16").out
    assert "The platform site can't be read now, see `syncd check`." in explained
    assert broken.syncd("orders", "list", "--platform", "site").code == 0


def test_what_writes_invoices_refuses_without_a_daemon(broken: Place) -> None:
    before = len(broken.sandbox.traffic)
    for words in (("apply",), ("orders", "retry", "site/16"), ("approve", "kapida"), ("adopt",), ("plan",)):
        done = broken.syncd(*words)
        assert (done.code, done.out, len(broken.sandbox.traffic)) == (1, "", before)
        assert "syncd.yaml:28:5: unknown key 'platfroms' (did you mean platforms?)" in done.err


def test_what_can_not_be_read_at_all_says_how_to_stop_all_the_same(broken: Place) -> None:
    broken.config.write_text(CONFIG + "notify: [\n", encoding="utf-8")
    done = broken.syncd("pause")
    assert (done.code, "syncd.yaml:28:1: not readable as YAML" in done.err) == (1, True), done.err
    assert "`systemctl stop syncd` stops a running daemon" in done.err
