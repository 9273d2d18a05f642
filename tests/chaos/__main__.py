"""`make chaos`: the real program, real processes, real HTTP, kills from outside."""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

from chaos.bench import Size, Suite

SCENARIOS = {
    "a": ("kills", 30),
    "b": ("mixed_faults", 1000),
    "c": ("lost_ledger", 30),
    "d": ("two_daemons", 20),
    "e": ("logins", 20),
    "f": ("late_commits", 6),
    "g": ("people", 6),
    "h": ("same_numbers", 8),
    "i": ("roundings", 12),
    "j": ("doubts", 6),
}
"""The letter of each scenario, its module, and how many orders its houses have."""


def main() -> int:
    """Run what is asked for; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="make chaos ARGS=…", description=__doc__)
    parser.add_argument(
        "scenarios", nargs="*", metavar="LETTER", help=f"which of {', '.join(SCENARIOS)}; without any: all"
    )
    parser.add_argument("--seed", type=int, default=1, help="of everything that is left to chance")
    parser.add_argument("--orders", type=int, help="how many orders a house has")
    parser.add_argument("--every", type=int, default=1, help="only each so many of the points and chances")
    parser.add_argument("--parallel", type=int, default=6, help="how many houses at once; they mostly wait")
    parser.add_argument("--keep", type=Path, help="a folder for the houses in which something was wrong")
    parser.add_argument("--without", action="append", default=[], help="switch a guard off, to see what happens then")
    asked = parser.parse_args()
    begun = time.monotonic()
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with Suite(asked.parallel, asked.keep) as suite:
        for letter in asked.scenarios or SCENARIOS:
            name, orders = SCENARIOS[letter]
            size = Size(asked.orders or orders, asked.seed, asked.every)
            scenario = import_module(f"chaos.scenarios.{name}")
            print(f"({letter}) {(scenario.__doc__ or '').splitlines()[0].removeprefix(f'({letter}) ')}", flush=True)
            suite.run(letter, scenario.attempts(suite.bench(), size), asked.without)
        print(f"\n{suite.table()}\n")
        print(f"faults by kind: {suite.faults()}")
        used = suite.launcher
        print(f"{used.started} processes, {used.cpu:.0f} s of CPU, {time.monotonic() - begun:.0f} s")
        for line in suite.wrong[:50]:
            print(f"WRONG {line}")
        print(
            f"chaos: {len(suite.wrong)} findings" if suite.wrong else "chaos: nothing was made twice, nothing was lost"
        )
        return 1 if suite.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
