"""A grep over all that commands and the daemon write: for every secret, token, tax number and address there is."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from places import CONFIG, Place
from stdnum.tr import tckimlik, vkn

from syncd.cli.main import _MODULES
from syncd.sandbox.faults import Fault
from syncd.sandbox.server import Sandbox

Make = Callable[..., Place]

COMMANDS = (
    *(("check", "--connect"), ("plan", "--verbose"), ("apply", "--verbose"), ("orders", "list"), ("status",)),
    ("orders", "show", "site/16"),
)
# What makes syncd talk: refusals, a page instead of an answer, a lost answer to a contact with a tax number.
FAULTS = (
    Fault("500", "GET", "/contacts", nth=2),
    Fault("429", "GET", "/products"),
    Fault("502html", path="/wp-json/"),
    Fault("401", "POST", "/sales_invoices", nth=2),
    Fault("close_after", "POST", "/contacts", nth=2),
)


class Private:
    """What sandbox and shop know and nobody may read."""

    def __init__(self, sandbox: Sandbox) -> None:
        options = sandbox.options
        self.secrets = {options.client_id, options.client_secret, options.username, options.password}
        self.secrets |= {options.consumer_key, options.consumer_secret}
        self.tokens: set[str] = set()
        self._sandbox = sandbox
        issue = sandbox.parasut.tokens._new

        def issued(kind: str) -> str:
            token = issue(kind)
            self.tokens.add(token)
            return token

        sandbox.parasut.tokens._new = issued  # type: ignore[method-assign]

    def people(self) -> set[str]:
        """Tax numbers and e-mail addresses of all buyers and contacts, as the raw records hold them."""
        known = [*self._sandbox.shop.orders.values(), *self._sandbox.parasut.contacts.values()]
        text = json.dumps(known, default=str, ensure_ascii=False)
        numbers = {number for number in re.findall(r"(?<!\d)\d{10,11}(?!\d)", text) if _is_tax_number(number)}
        return numbers | set(re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text))

    def shown_in(self, text: str, *, people: bool = True) -> list[str]:
        """What of it stands in a text, plain or as an address would hold it."""
        wanted = self.secrets | self.tokens | (self.people() if people else set())
        return sorted(one for one in wanted if one in text or quote(one, safe="") in text)


def _is_tax_number(number: str) -> bool:
    return (len(number) == 10 and vkn.is_valid(number)) or (len(number) == 11 and tckimlik.is_valid(number))


@pytest.mark.parametrize("form", ["text", "journald", "json"])
def test_no_command_writes_what_nobody_may_read(form: str, place: Make) -> None:
    here = place(orders=12, faults=FAULTS if form == "text" else ())
    private = Private(here.sandbox)
    logged = ""
    for words in COMMANDS:
        done = here.syncd(*words, SYNCD_LOG_FORMAT=form)
        assert private.shown_in(done.out) == [], words
        assert private.shown_in(done.err) == [], words
        logged += done.err
    assert len(private.tokens) >= 2
    assert len(private.people()) >= 8  # or there was nothing to be found
    assert "/v4/115/sales_invoices" in logged
    starts = {"text": r"\d{4}-", "journald": r"<[2-7]>", "json": r"\{\"time\": "}
    assert all(re.match(starts[form], line) for line in logged.splitlines() if not line.startswith("    "))


@pytest.mark.parametrize("wrong", ["T_PASSWORD", "T_CLIENT_SECRET", "T_SECRET"])
def test_a_refused_login_does_not_show_what_was_refused(wrong: str, place: Make) -> None:
    here = place(orders=3)
    private = Private(here.sandbox)
    private.secrets.add("falsches-geheimnis-1")
    for words in (("check", "--connect"), ("apply", "--verbose")):
        done = here.syncd(*words, **{wrong: "falsches-geheimnis-1"})
        assert done.code in (1, 3), done.out + done.err
        assert private.shown_in(done.out + done.err) == [], words


def test_the_grep_finds_what_it_looks_for(place: Make) -> None:
    here = place(orders=12)
    private = Private(here.sandbox)
    here.syncd("apply")
    told = here.syncd("orders", "show", "site/16", "--format", "json")
    assert private.shown_in(told.out) != []  # who asks for it with JSON gets the order whole …
    assert private.shown_in(told.out, people=False) == []  # … but no secret with it
    assert private.shown_in(told.err) == []
    token = next(iter(private.tokens))
    assert private.shown_in(f"Bearer {token}") == [token]
    assert private.shown_in("user muhasebe%40ornek.test") == [here.sandbox.options.username]


@contextmanager
def daemon(here: Place, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """`syncd run` for the length of a block, and what it has written so far to both streams."""
    written = here.folder / "daemon.log"
    with written.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "syncd", "run", "--verbose"],
            cwd=here.folder,
            env={**here.environment(), **environment},
            stdout=stream,
            stderr=stream,
            stdin=subprocess.DEVNULL,
        )
        try:
            yield process, lambda: written.read_text(encoding="utf-8")
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
            process.wait()


def until(met: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


if "run" in _MODULES:

    @pytest.mark.parametrize("form", ["text", "journald", "json"])
    def test_the_daemon_writes_nothing_that_nobody_may_read(form: str, place: Make) -> None:
        config = CONFIG.replace("ledger:", 'daemon: {listen: "127.0.0.1:0"}\nledger:') + "    every: 1s\n"
        here = place(config=config, orders=12)
        private = Private(here.sandbox)
        with daemon(here, SYNCD_LOG_FORMAT=form) as (process, log):
            until(lambda: len(here.sandbox.parasut.invoices) >= 4 and "site/107" in log())
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0, log()
            assert private.shown_in(log()) == []
            assert len(private.tokens) >= 2
