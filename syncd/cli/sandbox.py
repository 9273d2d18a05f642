"""`syncd sandbox`: local stand-ins for Paraşüt, a shop and the marketplaces, to try everything on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from syncd.errors import UsageError
from syncd.sandbox.faults import faults_from_file, faults_from_json
from syncd.sandbox.options import ALL_STANDS, STANDS, SandboxOptions, allowed_values
from syncd.sandbox.server import Sandbox, serve


def sandbox(
    parasut_port: Annotated[int, typer.Option(help="Port of the Paraşüt stand-in; 0 takes a free one.")] = 8115,
    shop_port: Annotated[int, typer.Option(help="Port of the WooCommerce stand-in; 0 takes a free one.")] = 8116,
    trendyol_port: Annotated[int, typer.Option(help="Port of the Trendyol stand-in; 0 takes a free one.")] = 8117,
    hepsiburada_port: Annotated[int, typer.Option(help="Port of the Hepsiburada stand-in; 0 takes a free one.")] = 8118,
    n11_port: Annotated[int, typer.Option(help="Port of the N11 stand-in; 0 takes a free one.")] = 8119,
    stands: Annotated[str, typer.Option(help="Which stand-ins to serve, with commas between.")] = ",".join(STANDS),
    market_orders: Annotated[
        int | None, typer.Option(help="How many orders each marketplace has; without it one of each kind.", min=0)
    ] = None,
    market_age_hours: Annotated[
        float | None,
        typer.Option(
            help="How long ago a marketplace's first order came in; 0: now, the others later. Default: so long that "
            "the last came in an hour ago."
        ),
    ] = None,
    market_spacing_seconds: Annotated[
        int, typer.Option(help="How long after each order of a marketplace the next one comes in.", min=0)
    ] = 10800,
    market_pace: Annotated[
        float,
        typer.Option(help="Multiplies how long marketplace orders take from status to status; 0.01 to watch them."),
    ] = 1.0,
    orders: Annotated[int, typer.Option(help="How many orders the shop begins with.", min=0)] = 8,
    seed: Annotated[int, typer.Option(help="Another number makes other orders.")] = 1,
    seed_file: Annotated[
        Path | None, typer.Option(help="A JSON list of WooCommerce orders to serve instead.", exists=True)
    ] = None,
    refunds_file: Annotated[
        Path | None, typer.Option(help="With --seed-file: {order id: [refund, …]} as JSON.", exists=True)
    ] = None,
    traffic: Annotated[
        Path | None, typer.Option(help="Write every exchange with Paraşüt into this file, as JSON lines.")
    ] = None,
    shop_traffic: Annotated[Path | None, typer.Option(help="The same for the shop.")] = None,
    company_id: Annotated[int, typer.Option(help="The company's Müşteri ID.")] = 115,
    user_role: Annotated[str, typer.Option(help="The user's right for sales invoices: rw, ro or na.")] = "rw",
    token_seconds: Annotated[int, typer.Option(help="How long an access token is good for.")] = 7200,
    token_error_status: Annotated[int, typer.Option(help="How a refused login is answered: 401 or 400.")] = 401,
    rate_requests: Annotated[int, typer.Option(help="Requests allowed in any --rate-seconds; 0 means no limit.")] = 10,
    rate_seconds: Annotated[float, typer.Option(help="The window of --rate-requests.")] = 10.0,
    latency_seconds: Annotated[float, typer.Option(help="How long each answer takes.")] = 0.0,
    vat: Annotated[str, typer.Option(help="Where VAT is rounded: line, rate or invoice.")] = "line",
    line_net: Annotated[str, typer.Option(help="Whether a line's net is rounded to the kuruş or exact.")] = "rounded",
    price_decimals: Annotated[int, typer.Option(help="Decimals of unit prices that are kept: 2, 4 or 6.")] = 6,
    discount: Annotated[str, typer.Option(help="Whether an amount discount counts per line or per unit.")] = "line",
    refuse_duplicate_contacts: Annotated[
        bool, typer.Option(help="Refuse a second contact with the same tax number.")
    ] = False,
    refuse_duplicate_products: Annotated[
        bool, typer.Option(help="Refuse a second product with the same code.")
    ] = False,
    page_size_answer: Annotated[str, typer.Option(help="What a page size over 25 gets: 400, 422 or clamp.")] = "400",
    cash_sale: Annotated[
        str, typer.Option(help="Whether a cash sale creates a paid invoice: works or ignored.")
    ] = "works",
    over_payment: Annotated[
        str, typer.Option(help="What a payment over the remaining sum gets: refuse or accept.")
    ] = "refuse",
    refusal_body: Annotated[str, typer.Option(help="How a refused token or company reads: json or html.")] = "json",
    list_archived: Annotated[
        str, typer.Option(help="Whether lists show archived contacts and products: hidden or shown.")
    ] = "hidden",
    deleted_answer: Annotated[
        str, typer.Option(help="What reading a deleted record gets: 404, 410, or kept (the record).")
    ] = "404",
    long_description: Annotated[
        str, typer.Option(help="A description of more than 255 characters: refuse, cut or accept.")
    ] = "refuse",
    description_spaces: Annotated[
        str, typer.Option(help="Spaces at a description's ends, and several in it: kept or trimmed.")
    ] = "kept",
    order_no: Annotated[str, typer.Option(help="Whether answers show an invoice's order_no: returned or hidden.")] = (
        "returned"
    ),
    list_order: Annotated[str, typer.Option(help="A list that is asked for no sort: oldest or newest first.")] = (
        "oldest"
    ),
    list_ties: Annotated[
        str, typer.Option(help="The order of records that sort alike: id, reverse, or random at every request.")
    ] = "id",
    list_delay_seconds: Annotated[float, typer.Option(help="How late a new record appears in lists.", min=0)] = 0.0,
    ids: Annotated[str, typer.Option(help="How new ids come: rising, with gaps, or unordered.")] = "rising",
    omitted_lines: Annotated[
        str, typer.Option(help="An invoice's lines that an update doesn't name: removed or kept.")
    ] = "removed",
    control_port: Annotated[
        int | None, typer.Option(help="Port of the control address (docs/sandbox.md); without it there is none.")
    ] = None,
    faults: Annotated[
        str,
        typer.Option(
            help="A YAML file with faults (docs/sandbox.md), or a JSON list of them: "
            '[{"method":"POST","path":"contacts$","nth":1,"kind":"429"}].'
        ),
    ] = "[]",
) -> None:
    """Stand-ins for Paraşüt, a shop and three marketplaces, until Ctrl-C. Prints addresses and credentials."""
    given: dict[str, Any] = dict(locals())
    given["stands"] = frozenset(name.strip() for name in stands.split(",") if name.strip())
    if not given["stands"] or given["stands"] - ALL_STANDS:
        raise UsageError(f"--stands can't be {stands!r}.", f"Its names are: {', '.join(STANDS)}.")
    try:
        as_json = faults.lstrip().startswith(("[", "{"))
        given["faults"] = faults_from_json(faults) if as_json else faults_from_file(Path(faults))
    except ValueError as error:
        raise UsageError(f"--faults can't be read: {error}") from error
    for name in given:
        allowed = allowed_values(name)
        if allowed and given[name] not in allowed:
            words = ", ".join(map(str, allowed))
            raise UsageError(f"--{name.replace('_', '-')} can't be {given[name]!r}.", f"It is one of: {words}.")
    try:
        serve(SandboxOptions(**given), _announce)
    except OSError as error:
        raise UsageError(str(error.strerror or error), "Name another port, or 0 for a free one.") from error


def _announce(running: Sandbox) -> None:
    options = running.options
    if "parasut" in options.stands:
        typer.echo(f"Paraşüt     {running.parasut_url}   company_id {options.company_id}")
        typer.echo(f"            client_id {options.client_id}, client_secret {options.client_secret}")
        typer.echo(f"            username {options.username}, password {options.password}")
    if "shop" in options.stands:
        typer.echo(f"WooCommerce {running.shop_url}")
        typer.echo(f"            consumer_key {options.consumer_key}")
        typer.echo(f"            consumer_secret {options.consumer_secret}")
    entries = market_entries(running)
    if "parasut" in options.stands and (entries or "shop" in options.stands):
        typer.echo("A configuration for these, from another terminal (the answers are above):")
        typer.echo("            " + " \\\n              ".join(_init_line(running, entries)))
    if entries:
        typer.echo("The marketplaces, as entries under `platforms:` of syncd.yaml:")
    for name, keys in entries.items():
        typer.echo(f"  {name}:")
        for key, value in keys.items():
            typer.echo(f"    {key}: {value}")
    if options.control_port is not None:
        typer.echo(f"Control     {running.control_url}")
    typer.echo("Ctrl-C ends it.")


def _init_line(running: Sandbox, entries: Mapping[str, Mapping[str, str | int]]) -> Iterator[str]:
    """The rows of the `syncd init` for what is served. It asks for the shop's keys and Paraşüt's."""
    yield f"syncd init --base-url {running.parasut_url} --since 2026-11-01"
    if "shop" in running.options.stands:
        yield f"--platform site --shop-url {running.shop_url}"
    for name, keys in entries.items():
        answers = [f"--set {name}.{key}={value}" for key, value in keys.items() if key not in ("connector", "title")]
        yield " ".join([f"--platform {name}", *answers])


def market_entries(running: Sandbox) -> dict[str, dict[str, str | int]]:
    """What stands under `platforms:` for each marketplace that is served, by its name there."""
    options = running.options
    entries: dict[str, dict[str, str | int]] = {
        "trendyol": {
            "seller_id": options.trendyol_seller_id,
            "api_key": options.trendyol_api_key,
            "api_secret": options.trendyol_api_secret,
        },
        "hepsiburada": {
            "merchant_id": options.hepsiburada_merchant_id,
            "service_key": options.hepsiburada_service_key,
            "integrator": options.hepsiburada_user_agent,
        },
        "n11": {
            "seller_id": options.n11_seller_id,
            "app_key": options.n11_app_key,
            "app_secret": options.n11_app_secret,
        },
    }
    titles = {"trendyol": "Trendyol", "hepsiburada": "Hepsiburada", "n11": "N11"}
    return {
        name: {"connector": name, "title": titles[name], "base_url": running.url(name), **keys}
        for name, keys in entries.items()
        if name in options.stands
    }


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sandbox")(sandbox)
