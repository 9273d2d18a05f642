"""(e) Logins that end in the middle: refresh token revoked, password changed and given back, renewal throttled."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chaos.bench import Attempt, Bench, Size, finish, judged_now
from chaos.house import House, Times
from chaos.truth import Verdict

_TIMES = Times(timeout=3, settle=1, second_look=2, send_within=1)


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """Each in the middle of a run, before and after a write."""
    for nth in (1, 5, 20):
        for kind in ("expire_token", "revoke_tokens", "password"):
            go = partial(_struck, size.orders, kind, nth)
            yield Attempt(f"{kind} before a write", f"write {nth}", go)
    for times in (1, 3, 30):
        yield Attempt("token endpoint answers 429", f"{times} times", partial(_throttled, size.orders, times))
    yield Attempt("password changed before the run", "given back after three runs", partial(_password, size.orders))
    yield Attempt("short-lived tokens", "two seconds", partial(_short, size.orders))


def _struck(orders: int, kind: str, nth: int, bench: Bench) -> Verdict:
    with bench.house(orders, times=_TIMES) as house:
        house.control.fault(kind=kind, stand="parasut", request="write", nth=nth, seconds=3)
        return finish(house)


def _throttled(orders: int, times: int, bench: Bench) -> Verdict:
    with bench.house(orders, times=_TIMES, options=("--token-seconds", "2")) as house:
        house.control.fault(kind="429", request="token", stand="parasut", times=times, retry_after=1)
        return finish(house, seconds=150)


def _short(orders: int, bench: Bench) -> Verdict:
    with bench.house(orders, times=_TIMES, options=("--token-seconds", "2")) as house:
        house.control.fault(kind="slow", stand="parasut", seconds=0.1, nth=0)
        return finish(house)


def _password(orders: int, bench: Bench) -> Verdict:
    with bench.house(orders, times=_TIMES) as house:
        house.kill_at({"kind": "request", "side": "after", "nth": orders})
        house.control.act({"act": "change_password", "password": "another"})
        wrong = []
        made = _live(house)
        for _ in range(3):
            process = house.run("apply")
            if process.code not in (1, 3) or "Traceback" in process.text():
                wrong.append(f"`syncd apply` with a wrong password ended with {process.code}: {process.text()[-500:]}")
        if _live(house) != made:
            wrong.append("invoices were made with a wrong password")
        held = [row for row in house.ledger.orders() if row["state"] == "held"]
        wrong += [f"{row['platform']}/{row['number']}: held ({row['hold_code']}) for a wrong password" for row in held]
        house.control.act({"act": "give_password_back"})
        return judged_now(house, [*wrong, *house.settle()])


def _live(house: House) -> int:
    return sum(invoice["live"] for invoice in house.control.books()["sales_invoices"])
