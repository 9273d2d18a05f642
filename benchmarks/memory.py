"""The idle daemon: memory, and what a turn with nothing to do costs, with a short past and a long one. `make memory`.

`syncd run` is the real program, with its endpoints on. Its past is made by copying the rows that one finished order
left behind (order with the platform's record, steps, claims, history, invoice, contact) so many times.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from backlog import NEW_PRODUCTS, served, syncd
from shop_configuration import configuration

TURNS = 10
OFTEN = "daemon: {listen: 127.0.0.1:0, jitter: 0s}\n" + configuration(1000, 10, "every: 2s", *NEW_PRODUCTS)
LONG_AGO = "2026-11-02T09:00:00.000000Z"


def lengthen(ledger: Path, orders: int) -> None:
    """Let the ledger know so many finished orders."""
    with sqlite3.connect(ledger) as connection:
        connection.row_factory = sqlite3.Row
        order = connection.execute("SELECT * FROM orders WHERE state = 'invoiced' ORDER BY id LIMIT 1").fetchone()
        first = connection.execute("SELECT max(id) FROM orders").fetchone()[0] + 1
        moments = dict.fromkeys(("ordered_at", "updated_at", "changed_at", "seen_at", "invoiced_at"), LONG_AGO)
        mine = {
            table: connection.execute(f"SELECT * FROM {table} WHERE order_id = ?", [order["id"]]).fetchall()
            for table in ("steps", "claims", "history")
        }
        invoice = connection.execute("SELECT * FROM invoices LIMIT 1").fetchone()
        contact = connection.execute("SELECT * FROM mirror WHERE kind = 'contacts' LIMIT 1").fetchone()
        for number in range(first, first + orders):
            remote, past = str(10_000 + number), f"past-{number}"
            own = {"package": past, "number": past, "customer": past, "invoice_id": remote, "contact_id": remote}
            _insert(connection, "orders", order, {**moments, **own, "id": number})
            for row in mine["steps"]:
                changed = {"id": None, "identity": f"{row['identity']} {past}", "remote_id": remote}
                _insert(connection, "steps", row, {**changed, "order_id": number})
            for row in mine["claims"]:
                _insert(connection, "claims", row, {"value": f"{row['value']} {past}", "order_id": number})
            for row in mine["history"]:
                _insert(connection, "history", row, {"id": None, "order_id": number})
            if invoice is not None:
                changed = {"id": int(remote), "marker": f"[sale {past}]", "order_no": past, "contact_id": remote}
                _insert(connection, "invoices", invoice, changed)
            _insert(connection, "mirror", contact, {"remote_id": remote, "key": past, "email": f"{past}@ornek.test"})
    connection.close()


def _insert(connection: sqlite3.Connection, table: str, row: sqlite3.Row, changed: dict[str, Any]) -> None:
    values = {**dict(row), **changed}
    places = ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", list(values.values()))


def idle(folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """MiB of memory (RSS) of the daemon after some turns with nothing to do, and milliseconds of CPU a turn."""
    process = subprocess.Popen(
        [sys.executable, "-m", "syncd", "run"],
        cwd=folder,
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert process.stderr is not None
        found = next(found for line in process.stderr if (found := re.search(r"/metrics answer at (\S+)", line)))
        metrics = f"http://{found[1].removeprefix('http://').rstrip('/')}/metrics"
        begin = _after(metrics, 2)
        before = _cpu_seconds(process.pid)
        end = _after(metrics, begin + TURNS)
        cpu = _cpu_seconds(process.pid) - before
        pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 1024 / 1024, 1000 * cpu / (end - begin)
    finally:
        process.terminate()
        process.wait()


def _after(metrics: str, turns: int) -> int:
    """Wait until the daemon has had so many turns; how many it has had."""
    while True:
        text = httpx.get(metrics).text
        done = sum(int(float(number)) for number in re.findall(r"^syncd_runs_total\S* (\S+)$", text, re.M))
        if done >= turns:
            return done
        time.sleep(1)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure an empty ledger, and ledgers with a past."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, nargs="+", default=[1_000, 100_000], help="finished orders in the ledger")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, served(0, 0, faults=[]) as (_, environment):
        folder = Path(name)
        (folder / "syncd.yaml").write_text(OFTEN, encoding="utf-8")
        memory, cpu = idle(folder, environment)
        print(f"empty ledger: {memory:.0f} MiB, {cpu:.0f} ms of CPU a turn")
    with tempfile.TemporaryDirectory() as name, served(3, 0, faults=[]) as (_, environment):
        folder, known = Path(name), 0
        (folder / "syncd.yaml").write_text(OFTEN, encoding="utf-8")
        syncd(folder, environment, "apply")
        for orders in given.orders:
            lengthen(folder / "ledger.db", orders - known)
            known = orders
            size = (folder / "ledger.db").stat().st_size / 1024 / 1024
            memory, cpu = idle(folder, environment)
            print(f"{orders} finished orders ({size:.0f} MiB): {memory:.0f} MiB, {cpu:.0f} ms of CPU a turn")


if __name__ == "__main__":
    main()
