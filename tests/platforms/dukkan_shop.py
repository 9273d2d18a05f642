"""A stand-in for the invented shop of examples/json-shop/API.md, over real HTTP and as strict as that page."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

ISTANBUL = ZoneInfo("Europe/Istanbul")
WALL_CLOCK = "%Y-%m-%d %H:%M:%S"
TOKEN = "invented-token"
STORE = "4711"
LIST = "/api/v2/siparisler"


@dataclass(frozen=True)
class Answer:
    """What the shop says; `body` is sent as JSON, text as it stands."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"


@dataclass(frozen=True)
class Asked:
    """A request that carried the right token and store."""

    path: str
    query: dict[str, str]

    @property
    def window(self) -> tuple[datetime, datetime]:
        begin, end = (
            datetime.strptime(self.query[f"guncelleme_{name}"], WALL_CLOCK).replace(tzinfo=ISTANBUL)
            for name in ("baslangic", "bitis")
        )
        return begin, end


class Refused(Exception):
    """Ends a request with that answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def refused(status: int, code: str, message: str, **headers: str) -> Refused:
    words = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refused(Answer(status, {"hata": {"kod": code, "mesaj": message}}, words))


@dataclass
class Shop:
    """The orders with their lines, a clock that is moved by hand, and every request that was let in.

    `next_answers` are given before anything else, one for each request.
    """

    now: datetime
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    lines: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    next_answers: list[Answer] = field(default_factory=list)
    url: str = ""
    after_page: Callable[[], None] = lambda: None
    _minute: list[datetime] = field(default_factory=list)

    def put(self, record: dict[str, Any]) -> dict[str, Any]:
        """Show a record; its `_kalemler`, which the list doesn't have, only under the order's own address."""
        shown = {key: value for key, value in record.items() if key != "_kalemler"}
        self.orders[record["id"]] = shown
        self.lines[record["id"]] = record["_kalemler"]
        return shown

    @property
    def lists(self) -> list[Asked]:
        return [one for one in self.asked if one.path == LIST]

    def answer(self, target: str, headers: dict[str, str]) -> Answer:
        if self.next_answers:
            return self.next_answers.pop(0)
        parts = urlsplit(target)
        try:
            self._admit(headers)
            asked = Asked(parts.path, {key: values[-1] for key, values in parse_qs(parts.query).items()})
            self.asked.append(asked)
            return self._list(asked) if parts.path == LIST else self._lines(asked)
        except Refused as refusal:
            return refusal.answer

    def _admit(self, headers: dict[str, str]) -> None:
        if headers.get("x-magaza") != STORE:
            raise Refused(Answer(403, "<html><h1>Forbidden</h1></html>", kind="text/html"))
        if headers.get("authorization") != f"Bearer {TOKEN}":
            raise refused(401, "yetkisiz", "Anahtar geçersiz")
        self._minute = [at for at in self._minute if at > self.now - timedelta(minutes=1)]
        if len(self._minute) >= 60:
            free = self._minute[0] + timedelta(minutes=1) - self.now
            raise refused(429, "cok_istek", "Dakikada 60 istek", X_Bekle=str(int(free.total_seconds()) + 1))
        self._minute.append(self.now)

    def _list(self, asked: Asked) -> Answer:
        size = int(asked.query.get("adet", "20"))
        if not 1 <= size <= 50:
            raise refused(400, "adet", "En fazla 50 sipariş")
        begin, end = self._window(asked)
        found = sorted((place(one) for one in self.orders.values() if begin <= changed(one) <= end), reverse=True)
        if "imlec" in asked.query:
            last = _unlocked(asked.query["imlec"])
            found = [one for one in found if f"{one[0]}|{one[1]}" < last]
        page = [self.orders[number] for _, number in found[:size]]
        headers = {}
        if len(found) > size:
            last = "|".join(str(part) for part in found[size - 1])
            query = urlencode({**asked.query, "imlec": urlsafe_b64encode(last.encode()).decode()})
            headers["Link"] = f'<{self.url}{LIST}>; rel="first", <{self.url}{LIST}?{query}>; rel="next"'
        self.after_page()
        return Answer(200, page, headers)

    def _window(self, asked: Asked) -> tuple[datetime, datetime]:
        if not {"guncelleme_baslangic", "guncelleme_bitis"} & set(asked.query):
            return self.now - timedelta(days=7), self.now
        try:
            begin, end = asked.window
        except (KeyError, ValueError):
            raise refused(400, "tarih", "YYYY-MM-DD HH:MM:SS bekleniyor") from None
        if end - begin > timedelta(days=7):
            raise refused(400, "tarih_araligi", "En fazla 7 gün")
        if begin < self.now - timedelta(days=60):
            raise refused(400, "tarih_eski", "En fazla 60 gün geriye")
        return begin, end

    def _lines(self, asked: Asked) -> Answer:
        number, _, rest = asked.path.removeprefix(f"{LIST}/").partition("/")
        if rest != "kalemler" or not number.isdecimal() or int(number) not in self.lines:
            raise refused(404, "yok", "Sipariş bulunamadı")
        return Answer(200, self.lines[int(number)])


def _unlocked(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor).decode()
    except ValueError:
        raise refused(400, "imlec", "Geçersiz imleç") from None


def place(record: dict[str, Any]) -> tuple[str, int]:
    """Where it stands in the list: by its last change, then by its number (of as many digits everywhere)."""
    return record["guncelleme"], record["id"]


def wall_clock(at: datetime) -> str:
    return at.astimezone(ISTANBUL).strftime(WALL_CLOCK)


def changed(record: dict[str, Any]) -> datetime:
    return datetime.strptime(record["guncelleme"], WALL_CLOCK).replace(tzinfo=ISTANBUL)


@contextmanager
def served(now: datetime) -> Iterator[Shop]:
    """An empty shop behind an address of its own."""
    shop = Shop(now)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            answer = shop.answer(self.path, {name.lower(): value for name, value in self.headers.items()})
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            content = text.encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Type": answer.kind}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *values: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
