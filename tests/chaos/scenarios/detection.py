"""What the suite sees when a guard of the program is switched off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from chaos.bench import Attempt, Bench, finish
from chaos.house import House, Times
from chaos.scenarios.kills import kill_while_held
from chaos.scenarios.late_commits import carried_out_after_all
from chaos.scenarios.two_daemons import two_applies
from chaos.truth import Verdict

_PATIENT = Times(timeout=10, settle=1, second_look=2, send_within=1)


def attempts(orders: int = 4) -> Iterator[Attempt]:
    """For each guard an attempt that goes wrong without it, and the same with it, which has to go well."""
    for guard, make in _GOES_WRONG.items():
        yield Attempt(f"with {guard}", "", make(orders))
        yield Attempt(f"without {guard}", "", make(orders), (guard,))


def _at_once(orders: int, bench: Bench) -> Verdict:
    """Without the locks it is a race of milliseconds, which two orders don't meet in every time."""
    verdict = Verdict()
    for number in range(8 if bench.without else 1):
        verdict += _race(orders, Bench(bench.launcher, bench.folder / str(number), bench.without))
        if verdict.wrong:
            break
    return verdict


def _race(orders: int, bench: Bench) -> Verdict:
    """One buyer, several orders, nothing else to be made: all that look for the contact have their answer at once."""
    known = "invoice: Satış > Web Sitesi, contact: Müşteriler, product: Kırtasiye"
    with bench.house(orders, buyers=1, codes=("TRM-500", "FST-250"), times=_PATIENT, categories=known) as house:
        house.control.fault(kind="hold_before", stand="parasut", request="contact.list", method="GET", nth=2, times=99)
        process = house.start("apply")
        held = house.control.held(30)
        end = time.monotonic() + 3
        while len(held) < orders and time.monotonic() < end:
            house.pause(0.1)
            held = house.control.held(0)
        house.control.no_faults()
        house.control.post("/holds", {"then": "go"})
        process.wait(60)
        return finish(house) if held else Verdict(wrong=["nobody looked for the contact"])


def _nameless(orders: int, bench: Bench) -> Verdict:
    """A new contact gets lost that only looking above the fence can find: it has neither number nor e-mail.

    A page of others is made before anybody looks, so that it is not among the newest.
    """
    return kill_while_held(
        orders, (), "contact.create", 2, "hold_after", "drop", bench, nameless=True, meanwhile=_a_page_of_others
    )


def _a_page_of_others(house: House) -> None:
    acts = [{"act": "make_contact", "attributes": {"name": f"Elden {number}"}} for number in range(30)]
    house.control.act(*acts)


_GOES_WRONG = {
    "intent": lambda orders: partial(kill_while_held, orders, (), "sale.create", 2, "hold_before", "go"),
    "fence": lambda orders: partial(_nameless, orders),
    "looking": lambda orders: partial(_nameless, orders),
    "second-look": lambda orders: partial(carried_out_after_all, orders, "sale.create", 2),
    "lease": lambda orders: partial(two_applies, orders),
    "locks": lambda orders: partial(_at_once, 2 * orders),
}
GUARDS = tuple(_GOES_WRONG)
