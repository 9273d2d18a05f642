"""(d) A second daemon, commands beside it, and a daemon that was stopped for longer than its requests may take."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from chaos.bench import Attempt, Bench, Size, finish, judged_now
from chaos.house import House, Times
from chaos.processes import Hung, Process
from chaos.truth import Verdict

_TIMES = Times(timeout=3, settle=1, second_look=2, send_within=1)
_PATIENT = Times(timeout=10, settle=1, second_look=2, send_within=1)


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """Two at once, in all pairings; and pauses at every kind of moment."""
    yield Attempt("a second daemon", "both at once", partial(_two_daemons, size.orders))
    yield Attempt("two `apply` at once", "both at once", partial(two_applies, size.orders))
    yield Attempt("`apply` beside the daemon", "three times", partial(_beside, size.orders))
    yield Attempt("daemons killed again and again", "five times", partial(_killed_daemons, size.orders))
    moments: list[dict[str, Any]] = [
        {"kind": kind, "side": side, "nth": nth, "of": name}
        for kind, name in (
            ("request", "POST /v4/{}/sales_invoices"),
            ("request", "POST /v4/{}/contacts"),
            ("commit", "steps"),
        )
        for side in ("before", "after")
        for nth in (1, 3)
    ]
    for number, point in enumerate(moments, 1):
        if number % size.every:
            continue
        title = f"{point['side']} {point['kind']} {point['nth']} of {point['of']}"
        yield Attempt("paused (SIGSTOP) past its deadline, then on", title, partial(_paused, size.orders, point, False))
        yield Attempt("paused, another began, then on", title, partial(_paused, size.orders, point, True))


def _two_daemons(orders: int, bench: Bench) -> Verdict:
    with bench.house(orders, times=_TIMES) as house:
        daemons = [house.start("run"), house.start("run")]
        wrong = _until_done(house)
        end = time.monotonic() + 10  # the second one waits a moment before it gives up
        while not (ended := [daemon for daemon in daemons if _has_ended(daemon)]) and time.monotonic() < end:
            house.pause(0.2)
        if len(ended) != 1 or "Another" not in ended[0].text():
            wrong.append(f"{len(ended)} of two daemons have ended")
        wrong += [wrong for daemon in daemons if daemon not in ended for wrong in _stopped_well(daemon)]
        return judged_now(house, wrong)


def two_applies(orders: int, bench: Bench) -> Verdict:
    """A command begins while another has a write on its way: it must refuse to work beside it."""
    with bench.house(orders, times=_PATIENT) as house:
        house.control.fault(kind="hold_before", stand="parasut", request="write", nth=2)
        first = house.start("apply")
        held = house.control.held(30)
        second = house.run("apply")
        for one in held:
            house.control.release(one["number"], "go")
        first.wait(60)
        wrong = [] if "Another syncd" in second.text() else [f"two worked at once: {second.text()[-300:]}"]
        verdict = finish(house)
        verdict.wrong += wrong
        return verdict


def _beside(orders: int, bench: Bench) -> Verdict:
    with bench.house(orders, times=_TIMES) as house:
        daemon = house.start("run")
        wrong = []
        for _ in range(3):
            process = house.run("apply")
            if process.code not in (0, 1):
                wrong.append(f"`syncd apply` beside the daemon ended with {process.code}: {process.text()[-500:]}")
        wrong += _until_done(house)
        return judged_now(house, [*wrong, *_stopped_well(daemon)])


def _killed_daemons(orders: int, bench: Bench) -> Verdict:
    with bench.house(orders, times=_TIMES) as house:
        for number in range(5):
            daemon = house.start("run", point={"kind": "commit", "side": "after", "nth": 10 + 7 * number})
            with suppress(Hung):  # it has nothing left to do, and never comes to its point
                daemon.wait(20)
            daemon.kill()
        daemon = house.start("run")
        wrong = _until_done(house)
        return judged_now(house, [*wrong, *_stopped_well(daemon)])


def _paused(orders: int, point: dict[str, Any], another: bool, bench: Bench) -> Verdict:
    with bench.house(orders, times=_TIMES) as house:
        daemon = house.start("run", point=point)
        if daemon.wait(60) != "stopped":
            return Verdict(wrong=["the daemon never came to its point"])
        wrong = []
        goes_on = threading.Timer(_TIMES.settled + 1.5, daemon.send, [signal.SIGCONT])
        goes_on.start()
        if another:  # it waits for the daemon's answer, or refuses; it must not work beside it
            other = house.start("run")
            other.wait(60)
            if "Another daemon" not in other.text():
                wrong.append(f"a second daemon beside a paused one: {other.text()[-500:]}")
        goes_on.join()
        wrong += _until_done(house)
        return judged_now(house, [*wrong, *_stopped_well(daemon)])


def _until_done(house: House, seconds: float = 90) -> list[str]:
    """Wait until the daemon has done everything; what it has not done, in words."""
    end = time.monotonic() + seconds
    known = len(house.dues)
    while True:
        waits = house.ledger.unfinished()
        if not waits and len(house.ledger.orders()) >= known:
            return []
        if time.monotonic() > end:
            return [f"the daemon has not done it after {seconds:.0f} s: {wait}" for wait in waits[:5]] or [
                "orders are missing"
            ]
        time.sleep(0.5)


def _has_ended(process: Process) -> bool:
    with suppress(Hung):
        return process.wait(0.1) == "ended"
    return False


def _stopped_well(daemon: Process) -> list[str]:
    daemon.send(signal.SIGTERM)
    daemon.wait(15)
    if daemon.code != 0 or "Traceback" in daemon.text():
        return [f"the daemon ended with {daemon.code}: {daemon.text()[-800:]}"]
    return []
