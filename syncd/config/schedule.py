"""Times as people write them: `2m`, and cron's five fields."""

from __future__ import annotations

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NAMES = {
    3: ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    4: ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
_RANGES = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # days of each month
_PART = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d{1,4}))?", re.ASCII)


def seconds(text: str) -> int:
    """`30s`, `2m`, `1h`, `14d` in seconds; the schema has checked the form."""
    return int(text[:-1]) * _UNITS[text[-1]]


def cron_mistake(text: str) -> str | None:
    """What is wrong with cron's five fields (minute, hour, day, month, weekday), or None."""
    fields = text.split()
    if len(fields) != len(_RANGES):
        return f"has {len(fields)} fields, not 5"
    for place, (field, (word, low, high)) in enumerate(zip(fields, _RANGES, strict=True)):
        for part in field.split(","):
            found = _PART.fullmatch(part)
            if found is None or found["step"] == "0":
                return f"{word}: {part!r} is not understood"
            bounds = [_number(text, place) for text in (found["first"], found["last"]) if text]
            if any(number is None or not low <= number <= high for number in bounds):
                return f"{word}: {part!r} is not within {low}-{high}"
            if len(bounds) == 2 and (bounds[0] or 0) > (bounds[1] or 0):
                return f"{word}: {part!r} runs backwards"
    return None if _has_a_day(text) else "never fires, for none of its months has such a day"


def cron_fields(text: str) -> tuple[frozenset[int] | None, ...]:
    """The minutes, hours, days, months and weekdays (0 is Sunday) of cron's five fields; None where all fit.

    The text has no mistake. As cron has it, a day fits when its day *or* its weekday does, if neither says all.
    """
    return tuple(
        None if field == "*" else frozenset().union(*(_numbers(part, place) for part in field.split(",")))
        for place, field in enumerate(text.split())
    )


def _has_a_day(text: str) -> bool:
    """Whether there is a day that fits. A weekday comes every week of every month."""
    _, _, days, months, weekdays = cron_fields(text)
    if days is None or weekdays is not None:
        return True
    return any(min(days) <= _LONGEST[month - 1] for month in months or range(1, 13))


def _numbers(part: str, place: int) -> frozenset[int]:
    found = _PART.fullmatch(part)
    assert found is not None
    _, low, high = _RANGES[place]
    first = _number(found["first"], place) if found["first"] else None
    last = _number(found["last"], place) if found["last"] else None
    begin = low if first is None else first
    open_ended = first is None or found["step"]  # `*`, and `5/20`, which cron reads as `5-59/20`
    usual_end = high if open_ended else begin
    numbers = range(begin, (usual_end if last is None else last) + 1, int(found["step"] or 1))
    return frozenset(number % 7 for number in numbers) if place == 4 else frozenset(numbers)


def _number(text: str, place: int) -> int | None:
    if text.isdigit():
        return int(text)
    names = _NAMES.get(place, ())
    return names.index(text.lower()) + (1 if place == 3 else 0) if text.lower() in names else None
