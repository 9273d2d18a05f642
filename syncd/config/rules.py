"""Rules: what is checked beyond the schema, and the finished `Rule`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from syncd.config.connectors import ConnectorWords
from syncd.config.document import Document, Steps
from syncd.config.mapping_files import (
    Field,
    MappingFile,
    MappingFiles,
    Templates,
    document_mapping,
    override_field,
    override_keys,
    template_of,
)
from syncd.config.ownership import Claim
from syncd.config.schedule import seconds
from syncd.config.settings import (
    Categories,
    ContactPolicy,
    Limits,
    Missing,
    PaymentChoice,
    ProductPolicy,
    Rule,
    Trigger,
)
from syncd.mapping.syntax import nearest
from syncd.mapping.template import Template
from syncd.orders.status import MAIN_WAY, Status
from syncd.problem import Problem

DEFAULT_MAPPING = "satis-faturasi"
FAR_AHEAD = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class PlatformWords:
    """What rules need to know of a platform; `connector` is None when it couldn't be read."""

    connector: ConnectorWords | None
    statuses: Mapping[str, Status]


@dataclass(slots=True)
class RuleText:
    """One rule as it stands in `document` at `steps`, with what was compiled from it.

    `whole` tells whether its values could be told and what was compiled has no problems; its schema is not looked at.
    """

    document: Document
    steps: Steps
    data: Mapping[str, Any]
    mapping: MappingFile | None = None
    overrides: dict[Field, Template | None] = field(default_factory=dict)
    categories: dict[str, Template] = field(default_factory=dict)
    condition: Template | None = None
    whole: bool = True

    def at(self, *steps: str | int) -> Steps:
        """The steps of a value inside the rule."""
        return (*self.steps, *steps)

    def under(self, name: str) -> Mapping[str, Any]:
        """The mapping under a key; empty when there is none."""
        value = self.data.get(name)
        return value if isinstance(value, dict) else {}

    @property
    def platforms(self) -> list[tuple[int, str]]:
        """Place and name of each platform that the rule names."""
        names = self.data.get("platforms")
        return [pair for pair in enumerate(names) if isinstance(pair[1], str)] if isinstance(names, list) else []


def is_template(inside_rule: Steps) -> bool:
    """Whether the value at these steps of a rule is a template, where `${` means nothing."""
    return inside_rule[:2] == ("trigger", "if") or inside_rule[:1] in (("override",), ("categories",))


def check_rule(
    rule: RuleText,
    platforms: Mapping[str, PlatformWords],
    mappings: MappingFiles,
    templates: Templates,
    today: date,
) -> Iterator[Problem]:
    """What is wrong with a rule beyond its schema. Compiles its templates; their problems go to `templates`."""
    yield from _wrong_platforms(rule, platforms)
    yield from _wrong_trigger(rule, platforms, today)
    mapping = rule.data.get("mapping", DEFAULT_MAPPING)
    if isinstance(mapping, str):
        rule.mapping = mappings.named(mapping, rule.document.value_at(rule.at("mapping")))
    for key, value in rule.under("override").items():
        target = override_field(key)
        if target is None:
            place = rule.document.key_at(rule.at("override", key))
            yield Problem(place, f"a mapping has no field '{key}'", nearest(key, override_keys()))
        else:
            section = target[0]
            rule.overrides[target] = template_of(templates, rule.document, rule.at("override", key), value, section)
    for name, value in rule.under("categories").items():
        if name != "missing" and isinstance(value, str):
            template = template_of(templates, rule.document, rule.at("categories", name), value, "category")
            if template is not None:
                rule.categories[name] = template
    condition = rule.under("trigger").get("if")
    if isinstance(condition, str) and condition.strip():
        steps = rule.at("trigger", "if")
        rule.condition = template_of(templates, rule.document, steps, condition, "condition", expression=True)


def _wrong_platforms(rule: RuleText, platforms: Mapping[str, PlatformWords]) -> Iterator[Problem]:
    for number, name in rule.platforms:
        if name not in platforms:
            place = rule.document.value_at(rule.at("platforms", number))
            yield Problem(place, f"there is no platform '{name}' under 'platforms'", nearest(name, platforms))


