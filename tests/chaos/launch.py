"""The place where the real program's processes begin.

A process that has imported everything once forks a child for each start, which saves most of the second that Python
needs to begin: a thousand kill points need some thousands of starts. A child is a process of its own and runs the same
`main` as `python -m syncd`; nothing of it is shared with others.

Reads one JSON object per line: `{"ticket", "argv", "env", "cwd", "out", "point", "without", "journal"}`. Writes
`{"ticket", "pid"}`, then `{"pid", "stopped": true}` whenever the child stopped itself at its point, and at last
`{"pid", "exit", "cpu"}` (the exit code, minus the signal's number when it was killed; seconds).
"""

from __future__ import annotations

import gc
import json
import os
import random
import selectors
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

_PRELOADED = (
    *("syncd.cli.main", "syncd.cli.plan", "syncd.cli.orders", "syncd.cli.status", "syncd.cli.sandbox", "syncd.cli.run"),
    *("syncd.sync.company", "syncd.daemon.daemon", "alembic.command", "alembic.script", "alembic.config"),
    *("alembic.runtime.migration", "alembic.runtime.environment", "sqlalchemy.dialects.sqlite"),
)


def main() -> None:
    """Fork a child for every line until the input ends; then end what is left."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    for name in (*_PRELOADED, "chaos.points", "chaos.without"):
        import_module(name)
    gc.collect()
    gc.freeze()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    os.set_blocking(wake_read, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watched = selectors.DefaultSelector()
    watched.register(0, selectors.EVENT_READ)
    watched.register(wake_read, selectors.EVENT_READ)
    children: set[int] = set()
    pending = b""
    while True:
        for key, _ in watched.select():
            if key.fd == wake_read:
                while _drained(wake_read):
                    pass
                continue
            read = os.read(0, 1 << 16)
            if not read:
                for child in children:
                    os.kill(child, signal.SIGKILL)
                return
            *lines, pending = (pending + read).split(b"\n")
            for line in lines:
                order = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    signal.signal(signal.SIGINT, signal.default_int_handler)
                    os.close(wake_read)
                    os.close(wake_write)
                    become(order)
                    return
                children.add(pid)
                _say({"ticket": order["ticket"], "pid": pid})
        _tell_of(children)


def _drained(pipe: int) -> bool:
    try:
        return bool(os.read(pipe, 4096))
    except BlockingIOError:
        return False


def _tell_of(children: set[int]) -> None:
    for child in tuple(children):
        while True:
            pid, status, used = os.wait4(child, os.WNOHANG | os.WUNTRACED)
            if pid == 0:
                break
            if os.WIFSTOPPED(status):
                _say({"pid": pid, "stopped": True})
                continue
            children.discard(pid)
            _say({"pid": pid, "exit": os.waitstatus_to_exitcode(status), "cpu": used.ru_utime + used.ru_stime})
            break


def _say(event: dict[str, Any]) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


def become(order: dict[str, Any]) -> None:
    """Be `python -m syncd` with these arguments, in this folder, writing to this file; returns or raises as it does."""
    from chaos import points, without

    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    random.seed()
    sys.argv = ["syncd", *order["argv"]]
    points.install(order.get("point"), order.get("journal"))
    without.switch_off(order.get("without") or ())
    import_module("syncd.cli.main").main()


if __name__ == "__main__":
    main()
