"""Picks one option for every line so that the invoice comes to a target under all the terms at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from syncd.orders.amounts.pricing import Item, Option, Pricing, Scale, half_up
from syncd.orders.amounts.profile import VatRounding

# Sums of several figures travel as one integer: addition adds them all. No sum comes near 2**128 grains.
_FIELD = 128
_MASK = (1 << _FIELD) - 1

# How many partial sums are kept while lines are added: enough for all that can matter in short orders; in long ones
# those nearest to the way from the first line to the total, on which lines compensate each other freely.
_KEPT_SUMS = 100
_KEPT_TOTALS = 400

_Chosen = tuple["_Chosen", int, Option] | None


@dataclass(frozen=True, slots=True)
class _RateSum:
    """What the lines of one VAT rate come to: per treatment of nets the net in grains and the lines' VAT in kuruş."""

    cost: int
    nets: tuple[int, ...]
    line_vat: tuple[int, ...]
    chosen: _Chosen


def choose(items: Sequence[Item], pricing: Pricing, target: int) -> list[Option] | None:
    """The cheapest options, one per item in order, whose payable is `target` kuruş under all terms, or None."""
    by_rate: dict[int, list[int]] = {}
    for position, item in enumerate(items):
        by_rate.setdefault(item.rate, []).append(position)
    if len(by_rate) == 1 and not _one_rate_can_come_to(target, items[0].rate, pricing):
        return None
    rate_totals = {rate: sum(items[position].total for position in found) for rate, found in by_rate.items()}
    options = [pricing.options(item, rate_totals[item.rate]) for item in items]
    if not all(options):
        return None
    search = _Search(pricing.scale, _roundings(pricing, options), target, pricing.leeway.rate_reach)

    first = [choices[0] for choices in options]
    sums = [
        search.rate_sum(rate, [(position, first[position]) for position in found]) for rate, found in by_rate.items()
    ]
    rates = list(by_rate)
    near = all(search.near(rate, rate_sum, rate_totals[rate]) for rate, rate_sum in zip(rates, sums, strict=True))
    if near and search.comes_to_target(rates, sums):
        return first

    per_rate = []
    for rate, found in by_rate.items():
        reachable = search.rate_sums(rate, rate_totals[rate], [(position, options[position]) for position in found])
        if not reachable:
            return None
        per_rate.append(reachable)
    best = search.best(rates, per_rate)
    if best is None:
        return None
    result: list[Option] = list(first)
    for chosen in best:
        while chosen is not None:
            chosen, position, option = chosen
            result[position] = option
    return result


def _roundings(
    pricing: Pricing, options: Sequence[Sequence[Option]]
) -> tuple[tuple[bool, frozenset[VatRounding]], ...]:
    """Whether nets are rounded, and where VAT is. With nothing but whole nets both treatments are one."""
    roundings = pricing.terms.roundings
    if len(roundings) > 1 and all(option.whole for option in chain.from_iterable(options)):
        return ((True, frozenset().union(*(places for _, places in roundings))),)
    return tuple((net == "rounded", places) for net, places in roundings)


