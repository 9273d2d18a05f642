"""The log: to standard error, one event after the other, without anything that must not be read in a log.

For a terminal (and files) as text; for systemd's journal with priorities and without the time, which the journal knows;
for programs as one JSON object per line.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import tzinfo
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, get_args

from loguru import logger

from syncd.errors import UsageError
from syncd.masking import Mask

if TYPE_CHECKING:
    from loguru import Message, Record

Form = Literal["auto", "text", "journald", "json"]

# sd-daemon's priorities, those of syslog
_PRIORITIES = {"TRACE": 7, "DEBUG": 7, "INFO": 6, "SUCCESS": 5, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}
_COLOURS = {"DEBUG": "2", "INFO": "36", "SUCCESS": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
_INDENT = "    "
# What would move a terminal's cursor, end a line or hide one; \n and \t are treated apart.
_CONTROL = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029) if chr(code) not in "\n\t"}

_last_secrets: frozenset[str] = frozenset()


def set_up_logs(
    secrets: Iterable[str],
    *,
    names: Iterable[str] = (),
    verbose: bool = False,
    level: str = "WARNING",
    form: Form = "auto",
    zone: tzinfo | None = None,
) -> None:
    """Send what is at least as grave as `level` (with `verbose` everything) to standard error, masked.

    `names` are those of the platforms and connectors, by which order names are known. With `auto` the form is what
    $SYNCD_LOG_FORMAT says, else `journald` when standard error is the journal's, else `text`; its moments are those of
    `zone` (None: of the machine). What other libraries warn of, and errors that nobody caught, go the same way. May be
    called again, after a reload: the secrets of the call before stay masked, for a request in hand may still carry
    them. Raises UsageError when $SYNCD_LOG_FORMAT names no form.
    """
    global _last_secrets
    given = frozenset(secrets)
    masked = Mask(given | _last_secrets, names)
    _last_secrets = given
    forms: dict[str, Callable[[Record, Mask], str]] = {
        "text": partial(_text, zone=zone),
        "journald": _journald,
        "json": _json,
    }
    write = forms[_chosen(form)]

    def sink(message: Message) -> None:
        try:
            sys.stderr.write(write(message.record, masked))
            sys.stderr.flush()
        except (OSError, ValueError):
            return  # standard error is gone; there is nobody left to tell

    logger.remove()
    # Not `catch`: loguru would print the record, unmasked, when the sink fails.
    logger.add(sink, level="DEBUG" if verbose else level, format="{message}", catch=False)
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda failed: _uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)


def about(**fields: str | None) -> AbstractContextManager[None]:
    """Give every event of this thread, for the length of a `with` block, these fields: `order`, `rule`, `platform`.

    They show in the form for programs. None leaves a field out.
    """
    return logger.contextualize(**{name: value for name, value in fields.items() if value})


def _text(record: Record, masked: Mask, *, zone: tzinfo | None) -> str:
    first, *more = _lines(record, masked)
    name = record["level"].name
    level = f"{name: <7}"
    if name in _COLOURS and sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        level = f"\x1b[{_COLOURS[name]}m{level}\x1b[0m"
    time = record["time"].astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return "\n".join([f"{time} {level} {first}", *(_INDENT + line for line in more)]) + "\n"


def _journald(record: Record, masked: Mask) -> str:
    priority = f"<{_PRIORITIES.get(record['level'].name, 6)}>"
    first, *more = _lines(record, masked)
    return "\n".join([priority + first, *(priority + _INDENT + line for line in more)]) + "\n"


def _json(record: Record, masked: Mask) -> str:
    order = _order(record)
    event = {str(name): _plain(value, masked, order) for name, value in record["extra"].items()}
    event |= {
        "time": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name.lower(),
        "logger": record["name"] or "",
        "message": _clean(masked(record["message"], order)),
    }
    failure = _failure(record)
    if failure:
        event["exception"] = _clean(masked(failure, order))
    core = ("time", "level", "logger", "message")
    ordered = {name: event[name] for name in core} | event
    return json.dumps(ordered, ensure_ascii=False, default=str) + "\n"


def _lines(record: Record, masked: Mask) -> list[str]:
    """The lines of one event: what it says, then what an exception says. There is always a first one."""
    text = "\n".join(part for part in (record["message"], _failure(record)) if part)
    return [line for line in _clean(masked(text, _order(record))).split("\n") if line.strip()] or [""]


def _order(record: Record) -> str:
    order = record["extra"].get("order", "")
    return order if isinstance(order, str) else str(order)


def _failure(record: Record) -> str:
    error = record["exception"]
    if error is None or error.value is None:
        return ""
    return "".join(traceback.format_exception(error.type, error.value, error.traceback)).rstrip()


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").translate(_CONTROL)


def _plain(value: Any, masked: Mask, order: str) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item, masked, order) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, masked, order) for item in value]
    if value is None or isinstance(value, bool | float):
        return value
    text = _clean(masked(str(value), order))
    return value if isinstance(value, int) and text == str(value) else text


def _chosen(form: Form) -> Form:
    forms: dict[str, Form] = {known: known for known in get_args(Form)}
    said = os.environ.get("SYNCD_LOG_FORMAT", "") or "auto"
    if said not in forms:
        raise UsageError(f"$SYNCD_LOG_FORMAT can't be {said!r}.", f"It is one of: {', '.join(forms)}.")
    chosen = forms[said] if form == "auto" else form
    if chosen == "auto":
        return "journald" if _is_journal() else "text"
    return chosen


def _is_journal() -> bool:
    """Whether standard error is the stream that systemd connected to the journal."""
    try:
        device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
        status = os.fstat(sys.stderr.fileno())
        return (int(device), int(inode)) == (status.st_dev, status.st_ino)
    except (OSError, ValueError, AttributeError):  # not set, closed, or no file at all
        return False


class _Forward(logging.Handler):
    """Python's own log, into this one."""

    def emit(self, record: logging.LogRecord) -> None:
        def by_its_name(ours: Record) -> None:
            ours["name"] = record.name

        level = record.levelname if record.levelname in _PRIORITIES else record.levelno
        logger.patch(by_its_name).opt(exception=record.exc_info).log(level, "{}", record.getMessage())


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        if kind is not SystemExit:
            sys.__excepthook__(kind, error or kind(), trace)
        return
    logger.opt(exception=(kind, error, trace)).critical("unexpected {}", kind.__name__)
