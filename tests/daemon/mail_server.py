"""A small SMTP server on loopback: real sockets, and refusals on request."""

from __future__ import annotations

import base64
import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass
class MailServer:
    """What it was told to do, and what came. `refuse` maps the begin of a command (`AUTH`, `RCPT`) to its answer."""

    context: ssl.SSLContext | None = None
    tls: bool = False
    refuse: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    logins: list[tuple[str, str]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0
    released: threading.Event = field(default_factory=threading.Event)


class _Conversation(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        town: MailServer = self.server.town
        if town.silent:
            town.released.wait(30)
            return
        secure = town.tls
        if secure:
            assert town.context is not None
            self._wrap(town.context)
        self._say("220 mail.test ready")
        sender, receivers = "", list[str]()
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            answer = next((text for start, text in town.refuse.items() if line.upper().startswith(start.upper())), "")
            if answer:
                self._say(answer)
            elif word == "EHLO":
                extras = [] if secure or town.context is None else ["STARTTLS"]
                names = ["mail.test", *extras, "AUTH PLAIN"]
                for name in names[:-1]:
                    self._say(f"250-{name}")
                self._say(f"250 {names[-1]}")
            elif word == "STARTTLS":
                self._say("220 go on")
                assert town.context is not None
                self._wrap(town.context)
                secure = True
            elif word == "AUTH":
                _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
                town.logins.append((user, password))
                self._say("235 welcome")
            elif word == "MAIL":
                sender, receivers = line, []
                self._say("250 ok")
            elif word == "RCPT":
                receivers.append(line.partition("<")[2].partition(">")[0])
                self._say("250 ok")
            elif word == "DATA":
                self._say("354 go on")
                content = b""
                while (row := self.rfile.readline()) != b".\r\n":
                    content += row.removeprefix(b".") if row.startswith(b"..") else row
                assert sender
                mail = message_from_bytes(content, policy=policy.default)
                assert isinstance(mail, EmailMessage)
                town.mails.append(mail)
                town.receivers.append(receivers)
                town.encrypted.append(secure)
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _wrap(self, context: ssl.SSLContext) -> None:
        self.request = self.connection = context.wrap_socket(self.request, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


@contextlib.contextmanager
def mail_server(**changes: Any) -> Iterator[MailServer]:
    town = MailServer(**changes)
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.town = town  # type: ignore[attr-defined]
        town.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield town
        finally:
            town.released.set()
            server.shutdown()
            thread.join()
