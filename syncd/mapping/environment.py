"""Jinja, made for fields of documents: sandboxed, strict, exact in numbers and in places.

Every token carries its character offset where Jinja would put a line number, so that each node of the syntax tree, and
each failure at run time, knows its exact place in the text.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, _PassArg, missing

from syncd.mapping.failure import FilterError, Located, UnknownPath, describe
from syncd.mapping.filters import FILTERS, TESTS
from syncd.mapping.limits import (
    SEQUENCE_LIMIT,
    STEP_LIMIT,
    TEXT_METHODS,
    check_format,
    check_join,
    check_power,
    check_product,
    check_replace,
    check_sum,
)
from syncd.mapping.values import text_of

_LOOP = "loop over"  # a name that no template can write: the filter around what a loop walks
_PASSED = {_PassArg.context: "context", _PassArg.eval_context: "context.eval_ctx", _PassArg.environment: "environment"}


class Unknown(StrictUndefined):
    """A variable or part that isn't there: one can only ask whether it is defined, or for a default."""

    __slots__ = ("offset",)

    def __init__(
        self, hint: str | None = None, obj: Any = missing, name: Any = None, exc: Any = None, offset: int | None = None
    ) -> None:
        super().__init__(hint, obj, name)
        self.offset = offset

    def _fail_with_undefined_error(self, *_: Any, **__: Any) -> NoReturn:
        hint = self._undefined_hint
        if hint:
            raise Located(hint, self.offset)
        owner = None if self._undefined_obj is missing else self._undefined_obj
        raise UnknownPath(self._undefined_name, owner, self.offset)

    __iter__ = __str__ = __len__ = _fail_with_undefined_error
    __eq__ = __ne__ = __bool__ = __hash__ = _fail_with_undefined_error
    __contains__ = _fail_with_undefined_error
    __add__ = __radd__ = __sub__ = __rsub__ = _fail_with_undefined_error
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _fail_with_undefined_error
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _fail_with_undefined_error
    __pos__ = __neg__ = __call__ = __getitem__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = _fail_with_undefined_error
    __int__ = __float__ = __complex__ = __pow__ = __rpow__ = _fail_with_undefined_error


class Rendering(Context):
    """One rendering: counts its steps."""

    steps = 0

    def step(self) -> None:
        """Count one round of a loop or one call."""
        self.steps += 1
        if self.steps > STEP_LIMIT:
            raise FilterError(f"more than {STEP_LIMIT} rounds and calls")


