"""`syncd sandbox`: local stand-ins for Paraşüt and a shop, to try everything without touching anything real."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from syncd.errors import UsageError
from syncd.sandbox.faults import faults_from_json
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox, serve


def sandbox(
    parasut_port: Annotated[int, typer.Option(help="Port of the Paraşüt stand-in; 0 takes a free one.")] = 8115,
    shop_port: Annotated[int, typer.Option(help="Port of the WooCommerce stand-in; 0 takes a free one.")] = 8116,
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
    faults: Annotated[
        str, typer.Option(help='Faults as JSON: [{"method":"POST","path":"contacts$","nth":1,"kind":"429"}].')
    ] = "[]",
) -> None:
    """Stand-ins for Paraşüt and a shop, until Ctrl-C. Addresses and (invented) credentials are printed at the start."""
    given: dict[str, Any] = dict(locals())
    try:
        given["faults"] = faults_from_json(faults)
    except ValueError as error:
        raise UsageError(f"--faults can't be read: {error}") from error
    for name, hint in get_type_hints(SandboxOptions).items():
        allowed = getattr(hint, "__args__", ())
        if (
            name in given
            and allowed
            and all(isinstance(one, str | int) for one in allowed)
            and given[name] not in allowed
        ):
            words = ", ".join(map(str, allowed))
            raise UsageError(f"--{name.replace('_', '-')} can't be {given[name]!r}.", f"It is one of: {words}.")
    try:
        serve(SandboxOptions(**given), _announce)
    except OSError as error:
        raise UsageError(str(error.strerror or error), "Name another port, or 0 for a free one.") from error


def _announce(running: Sandbox) -> None:
    options = running.options
    typer.echo(f"Paraşüt     {running.parasut_url}   company_id {options.company_id}")
    typer.echo(f"            client_id {options.client_id}, client_secret {options.client_secret}")
    typer.echo(f"            username {options.username}, password {options.password}")
    typer.echo(f"WooCommerce {running.shop_url}")
    typer.echo(f"            consumer_key {options.consumer_key}")
    typer.echo(f"            consumer_secret {options.consumer_secret}")
    typer.echo("A configuration for it, from another terminal (the answers are above):")
    typer.echo(
        f"            syncd init --base-url {running.parasut_url} --shop-url {running.shop_url} --since 2026-11-01"
    )
    typer.echo("Ctrl-C ends it.")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sandbox")(sandbox)
