"""What a configuration without problems becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from configurations import ENVIRON, FULL, SMALL, lines, load, load_full, write

from syncd.config.load import load_settings
from syncd.config.lookup import find_config
from syncd.config.settings import (
    ContactPolicy,
    Limits,
    Missing,
    ParasutSettings,
    PaymentChoice,
    PlatformSettings,
    ProductPolicy,
    Recovery,
    Secret,
)
from syncd.orders.order import LineKind
from syncd.orders.status import Status
from syncd.problem import Position


def test_every_key_arrives_in_the_settings(tmp_path: Path) -> None:
    loaded = load_full(tmp_path)
    assert lines(loaded, tmp_path) == []
    settings = loaded.settings
    assert settings is not None
    config = str(tmp_path / "syncd.yaml")
    assert settings.parasut == ParasutSettings(
        company_id=115,
        client_id=Secret("client-id-1"),
        client_secret=Secret("client-secret-1"),
        username=Secret("muhasebe@magaza.test"),
        password=Secret("client-secret-1"),
        base_url="http://127.0.0.1:8115",
        rate_requests=5,
        rate_seconds=12,
        timeout_seconds=120,
        recovery=Recovery(send_within=4, settle=180, second_look=3600),
    )
    assert settings.ledger_url == "sqlite:////var/lib/syncd/ledger.db"
    assert settings.timezone == ZoneInfo("Europe/Istanbul")
    connector = settings.platforms["site"].connector_file
    assert connector.name == "woocommerce.yaml"
    assert settings.platforms == {
        "site": PlatformSettings(
            name="site",
            connector="woocommerce",
            title="Web Sitesi",
            options={
                "url": "https://magaza.test",
                "consumer_key": Secret("ck_1"),
                "consumer_secret": Secret("cs_1"),
                "tax_number_keys": ["_billing_vergi_no"],
                "tax_office_keys": ["_billing_vergi_dairesi"],
                "gift_wrap_names": ["Kurdele"],
                "untaxed_vat_rate": 20,
                "per_page": 25,
                "timeout": "90s",
                "ca_file": str(tmp_path / "ca.pem"),
            },
            position=Position(config, 21, 3),
            statuses={"kargoda": Status.SHIPPED},
            connector_file=connector,
            account="eski.magaza.test",
        )
    }
    assert [rule.name for rule in settings.rules] == ["site-kapida", "site-hazirlanan", "site-kargolanan"]
    rule = settings.rules[1]
    assert rule.position == Position(config, 39, 5)
    assert (rule.platforms, rule.trigger.status, rule.trigger.since) == (
        ("site",),
        Status.PREPARING,
        date(2026, 11, 1),
    )
    assert rule.trigger.condition is not None
    assert rule.trigger.condition.text == "order.total > 0"
    assert (rule.every_seconds, rule.cron, rule.otherwise, rule.canary) == (120, None, True, True)
    assert rule.contact == ContactPolicy(match=("tax_number", "email"))
    assert rule.product == ProductPolicy(missing=Missing.HOLD)
    assert rule.payment == {
        "cod": PaymentChoice(position=Position(config, 63, 7)),
        "*": PaymentChoice("iyzico", "ODEMEARACISI", "iyzico", Position(config, 64, 7)),
    }
    assert (rule.issue_date, rule.cancelled, rule.returned) == ("shipped_at", "ignore", "ignore")
    assert (rule.refunded_before, rule.inexact, rule.adopt) == ("full", "hold", "automatic")
    assert rule.limits == Limits(per_run=100, amount=Decimal("50000.50"))
    assert rule.categories.missing is Missing.ERROR
    assert rule.categories.invoice is not None
    assert rule.categories.invoice.render({"platform": {"title": "Site"}}) == "Site Satışları"
    last = settings.rules[2]
    assert (last.every_seconds, last.cron, last.product.use) == (None, "*/5 8-20 * * 1-5", "GENEL")


def test_a_small_configuration_gets_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL).settings
    assert settings is not None
    rule = settings.rules[0]
    assert settings.ledger_url == f"sqlite:///{tmp_path / 'ledger.db'}"
    assert settings.platforms["site"].title == "site"
    assert settings.timezone.key == "Europe/Istanbul"
    assert (rule.cancelled, rule.returned, rule.issue_date, rule.refunded_before) == (
        "hold",
        "hold",
        "today",
        "subtract",
    )
    assert (rule.payment, rule.product, rule.contact, rule.limits) == ({}, ProductPolicy(), ContactPolicy(), Limits())
    assert (rule.canary, rule.otherwise, rule.inexact, rule.mapping.name) == (False, False, "accept", "satis-faturasi")


def test_overrides_come_last(tmp_path: Path) -> None:
    settings = load_full(tmp_path).settings
    assert settings is not None
    mapping = settings.rules[1].mapping
    assert mapping.invoice["invoice_note"].text == "Ödeme: {{ order.payment.title }}"
    assert mapping.contact["is_abroad"].render({}) is False
    assert mapping.kinds[LineKind.SHIPPING]["name"].text == "Kargo"
    assert settings.rules[0].mapping.kinds[LineKind.SHIPPING]["name"].text != "Kargo"


def test_every_file_that_was_read_is_named(tmp_path: Path) -> None:
    settings = load_full(tmp_path).settings
    assert settings is not None
    assert [path.name for path in settings.files] == [
        "syncd.yaml",
        "woocommerce.yaml",
        "kapida.yaml",
        "satis-faturasi.yaml",
    ]


def test_secrets_are_known_for_masking_and_never_printed(tmp_path: Path) -> None:
    settings = load_full(tmp_path).settings
    assert settings is not None
    assert {secret.reveal() for secret in settings.secrets} >= {"client-secret-1", "cs_1", "ck_1"}
    assert "cs_1" not in repr(settings)
    assert "client-secret-1" not in str(settings)


def test_settings_of_a_broken_configuration_are_not_to_be_had(tmp_path: Path) -> None:
    loaded = load(tmp_path, SMALL.replace("company_id: 115", "company_id: Ali"))
    assert loaded.settings is None
    assert len(loaded.errors) == 1


def test_a_warning_does_not_stop_anything(tmp_path: Path) -> None:
    loaded = load(tmp_path, SMALL.replace("since: 2026-11-01", "since: 2027-11-01"))
    assert [problem.severity for problem in loaded.problems] == ["warning"]
    assert loaded.settings is not None
    assert loaded.errors == ()


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = SMALL.replace("115", "Ali").replace("[site]", "[sit]").replace("ledger: sqlite:///", "ledger: mysql:///")
    loaded = load(tmp_path, text + "    every: 5\n    mapping: yok\n")
    assert [problem.position.line for problem in loaded.problems] == [3, 8, 17, 19, 20]
    assert list(loaded.problems) == sorted(loaded.problems, key=lambda problem: problem.position)


def test_the_configuration_is_looked_for_in_order(tmp_path: Path) -> None:
    environ = {"SYNCD_CONFIG": "/srv/other.yaml"}
    assert find_config(Path("mine.yaml"), environ, tmp_path) == Path("mine.yaml")
    assert find_config(None, environ, tmp_path) == Path("/srv/other.yaml")
    write(tmp_path, SMALL)
    assert find_config(None, {}, tmp_path) == tmp_path / "syncd.yaml"


def test_a_configuration_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path / "syncd.yaml", ENVIRON)
    assert [problem.message for problem in loaded.problems] == ["the file can't be read: No such file or directory"]


def test_no_rules_is_a_warning(tmp_path: Path) -> None:
    loaded = load(tmp_path, SMALL[: SMALL.index("rules:")])
    assert [problem.message for problem in loaded.problems] == ["there is no rule: nothing will be invoiced"]
    assert loaded.settings is not None


def test_the_same_text_gives_the_same_settings(tmp_path: Path) -> None:
    first, second = load_full(tmp_path, FULL).settings, load_full(tmp_path, FULL).settings
    assert first is not None
    assert second is not None
    assert replace(first, rules=()) == replace(second, rules=())


def test_a_payment_may_be_chosen_for_orders_without_a_method(tmp_path: Path) -> None:
    text = SMALL + '    payment: {"": unpaid, "*": {account: iyzico}}\n'
    loaded = load(tmp_path, text)
    assert lines(loaded, tmp_path) == []
    assert loaded.settings is not None
    payment = loaded.settings.rules[0].payment
    assert {method: choice.account for method, choice in payment.items()} == {"": None, "*": "iyzico"}
