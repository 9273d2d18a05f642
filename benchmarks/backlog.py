"""A backlog of orders against slow answers: use of the allowed rate, calls, CPU and memory. `make backlog`.

The stand-in of Paraşüt runs in a process of its own, takes 50 requests in any 10 seconds and answers after 0.3 to 2 s;
each request is on its way for up to 0.3 s before it is counted there. The true limit is 10 in 10 seconds: the same
backlog takes over an hour then (`--requests 10`), and what comes before there is something to send for every moment,
looking for the first buyers and products, weighs less. `syncd apply` is the real program.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from shop_configuration import configuration

NEW_PRODUCTS = ("product: {missing: create}", "override: {line.code: \"{{ line.code or 'KARGO' }}\"}")
SLOWNESS = (
    {"kind": "way", "seconds": [0, 0.3], "stand": "parasut", "nth": 0},
    {"kind": "slow", "seconds": [0.3, 2], "stand": "parasut", "nth": 0},
)
TWIN = {"act": "archive", "kind": "products", "id": 300005}
"""Two of the company's products have the same code; a person has put one aside."""
WINDOW_SECONDS = 10
AT_ONCE = 32
"""The most orders that syncd works on at once: fewer than that are no backlog."""


@dataclass(frozen=True)
class Spent:
    """What a command printed, the seconds of CPU (user and system) that it took, and the most memory it held."""

    out: str
    cpu_seconds: float
    peak_mib: float


@contextmanager
def served(
    orders: int, requests: int, faults: Sequence[Mapping[str, Any]] = SLOWNESS
) -> Iterator[tuple[str, dict[str, str]]]:
    """The sandbox in a process of its own: its control address, and the variables of the configuration."""
    options = {
        "stands": "parasut,shop",
        "orders": orders,
        "parasut-port": 0,
        "shop-port": 0,
        "control-port": 0,
        "rate-requests": requests,
        "rate-seconds": WINDOW_SECONDS,
        "faults": json.dumps(list(faults)),
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "syncd", "sandbox", *words], stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        control = next(found[1] for line in process.stdout if (found := re.match(r"Control\s+(\S+)", line)))
        about = httpx.get(control).json()
        said = about["credentials"]
        httpx.post(f"{control}/parasut/acts", json=TWIN).raise_for_status()
        yield (
            control,
            {
                "B_PARASUT": about["stands"]["parasut"],
                "B_SHOP": about["stands"]["shop"],
                "B_CLIENT_ID": said["client_id"],
                "B_CLIENT_SECRET": said["client_secret"],
                "B_USERNAME": said["username"],
                "B_PASSWORD": said["password"],
                "B_KEY": said["consumer_key"],
                "B_SECRET": said["consumer_secret"],
            },
        )
    finally:
        process.terminate()
        process.wait()


def syncd(folder: Path, environment: dict[str, str], *words: str) -> Spent:
    """Run a command to its end."""
    with (folder / "out").open("w+", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "syncd", *words], cwd=folder, env={**os.environ, **environment}, stdout=out
        )
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # it was waited for above
        out.seek(0)
        return Spent(out.read(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def used_share(audit: list[dict[str, Any]], requests: int) -> tuple[float, float]:
    """Which part of the allowed rate was used while there was a backlog, and for how many seconds there was one.

    From one window after the first write (the first window may be used in a burst) until all but the last orders that
    are worked on at once have sent their invoice. Answers of 429 don't count as use.
    """
    sales = sorted(_moment(one) for one in audit if one["request"] == "sale.create" and one["status"] == 201)
    writes = [_moment(one) for one in audit if one["method"] == "POST" and one["request"] != "token"]
    begin, end = min(writes) + WINDOW_SECONDS, sales[-AT_ONCE]
    used = sum(begin <= _moment(one) < end for one in audit if one["status"] != 429)
    return used / ((end - begin) * requests / WINDOW_SECONDS), end - begin


def _moment(entry: dict[str, Any]) -> float:
    return datetime.fromisoformat(entry["time"]).timestamp()


def main() -> None:
    """Work the backlog off, and print what it cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--requests", type=int, default=50, help="in any 10 seconds")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, served(given.orders, given.requests) as (control, environment):
        folder = Path(name)
        (folder / "syncd.yaml").write_text(
            configuration(given.requests, WINDOW_SECONDS, *NEW_PRODUCTS), encoding="utf-8"
        )
        work = syncd(folder, environment, "apply", "--format", "json")
        audit = httpx.get(f"{control}/audit", params={"stand": "parasut"}, timeout=60).json()["requests"]
        idle = syncd(folder, environment, "apply", "--format", "json")
    report = json.loads(work.out)
    invoiced = sum(order["verdict"] == "invoiced" for order in report["orders"])
    held = sum(order["verdict"] == "held" for order in report["orders"])
    throttled = sum(one["status"] == 429 for one in audit)
    share, seconds = used_share(audit, given.requests)
    print(f"{given.orders} orders at {given.requests} requests in {WINDOW_SECONDS} s: {invoiced} invoiced, {held} held")
    print(f"allowed rate used: {share:.1%} over {seconds:.0f} s of backlog")
    print(f"answered 429: {throttled} of {len(audit)} calls ({throttled / len(audit):.2%})")
    print(f"calls per invoice: {len(audit) / invoiced:.2f}")
    cpu = 1000 * (work.cpu_seconds - idle.cpu_seconds) / invoiced
    print(f"CPU: {cpu:.1f} ms an invoice (start and an idle run: {idle.cpu_seconds:.1f} s, left out)")
    print(f"peak memory: {work.peak_mib:.0f} MiB")


if __name__ == "__main__":
    main()