def _wrong_trigger(rule: RuleText, platforms: Mapping[str, PlatformWords], today: date) -> Iterator[Problem]:
    trigger = rule.under("trigger")
    since = _day(trigger.get("since"))
    if since is not None and since > today + FAR_AHEAD:
        place = rule.document.value_at(rule.at("trigger", "since"))
        yield Problem(place, f"'since' is far ahead: nothing ordered before {since} is invoiced", severity="warning")
    status = trigger.get("status")
    if not isinstance(status, str) or status not in MAIN_WAY:
        return
    known = {name: platforms[name] for _, name in rule.platforms if name in platforms}
    never = [
        name
        for name, words in known.items()
        if words.connector is not None and not words.connector.reaches(words.statuses, Status(status))
    ]
    if never:
        place = rule.document.value_at(rule.at("trigger", "status"))
        message = f"no status word of {' and '.join(never)} means {status} or later: the rule can never fire there"
        hint = "; add the shop's word under 'statuses' of the platform"
        yield Problem(place, message + hint, severity="error" if len(never) == len(known) else "warning")


def claim_of(rule: RuleText) -> Claim | None:
    """Which orders the rule wants; None while that can't be told."""
    trigger, name = rule.under("trigger"), rule.data.get("name")
    since, condition = _day(trigger.get("since")), trigger.get("if")
    if not isinstance(name, str) or since is None or not isinstance(condition, str | None):
        return None
    return Claim(
        name=name,
        position=rule.document.value_at(rule.at("name")),
        platforms={
            platform: rule.document.value_at(rule.at("platforms", number)) for number, platform in rule.platforms
        },
        since=since,
        condition=condition,
        otherwise=rule.data.get("otherwise") is True,
    )


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def finished(rule: RuleText) -> Rule:
    """The rule as settings; it has no problems."""
    data, trigger, limits = rule.data, rule.under("trigger"), rule.under("limits")
    assert rule.mapping is not None
    amount = limits.get("amount")
    return Rule(
        name=data["name"],
        platforms=tuple(data["platforms"]),
        trigger=Trigger(Status(trigger["status"]), date.fromisoformat(trigger["since"]), rule.condition),
        mapping=document_mapping(rule.mapping, rule.overrides),
        position=rule.document.value_at(rule.steps),
        every_seconds=seconds(data["every"]) if "every" in data else None,
        cron=data.get("cron"),
        categories=_categories(rule),
        contact=ContactPolicy(match=tuple(rule.under("contact").get("match", ContactPolicy().match))),
        product=_product(rule),
        payment=_payment(rule),
        issue_date=data.get("issue_date", "today"),
        cancelled=data.get("cancelled", "hold"),
        returned=data.get("returned", "hold"),
        refunded_before=data.get("refunded_before", "subtract"),
        inexact=rule.under("totals").get("inexact", "accept"),
        adopt=data.get("adopt", "ask"),
        limits=Limits(limits.get("per_run"), None if amount is None else Decimal(amount)),
        canary=data.get("go_live") == "canary",
        otherwise=data.get("otherwise", False),
    )


def _categories(rule: RuleText) -> Categories:
    missing = Missing(rule.under("categories").get("missing", "create"))
    names = rule.categories
    return Categories(names.get("invoice"), names.get("contact"), names.get("product"), missing)


def _product(rule: RuleText) -> ProductPolicy:
    product = rule.under("product")
    use = product.get("use")
    return ProductPolicy(Missing.HOLD if use else Missing(product.get("missing", "create")), use)


def _payment(rule: RuleText) -> dict[str, PaymentChoice]:
    choices: dict[str, PaymentChoice] = {}
    for method, choice in rule.under("payment").items():
        position = rule.document.key_at(rule.at("payment", method))
        if isinstance(choice, str):
            choices[method] = PaymentChoice(position=position)
        else:
            choices[method] = PaymentChoice(choice["account"], choice.get("type"), choice.get("platform"), position)
    return choices


def files_of(rules: list[RuleText]) -> list[Path]:
    """Every mapping file that the rules read."""
    return list(dict.fromkeys(path for rule in rules if rule.mapping for path in rule.mapping.files))
