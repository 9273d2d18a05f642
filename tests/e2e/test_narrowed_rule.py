"""The commands, after the `if` of a rule was narrowed while it had orders."""

from __future__ import annotations

from collections.abc import Callable

from places import CONFIG, Place

Make = Callable[..., Place]
SINCE = "since: 2026-11-01}"
WARNING = (
    "1 due order of rule site-hazirlanan no longer fits its `if`; it stays site-hazirlanan's and will be invoiced: "
    "`syncd orders ignore` it, or raise the rule's `since` beyond its day (site/16)"
)


def test_plan_explain_and_apply_tell_of_an_order_that_the_rule_keeps_and_invoices(place: Make) -> None:
    here = place(orders=3)
    assert here.syncd("pause", "--rule", "site-hazirlanan").code == 0
    here.syncd("apply")
    here.config.write_text(CONFIG.replace(SINCE, "since: 2026-11-01, if: order.number != '16'}"), encoding="utf-8")
    plan = here.syncd("plan").out
    assert plan.startswith(f"note: {WARNING}\n")
    assert plan.count("  note: its rule's `if: order.number != '16'` is not true of it any more; ") == 1
    explained = " ".join(here.syncd("orders", "explain", "site/16").out.split())
    assert (
        "Its rule's `if: order.number != '16'` is not true of it any more; the rule took the order before" in explained
    )
    assert here.syncd("resume", "--rule", "site-hazirlanan").code == 0
    applied = here.syncd("apply")
    assert WARNING in applied.err
    assert "3 invoiced" in applied.out
