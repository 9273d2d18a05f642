"""The commented example configuration: every key with its description, the useful ones switched on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from syncd.config.keys import Key, connector_settings, flow, keys_of
from syncd.config.schemas import schema

WIDTH = 118

_HEAD = """\
# yaml-language-server: $schema=schemas/syncd.schema.json
#
# syncd.yaml: invoices the orders of a WooCommerce shop and of three marketplaces in Paraşüt.
#
# Copy this file, change what is yours, delete the platforms that you don't sell on (also in the rules), then run
# `syncd check`. Text has a blank after the #; keys that are switched off have none (#every: 2m). docs/configuration.md
# lists every key.
#
# Secrets stay outside: ${credential:name} reads a systemd credential. systemd/syncd.service hands every file of
# /etc/syncd/credentials over (LoadCredential=), under its own name: /etc/syncd/credentials/parasut_password is
# ${credential:parasut_password}. ${NAME} reads the environment and ${file:/path} a file. $${ is a literal ${.
"""

_PARASUT = {
    "company_id": 115,
    "client_id": "${credential:parasut_client_id}",
    "client_secret": "${credential:parasut_client_secret}",
    "username": "${credential:parasut_username}",
    "password": "${credential:parasut_password}",
}

_PLATFORMS: dict[str, dict[str, Any]] = {
    "site": {
        "connector": "woocommerce",
        "title": "Web Sitesi",
        "url": "https://www.example.com",
        "consumer_key": "${credential:site_consumer_key}",
        "consumer_secret": "${credential:site_consumer_secret}",
    },
    "trendyol": {
        "connector": "trendyol",
        "title": "Trendyol",
        "seller_id": 107703,
        "api_key": "${credential:trendyol_api_key}",
        "api_secret": "${credential:trendyol_api_secret}",
    },
    "hepsiburada": {
        "connector": "hepsiburada",
        "title": "Hepsiburada",
        "merchant_id": "0a0a0a0a-0000-4000-8000-00000000a001",
        "service_key": "${credential:hepsiburada_service_key}",
        "integrator": "firma_dev",
    },
    "n11": {
        "connector": "n11",
        "title": "N11",
        "seller_id": 2000001,
        "app_key": "${credential:n11_app_key}",
        "app_secret": "${credential:n11_app_secret}",
    },
}
_MARKETPLACES = [name for name in _PLATFORMS if name != "site"]

_CATEGORIES = {"invoice": "Web Satışları", "contact": "Web Müşterileri", "product": "E-ticaret"}

_FIRST_RULE: dict[str, Any] = {
    "name": "site-kapida-odeme",
    "platforms": ["site"],
    "trigger": {"status": "shipped", "since": "2026-12-01", "if": "order.payment.method == 'cod'"},
    "mapping": "satis-faturasi",
    "categories": _CATEGORIES,
    "payment": {"*": "unpaid"},
    "go_live": "canary",
}

_SECOND_RULE: dict[str, Any] = {
    "name": "site-odenmis",
    "platforms": ["site"],
    "trigger": {"status": "preparing", "since": "2026-12-01", "if": "order.total > 0"},
    "otherwise": True,
    "every": "2m",
    "mapping": "satis-faturasi",
    "override": {"invoice.invoice_note": "Ödeme: {{ order.payment.title }}"},
    "categories": _CATEGORIES,
    "payment": {
        "bacs": {"account": "Garanti TL", "type": "EFT/HAVALE"},
        "*": {"account": "iyzico", "type": "ODEMEARACISI", "platform": "iyzico"},
    },
    "go_live": "canary",
}

_MARKETPLACE_RULE: dict[str, Any] = {
    "name": "pazaryeri-kargolanan",
    "platforms": _MARKETPLACES,
    "trigger": {"status": "shipped", "since": "2026-12-01"},
    "mapping": "satis-faturasi",
    "categories": {
        "invoice": "{{ platform.title }} Satışları",
        "contact": "Pazaryeri Müşterileri",
        "product": "E-ticaret",
    },
    "payment": {"*": "unpaid"},
    "go_live": "canary",
}


def example_text() -> str:
    """What `syncd.yaml.example` holds."""
    main, rule, platform = schema("syncd"), schema("rules")["$defs"]["rule"], schema("syncd")["$defs"]["platform"]
    chosen = {"version": 1, "parasut": _PARASUT, "ledger": "sqlite:////var/lib/syncd/ledger.db"}
    lines: list[str] = []
    for key in keys_of(main, "syncd"):
        lines += ["", *_comment(key.description, "")]
        if key.name == "platforms":
            lines += ["platforms:", "  site:", *_block(keys_of(platform, "syncd"), _PLATFORMS["site"], "    ")]
            lines += _block(keys_of(connector_settings("woocommerce"), "syncd"), _PLATFORMS["site"], "    ")
            for name in _MARKETPLACES:
                lines += ["", f"  {name}:", f"    connector: {name}", f"    title: {_PLATFORMS[name]['title']}"]
                lines += _block(keys_of(connector_settings(name), "syncd"), _PLATFORMS[name], "    ")
        elif key.name == "rules":
            lines += [
                "rules:",
                *_comment("What is paid at the door is collected by the carrier: open until then.", "  "),
                "",
            ]
            lines += _entry(_block(keys_of(rule, "rules"), _FIRST_RULE, "    "))
            lines += ["", *_comment("Everything else is paid already.", "  ")]
            lines += _entry([f"    {line}" for line in _plain(_SECOND_RULE)])
            lines += ["", *_comment("The marketplaces pay later, and for many orders at once.", "  ")]
            lines += _entry([f"    {line}" for line in _plain(_MARKETPLACE_RULE)])
        else:
            lines += _value(key, chosen, "")
    return _HEAD + "\n".join(lines) + "\n"


def _block(keys: Iterator[Key], chosen: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key in keys:
        yield from _comment(key.description, indent)
        yield from _value(key, chosen, indent)


def _value(key: Key, chosen: Mapping[str, Any], indent: str) -> Iterator[str]:
    if key.name not in chosen:
        examples = key.schema.get("examples", [])
        for example in examples if key.schema.get("type") == "object" else examples[:1]:
            yield f"{indent}#{key.name}: {flow(example)}"
    elif key.schema.get("type") == "object" and "properties" in key.schema:
        yield f"{indent}{key.name}:"
        yield from _block(keys_of(key.schema, "rules"), chosen[key.name], indent + "  ")
    else:
        yield f"{indent}{key.name}: {flow(chosen[key.name])}"


def _plain(value: Mapping[str, Any]) -> Iterator[str]:
    for name, below in value.items():
        if isinstance(below, Mapping) and len(flow(below)) > 60:
            yield f"{name}:"
            yield from (f"  {flow(key)}: {flow(inner)}" for key, inner in below.items())
        else:
            yield f"{name}: {flow(below)}"


def _entry(lines: Iterator[str] | list[str]) -> list[str]:
    """Lines of a mapping as an entry of a list; comments before the first key stay above the dash."""
    result = list(lines)
    first = next(number for number, line in enumerate(result) if not line.lstrip().startswith("#"))
    result[first] = "  - " + result[first].lstrip()
    return [*(line[2:] for line in result[:first]), *result[first:]]


def _comment(text: str, indent: str) -> list[str]:
    return [f"{indent}# {line}" for line in wrap(text, WIDTH - len(indent), break_long_words=False)]
