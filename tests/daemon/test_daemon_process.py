"""`syncd run` as systemd and people meet it: a process, signals, and commands beside it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
from places import CONFIG, Place
from running import Running, SlowSale, finished, started, until
from silent_platform import silent_shop

from syncd.sandbox.faults import Fault
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

Make = Callable[..., Place]

QUIET = "daemon: {listen: off, jitter: 0s}\n"
ONE_RULE = QUIET + CONFIG
ONE_IN_HAND = ONE_RULE.replace("    mapping", "    limits: {per_run: 1}\n    mapping")
OFTEN = ONE_RULE.replace("    mapping", "    every: 1s\n    mapping")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Make]:
    """Makes places: `place(orders=3)`; options are those of the sandbox."""
    with ExitStack() as stack:

        def make(config: str = ONE_RULE, **options: object) -> Place:
            sandbox = stack.enter_context(Sandbox(SandboxOptions(**{"rate_requests": 0, **options})))  # type: ignore[arg-type]
            (tmp_path / "syncd.yaml").write_text(config, encoding="utf-8")
            return Place(tmp_path, sandbox)

        yield make


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    """Starts commands beside the test: `run(here)` the daemon, `run(here, "apply")` another one."""
    with ExitStack() as stack:

        def make(here: Place, *words: str) -> Running:
            return stack.enter_context(started(here, *(words or ("run",))))

        yield make


Run = Callable[..., Running]


def invoiced(here: Place) -> list[str]:
    return [str(invoice["order_no"]) for invoice in here.sandbox.parasut.invoices.values()]


def states(here: Place) -> dict[str, str]:
    listed = here.syncd("orders", "list", "--format", "json")
    return {row["number"]: row["state"] for row in json.loads(listed.out)}


def test_the_daemon_invoices_what_is_due_and_comes_back_for_more(place: Make, run: Run) -> None:
    here = place(OFTEN, orders=2)
    daemon = run(here)
    daemon.says("2 invoiced")
    order = here.sandbox.shop.orders[15]
    lines = {
        kind: [{**line, "id": line["id"] + 900} for line in order[kind]]
        for kind in ("line_items", "shipping_lines", "fee_lines")
    }
    here.sandbox.shop.add({**order, **lines, "id": 99, "number": "99"})
    here.sandbox.shop.touch(99)
    daemon.says("site/99: invoiced")
    code, _ = daemon.stopped(signal.SIGINT)
    assert (code, sorted(invoiced(here))) == (0, ["15", "16", "99"])


def test_a_stop_lets_the_request_in_hand_end_and_sends_no_other(place: Make, run: Run) -> None:
    here = place(ONE_IN_HAND, orders=3)
    slow = SlowSale(here, seconds=1)
    daemon = run(here)
    slow.is_under_way()
    code, took = daemon.stopped()
    assert (code, invoiced(here), took < 10) == (0, ["15"], True), daemon.log
    assert states(here) == {"15": "invoiced", "16": "due", "17": "due"}
    here.config.write_text(ONE_RULE, encoding="utf-8")
    run(here).says("2 invoiced")


def test_a_stop_in_the_middle_of_several_orders_leaves_none_half_known(place: Make, run: Run) -> None:
    here = place(orders=8)
    slow = SlowSale(here, seconds=1)
    daemon = run(here)
    slow.is_under_way()
    assert daemon.stopped()[0] == 0, daemon.log
    left = [number for number, state in states(here).items() if state == "invoiced"]
    assert sorted(left) == sorted(invoiced(here))
    assert set(states(here).values()).isdisjoint({"settling"})
    here.syncd("apply")
    made = invoiced(here)
    assert len(set(made)) == len(made) > len(left)
    assert set(states(here).values()).isdisjoint({"settling", "due"})


def test_a_request_without_an_answer_is_left_behind_and_found_by_the_next_daemon(place: Make, run: Run) -> None:
    here = place(orders=3, faults=(Fault("timeout_after", "POST", "/sales_invoices$"),))
    daemon = run(here)
    daemon.says("syncd .* works for")
    here_sold = here.sandbox.parasut.invoices
    while not here_sold:
        assert daemon.process.poll() is None, daemon.log
    code, took = daemon.stopped()
    assert (code, took < 10) == (1, True), daemon.log
    assert "what was intended is in the ledger" in daemon.log
    (number,) = invoiced(here)
    assert states(here)[number] == "due"
    shown = here.syncd("orders", "show", f"site/{number}").out
    assert re.search(r"step +sale .*#1: intended .*\n +its outcome is not known yet: ", shown), shown
    steps = json.loads(here.syncd("orders", "show", f"site/{number}", "--format", "json").out)["steps"]
    assert [step["outcome_known"] for step in steps if step["state"] == "intended"] == [False]
    run(here).says("3 orders read")
    assert set(states(here).values()) == {"invoiced"}
    assert sorted(invoiced(here)) == ["15", "16", "17"]


def test_a_second_signal_ends_it_at_once(place: Make, run: Run) -> None:
    here = place(orders=3)
    slow = SlowSale(here)
    daemon = run(here)
    slow.is_under_way()
    daemon.signal(signal.SIGTERM)
    daemon.says("the request in hand is finished")
    code, took = daemon.stopped()
    slow.release()
    assert (code, took < 2) == (1, True)
    assert "stopped at once" in daemon.log


def test_a_stop_ends_the_wait_for_a_platform(place: Make, run: Run) -> None:
    here = place(orders=3, faults=(Fault("500", path="/wp-json", nth=0),))
    daemon = run(here)
    while not here.sandbox.shop_traffic:
        assert daemon.process.poll() is None, daemon.log
    code, took = daemon.stopped()
    assert (code, took < 3) == (0, True), daemon.log


def test_a_stop_does_not_wait_for_a_platform_that_hangs(place: Make, run: Run) -> None:
    with silent_shop() as shop:
        daemon = run(place(ONE_RULE.replace("${T_SHOP}", shop.address), orders=0))
        shop.was_asked()
        code, took = daemon.stopped()
        assert (code, took < 10, len(shop.requests)) == (0, True, 1), daemon.log


def test_a_second_daemon_is_told_that_one_is_enough(place: Make, run: Run) -> None:
    here = place(orders=0)
    run(here).says("works for")
    second = here.syncd("run")
    assert second.code == 1
    assert "Another daemon (`syncd run`) works on this ledger already." in second.err


def test_a_broken_configuration_is_told_like_check_tells_it(place: Make) -> None:
    here = place(ONE_RULE.replace("[site]", "[sitee]"))
    done = here.syncd("run")
    assert done.code == 1
    assert "syncd.yaml:21:17: there is no platform 'sitee' under 'platforms' (did you mean site?)" in done.err


def test_a_reload_takes_the_new_files_or_keeps_the_old_ones(place: Make, run: Run) -> None:
    here = place(ONE_RULE.replace("preparing", "shipped"), orders=2)
    daemon = run(here)
    daemon.says("works for")
    here.config.write_text(ONE_RULE.replace("[site]", "[nowhere]"), encoding="utf-8")
    daemon.signal(signal.SIGHUP)
    daemon.says("the last good one stays in force")
    here.config.write_text(OFTEN, encoding="utf-8")
    daemon.signal(signal.SIGHUP)
    daemon.says("trigger.status: shipped → preparing")
    daemon.says("2 invoiced")
    assert daemon.stopped()[0] == 0


def test_every_command_works_beside_the_daemon(place: Make, run: Run) -> None:
    here = place(ONE_RULE.replace("    mapping", "    go_live: canary\n    mapping"), orders=3)
    copy = here.sandbox.parasut.add_product("Termos kopya", code="TRM-500")
    daemon = run(here)
    daemon.says("orders read, 1 invoiced")
    assert states(here) == {"15": "held", "16": "invoiced", "17": "due"}

    paused = here.syncd("pause")
    assert (paused.code, paused.out) == (0, "paused: nothing is written until `syncd resume`\n")
    assert "The daemon works on this ledger" in paused.err
    resumed = here.syncd("resume")
    assert (resumed.code, resumed.out) == (0, "resumed\n")
    approved = here.syncd("approve", "site-hazirlanan")
    assert (approved.code, approved.out) == (0, "rule site-hazirlanan is approved\n")
    ignored = here.syncd("orders", "ignore", "site/17")
    assert (ignored.code, ignored.out) == (0, "site/17 is ignored: ignored by hand\n")
    copy.attributes["code"] = "TRM-500-K"
    retried = here.syncd("orders", "retry", "site/15")
    assert (retried.code, retried.out) == (0, "site/15 is due: reached preparing\n")
    wrong = here.syncd("orders", "resolve", "site/15", "--send-again")
    assert (wrong.code, "site/15 has no step whose outcome is not known" in wrong.err) == (2, True)
    applied = here.syncd("apply")
    assert applied.code == 0, applied.err
    assert "site/15: invoiced, id 400002, 1559.30 TRL = total 1559.30" in applied.out
    assert "1 invoiced (total 1559.30), 0 held, 0 waiting; " in applied.out
    empty = here.syncd("apply", "--format", "json")
    data = json.loads(empty.out, parse_float=Decimal)
    assert (empty.code, data["orders"], data["stopped"]) == (0, [], None)
    unknown = here.syncd("apply", "--order", "site/4711")
    assert (unknown.code, "shows no order 4711" in unknown.err) == (2, True)
    assert daemon.stopped()[0] == 0


def test_a_broken_file_beside_a_daemon_keeps_nobody_from_commanding_it(place: Make, run: Run) -> None:
    here = place(ONE_RULE.replace("    mapping", "    go_live: canary\n    mapping"), orders=3)
    daemon = run(here)
    daemon.says("orders read, 1 invoiced")
    here.config.write_text(here.config.read_text("utf-8").replace("platforms: [", "platfroms: ["), encoding="utf-8")
    paused = here.syncd("pause", "--rule", "site-hazirlanan")
    assert (paused.code, paused.out) == (0, "rule site-hazirlanan is paused\n")
    assert "syncd.yaml has 1 problem, see `syncd check`" in paused.err
    unknown = here.syncd("pause", "--rule", "site")
    assert (unknown.code, "The rules are: site-hazirlanan." in unknown.err) == (2, True)
    assert here.syncd("resume", "--rule", "site-hazirlanan").code == 0
    assert here.syncd("approve", "site-hazirlanan").code == 0
    applied = here.syncd("apply")
    assert (applied.code, "2 invoiced" in applied.out) == (0, True), applied
    assert daemon.stopped()[0] == 0
    assert here.syncd("apply").code == 1


def test_a_stop_while_several_orders_hang_takes_less_than_ten_seconds(place: Make, run: Run) -> None:
    # without categories that have to be made first: orders that share something new are worked on one by one; and the
    # first goes alone
    plain = re.sub(r" *categories: .*\n", "", ONE_RULE)
    here = place(plain, orders=20, faults=(Fault("hang", "POST", "/contacts$", nth=2, times=99),))
    daemon = run(here)
    until(lambda: here.sandbox.faults.shown()[0]["struck"] >= 3, lambda: daemon.log)
    code, took = daemon.stopped()
    assert (code, took < 10) == (1, True), daemon.log
    assert "what was intended is in the ledger" in daemon.log
    assert "works again" not in daemon.log


def test_apply_fails_beside_the_daemon_as_it_does_without(place: Make, run: Run) -> None:
    here = place(orders=3)
    run(here).says("3 invoiced")
    here.sandbox.faults.add(Fault("html_403", path="/wp-json", nth=0))
    beside = here.syncd("apply")
    assert (beside.code, "not read to the end" in beside.out) == (1, True)


def test_a_command_whose_daemon_is_killed_does_it_itself(place: Make, run: Run) -> None:
    here = place(orders=3)
    slow = SlowSale(here)
    daemon = run(here)
    slow.is_under_way()
    command = run(here, "apply")
    command.says("does this next")
    daemon.signal(signal.SIGKILL)
    daemon.ended()
    slow.release()
    done = finished(command)
    assert "The daemon has ended without an answer." in done.err
    assert (done.code, " 0 held, 0 waiting; " in done.out) == (0, True), done
    assert sorted(invoiced(here)) == ["15", "16", "17"]


def test_a_command_outlives_a_restart_of_its_daemon(place: Make, run: Run) -> None:
    here = place(ONE_IN_HAND, orders=3)
    slow = SlowSale(here)
    daemon = run(here)
    slow.is_under_way()
    command = run(here, "orders", "ignore", "site/17")
    command.says("does this next")
    daemon.signal(signal.SIGKILL)
    daemon.ended()
    slow.release()
    again = run(here)
    done = finished(command)
    assert done.code == 0, done.err
    again.says("orders read, ")
    assert (states(here)["15"], states(here)["17"]) == ("invoiced", "ignored")
    assert "ignored by hand" in done.out


def test_a_command_that_is_not_waited_for_stays_queued(place: Make, run: Run) -> None:
    here = place(ONE_IN_HAND, orders=3)
    slow = SlowSale(here)
    daemon = run(here)
    slow.is_under_way()
    command = run(here, "apply", "--order", "site/17")
    command.says("does this next")
    command.signal(signal.SIGINT)
    done = finished(command)
    assert (done.code, "It stays queued" in done.err) == (1, True)
    slow.release()
    daemon.says("site/17: invoiced")
    assert states(here) == {"15": "invoiced", "16": "due", "17": "invoiced"}


def test_an_idle_daemon_takes_little_memory(place: Make, run: Run) -> None:
    here = place(ONE_RULE.replace("listen: off", "listen: 127.0.0.1:0"), orders=3)
    daemon = run(here)
    daemon.says("3 invoiced")
    status = Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="utf-8")
    mebibytes = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    assert mebibytes <= 100, f"{mebibytes:.0f} MiB"
