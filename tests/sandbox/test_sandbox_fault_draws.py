"""Which requests faults strike: counted, drawn, limited, always the same way."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.sandbox.faults import Fault, faults_from_file, faults_of
from syncd.sandbox.naming import request_name
from syncd.sandbox.script import FaultScript

SALES, CONTACTS = "/v4/115/sales_invoices", "/v4/115/contacts"
MIX = faults_of({"kind": "mixed", "rate": 0.2, "seed": 7})[0]


def kinds(script: FaultScript, path: str, requests: int, method: str = "POST") -> list[str | None]:
    struck = [script.due(method, path, "parasut") for _ in range(requests)]
    return [None if fault is None else fault.kind for fault in struck]


def test_a_rate_strikes_its_part_of_the_requests() -> None:
    struck = [kind for kind in kinds(FaultScript([MIX]), SALES, 2000) if kind is not None]
    assert 0.17 < len(struck) / 2000 < 0.23
    assert len(set(struck)) > 10


def test_the_same_seed_strikes_the_same_requests_and_another_does_not() -> None:
    first, again = kinds(FaultScript([MIX]), SALES, 200), kinds(FaultScript([MIX]), SALES, 200)
    other = kinds(FaultScript(faults_of({"kind": "mixed", "rate": 0.2, "seed": 8})), SALES, 200)
    assert first == again != other


def test_requests_of_other_kinds_change_no_draw() -> None:
    alone = kinds(FaultScript([MIX]), SALES, 200)
    script, among = FaultScript([MIX]), []
    for number in range(200):
        kinds(script, CONTACTS, number % 3)
        kinds(script, f"{SALES}/{400000 + number}", number % 2, "GET")
        among += kinds(script, SALES, 1)
    assert among == alone


def test_trying_again_always_gets_somewhere() -> None:
    script = FaultScript(faults_of({"kind": "500", "rate": 1.0}))
    assert kinds(script, SALES, 7) == ["500", "500", None, "500", "500", None, "500"]
    endless = FaultScript(faults_of({"kind": "500", "rate": 1.0, "in_a_row": 0}))
    assert kinds(endless, SALES, 7) == ["500"] * 7


def test_faults_end_after_so_many_strikes_requests_or_seconds() -> None:
    assert kinds(FaultScript([Fault("500", nth=0, most=2)]), SALES, 4) == ["500", "500", None, None]
    assert kinds(FaultScript([Fault("500", nth=0, until=3)]), SALES, 4) == ["500", "500", "500", None]
    now = [0.0]
    script = FaultScript([Fault("500", nth=0, for_seconds=5)], lambda: now[0])
    assert kinds(script, SALES, 1) == ["500"]
    now[0] = 5.0
    assert kinds(script, SALES, 1) == [None]


def test_the_first_fault_that_strikes_wins_and_all_count() -> None:
    script = FaultScript([Fault("500", nth=2), Fault("429", nth=2, times=2)])
    assert kinds(script, SALES, 4) == [None, "500", "429", None]
    assert [(one["met"], one["struck"]) for one in script.shown()] == [(4, 1), (4, 1)]


def test_a_range_of_seconds_is_drawn_within_its_ends_and_always_the_same() -> None:
    def drawn() -> list[float]:
        script = FaultScript([Fault("slow", nth=0, seconds=(0.3, 2.0))])
        return [script.slowness("GET", SALES, "parasut")["slow"] for _ in range(50)]

    assert drawn() == drawn()
    assert all(0.3 <= seconds <= 2.0 for seconds in drawn())
    assert max(drawn()) - min(drawn()) > 1.0


@pytest.mark.parametrize(
    ("stand", "method", "path", "name"),
    [
        ("parasut", "POST", "/oauth/token", "token"),
        ("parasut", "GET", "/v4/me", "me.read"),
        ("parasut", "POST", SALES, "sale.create"),
        ("parasut", "GET", SALES, "sale.list"),
        ("parasut", "GET", f"{SALES}/400001", "sale.read"),
        ("parasut", "PUT", f"{SALES}/400001", "sale.update"),
        ("parasut", "DELETE", f"{SALES}/400001", "sale.delete"),
        ("parasut", "DELETE", f"{SALES}/400001/cancel", "sale.cancel"),
        ("parasut", "POST", f"{SALES}/400001/payments", "payment.create"),
        ("parasut", "DELETE", "/v4/115/transactions/900001", "transaction.delete"),
        ("parasut", "POST", "/v4/115/item_categories", "category.create"),
        ("shop", "GET", "/wp-json/wc/v3/orders", "orders.list"),
        ("shop", "GET", "/wp-json/wc/v3/orders/7", "orders.read"),
        ("shop", "POST", "/wp-json/wc/v3/orders/5001/notes", "notes.create"),
    ],
)
def test_a_request_has_a_name(stand: str, method: str, path: str, name: str) -> None:
    assert request_name(stand, method, path) == name
    assert Fault("500", request=name).matches(method, path, stand)


def test_a_word_means_many_requests() -> None:
    assert Fault("500", request="write").matches("POST", SALES, "parasut")
    assert not Fault("500", request="write").matches("POST", "/oauth/token", "parasut")
    assert not Fault("500", request="write").matches("GET", SALES, "parasut")
    assert Fault("500", request="delete").matches("DELETE", f"{SALES}/400001", "parasut")
    assert not Fault("500", request="delete").matches("DELETE", f"{SALES}/400001/cancel", "parasut")


def test_faults_are_read_from_yaml(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(
        "faults:\n- {kind: mixed, rate: 0.2, seed: 7, of: [429, late]}\n"
        "- {kind: slow, seconds: [0.3, 2], stand: parasut, nth: 0}\n- {kind: 429, request: token, retry_after: none}\n",
        encoding="utf-8",
    )
    assert faults_from_file(file) == (
        Fault("mixed", nth=0, rate=0.2, seed=7, of=("429", "late")),
        Fault("slow", nth=0, seconds=(0.3, 2), stand="parasut"),
        Fault("429_bare", request="token"),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "500", "rate": 2},
        {"kind": "500", "stand": "amazon"},
        {"kind": "500", "nth": "second"},
        {"kind": "500", "path": "("},
        {"kind": "slow", "seconds": [1]},
        {"kind": "mixed", "of": ["mixed"]},
        {"kind": "500", "of": ["429"]},
        "500",
    ],
)
def test_a_fault_that_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="fault"):
        faults_of(wrong)
