"""What the suite sees when a guard of the program is switched off: each of these attempts must find something."""

from __future__ import annotations

from functools import partial

from chaos.bench import Attempt, Bench, finish
from chaos.house import Times
from chaos.scenarios.kills import kill_while_held
from chaos.scenarios.late_commits import carried_out_after_all
from chaos.scenarios.two_daemons import two_applies
from chaos.truth import Verdict

_TIMES = Times(timeout=3, settle=1, second_look=2, send_within=1)


def attempt_without(guard: str, orders: int = 4) -> Attempt:
    """The attempt that goes wrong without that guard, and goes well with it. Raises KeyError for an unknown one."""
    return Attempt(f"without the {guard}", "", _GOES_WRONG[guard](orders))


def _slowly(orders: int, bench: Bench) -> Verdict:
    """Everybody buys the same at once, and every answer takes its time."""
    with bench.house(orders, buyers=1, times=_TIMES, options=("--latency-seconds", "0.2")) as house:
        return finish(house)


def _nameless(orders: int, bench: Bench) -> Verdict:
    """A new contact gets lost that only looking above the fence can find: it has neither number nor e-mail."""
    return kill_while_held(orders, (), "contact.create", 2, "hold_after", "drop", bench, nameless=True)


def _two_slowly(orders: int, bench: Bench) -> Verdict:
    return two_applies(orders, bench, latency=0.1)


_GOES_WRONG = {
    "intent": lambda orders: partial(kill_while_held, orders, (), "sale.create", 2, "hold_before", "go"),
    "fence": lambda orders: partial(_nameless, orders),
    "looking": lambda orders: partial(_nameless, orders),
    "second-look": lambda orders: partial(carried_out_after_all, orders, "sale.create", 2),
    "lease": lambda orders: partial(_two_slowly, orders),
    "locks": lambda orders: partial(_slowly, orders),
}
GUARDS = tuple(_GOES_WRONG)
