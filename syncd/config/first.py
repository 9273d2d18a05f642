"""The first configuration, written from a few answers; it passes `check` as it is."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from syncd.errors import UsageError
from syncd.resources import SCHEMAS

_SECRETS = "secrets"
_CONFIG = "syncd.yaml"


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """What a first configuration needs to know. `since` is YYYY-MM-DD; an empty `account` leaves invoices open."""

    shop_url: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    company_id: int
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)
    since: str
    account: str = ""
    base_url: str = ""


def write_first_configuration(directory: Path, answers: FirstAnswers, *, force: bool = False) -> list[Path]:
    """Write `syncd.yaml`, a folder of secrets that only its owner can read, and the schemas. Returns what was written.

    Raises UsageError when there is a configuration already (unless `force`) or the folder can't be written.
    """
    config = directory / _CONFIG
    if config.exists() and not force:
        raise UsageError(f"{config} is there already.", "Edit it, name another folder, or overwrite it with --force.")
    secrets = {
        "parasut_client_id": answers.client_id,
        "parasut_client_secret": answers.client_secret,
        "parasut_username": answers.username,
        "parasut_password": answers.password,
        "site_consumer_key": answers.consumer_key,
        "site_consumer_secret": answers.consumer_secret,
    }
    written: list[Path] = []
    try:
        folder = directory / _SECRETS
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, value in secrets.items():
            written.append(_write_secret(folder / name, value))
        schemas = directory / "schemas"
        schemas.mkdir(exist_ok=True)
        for schema in sorted(SCHEMAS.glob("*.schema.json")):
            (schemas / schema.name).write_text(schema.read_text(encoding="utf-8"), encoding="utf-8")
        written.append(schemas)
        config.write_text(_text(answers), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename} can't be written: {error.strerror}.", "Choose another folder.") from error
    return [config, *written]


def _write_secret(file: Path, value: str) -> Path:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(value)
    return file


def _text(answers: FirstAnswers) -> str:
    base_url = f"  base_url: {_quoted(answers.base_url)}\n" if answers.base_url else ""
    if answers.account:
        paid = f'      "*": {{account: {_quoted(answers.account)}}}     # every other payment method is booked here\n'
    else:
        paid = '      "*": unpaid                    # or {account: NAME OF THE ACCOUNT IN PARAŞÜT}\n'
    return f"""\
# yaml-language-server: $schema=schemas/syncd.schema.json
# Written by `syncd init`. Every key is explained in docs/configuration.md; `syncd check` checks them all.
version: 1

parasut:
  company_id: {answers.company_id}
  client_id: ${{file:{_SECRETS}/parasut_client_id}}
  client_secret: ${{file:{_SECRETS}/parasut_client_secret}}
  username: ${{file:{_SECRETS}/parasut_username}}
  password: ${{file:{_SECRETS}/parasut_password}}
{base_url}
ledger: sqlite:///ledger.db            # syncd's memory; keep it, and back it up

platforms:
  site:
    connector: woocommerce
    title: Web Sitesi
    url: {_quoted(answers.shop_url)}
    consumer_key: ${{file:{_SECRETS}/site_consumer_key}}
    consumer_secret: ${{file:{_SECRETS}/site_consumer_secret}}

rules:
  - name: site-hazirlanan
    platforms: [site]
    trigger:
      status: preparing                # Hazırlanan; or awaiting_approval (Onay Bekleyen), shipped (Kargolanan)
      since: {answers.since}                # nothing ordered earlier is ever invoiced
      if: order.total > 0
    mapping: satis-faturasi
    categories:
      invoice: Web Satışları
      contact: Web Müşterileri
      product: E-ticaret
    payment:
      cod: unpaid                      # cash on delivery is collected later
{paid}\
    go_live: canary                    # after its first invoice the rule waits for `syncd approve site-hazirlanan`
"""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
