"""Rules that get in each other's way: a rule that can never fire, and overlaps that nobody meant.

The first rule whose platforms, `since` and `if` fit an order owns it. So a rule that shares a platform with an earlier
one gets only what that one leaves, and has to say that it knows (`otherwise: true`), unless the two conditions can't be
true of the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jinja2 import Environment, TemplateError, nodes

from syncd.problem import Position, Problem


@dataclass(frozen=True, slots=True)
class Claim:
    """Which orders a rule wants. `platforms` map each name to where the rule says it."""

    name: str
    position: Position
    platforms: Mapping[str, Position]
    since: date
    condition: str | None = None
    otherwise: bool = False


def ownership_problems(claims: Sequence[Claim]) -> Iterator[Problem]:
    """Every rule that earlier ones leave nothing to, and every overlap that isn't meant."""
    for number, later in enumerate(claims):
        earlier_claims = claims[:number]
        takers = {platform: _taker(later, platform, earlier_claims) for platform in later.platforms}
        if takers and all(takers.values()):
            yield Problem(later.position, f"rule '{later.name}' can never fire: {_blame(takers)}")
            continue
        for platform, position in later.platforms.items():
            taker = takers[platform]
            if taker is not None:
                yield Problem(
                    position, f"rule '{later.name}' never gets orders of {platform}: {_blame({platform: taker})}"
                )
                continue
            earlier = next((claim for claim in earlier_claims if _overlap(claim, later, platform)), None)
            if earlier is not None and not later.otherwise:
                message = (
                    f"rule '{later.name}' overlaps with '{earlier.name}' on {platform}: write `otherwise: true` if it "
                    "shall take what the other leaves"
                )
                yield Problem(position, message)
                break


def _taker(later: Claim, platform: str, earlier_claims: Sequence[Claim]) -> Claim | None:
    """An earlier rule that takes every order of the platform that the later one could get."""
    for earlier in earlier_claims:
        same = earlier.condition is None or _same(earlier.condition, later.condition)
        if platform in earlier.platforms and earlier.since <= later.since and same:
            return earlier
    return None


def _blame(takers: Mapping[str, Claim | None]) -> str:
    by_rule: dict[str, list[str]] = {}
    for platform, taker in takers.items():
        by_rule.setdefault(taker.name if taker else "", []).append(platform)
    parts = [f"'{name}' before it takes every order of {' and '.join(names)}" for name, names in by_rule.items()]
    return ", ".join(parts)


def _overlap(earlier: Claim, later: Claim, platform: str) -> bool:
    return platform in earlier.platforms and not _apart(earlier.condition, later.condition)


def _same(one: str, other: str | None) -> bool:
    return other is not None and " ".join(one.split()) == " ".join(other.split())


def _apart(one: str | None, other: str | None) -> bool:
    """Whether two conditions are surely never true together: one demands of a path what the other forbids."""
    if one is None or other is None:
        return False
    return any(_contradict(left, right) for left in _demands(one) for right in _demands(other))


_Demand = tuple[str, bool, frozenset[object]]
"""A path, whether it must be one of the values or none of them, the values."""


def _contradict(left: _Demand, right: _Demand) -> bool:
    (path, wanted, values), (other_path, other_wanted, other_values) = left, right
    if path != other_path:
        return False
    if wanted and other_wanted:
        return not values & other_values
    if wanted:
        return values <= other_values
    return other_wanted and other_values <= values


def _demands(condition: str) -> Iterator[_Demand]:
    """What each part of a condition joined with `and` demands of one path, as far as it is that simple."""
    try:
        tree = Environment(autoescape=False).parse("{{ (" + condition + "\n) }}")
    except (TemplateError, RecursionError):
        return
    output = tree.body[0] if len(tree.body) == 1 else None
    parts = list(output.nodes) if isinstance(output, nodes.Output) else []
    while parts:
        part = parts.pop()
        if isinstance(part, nodes.And):
            parts += [part.left, part.right]
        else:
            demand = _demand(part)
            if demand is not None:
                yield demand


def _demand(part: nodes.Node) -> _Demand | None:
    if isinstance(part, nodes.Not):
        inner = _demand(part.node)
        return (inner[0], not inner[1], inner[2]) if inner else None
    if isinstance(part, nodes.Compare) and len(part.ops) == 1:
        path, operator, other = _path(part.expr), part.ops[0].op, part.ops[0].expr
        values = _constant(other) if operator in ("eq", "ne") else _constants(other)
        if path and values is not None and operator in ("eq", "ne", "in", "notin"):
            return path, operator in ("eq", "in"), values
        return None
    path = _path(part)
    return (f"{path} as true or false", True, frozenset({True})) if path else None


def _path(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        above = _path(node.node)
        return f"{above}.{node.attr}" if above else ""
    return ""


def _constant(node: nodes.Node) -> frozenset[object] | None:
    return frozenset({node.value}) if isinstance(node, nodes.Const) else None


def _constants(node: nodes.Node) -> frozenset[object] | None:
    if isinstance(node, (nodes.List, nodes.Tuple)) and all(isinstance(item, nodes.Const) for item in node.items):
        return frozenset(item.value for item in node.items if isinstance(item, nodes.Const))
    return None