def _one_rate_can_come_to(target: int, rate: int, pricing: Pricing) -> bool:
    """Whether any net at all gives `target` where VAT is rounded on the sum of the one rate there is."""
    kurus, vat_unit = pricing.scale.kurus, pricing.scale.vat_unit
    hundred = 100 * pricing.scale.rate_unit
    ideal = target * hundred // (hundred + rate)
    for treatment, places in pricing.terms.roundings:
        if places == {"line"}:
            continue
        between = treatment == "exact" and pricing.leeway.fine and rate > 0
        for net in range(ideal - 1, ideal + 3):
            vat = target - net
            if half_up(net * kurus * rate, vat_unit) == vat:
                break
            if between:
                lowest = max((2 * net - 1) * kurus // 2, -(-(2 * vat - 1) * vat_unit // (2 * rate)))
                beyond = min((2 * net + 1) * kurus // 2, -(-(2 * vat + 1) * vat_unit // (2 * rate)))
                if lowest < beyond:
                    break
        else:
            return False
    return True


class _Search:
    """The sums of one order. `roundings` are pairs of (line nets are rounded, where VAT is rounded)."""

    def __init__(
        self, scale: Scale, roundings: tuple[tuple[bool, frozenset[VatRounding]], ...], target: int, rate_reach: int
    ) -> None:
        self._kurus = scale.kurus
        self._vat_unit = scale.vat_unit
        self._hundred = 100 * scale.rate_unit
        self._roundings = roundings
        self._target = target
        self._rate_reach = rate_reach

    def _key(self, rate: int, option: Option) -> int:
        """Net and VAT of an option under every treatment, as one integer; VAT only where lines' VAT counts."""
        key = 0
        for number, (rounded, places) in enumerate(self._roundings):
            net_sum = vat_sum = 0
            for net in option.nets:
                used = half_up(net, self._kurus) * self._kurus if rounded else net
                net_sum += used
                if "line" in places:
                    vat_sum += half_up(used * rate, self._vat_unit)
            key |= (net_sum | vat_sum << _FIELD) << (2 * _FIELD * number)
        return key

    def _unpacked(self, key: int, cost: int, chosen: _Chosen) -> _RateSum:
        fields = [key >> (_FIELD * number) & _MASK for number in range(2 * len(self._roundings))]
        return _RateSum(cost, tuple(fields[0::2]), tuple(fields[1::2]), chosen)

    def rate_sum(self, rate: int, picked: Sequence[tuple[int, Option]]) -> _RateSum:
        """The sum of these options."""
        return self._unpacked(sum(self._key(rate, option) for _, option in picked), 0, None)

    def near(self, rate: int, rate_sum: _RateSum, total: int) -> bool:
        """Whether the rate's gross is near its lines' total, however VAT is rounded."""
        for (_, places), net, line_vat in zip(self._roundings, rate_sum.nets, rate_sum.line_vat, strict=True):
            shown = half_up(net, self._kurus)
            if "line" in places and abs(shown + line_vat - total) > self._rate_reach:
                return False
            if places != {"line"} and abs(shown + half_up(net * rate, self._vat_unit) - total) > self._rate_reach:
                return False
        return True

    def rate_sums(self, rate: int, total: int, lines: Sequence[tuple[int, Sequence[Option]]]) -> list[_RateSum]:
        """Every sum the rate's lines can come to near their total, each by its cheapest way."""
        keyed = [(position, [(self._key(rate, option), option) for option in options]) for position, options in lines]
        # Lines with little choice first: what they leave is then made up for by the others.
        keyed.sort(key=lambda entry: len(entry[1]))
        path = self._path(rate, total, keyed) if len(keyed) > 3 else []
        sums: dict[int, tuple[int, _Chosen]] = {0: (0, None)}
        for number, (position, options) in enumerate(keyed):
            grown: dict[int, tuple[int, _Chosen]] = {}
            for key, (cost, chosen) in sums.items():
                for added, option in options:
                    new_key, new_cost = key + added, cost + option.cost
                    known = grown.get(new_key)
                    if known is None or new_cost < known[0]:
                        grown[new_key] = (new_cost, (chosen, position, option))
            if len(grown) > _KEPT_SUMS and path:
                grown = self._nearest(grown, *path[number])
            sums = grown
        found = [self._unpacked(key, cost, chosen) for key, (cost, chosen) in sums.items()]
        return [rate_sum for rate_sum in found if self.near(rate, rate_sum, total)]

    def _nearest(
        self, sums: dict[int, tuple[int, _Chosen]], net_goal: int, vat_goal: int
    ) -> dict[int, tuple[int, _Chosen]]:
        """The sums nearest to where net and VAT should stand; of nets less than 0.1 kuruş apart only the cheapest."""
        bucket = self._kurus // 10
        cheapest: dict[tuple[int, int], int] = {}
        for key, (cost, _) in sums.items():
            place = ((key & _MASK) // bucket, key >> _FIELD)
            known = cheapest.get(place)
            if known is None or cost < sums[known][0]:
                cheapest[place] = key
        ranked = sorted(
            cheapest.values(),
            key=lambda key: (
                max(abs((key & _MASK) - net_goal) // self._kurus, abs((key >> _FIELD & _MASK) - vat_goal)),
                sums[key][0],
            ),
        )
        return {key: sums[key] for key in ranked[:_KEPT_SUMS]}

    def _path(
        self, rate: int, total: int, keyed: Sequence[tuple[int, Sequence[tuple[int, Option]]]]
    ) -> list[tuple[int, int]]:
        """Where net and VAT should stand after each line: on the way from nothing to the total, every line going
        equally far between the least and the most it can give."""
        nets = [[key & _MASK for key, _ in options] for _, options in keyed]
        vats = [[key >> _FIELD & _MASK for key, _ in options] for _, options in keyed]
        net_goal = total * self._hundred * self._kurus // (self._hundred + rate)
        vat_goal = total - half_up(net_goal, self._kurus)
        return list(zip(_way(nets, net_goal), _way(vats, vat_goal), strict=True))

    def comes_to_target(self, rates: Sequence[int], sums: Sequence[_RateSum]) -> bool:
        """Whether the invoice is payable with exactly the target under every treatment."""
        totals = self._nothing()
        for rate, rate_sum in zip(rates, sums, strict=True):
            totals = self._added(totals, rate, rate_sum)
        return self._reached(totals)

    def best(self, rates: Sequence[int], per_rate: Sequence[Sequence[_RateSum]]) -> list[_Chosen] | None:
        """The cheapest combination of one sum per rate that comes to the target."""
        totals: list[tuple[int, tuple[int, ...], tuple[_Chosen, ...]]] = [(0, self._nothing(), ())]
        for rate, sums in zip(rates, per_rate, strict=True):
            cheapest: dict[tuple[int, ...], tuple[int, tuple[_Chosen, ...]]] = {}
            for cost, total, chosen in totals:
                for rate_sum in sums:
                    grown, new_cost = self._added(total, rate, rate_sum), cost + rate_sum.cost
                    known = cheapest.get(grown)
                    if known is None or new_cost < known[0]:
                        cheapest[grown] = (new_cost, (*chosen, rate_sum.chosen))
            totals = sorted(
                ((cost, total, chosen) for total, (cost, chosen) in cheapest.items()), key=lambda entry: entry[0]
            )
            if rate != rates[-1]:
                totals = totals[:_KEPT_TOTALS]
        for _, total, chosen in totals:
            if self._reached(total):
                return list(chosen)
        return None

    def _nothing(self) -> tuple[int, ...]:
        return (0,) * (4 * len(self._roundings))

    def _added(self, totals: tuple[int, ...], rate: int, rate_sum: _RateSum) -> tuple[int, ...]:
        """Per treatment: net, VAT rounded per line, rounded per rate, and not rounded; each only where it counts."""
        grown: list[int] = []
        for number, (_, places) in enumerate(self._roundings):
            net, line_vat, rate_vat, raw_vat = totals[4 * number : 4 * number + 4]
            raw = rate_sum.nets[number] * rate
            grown += (
                net + rate_sum.nets[number],
                line_vat + rate_sum.line_vat[number],
                rate_vat + half_up(raw, self._vat_unit) if "rate" in places else 0,
                raw_vat + raw if "invoice" in places else 0,
            )
        return tuple(grown)

    def _reached(self, totals: tuple[int, ...]) -> bool:
        for number, (_, places) in enumerate(self._roundings):
            net, line_vat, rate_vat, raw_vat = totals[4 * number : 4 * number + 4]
            vat = self._target - half_up(net, self._kurus)
            if "line" in places and line_vat != vat:
                return False
            if "rate" in places and rate_vat != vat:
                return False
            if "invoice" in places and half_up(raw_vat, self._vat_unit) != vat:
                return False
        return True


def _way(steps: Sequence[Sequence[int]], goal: int) -> list[int]:
    low, high = sum(map(min, steps)), sum(map(max, steps))
    share = min(max(goal - low, 0), high - low)
    least = most = 0
    way = []
    for step in steps:
        least += min(step)
        most += max(step)
        way.append(least + ((most - least) * share // (high - low) if high > low else 0))
    return way
