"""Notices as one message: a subject, plain text for people, and the same as data for programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from syncd.config.settings import Event
from syncd.daemon.remedies import remedy_of
from syncd.daemon.words import WORDS, Language
from syncd.ledger.notices import Notice
from syncd.words import counted

_NAMED: Final = 10  # orders named under one heading
_CODES: Final = 10  # reasons of holds that are told one by one

# What matters most comes first, and gives the message its subject.
_ORDER: Final = (
    Event.COMPANY,
    Event.RULE_STOPPED,
    Event.PLATFORM,
    Event.CONFIGURATION,
    Event.DEADLINE,
    Event.HOLD,
    Event.SUMMARY,
)


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel delivers. `events` say the same as `text`, without words: kinds, codes, names, amounts."""

    subject: str
    text: str
    at: datetime
    company: str
    language: Language
    events: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The message for programs; amounts are text."""
        return {
            "subject": self.subject,
            "text": self.text,
            "at": self.at.isoformat(),
            "company": self.company,
            "language": self.language,
            "events": [dict(event) for event in self.events],
        }


@dataclass(frozen=True, slots=True)
class Writer:
    """How messages are written: in which language, for which company, by which wall clock."""

    language: Language
    zone: tzinfo
    company: str

    def message(self, notices: Iterable[Notice], at: datetime) -> Message:
        """One message about all of them."""
        by_kind: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for notice in notices:
            by_kind[notice.kind].append(notice.document)
        parts = [part for kind in _ORDER if by_kind[kind] for part in self._parts(kind, by_kind[kind])]
        return self._message(parts, at)

    def test(self, at: datetime) -> Message:
        """A message that says only that a channel works."""
        return self._message([_Part(self._say("test"), (self._say("test_text"),), ({"event": "test"},))], at)

    def _message(self, parts: Sequence[_Part], at: datetime) -> Message:
        titles = [part.title for part in parts]
        subject = titles[0] if titles else ""
        if len(titles) > 1:
            subject = self._say("more", subject=subject, count=len(titles) - 1)
        text = "\n\n".join("\n".join([part.title, *(f"  {line}" for line in part.lines)]) for part in parts)
        return Message(
            subject=f"syncd {self.company}: {subject}",
            text=f"{text}\n",
            at=at,
            company=self.company,
            language=self.language,
            events=tuple(event for part in parts for event in part.events),
        )

    def _parts(self, kind: Event, documents: Sequence[Mapping[str, Any]]) -> list[_Part]:
        match kind:
            case Event.COMPANY:
                return [self._company(document) for document in documents]
            case Event.RULE_STOPPED:
                return [self._rules(documents)]
            case Event.PLATFORM:
                return [self._platform(document) for document in documents]
            case Event.CONFIGURATION:
                return [self._configuration(documents[-1])]
            case Event.DEADLINE:
                return [self._deadlines(stage, documents) for stage in ("past", "near") if _of(documents, stage)]
            case Event.HOLD:
                return [self._holds(documents)]
            case Event.SUMMARY:
                return [self._summary(documents[-1])]

    def _company(self, document: Mapping[str, Any]) -> _Part:
        over = document["until"] is not None
        lines = [self._say("company_over_text" if over else "company_text", **self._times(document))]
        if not over:
            lines += self._remedy(self._say("company_remedy"), document["detail"])
        event = {"event": Event.COMPANY, "since": document["since"], "until": document["until"]}
        return _Part(self._say("company_over" if over else "company"), tuple(lines), (event,))

    def _rules(self, documents: Sequence[Mapping[str, Any]]) -> _Part:
        """Rules that stopped for a hold code, and those without one, whose run broke off."""
        lines: list[str] = []
        for key, stopped in (
            ("rule", [document for document in documents if document["code"]]),
            ("rule_broke", [document for document in documents if not document["code"]]),
        ):
            lines += [self._say(f"{key}_text", rule=one["rule"], code=one["code"]) for one in stopped]
            lines += self._remedy(self._say(f"{key}_remedy")) if stopped else []
        title = self._say("rules", count=len(documents))
        if len(documents) == 1:
            title = self._say("rule", rule=documents[0]["rule"])
        events = [
            {"event": Event.RULE_STOPPED, "rule": document["rule"], "code": document["code"]} for document in documents
        ]
        return _Part(title, tuple(lines), tuple(events))

    def _platform(self, document: Mapping[str, Any]) -> _Part:
        key = "doubt" if document["doubt"] else "platform"
        over = document["until"] is not None
        names = {"platform": document["platform"]}
        lines = [self._say(f"{key}_over_text" if over else f"{key}_text", **names, **self._times(document))]
        if not over:
            lines += self._remedy(self._say(f"{key}_remedy"), document["detail"])
        event = {
            "event": Event.PLATFORM,
            **names,
            "doubt": document["doubt"],
            "since": document["since"],
            "until": document["until"],
        }
        return _Part(self._say(f"{key}_over" if over else key, **names), tuple(lines), (event,))

    def _configuration(self, document: Mapping[str, Any]) -> _Part:
        lines = (
            self._say("configuration_text", problems=self._problems(document["problems"])),
            *self._remedy(self._say("configuration_remedy")),
        )
        event = {"event": Event.CONFIGURATION, "problems": document["problems"]}
        return _Part(self._say("configuration"), lines, (event,))

    def _deadlines(self, stage: str, documents: Sequence[Mapping[str, Any]]) -> _Part:
        late = sorted(_of(documents, stage), key=lambda document: (document["last_day"], document["order"]))
        lines = [
            self._say(
                "deadline_line",
                order=document["order"],
                day=self._day(date.fromisoformat(document["last_day"])),
                sum=self._sums([document]),
            )
            for document in late[:_NAMED]
        ]
        lines += self._others(len(late) - _NAMED, "syncd orders list")
        lines += self._remedy(self._say("deadline_remedy", order=late[0]["order"]))
        event = {"event": Event.DEADLINE, "stage": stage, "count": len(late), "orders": _named(late, "last_day")}
        return _Part(self._say(f"deadline_{stage}", count=len(late)), tuple(lines), (event,))

    def _holds(self, documents: Sequence[Mapping[str, Any]]) -> _Part:
        by_code: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for document in documents:
            by_code[document["code"]].append(document)
        groups = sorted(by_code.items(), key=lambda group: (-len(group[1]), group[0]))
        lines: list[str] = []
        for code, held in groups[:_CODES]:
            words = "one_order" if len(held) == 1 else "orders"
            lines.append(f"{code}: {self._say(words, count=len(held), sum=self._sums(held))}")
            lines += [
                "  " + self._say("hold_line", order=document["order"], sum=self._sums([document]))
                for document in held[:_NAMED]
            ]
            lines += ["  " + line for line in self._others(len(held) - _NAMED, f"syncd orders list --hold {code}")]
            lines += ["  " + line for line in self._remedy(remedy_of(code, held[0]["order"], self.language))]
        rest = sum(len(held) for _, held in groups[_CODES:])
        lines += [self._say("other_codes", count=rest)] if rest else []
        events = [
            {"event": Event.HOLD, "code": code, "count": len(held), "orders": _named(held)} for code, held in groups
        ]
        return _Part(self._say("hold", count=len(documents)), tuple(lines), tuple(events))

    def _summary(self, document: Mapping[str, Any]) -> _Part:
        lines = [
            self._say(
                "summary_line",
                platform=one["platform"],
                count=one["count"],
                sum=self._money(Decimal(one["total"]), one["currency"]),
            )
            for one in document["invoiced"]
        ] or [self._say("summary_none")]
        lines += [
            self._say(
                "summary_difference",
                platform=one["platform"],
                count=one["differing"],
                sum=self._money(Decimal(one["difference"]), one["currency"]),
            )
            for one in document["invoiced"]
            if one["differing"]
        ]
        now = document["now"]
        lines.append(self._say("summary_now", held=now["held"], due=now["due"], waiting=now["waiting"]))
        if document["holds"]:
            codes = ", ".join(f"{code} {count}" for code, count in sorted(document["holds"].items()))
            lines.append(self._say("summary_holds", codes=codes))
        if document["past"] or document["near"]:
            lines.append(self._say("summary_risk", past=document["past"], near=document["near"]))
        title = self._say("summary", day=self._day(date.fromisoformat(document["day"])))
        return _Part(title, tuple(lines), ({"event": Event.SUMMARY, **document},))

    def _others(self, count: int, command: str) -> list[str]:
        return [self._say("other_orders", count=count, command=command)] if count > 0 else []

    def _remedy(self, text: str, detail: str = "") -> list[str]:
        return [self._say("remedy", text=text), *([self._say("detail", text=detail)] if detail else [])]

    def _say(self, key: str, **values: object) -> str:
        return WORDS[self.language][key].format(**values)

    def _problems(self, number: int) -> str:
        return counted(number, "problem") if self.language == "en" else str(number)

    def _times(self, document: Mapping[str, Any]) -> dict[str, str]:
        return {
            name: self._moment(datetime.fromisoformat(document[name])) for name in ("since", "until") if document[name]
        }

    def _moment(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        return f"{self._day(local.date())} {local:%H:%M}"

    def _day(self, day: date) -> str:
        return f"{day:%d.%m.%Y}" if self.language == "tr" else day.isoformat()

    def _sums(self, documents: Iterable[Mapping[str, Any]]) -> str:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for document in documents:
            if document["total"] is not None:
                sums[document["currency"]] += Decimal(document["total"])
        return " + ".join(self._money(total, currency) for currency, total in sorted(sums.items())) or "?"

    def _money(self, amount: Decimal, currency: str) -> str:
        text = f"{amount:,.2f}"
        if self.language == "tr":
            text = text.translate(str.maketrans(",.", ".,"))
        return f"{text} {currency}".rstrip()


@dataclass(frozen=True, slots=True)
class _Part:
    title: str
    lines: tuple[str, ...]
    events: tuple[Mapping[str, Any], ...]


def _of(documents: Iterable[Mapping[str, Any]], stage: str) -> list[Mapping[str, Any]]:
    return [document for document in documents if document["stage"] == stage]


def _named(documents: Sequence[Mapping[str, Any]], *further: str) -> list[dict[str, Any]]:
    return [
        {name: document[name] for name in ("order", "total", "currency", *further)} for document in documents[:_NAMED]
    ]
