"""A thousand orders against the sandbox: seconds of check and plan, calls per invoice of apply. `make benchmark`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shop_configuration import configuration

from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

ORDERS = 1000
KNOWN_PRODUCT = "product: {use: KARGO}"


def main() -> None:
    """Run check, plan and apply as a user would, and print what they cost."""
    options = SandboxOptions(orders=ORDERS, rate_requests=0)
    with tempfile.TemporaryDirectory() as folder, Sandbox(options) as sandbox:
        (Path(folder) / "syncd.yaml").write_text(configuration(1000, 1, KNOWN_PRODUCT), encoding="utf-8")
        environment = {
            **os.environ,
            "B_PARASUT": sandbox.parasut_url,
            "B_SHOP": sandbox.shop_url,
            "B_CLIENT_ID": options.client_id,
            "B_CLIENT_SECRET": options.client_secret,
            "B_USERNAME": options.username,
            "B_PASSWORD": options.password,
            "B_KEY": options.consumer_key,
            "B_SECRET": options.consumer_secret,
        }

        def syncd(*words: str) -> tuple[float, str]:
            began = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "syncd", *words],
                cwd=folder,
                env=environment,
                capture_output=True,
                encoding="utf-8",
            )
            return time.perf_counter() - began, done.stdout

        seconds, _ = syncd("check")
        print(f"check: {seconds:.2f} s")
        seconds, text = syncd("plan", "--format", "json")
        writes = [one for one in sandbox.traffic if one.method != "GET" and not one.path.startswith("/oauth")]
        planned = sum(order["verdict"] == "invoiced" for order in json.loads(text)["orders"])
        print(f"plan of {ORDERS} orders read, {planned} to invoice: {seconds:.2f} s, {len(writes)} writes")
        seconds, text = syncd("apply", "--format", "json")
        report = json.loads(text)
        invoiced = sum(order["verdict"] == "invoiced" for order in report["orders"])
        calls = report["calls"]
        print(f"apply: {invoiced} invoiced, {calls} calls ({calls / invoiced:.2f} each), {report['throttled']} × 429")
        print(f"       {1000 * seconds / invoiced:.0f} ms an order, waiting included")


if __name__ == "__main__":
    main()
