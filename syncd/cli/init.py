"""`syncd init`: a first configuration by asking."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from syncd.cli.output import console
from syncd.config.first import FirstAnswers, FirstPlatform, refuse_existing, write_first_configuration
from syncd.config.first_platforms import (
    SITE,
    OfferedPlatform,
    chosen_names,
    offered_names,
    offered_platform,
)
from syncd.errors import UsageError

_ENV = "SYNCD_INIT_"
_SITE_OPTIONS = {"url": "--shop-url", "consumer_key": "--consumer-key", "consumer_secret": "--consumer-secret"}
_Value = TypeVar("_Value")
_Given = Mapping[tuple[str, str], str]
"""What options say of the platforms' keys, by platform and key."""


def init(
    directory: Annotated[Path, typer.Argument(help="Where to write syncd.yaml.")] = Path(),
    platform: Annotated[
        list[str] | None,
        typer.Option(
            "--platform",
            metavar="NAME",
            help="Where orders come from: site, trendyol, hepsiburada, n11, or a connector in mappings/platforms/ of "
            "the directory. Can be repeated. Default without a terminal: site.",
            envvar=f"{_ENV}PLATFORM",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PLATFORM.KEY=VALUE",
            help="A key of a platform, as in trendyol.seller_id=107703; in the environment "
            f"{_ENV}TRENDYOL_SELLER_ID. Can be repeated; keys that aren't asked for can be set, too.",
        ),
    ] = None,
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
            help="Paraşüt account that the site's payments arrive in; empty leaves invoices open.",
            envvar=f"{_ENV}ACCOUNT",
        ),
    ] = None,
    base_url: Annotated[
        str, typer.Option(help="Only for a stand-in: another address of Paraşüt.", envvar=f"{_ENV}BASE_URL")
    ] = "",
    since: Annotated[str | None, typer.Option(help="First order day to invoice, YYYY-MM-DD. Default: today.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Ask for what is needed and write syncd.yaml, the secrets beside it (mode 0600), and schemas for your editor."""
    refuse_existing(directory, force=force)
    chosen = _chosen(platform, directory)
    shop = {"url": shop_url, "consumer_key": consumer_key, "consumer_secret": consumer_secret}
    given = _given(settings or (), shop, account, chosen)
    asked = FirstAnswers(
        platforms=tuple(FirstPlatform(one, _values(one, given)) for one in chosen),
        company_id=_right(
            _number, "Paraşüt Müşteri ID (the number in uygulama.parasut.com/NUMBER)", company_id, "--company-id"
        ),
        client_id=_ask("Paraşüt Client ID", client_id, "--client-id"),
        client_secret=_ask("Paraşüt Client Secret", client_secret, "--client-secret", hide=True),
        username=_ask("Paraşüt user name (e-mail)", username, "--username"),
        password=_ask("Paraşüt password", password, "--password", hide=True),
        account=_account(account, chosen),
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
    out.print(
        f"  syncd apply{place}              makes each rule's first invoice, then waits for your approval", markup=False
    )


def _chosen(words: Sequence[str] | None, directory: Path) -> tuple[OfferedPlatform, ...]:
    if not words and not sys.stdin.isatty():
        words = [SITE]
    if not words:
        typer.echo("Where do orders come from?")
        for number, name in enumerate(offered_names(directory), 1):
            typer.echo(f"  {number} {name}{' (WooCommerce)' if name == SITE else ''}")
    names = _right(
        lambda text: chosen_names([text], directory),
        "Numbers or names, several with commas (Enter: site)",
        " ".join(words) if words else None,
        "--platform",
        default=SITE,
    )
    return tuple(offered_platform(name, directory) for name in names)


def _given(
    words: Iterable[str], shop: Mapping[str, str | None], account: str | None, chosen: Sequence[OfferedPlatform]
) -> _Given:
    """The values in `--set` and in the options for the site; UsageError for those of a platform that isn't chosen."""
    given: dict[tuple[str, str], str] = {}
    platforms = {one.name: one for one in chosen}
    if SITE not in platforms:
        idle = [_SITE_OPTIONS[name] for name, value in shop.items() if value] + ["--account"] * bool(account)
        if idle:
            raise UsageError(f"{idle[0]} is for the site, which is not among the platforms.", "Add --platform site.")
    for word in words:
        match = re.fullmatch(r"([^=]+)\.([^.=]+)=(.*)", word, re.DOTALL)
        if match is None:
            # not repeated: what stands there may be a secret
            raise UsageError("--set can't be read.", "Write it like --set trendyol.seller_id=107703.")
        name, key, value = match.groups()
        if name not in platforms:
            raise UsageError(f"--set {name}.{key} is for {name}, which is not among the platforms: {_listed(chosen)}.")
        given[name, platforms[name].setting(key).name] = value
    return given | {(SITE, name): value for name, value in shop.items() if value is not None}


def _listed(chosen: Iterable[OfferedPlatform]) -> str:
    return ", ".join(one.name for one in chosen)


def _values(platform: OfferedPlatform, given: _Given) -> dict[str, object]:
    """The platform's keys: what was given, else in the environment; what is required and missing is asked for."""
    values: dict[str, object] = {}
    for setting in platform.settings:
        variable = _variable(platform.name, setting.name)
        text = given.get((platform.name, setting.name), os.environ.get(variable) or None)
        if text is None and not setting.required:
            continue
        option = f"--set {platform.name}.{setting.name}=…"
        if platform.name == SITE and setting.name in _SITE_OPTIONS:
            option, variable = _SITE_OPTIONS[setting.name], ""
        words = f"{platform.kind}: {setting.question}" + (f", like {setting.example}" if setting.example else "")
        values[setting.name] = _right(setting.read, words, text, option, variable=variable, hide=setting.secret)
    return values


def _variable(*names: str) -> str:
    return _ENV + re.sub(r"\W", "_", "_".join(names)).upper()


def _account(given: str | None, chosen: Sequence[OfferedPlatform]) -> str:
    if all(one.name != SITE for one in chosen):
        return ""
    words = "Paraşüt account that the site's payments arrive in (Enter: leave invoices open)"
    return _ask(words, given, "--account", default="")


def _ask(
    words: str,
    given: object,
    option: str,
    *,
    variable: str = "",
    hide: bool = False,
    default: str | None = None,
) -> str:
    """What was given, else the answer of the person at the terminal, else the default."""
    if given is not None:
        return str(given)
    if sys.stdin.isatty():
        return str(typer.prompt(words, hide_input=hide, default=default, show_default=False)).strip()
    if default is not None:
        return default
    variable = variable or _variable(option.removeprefix("--"))
    raise UsageError(f"{option} is missing.", f"Without a terminal give it as {option} or in ${variable}.")


def _right(
    read: Callable[[str], _Value],
    words: str,
    given: object,
    option: str,
    *,
    variable: str = "",
    hide: bool = False,
    default: str | None = None,
) -> _Value:
    """Ask until the answer can be read; what came as an option is not asked again."""
    while True:
        try:
            return read(_ask(words, given, option, variable=variable, hide=hide, default=default))
        except UsageError as error:
            if given is not None or not sys.stdin.isatty():
                raise
            typer.echo(str(error))


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