class _Generator(CodeGenerator):
    """Jinja's compiler, handing the offset of every part to the environment that evaluates it."""

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:
        if isinstance(node.value, Decimal):
            self.write(f"environment.decimal({str(node.value)!r})")
        else:
            super().visit_Const(node, frame)

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:
        if node.ctx != "load":
            super().visit_Name(node, frame)
            return
        ref = frame.symbols.ref(node.name)
        self.write(f"(undefined(name={node.name!r}, offset={node.lineno}) if {ref} is missing else {ref})")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        self.write("environment.attribute(")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r}, {node.lineno})")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        self.write("environment.item(")
        self.visit(node.node, frame)
        self.write(", ")
        if isinstance(node.arg, nodes.Slice):
            self.write("slice(")
            for bound in (node.arg.start, node.arg.stop, node.arg.step):
                if bound is None:
                    self.write("None")
                else:
                    self.visit(bound, frame)
                self.write(", ")
            self.write(")")
        else:
            self.visit(node.arg, frame)
        self.write(f", {node.lineno})")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write(f"environment.apply({node.lineno}, environment.concat, (")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        self.write(f"environment.apply({node.lineno}, environment.call, context, ")
        self.visit(node.node, frame)
        extra = {"caller": "caller"} if forward_caller else {}
        if frame.loop_frame:
            extra["_loop_vars"] = "_loop_vars"
        if frame.block_frame:
            extra["_block_vars"] = "_block_vars"
        self.signature(node, frame, extra)
        self.write(")")

    @contextmanager
    def _filter_test_common(self, node: nodes.Filter | nodes.Test, frame: Frame, is_filter: bool) -> Iterator[None]:
        names, functions = (
            (self.filters, self.environment.filters) if is_filter else (self.tests, self.environment.tests)
        )
        self.write(f"environment.apply({node.lineno}, {names[node.name]}, ")
        passed = _PASSED.get(_PassArg.from_obj(functions[node.name]))  # type: ignore[type-var, arg-type]
        if passed is not None:
            self.write(f"{passed}, ")
        yield
        self.signature(node, frame)
        self.write(")")

    def _binary(self, node: nodes.BinExpr, frame: Frame) -> None:
        self.write(f"environment.apply({node.lineno}, environment.binary, {node.operator!r}, ")
        self.visit(node.left, frame)
        self.write(", ")
        self.visit(node.right, frame)
        self.write(")")

    visit_Add = visit_Sub = visit_Mul = visit_Div = visit_FloorDiv = visit_Mod = visit_Pow = _binary

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write(f"environment.apply({start(node)}, lambda: ")
        super().visit_Compare(node, frame)
        self.write(")")

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write(f"environment.apply({start(node)}, environment.text, ")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write(")")


def start(node: nodes.Node) -> int:
    """The offset of the leftmost part of an expression."""
    places = [inner.lineno for inner in (node, *node.find_all(nodes.Node)) if inner.lineno is not None]
    return min(places, default=0)


class Environment(ImmutableSandboxedEnvironment):
    """The one environment all templates live in; `filters` adds to ours."""

    code_generator_class = _Generator
    context_class = Rendering
    decimal = Decimal
    text = staticmethod(text_of)

    def __init__(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(
            undefined=Unknown,
            autoescape=False,
            optimized=False,
            cache_size=0,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.filters = {**FILTERS, **filters, _LOOP: _counted}
        self.tests = dict(TESTS)
        self.globals = {"range": _short_range, "dict": dict, "namespace": Namespace}

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        written: dict[int, str] = {}

        def located() -> Iterator[tuple[int, str, str]]:
            offset = 0
            try:
                for _, kind, value in self.lexer.tokeniter(source, name, filename, state):
                    offset = source.find(value, offset)  # white space that {%- eats is in no token
                    written[offset] = value
                    yield offset, kind, value
                    offset += len(value)
            except TemplateSyntaxError as error:
                error.lineno = min(offset, len(source))
                raise

        def exact() -> Iterator[Token]:
            for token in self.lexer.wrap(located(), name, filename):
                if token.type == "float":
                    yield Token(token.lineno, token.type, Decimal(written[token.lineno].replace("_", "")))  # type: ignore[arg-type]
                else:
                    yield token

        return TokenStream(exact(), name, filename)

    def apply(self, offset: int, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call, and say where when it fails."""
        try:
            return function(*arguments, **named)
        except Located as failure:
            if failure.offset is None:
                failure.offset = offset
            raise
        except Exception as error:
            raise Located(describe(error), offset) from error

    def attribute(self, obj: Any, name: str, offset: int) -> Any:
        """`obj.name`: a key of a mapping before its methods, and a part of nothing is unknown, not an error yet."""
        if isinstance(obj, Mapping) and name in obj:
            return obj[name]
        if isinstance(obj, Unknown):
            return obj
        try:
            value = getattr(obj, name)
        except AttributeError:
            return Unknown(obj=obj, name=name, offset=offset)
        if not self.is_safe_attribute(obj, name, value):
            return Unknown(f"{name} can't be used in a template", offset=offset)
        return value

    def item(self, obj: Any, key: Any, offset: int) -> Any:
        """`obj[key]`."""
        if isinstance(obj, Unknown):
            return obj
        if isinstance(key, Unknown):
            return key
        if isinstance(key, str) and not isinstance(obj, Mapping):
            return self.attribute(obj, key, offset)
        try:
            return obj[key]
        except (TypeError, LookupError, AttributeError):
            return Unknown(obj=obj, name=key, offset=offset)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The same for filters like `map(attribute=…)`."""
        return self.item(obj, argument, None)  # type: ignore[arg-type]

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The same for filters like `map(attribute=…)`."""
        return self.attribute(obj, attribute, None)  # type: ignore[arg-type]

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Only what has a bound may be called on text."""
        if isinstance(obj, str) and callable(value) and attr not in TEXT_METHODS:
            return False
        if isinstance(obj, bytes | int) and callable(value):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def call(__self, __context: Rendering, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """A call inside a template, counted and bounded."""
        __context.step()
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str) and __obj.__name__ == "replace" and len(args) >= 2:
            check_replace(owner, str(args[0]), str(args[1]))
        elif isinstance(owner, str) and __obj.__name__ == "join" and len(args) == 1:
            args = (list(args[0]),)
            check_join(owner, args[0])
        return super().call(__context, __obj, *args, **kwargs)

    def binary(self, sign: str, left: Any, right: Any) -> Any:
        """Arithmetic in exact decimals: a float becomes the Decimal it reads like, and `/` never gives a float."""
        left, right = _exact(left), _exact(right)
        if sign == "*":
            check_product(left, right)
        elif sign == "+":
            check_sum(left, right)
        elif sign == "**":
            check_power(left, right)
            left = Decimal(left) if isinstance(left, int) and right < 0 else left
        elif sign == "%":
            check_format(left)
        elif sign == "/" and isinstance(left, int) and isinstance(right, int):
            left = Decimal(left)
        result = _OPERATORS[sign](left, right)
        return text_of(result) if isinstance(result, str) else result

    def concat(self, parts: tuple[Any, ...]) -> str:  # type: ignore[override]
        """`a ~ b`."""
        return text_of("".join([text_of(part) for part in parts]))


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def _short_range(*arguments: int) -> range:
    numbers = range(*arguments)
    if len(numbers) > SEQUENCE_LIMIT:
        raise FilterError(f"the range has more than {SEQUENCE_LIMIT} elements")
    return numbers


class _CountedItems:
    """What a loop walks; each round is a step. Keeps a length where there is one, for `loop.last` and the like."""

    def __init__(self, context: Rendering, items: Any) -> None:
        if isinstance(items, Undefined):
            str(items)
        if isinstance(items, str) or not hasattr(items, "__iter__"):
            raise FilterError("a loop needs a list")
        self._context = context
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        for item in self._items:
            self._context.step()
            yield item

    def __len__(self) -> int:
        return len(self._items)


def _counted(context: Rendering, items: Any) -> _CountedItems:
    return _CountedItems(context, items)


_counted.jinja_pass_arg = _PassArg.context  # type: ignore[attr-defined]

LOOP_FILTER = _LOOP


@lru_cache(maxsize=16)
def environment(filters: tuple[tuple[str, Callable[..., Any]], ...] = ()) -> Environment:
    """The environment with these filters more; always the same one for the same filters."""
    return Environment(dict(filters))
