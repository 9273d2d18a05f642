"""`syncd init`: a first configuration by asking."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import typer

from syncd.cli.output import console
from syncd.config.first import FirstAnswers, write_first_configuration
from syncd.errors import UsageError

_ENV = "SYNCD_INIT_"
_Value = TypeVar("_Value")


def init(
    directory: Annotated[Path, typer.Argument(help="Where to write syncd.yaml.")] = Path(),
    shop_url: Annotated[
        str | None, typer.Option("--shop-url", help="The WooCommerce shop's address.", envvar=f"{_ENV}SHOP_URL")
    ] = None,
    consumer_key: Annotated[
        str | None, typer.Option(help="WooCommerce key, ck_…", envvar=f"{_ENV}CONSUMER_KEY")
    ] = None,
    consumer_secret: Annotated[
        str | None, typer.Option(help="WooCommerce secret, cs_…", envvar=f"{_ENV}CONSUMER_SECRET")
    ] = None,
    company_id: Annotated[
        int | None, typer.Option(help="Müşteri ID: the number in Paraşüt's address.", envvar=f"{_ENV}COMPANY_ID")
    ] = None,
    client_id: Annotated[str | None, typer.Option(help="Paraşüt Client ID.", envvar=f"{_ENV}CLIENT_ID")] = None,
    client_secret: Annotated[
        str | None, typer.Option(help="Paraşüt Client Secret.", envvar=f"{_ENV}CLIENT_SECRET")
    ] = None,
    username: Annotated[str | None, typer.Option(help="Paraşüt user name.", envvar=f"{_ENV}USERNAME")] = None,
    password: Annotated[str | None, typer.Option(help="Paraşüt password.", envvar=f"{_ENV}PASSWORD")] = None,
    account: Annotated[
        str | None,
        typer.Option(
            help="Paraşüt account that payments arrive in; empty leaves invoices open.", envvar=f"{_ENV}ACCOUNT"
        ),
    ] = None,
    base_url: Annotated[
        str, typer.Option(help="Only for a stand-in: another address of Paraşüt.", envvar=f"{_ENV}BASE_URL")
    ] = "",
    since: Annotated[str | None, typer.Option(help="First order day to invoice, YYYY-MM-DD. Default: today.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Ask for what is needed and write syncd.yaml, the secrets beside it (mode 0600), and schemas for your editor."""
    asked = FirstAnswers(
        shop_url=_right(_url, "Address of the WooCommerce shop (https://www.example.com)", shop_url, "--shop-url"),
        consumer_key=_ask("WooCommerce consumer key (ck_…)", consumer_key, "--consumer-key"),
        consumer_secret=_ask("WooCommerce consumer secret (cs_…)", consumer_secret, "--consumer-secret", hide=True),
        company_id=_right(
            _number, "Paraşüt Müşteri ID (the number in uygulama.parasut.com/NUMBER)", company_id, "--company-id"
        ),
        client_id=_ask("Paraşüt Client ID", client_id, "--client-id"),
        client_secret=_ask("Paraşüt Client Secret", client_secret, "--client-secret", hide=True),
        username=_ask("Paraşüt user name (e-mail)", username, "--username"),
        password=_ask("Paraşüt password", password, "--password", hide=True),
        account=_ask("Paraşüt account that payments arrive in (empty: leave invoices open)", account, None),
        base_url=base_url,
        since=_day(since),
    )
    written = write_first_configuration(directory, asked, force=force)
    out = console()
    for file in written:
        out.print(f"written: {file}", markup=False)
    place = "" if directory == Path() else f" --config {directory / 'syncd.yaml'}"
    out.print("Next:", markup=False)
    out.print(f"  syncd check --connect{place}    does everything let us in", markup=False)
    out.print(f"  syncd plan{place}               what would be invoiced; changes nothing", markup=False)
    out.print(f"  syncd apply{place}              makes the first invoice, then waits for your approval", markup=False)


def _ask(words: str, given: object, option: str | None, *, hide: bool = False) -> str:
    if given is not None:
        return str(given)
    if sys.stdin.isatty():
        default = None if option is not None else ""
        return str(typer.prompt(words, hide_input=hide, default=default, show_default=False)).strip()
    if option is None:
        return ""
    variable = _ENV + option.removeprefix("--").replace("-", "_").upper()
    raise UsageError(f"{option} is missing.", f"Without a terminal give it as {option} or in ${variable}.")


def _right(read: Callable[[str], _Value], words: str, given: object, option: str) -> _Value:
    """Ask until the answer can be read; what came as an option is not asked again."""
    while True:
        try:
            return read(_ask(words, given, option))
        except UsageError as error:
            if given is not None or not sys.stdin.isatty():
                raise
            typer.echo(str(error))


def _url(text: str) -> str:
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or not parts.hostname or any(letter.isspace() for letter in text):
        raise UsageError(f"{text!r} is no address of a shop.", "Write it like https://www.example.com.")
    return parts.geturl().rstrip("/")


def _number(text: str) -> int:
    if not text.isdigit():
        raise UsageError(f"{text!r} is no Müşteri ID.", "It is the number in the address uygulama.parasut.com/NUMBER.")
    return int(text)


def _day(text: str | None) -> str:
    if text is None:
        return datetime.now(ZoneInfo("Europe/Istanbul")).date().isoformat()
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError as error:
        raise UsageError(f"{text!r} is no day.", "Write it like 2026-11-01.") from error


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)
