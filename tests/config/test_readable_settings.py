"""What can be read of a configuration that has problems."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import CONFIG

from syncd.config.load import Loaded, load_settings

NAMES = ("CLIENT_ID", "CLIENT_SECRET", "USERNAME", "PASSWORD", "KEY", "SECRET")
ENVIRONMENT = {
    **{f"T_{name}": f"the {name}" for name in NAMES},
    "T_PARASUT": "http://parasut.test/",
    "T_SHOP": "https://shop.test",
}
RULE = CONFIG.partition("rules:\n")[2]


def loaded(folder: Path, config: str) -> Loaded:
    file = folder / "syncd.yaml"
    file.write_text(config, encoding="utf-8")
    return load_settings(file, ENVIRONMENT)


def test_settings_without_problems_need_no_second_best(tmp_path: Path) -> None:
    found = loaded(tmp_path, CONFIG)
    assert (found.settings is not None, found.readable) == (True, None)


def test_a_faulty_rule_is_left_out_and_named(tmp_path: Path) -> None:
    faulty = RULE.replace("site-hazirlanan", "kapida").replace("platforms:", "platfroms:")
    settings = loaded(tmp_path, CONFIG + faulty).readable
    assert settings is not None
    assert settings.unread is not None
    assert [rule.name for rule in settings.rules] == ["site-hazirlanan"]
    assert (settings.unread.rules, list(settings.platforms), len(settings.unread.problems)) == (
        ("kapida",),
        ["site"],
        1,
    )
    assert settings.ledger_url == f"sqlite:///{tmp_path / 'ledger.db'}"
    assert (settings.parasut.company_id, settings.parasut.base_url) == (115, "http://parasut.test")
    assert settings.parasut.password.reveal() == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("mapping: satis-faturasi", "mapping: satis-fatura"),
        ("{invoice: Web Satışları,", '{invoice: "{{ order.biling.name }}",'),
        ("since: 2026-11-01", 'since: 2026-11-01, if: "order.totl > 5"'),
        ("since: 2026-11-01", 'since: "${NOWHERE}"'),
        ("platforms: [site]", "platforms: [sitee]"),
        ("    payment:", "    every: soon\n    payment:"),
    ],
)
def test_a_rule_that_can_not_be_read_is_none_that_can_be_used(tmp_path: Path, right: str, wrong: str) -> None:
    assert right in CONFIG
    settings = loaded(tmp_path, CONFIG.replace(right, wrong)).readable
    assert settings is not None
    assert settings.unread is not None
    assert (settings.rules, settings.unread.rules) == ((), ("site-hazirlanan",))


def test_a_platform_whose_connector_is_misspelt_is_named(tmp_path: Path) -> None:
    settings = loaded(tmp_path, CONFIG.replace(": woocommerce", ": woocomerce")).readable
    assert settings is not None
    assert settings.unread is not None
    assert (settings.unread.platforms, dict(settings.platforms)) == (("site",), {})


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("${T_PASSWORD}", "${NOWHERE}"),
        ("  password: ${T_PASSWORD}\n", ""),
        ("version: 1", "version: 7"),
        ("rate: {requests: 1000,", "rate: {request: 1000,"),
        ("rules:", "notify: {chanels: []}\nrules:"),
    ],
)
def test_problems_elsewhere_leave_every_rule(tmp_path: Path, right: str, wrong: str) -> None:
    settings = loaded(tmp_path, CONFIG.replace(right, wrong)).readable
    assert settings is not None
    assert [rule.name for rule in settings.rules] == ["site-hazirlanan"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("rules:", "notify: [\nrules:"),
        ("ledger: sqlite:///ledger.db", "ledger: mysql://ledger"),
        ("ledger: sqlite:///ledger.db\n", ""),
        ("ledger: sqlite:///ledger.db", "ledger: ${NOWHERE}"),
        ("company_id: 115", "company_id: abc"),
        ("company_id: 115", "company_id: 0"),
        ("company_id: 115", "company_id: true"),
        ("  company_id: 115\n", ""),
        ("${T_PARASUT}", "${NOWHERE}"),
        ("${T_PARASUT}", "http://[::1"),
        ("rules:", "timezone: Mars/Olympus\nrules:"),
    ],
)
def test_without_ledger_company_or_zone_there_is_nothing_to_look_at(tmp_path: Path, right: str, wrong: str) -> None:
    found = loaded(tmp_path, CONFIG.replace(right, wrong))
    assert found.errors
    assert (found.settings, found.readable) == (None, None)
