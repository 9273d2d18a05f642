"""The page that lists every key of the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncd.config.keys import CONNECTORS, Key, connector_settings, flow, keys_of, resolved
from syncd.config.schemas import schema

_HEAD = """\
# Configuration

<!-- Written by `python -m syncd.config.generate` from the schemas; a change here would be lost. -->

`syncd.yaml` is looked for as `--config`, `$SYNCD_CONFIG`, `./syncd.yaml`, `/etc/syncd/syncd.yaml`. A commented example
is `syncd.yaml.example`. `syncd check` reports everything that is wrong at once, each with file, line and column; its
option `--without-secrets` is for machines that don't have the secrets.

**YAML.** As YAML 1.2 has it: only `true` and `false` are booleans, so `off` and `no` are words; `007` and dates are
text. A key may stand only once. Text that begins with `{{`, `*`, `&`, `@` or `%`, or holds `: `, needs quotes.

**Secrets** stay outside the file. In every value but the templates of rules, `${NAME}` reads the environment,
`${credential:name}` a file in systemd's `$CREDENTIALS_DIRECTORY` (`LoadCredential=`), and `${file:/path}` a file,
relative to the configuration; `$${` is a literal `${`.

**Files** named in the configuration are relative to its folder. A mapping is looked for as `mappings/parasut/NAME.yaml`
and `mappings/NAME.yaml` beside the configuration, then among the shipped ones; a connector as
`mappings/platforms/NAME.yaml`.

**Which rule gets an order.** Rules are tried in their order: first those of `include`, then those below. The first
whose `platforms`, `since` and `if` fit owns the order, also while the order waits for its status. A later rule for the
same platform has to say `otherwise: true`, unless the two conditions exclude each other
(`order.payment.method == 'cod'` and `order.payment.method != 'cod'`). A rule that earlier ones leave nothing to is an
error.

**When a rule changes.** What it means for the orders that the rule has, and that have no invoice yet:

| you change | its waiting and due orders |
|---|---|
| `if` | stay the rule's, and **are invoiced**, also those that the new `if` is not true of; it is for other orders |
| `since`, to a later day | those ordered before that day are let go |
| `platforms` | those of a platform that is no longer in the list are let go |
| `name` (or the rule goes) | are judged anew, as if they had just come: those that its `if` is not true of are let go |
| `trigger.status` | stay, and are due or wait by the new status |

An order that is let go belongs to the first rule that wants it now; if there is none, it is not invoiced. Held orders
are judged so when they are retried; what has its invoice stays with the rule that made it. To keep single orders from
being invoiced, `syncd orders ignore` them. A rule with another name is a new one: `go_live: canary` begins again, and
an order whose invoice is not finished (its payment, say) is held as `rule-gone`. The log of a reload says all this for
the orders at hand; `syncd plan` and `syncd orders explain` say it of each order that its rule keeps though the `if` is
not true of it.

**Templates** are [Jinja](https://jinja.palletsprojects.com/) over `order`, `platform` and `rule`, in lines also `line`;
`schemas/order.schema.json` lists what an order holds, [filters.md](filters.md) the filters. Every path is checked.
"""

_CONNECTOR_HEAD = """\
For `connector: {connector}`, beside the keys of every platform (above). [{connector}.md]({connector}.md) has the rest:
where the keys come from, statuses, amounts, limits.
"""

_MAPPING_HEAD = """\
A mapping is a file of its own. `extends` takes over the fields of another one; a field without a value is left out.
What a rule says under `override` comes last.
"""


def reference_text() -> str:
    """What `docs/configuration.md` holds."""
    parts = [_HEAD]
    parts += _section("syncd.yaml", schema("syncd"), "syncd", 2, "")
    for connector in CONNECTORS:
        title = f"platforms.NAME: keys of {connector}"
        text = _CONNECTOR_HEAD.format(connector=connector)
        parts += _table(title, text, connector_settings(connector), "syncd", 2)
    parts += _section("A rule", schema("rules")["$defs"]["rule"], "rules", 2, "")
    parts += _section("A mapping", schema("mapping"), "mapping", 2, "")
    return "\n".join(parts).replace("\n\n\n", "\n\n")


def _section(title: str, content: Mapping[str, Any], root: str, level: int, path: str) -> Iterator[str]:
    text = str(content.get("description", ""))
    yield from _table(title, f"{text}\n\n{_MAPPING_HEAD}" if title == "A mapping" else text, content, root, level)
    for key in keys_of(content, root):
        yield from _below(key, root, f"{path}{key.name}")


def _below(key: Key, root: str, path: str) -> Iterator[str]:
    """The keys below a key, when they are listed: its own, or those of each entry under a free name."""
    rest, entry = key.schema.get("additionalProperties"), key.schema.get("items")
    if isinstance(entry, Mapping) and "properties" in entry:
        yield from _section(f"{path}: each", entry, root, 3, f"{path}.")
    elif "properties" in key.schema:
        yield from _section(f"{path}", key.schema, root, 3, f"{path}.")
    elif isinstance(rest, Mapping):
        for choice in resolved(rest, root)[0].get("anyOf", [resolved(rest, root)[0]]):
            if "properties" in choice:
                yield from _section(f"{path}.NAME", choice, root, 3, f"{path}.NAME.")


def _table(title: str, text: str, content: Mapping[str, Any], root: str, level: int) -> Iterator[str]:
    yield f"\n{'#' * level} {title}\n"
    if text:
        yield f"{text}\n"
    yield "| key | value | default | what it says | example |"
    yield "|---|---|---|---|---|"
    for key in keys_of(content, root):
        cells = [f"`{key.name}`", _type(key.schema), _default(key), key.description, _examples(key.schema)]
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"
    yield ""


def _type(content: Mapping[str, Any]) -> str:
    if "enum" in content:
        return ", ".join(f"`{flow(choice)}`" for choice in content["enum"])
    if "const" in content:
        return f"`{flow(content['const'])}`"
    if content.get("x-template"):
        return "condition" if content["x-template"] == "expression" else "template"
    words = {"string": "text", "integer": "whole number", "array": "list", "object": "keys", "boolean": "true, false"}
    kinds = content.get("type", "")
    named = [str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    kind = " or ".join(words.get(name, name) for name in named)
    return kind + (", secret" if content.get("x-secret") else "")


def _default(key: Key) -> str:
    if key.required:
        return "required"
    return f"`{flow(key.schema['default'])}`" if "default" in key.schema else ""


def _examples(content: Mapping[str, Any]) -> str:
    shown = [flow(example) for example in content.get("examples", [])]
    return "<br>".join(f"`{example}`" for example in shown if len(example) <= 90)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
