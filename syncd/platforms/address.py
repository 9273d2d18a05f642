"""Whether a connector can sign in at the address that a configuration gives it."""

from __future__ import annotations

from urllib.parse import urlsplit

from syncd.config.settings import PlatformSettings, Secret
from syncd.errors import TemplateFailure
from syncd.platforms.connector import Connector, with_defaults
from syncd.platforms.record import rendered
from syncd.problem import Problem


def address_problem(settings: PlatformSettings, connector: Connector) -> Problem | None:
    """What is wrong when the connector has no authentication for the scheme (`http`, `https`) of its base address.

    None when it has one, and when the address can't be told without what only the machine in question knows.
    """
    options = with_defaults(connector, settings.options)
    public = {name: value for name, value in options.items() if not isinstance(value, Secret)}
    http = connector.parts["http"]
    try:
        address = str(
            rendered(http["base_url"], {**connector.functions, "settings": public, "tables": connector.tables})
        )
    except TemplateFailure:
        return None
    scheme = urlsplit(address).scheme.lower()
    ways = http["authentication"]
    if not scheme or scheme in ways:
        return None
    known = " and ".join(f"{way}://" for way in ways)
    message = (
        f"{settings.name}: {settings.connector} can sign in at {known} addresses only, and this one is {scheme}://; "
        "http.authentication of the connector says how"
    )
    return Problem(settings.position, message)
