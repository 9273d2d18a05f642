"""The real program against the sandbox: a folder with a configuration, and a way to run commands in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from syncd.sandbox.server import Sandbox

CONFIG = """\
version: 1
parasut:
  base_url: ${T_PARASUT}
  company_id: 115
  client_id: ${T_CLIENT_ID}
  client_secret: ${T_CLIENT_SECRET}
  username: ${T_USERNAME}
  password: ${T_PASSWORD}
  rate: {requests: 1000, seconds: 1}
ledger: sqlite:///ledger.db
platforms:
  site:
    connector: woocommerce
    title: Web Sitesi
    url: ${T_SHOP}
    consumer_key: ${T_KEY}
    consumer_secret: ${T_SECRET}
rules:
  - name: site-hazirlanan
    platforms: [site]
    trigger: {status: preparing, since: 2026-11-01}
    mapping: satis-faturasi
    categories: {invoice: Web Satışları, contact: Web Müşterileri, product: E-ticaret}
    payment:
      cod: unpaid
      "*": {account: iyzico}
"""


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Place:
    """A folder with `syncd.yaml`, beside a running sandbox."""

    folder: Path
    sandbox: Sandbox

    @property
    def config(self) -> Path:
        return self.folder / "syncd.yaml"

    def environment(self) -> dict[str, str]:
        options = self.sandbox.options
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SYNCD", "T_"))}
        return {
            **kept,
            "T_PARASUT": self.sandbox.parasut_url,
            "T_SHOP": self.sandbox.shop_url,
            "T_CLIENT_ID": options.client_id,
            "T_CLIENT_SECRET": options.client_secret,
            "T_USERNAME": options.username,
            "T_PASSWORD": options.password,
            "T_KEY": options.consumer_key,
            "T_SECRET": options.consumer_secret,
        }

    def syncd(self, *words: str, program: Path = Path(sys.executable), **environment: str) -> Done:
        done = subprocess.run(
            [program, "-m", "syncd", *words],
            cwd=self.folder,
            env={**self.environment(), **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Done(done.returncode, done.stdout, done.stderr)
