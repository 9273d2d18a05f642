"""Templates: compiled once, checked against schemas, rendered with types kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.runtime import Undefined

from syncd.errors import ConfigurationError, TemplateFailure
from syncd.mapping.environment import environment
from syncd.mapping.failure import FilterError, Located, UnknownPath, describe, kind_of
from syncd.mapping.limits import OUTPUT_LIMIT
from syncd.mapping.paths import check_syntax
from syncd.mapping.syntax import Filters, Mistake, Mode, Syntax, nearest, node_at, parse, part_offset, path_of
from syncd.problem import Problem, Source

_OPENINGS = ("{{", "{%", "{#")


@dataclass(frozen=True)
class Template:
    """A compiled template that remembers where it was written. Two are equal when text and place are."""

    text: str
    source: Source
    mode: Mode = "template"
    filters: Filters = field(default=(), repr=False, compare=False)
    run: Callable[[Mapping[str, Any]], Any] | None = field(default=None, repr=False, compare=False)
    constant: Any = field(default=None, repr=False, compare=False)

    @property
    def is_constant(self) -> bool:
        """Whether it reads nothing."""
        return self.run is None

    def render(self, variables: Mapping[str, Any]) -> Any:
        """The value: of any type for one `{{ expression }}` or a bare expression, else text.

        Raises TemplateFailure at the exact place, without a field's name, when something isn't there or can't be
        computed.
        """
        if self.run is None:
            return self.constant
        try:
            return self.run(variables)
        except Located as failure:
            raise self._failure(failure) from failure.__cause__

    def _failure(self, failure: Located) -> TemplateFailure:
        offset, message = failure.offset or 0, failure.message
        if isinstance(failure, UnknownPath):
            offset, message = _explain(parse(self.text, self.mode, self.filters), failure)
        return TemplateFailure(self.source.position_at(offset), message)


def compile_template(text: str, source: Source, filters: Mapping[str, Callable[..., Any]] | None = None) -> Template:
    """Compile the value of a field. `filters` adds to ours.

    Raises ConfigurationError with one Problem at the exact place for wrong syntax and unknown filters or tests.
    """
    if not any(opening in text for opening in _OPENINGS):
        return Template(text, source, constant=text)
    return _compile(text, source, "template", filters)


def compile_expression(text: str, source: Source, filters: Mapping[str, Callable[..., Any]] | None = None) -> Template:
    """Compile a bare expression, like that of `if: order.total > 0`; raises like compile_template."""
    return _compile(text, source, "expression", filters)


def compile_constant(value: Any, source: Source) -> Template:
    """A template that always gives `value`: for fields written as `false`, `0` or a number in YAML."""
    return Template(str(value), source, constant=value)


def check_paths(template: Template, scope: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Every variable path in the template that the scope doesn't know, each at the place of its wrong part.

    `scope` maps a variable's name to the JSON Schema of its value (`$ref` within that schema works). What a schema
    leaves open is not checked: there are no false alarms.
    """
    if template.is_constant:
        return []
    syntax = parse(template.text, template.mode, template.filters)
    return [
        Problem(template.source.position_at(mistake.offset), mistake.message, mistake.suggestion)
        for mistake in check_syntax(syntax, scope)
    ]


def _compile(text: str, source: Source, mode: Mode, extra: Mapping[str, Callable[..., Any]] | None) -> Template:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    filters: Filters = tuple(sorted(extra.items())) if extra else ()
    try:
        run = _program(text, mode, filters)
    except Mistake as mistake:
        problem = Problem(source.position_at(mistake.offset), mistake.message, mistake.suggestion)
        raise ConfigurationError([problem]) from None
    return Template(text, source, mode, filters, run)


@lru_cache(maxsize=4096)
def _program(text: str, mode: Mode, filters: Filters) -> Callable[[Mapping[str, Any]], Any]:
    """What computes the value. Raises Mistake now, and the function Located later."""
    syntax = parse(text, mode, filters)
    env = environment(filters)
    try:
        code = env.compile(syntax.program())
    except jinja2.TemplateSyntaxError as error:
        raise Mistake(min(error.lineno, len(text)), (error.message or "not understood").rstrip(".")) from None
    except (RecursionError, SyntaxError, MemoryError):
        raise Mistake(0, "nested too deeply") from None
    program = jinja2.Template.from_code(env, code, env.globals, None)
    render = program.root_render_func
    typed = syntax.expression is not None

    def run(variables: Mapping[str, Any]) -> Any:
        context = program.new_context(dict(variables))
        try:
            pieces = _bounded(render(context))
            return _known(context.vars["_value"]) if typed else "".join(pieces)
        except Located:
            raise
        except Exception as error:
            raise Located(describe(error)) from error

    return run


def _bounded(pieces: Any) -> list[str]:
    kept: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > OUTPUT_LIMIT:
            raise FilterError(f"the text is longer than {OUTPUT_LIMIT} characters")
        kept.append(piece)
    return kept


def _known(value: Any) -> Any:
    """The value itself, after a look that nothing in it is missing; what filters compute lazily becomes a list."""
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, str | int | type(None)):
        return value
    if isinstance(value, list | tuple):
        return type(value)(_known(item) for item in value)
    if type(value) is dict:
        return {key: _known(item) for key, item in value.items()}
    if hasattr(value, "__next__"):
        return [_known(item) for item in value]
    return value


def _explain(syntax: Syntax, failure: UnknownPath) -> tuple[int, str]:
    node = node_at(syntax, failure.offset) if failure.offset is not None else None
    name, owner = failure.name, failure.owner
    path = path_of(node) if node is not None else ""
    if isinstance(node, nodes.Name):
        return node.lineno, f"there is no variable {name!r}"
    offset = part_offset(syntax.text, node) if isinstance(node, nodes.Getattr | nodes.Getitem) else failure.offset or 0
    if owner is None:
        return offset, f"{path or name}: nothing is there that could have a {name!r}"
    keys = list(owner) if isinstance(owner, Mapping) else list(getattr(type(owner), "__dataclass_fields__", ()))
    guess = nearest(str(name), [key for key in keys if isinstance(key, str)])
    hint = f" (did you mean {guess}?)" if guess else ""
    if isinstance(name, int):
        return offset, f"{path or name}: the {kind_of(owner)} has no element {name}"
    return offset, f"{path or name}: there is no {name!r} in the {kind_of(owner).lower()}{hint}"
