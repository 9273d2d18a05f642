"""The first configuration, written from a few answers; it passes `check` as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncd.config.first_platforms import SITE, OfferedPlatform
from syncd.config.keys import flow
from syncd.errors import UsageError
from syncd.orders.status import Status
from syncd.resources import SCHEMAS

_SECRETS = "secrets"
_CONFIG = "syncd.yaml"
_STATUS_WORDS = {
    Status.AWAITING_APPROVAL: ("onay-bekleyen", "Onay Bekleyen"),
    Status.PREPARING: ("hazirlanan", "Hazırlanan"),
    Status.SHIPPED: ("kargolanan", "Kargolanan"),
}


@dataclass(frozen=True, slots=True)
class FirstPlatform:
    """A chosen platform and the values of its connector's keys, each as `Setting.read` gave it."""

    offered: OfferedPlatform
    values: Mapping[str, Any] = field(repr=False)

    @property
    def secrets(self) -> Mapping[str, str]:
        """The values that must not stand in the configuration, by the name of their file."""
        return {
            f"{self.offered.name}_{name}": str(value)
            for name, value in self.values.items()
            if self.offered.setting(name).secret
        }


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """What a first configuration needs to know. `since` is YYYY-MM-DD.

    `account` is where the site's payments arrive; empty leaves its invoices open. Those of marketplaces always are.
    """

    platforms: Sequence[FirstPlatform]
    company_id: int
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)
    since: str
    account: str = ""
    base_url: str = ""


def refuse_existing(directory: Path, *, force: bool) -> Path:
    """The file to write. Raises UsageError when there is a configuration already (unless `force`)."""
    config = directory / _CONFIG
    if config.exists() and not force:
        raise UsageError(f"{config} is there already.", "Edit it, name another folder, or overwrite it with --force.")
    return config


def write_first_configuration(directory: Path, answers: FirstAnswers, *, force: bool = False) -> list[Path]:
    """Write `syncd.yaml`, a folder of secrets that only its owner can read, and the schemas. Returns what was written.

    Raises UsageError when there is a configuration already (unless `force`) or the folder can't be written.
    """
    config = refuse_existing(directory, force=force)
    secrets = {
        "parasut_client_id": answers.client_id,
        "parasut_client_secret": answers.client_secret,
        "parasut_username": answers.username,
        "parasut_password": answers.password,
    }
    for platform in answers.platforms:
        secrets |= platform.secrets
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
    os.fchmod(handle, 0o600)  # a file that was there keeps its mode otherwise
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(value)
    return file


def _text(answers: FirstAnswers) -> str:
    base_url = f"  base_url: {_quoted(answers.base_url)}\n" if answers.base_url else ""
    platforms = "".join(_entry(platform) for platform in answers.platforms)
    rules = "\n".join(_rules(answers))
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
{platforms}
rules:
{rules}
# Whom to tell when something needs a person: docs/notifications.md. `syncd notify --test` tries it.
# notify:
#   channels:
#     - email:
#         host: smtp.example.com
#         username: syncd@example.com
#         password: ${{file:{_SECRETS}/smtp_password}}
#         from: syncd@example.com
#         to: [muhasebe@example.com]
#   quiet_hours: {{from: "22:00", to: "08:00", except: [company]}}
#   daily_summary: "09:00"
"""


def _entry(platform: FirstPlatform) -> str:
    offered = platform.offered
    lines = [
        f"  {flow(offered.name)}:",
        f"    connector: {flow(offered.connector)}",
        f"    title: {flow(offered.title)}",
    ]
    for name, value in platform.values.items():
        secret = offered.setting(name).secret
        shown = f"${{file:{_SECRETS}/{offered.name}_{name}}}" if secret else flow(_literal(value))
        lines.append(f"    {flow(name)}: {shown}")
    return "".join(f"{line}\n" for line in lines)


def _literal(value: Any) -> Any:
    """A value that the configuration reads as it is: what looks like a reference is none."""
    return value.replace("${", "$${") if isinstance(value, str) else value


def _rules(answers: FirstAnswers) -> Iterator[str]:
    """The site's rule, and one for all others whose orders are invoiced at the same status."""
    offered = [platform.offered for platform in answers.platforms]
    if any(one.name == SITE for one in offered):
        yield _site_rule(answers)
    others = [one for one in offered if one.name != SITE]
    for status in dict.fromkeys(one.status for one in others):
        yield _marketplace_rule([one.name for one in others if one.status is status], status, answers.since)


def _site_rule(answers: FirstAnswers) -> str:
    if answers.account:
        paid = f'      "*": {{account: {_quoted(answers.account)}}}     # every other payment method is booked here\n'
    else:
        paid = '      "*": unpaid                      # or {account: NAME OF THE ACCOUNT IN PARAŞÜT}\n'
    return f"""\
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


def _marketplace_rule(platforms: Sequence[str], status: Status, since: str) -> str:
    ending, ours = _STATUS_WORDS[status]
    name = f"pazaryeri-{ending}"
    return f"""\
  - name: {name}
    platforms: {flow(list(platforms))}
    trigger:
      {f"status: {status}":<32} # {ours}: docs/statuses.md has every platform's words for it
      since: {since}                # nothing ordered earlier is ever invoiced
      if: order.total > 0
    mapping: satis-faturasi
    categories:
      invoice: "{{{{ platform.title }}}} Satışları"
      contact: Pazaryeri Müşterileri
      product: E-ticaret
    payment:
      "*": unpaid                      # they pay later; or {{account: NAME OF THE ACCOUNT IN PARAŞÜT}}
    go_live: canary                    # after its first invoice the rule waits for `syncd approve {name}`
"""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
