"""What processes of one company share: login, budget, lease, switches."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.errors import Busy, LedgerError
from syncd.ledger.company import BudgetState
from syncd.ledger.ledger import Ledger, RuleState, open_ledger
from syncd.ledger.mirror import Mirrored, MirrorState
from syncd.ledger.steps import Promise, StepRow, StepState

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def ledger(url: str) -> Ledger:
    return open_ledger(url, "api.parasut.com/115")


def test_tokens_are_the_companys_own(url: str, ledger: Ledger) -> None:
    ledger.company.set_tokens("access", "refresh", NOW)
    assert open_ledger(url, "api.parasut.com/115").company.tokens() == ("access", "refresh", NOW)
    ledger.company.clear_tokens()
    assert ledger.company.tokens() is None


def test_two_processes_never_count_the_same_place_in_the_budget(url: str) -> None:
    def take_fifty() -> None:
        company = open_ledger(url, "api.parasut.com/115").company
        for _ in range(50):
            company.with_budget(lambda state: (replace(state, sent=(*state.sent, 1.0)), None))

    threads = [threading.Thread(target=take_fifty) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state: BudgetState = open_ledger(url, "api.parasut.com/115").company.with_budget(lambda state: (state, state))
    assert len(state.sent) == 150


def test_the_second_worker_on_a_ledger_is_told_so_at_once(url: str, ledger: Ledger) -> None:
    other = open_ledger(url, "api.parasut.com/115")
    with ledger.company.lease(), pytest.raises(Busy, match="Another syncd"), other.company.lease():
        pass
    with other.company.lease():
        pass


def test_a_lock_belongs_to_the_owner_of_the_ledger(url: str, ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    if os.geteuid() == 0:  # as root, for a service that runs under another user
        os.chown(file, 12345, 12345)
    with ledger.company.lease():
        (lock,) = tmp_path.glob("*.work.lock")
        assert (lock.stat().st_uid, lock.stat().st_mode & 0o777) == (file.stat().st_uid, 0o600)


def test_the_state_of_a_rule_is_kept(ledger: Ledger) -> None:
    assert ledger.rule("site") == RuleState()
    ledger.set_rule("site", approved=True)
    ledger.set_rule("site", paused=True)
    assert ledger.rule("site") == RuleState(approved=True, paused=True)
    ledger.set_rule("site", paused=False)
    assert ledger.rule("site") == RuleState(approved=True)


def test_a_switch_can_be_set_and_forgotten(ledger: Ledger) -> None:
    ledger.set_setting("paused", "yes")
    assert ledger.setting("paused") == "yes"
    ledger.set_setting("paused", None)
    assert ledger.setting("paused") is None


def test_the_mirror_finds_by_key_and_email_oldest_first(ledger: Ledger) -> None:
    ledger.mirror.store(
        "contacts",
        [
            Mirrored("1000", "C", key="0123456789", email="a@ornek.test"),
            Mirrored("999", "B", key="0123456789", archived=True),
            Mirrored("5", "A"),
        ],
    )
    assert [record.remote_id for record in ledger.mirror.by_key("contacts", "0123456789")] == ["999", "1000"]
    assert [record.name for record in ledger.mirror.by_email("a@ornek.test")] == ["C"]
    assert ledger.mirror.by_key("contacts", "") == []
    assert ledger.mirror.highest("contacts") == 1000
    ledger.mirror.drop("contacts", "1000")
    assert ledger.mirror.by_id("contacts", "1000") is None


def test_the_mirror_remembers_how_much_it_knows(ledger: Ledger) -> None:
    assert ledger.mirror.state("products") == MirrorState()
    ledger.mirror.set_state("products", MirrorState(True, 70, NOW, NOW))
    assert ledger.mirror.state("products") == MirrorState(True, 70, NOW, NOW)
    assert ledger.mirror.highest("products") == 70


def step(state: StepState = StepState.INTENDED) -> StepRow:
    return StepRow(
        identity="product A",
        kind="product",
        order_id=None,
        state=state,
        method="POST",
        path="products",
        query=[["include", "category"]],
        body='{"price":12.50}',
        fence="7",
        attempts=1,
        intended_at=NOW,
    )


def test_an_intent_is_there_before_its_outcome_with_the_exact_body(ledger: Ledger) -> None:
    ledger.steps.intend(step())
    assert ledger.steps.get("product A") == step()
    assert ledger.steps.unsettled() == [step()]


@pytest.mark.parametrize("state", [StepState.DONE, StepState.UNKNOWN, StepState.INTENDED])
def test_a_step_that_may_have_happened_can_not_be_intended_again(ledger: Ledger, state: StepState) -> None:
    ledger.steps.intend(step())
    if state is not StepState.INTENDED:
        ledger.steps.finish("product A", state, NOW, remote_id="8")
    with pytest.raises(ValueError, match="can't be intended again"):
        ledger.steps.intend(replace(step(), attempts=2))


@pytest.mark.parametrize("state", [StepState.REFUSED, StepState.NOT_EXECUTED, StepState.DISMISSED])
def test_a_step_that_surely_did_not_happen_can(ledger: Ledger, state: StepState) -> None:
    ledger.steps.intend(step())
    ledger.steps.finish("product A", state, NOW, answer="no")
    ledger.steps.intend(replace(step(), attempts=2))
    again = ledger.steps.get("product A")
    assert again is not None
    assert (again.state, again.attempts, again.answer) == (StepState.INTENDED, 2, "")


def test_a_step_whose_record_is_gone_makes_room_for_another(ledger: Ledger) -> None:
    ledger.steps.intend(step())
    ledger.steps.finish("product A", StepState.DONE, NOW, remote_id="8")
    ledger.steps.retire("product", "8")
    assert ledger.steps.get("product A") is None
    ledger.steps.intend(step())


def test_a_ledger_belongs_to_one_company(url: str, ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match=r"belongs to the company api\.parasut\.com/115") as caught:
        open_ledger(url, "api.parasut.com/116")
    assert "ledger file of its own" in caught.value.remedy
    assert open_ledger(url, "api.parasut.com/115").setting("company") == "api.parasut.com/115"


def test_the_first_intent_of_a_rule_is_remembered_with_it(ledger: Ledger) -> None:
    ledger.steps.intend(replace(step(), identity="sale 1"), Promise("2026-11-24", "site", "7"))
    ledger.steps.intend(
        replace(step(), identity="sale 2", intended_at=NOW.replace(hour=23)), Promise("2026-11-25", "site", "7")
    )
    assert ledger.rule("site") == RuleState(first_invoice_at=NOW)
