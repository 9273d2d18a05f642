"""Messages to a program of the administrator's own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Final

import simplejson

from syncd.config.settings import Command
from syncd.daemon.channels.failure import NotDelivered
from syncd.daemon.messages import Message

TIMEOUT_SECONDS: Final = 30

# The program gets these of syncd's environment. The others may be secrets that the configuration reads.
_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_RUNTIME_DIR")


def run_command(command: Command, message: Message, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
    """Run the program without a shell, with the message as JSON (one line) on its standard input.

    Exit code 0 means that it arrived; what it prints is dropped. Raises NotDelivered.
    """
    program = command.words[0]
    text = simplejson.dumps(message.as_json(), ensure_ascii=False) + "\n"
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        process = subprocess.Popen(
            command.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise NotDelivered(f"{program} can't be run: {why}.", "Check the path and that it may be executed.") from None
    try:
        process.communicate(text.encode(), timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it started; it leads a session of its own
        process.wait()
        raise NotDelivered(f"{program} did not end within {timeout_seconds:g} s and was killed.") from None
    if process.returncode != 0:
        raise NotDelivered(f"{program} ended with exit code {process.returncode}.", "Run it by hand to see why.")
