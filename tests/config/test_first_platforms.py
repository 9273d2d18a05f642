"""What a first configuration can choose from, and how answers are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.config.first_platforms import Setting, chosen_names, offered_names, offered_platform
from syncd.errors import ConfigurationError, UsageError
from syncd.orders.status import Status

OWN = """\
title: Dükkan
settings:
  type: object
  required: [store, token]
  properties:
    open: {type: boolean}
    lost: {$ref: "#/$defs/nowhere"}
    token: {type: string, pattern: "^tk_", x-secret: true, examples: [tk_1]}
    store:
      description: Number of the store, at dukkan.test. It never changes.
      $ref: "#/$defs/store"
  $defs:
    store: {type: integer, minimum: 10}
statuses: {yeni: awaiting_approval, hazir: preparing, iptal: cancelled}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a connector of its own beside the shipped ones."""
    connectors = tmp_path / "mappings" / "platforms"
    connectors.mkdir(parents=True)
    (connectors / "dukkan.yaml").write_text(OWN, encoding="utf-8")
    return tmp_path


def own(folder: Path, name: str) -> Setting:
    return offered_platform("dukkan", folder).setting(name)


def test_the_shipped_platforms_are_offered_first_then_connectors_of_ones_own(folder: Path) -> None:
    assert offered_names(folder / "empty") == ("site", "trendyol", "hepsiburada", "n11")
    assert offered_names(folder) == ("site", "trendyol", "hepsiburada", "n11", "dukkan")


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (["1"], ("site",)),
        (["4, 2"], ("n11", "trendyol")),
        (["Trendyol", "HEPSİBURADA n11"], ("trendyol", "hepsiburada", "n11")),
        (["woocommerce,site", "1"], ("site",)),
        (["5,"], ("dukkan",)),
    ],
)
def test_platforms_are_chosen_by_number_or_name_in_any_writing(
    folder: Path, words: list[str], chosen: tuple[str, ...]
) -> None:
    assert chosen_names(words, folder) == chosen


@pytest.mark.parametrize(
    ("word", "hint"), [("trendyl", "Did you mean trendyol?"), ("6", "There are: site,"), ("0", ""), ("", ""), ("*", "")]
)
def test_what_is_not_offered_is_wrong_usage(folder: Path, word: str, hint: str) -> None:
    with pytest.raises(UsageError, match="There is no platform") as caught:
        chosen_names([word], folder)
    assert hint in caught.value.remedy


def test_every_shipped_platform_asks_for_what_its_connector_requires(tmp_path: Path) -> None:
    asked = {
        name: [setting.name for setting in offered_platform(name, tmp_path).settings if setting.required]
        for name in offered_names(tmp_path)
    }
    assert asked == {
        "site": ["url", "consumer_key", "consumer_secret"],
        "trendyol": ["seller_id", "api_key", "api_secret"],
        "hepsiburada": ["merchant_id", "service_key", "integrator"],
        "n11": ["seller_id", "app_key", "app_secret"],
    }


def test_a_question_is_the_first_sentence_of_the_description(folder: Path) -> None:
    assert own(folder, "store").question == "Number of the store, at dukkan.test"
    assert own(folder, "token").question == "token"
    for name in offered_names(folder)[:4]:
        for setting in offered_platform(name, folder).settings:
            assert not setting.required or len(setting.question) < 130, setting


def test_examples_of_secrets_are_not_shown_as_answers(folder: Path) -> None:
    assert own(folder, "token").example == ""
    assert offered_platform("trendyol", folder).setting("seller_id").example == "107703"


def test_the_rule_of_a_connector_that_never_ships_fires_at_the_last_status_it_knows(folder: Path) -> None:
    assert offered_platform("dukkan", folder).status is Status.PREPARING
    assert offered_platform("n11", folder).status is Status.SHIPPED
    assert offered_platform("site", folder).status is Status.PREPARING


def test_a_connector_that_cannot_fire_or_be_read_is_named_with_its_place(folder: Path) -> None:
    file = folder / "mappings" / "platforms" / "dukkan.yaml"
    file.write_text(OWN.replace("awaiting_approval", "other").replace("preparing", "other"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"dukkan\.yaml:1:1: no status word means"):
        offered_platform("dukkan", folder)
    file.write_text("title: [", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"dukkan\.yaml:2:1: not readable"):
        offered_platform("dukkan", folder)


def test_answers_become_what_the_key_takes(folder: Path) -> None:
    assert own(folder, "store").read(" 4711 ") == 4711
    assert own(folder, "open").read("true") is True
    assert own(folder, "lost").read("left to check") == "left to check"
    assert own(folder, "token").read("tk_2") == "tk_2"
    trendyol = offered_platform("trendyol", folder)
    assert trendyol.setting("seller_id").read("107703") == 107703
    assert trendyol.setting("base_url").read("http://127.0.0.1:8117/") == "http://127.0.0.1:8117"
    assert offered_platform("site", folder).setting("url").read("www.magaza.test/tr/") == "https://www.magaza.test/tr"
    assert offered_platform("n11", folder).setting("app_key").read("007") == "007"


def test_an_answer_that_the_key_does_not_take_is_refused_with_what_it_expects(folder: Path) -> None:
    hepsiburada = offered_platform("hepsiburada", folder)
    with pytest.raises(UsageError) as caught:
        hepsiburada.setting("merchant_id").read("12345")
    assert str(caught.value) == (
        "hepsiburada: 'merchant_id' must be the store's GUID (Mağaza ID), not '12345'. "
        "Write it like 0a0a0a0a-0000-4000-8000-00000000a001."
    )
    for setting, answer in (
        (own(folder, "store"), "9"),
        (own(folder, "store"), "a: b"),
        (own(folder, "open"), "maybe"),
        (offered_platform("site", folder).setting("url"), "my shop"),
        (hepsiburada.setting("service_key"), "  "),
    ):
        with pytest.raises(UsageError):
            setting.read(answer)


def test_a_secret_that_is_refused_is_not_repeated(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        own(folder, "token").read("hush-123")
    assert "hush" not in str(caught.value)
    assert "token" in str(caught.value)
