"""The check of variable paths against JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import nodes

from syncd.mapping.environment import LOOP_FILTER
from syncd.mapping.shapes import TEXT, Shape, array_of, shape
from syncd.mapping.syntax import Mistake, Syntax, nearest, part_offset, path_of

_GLOBALS = frozenset({"range", "dict", "namespace"})
_SAME = frozenset({LOOP_FILTER, "list", "sort", "reverse", "unique", "select", "reject", "selectattr", "rejectattr"})
_ONE_OF = frozenset({"first", "last", "min", "max", "find"})
_TO_TEXT = frozenset(
    {
        "capitalize", "date", "digits", "format", "host", "join", "lower", "lower_tr", "money", "province",
        "replace", "string", "striptags", "tckn", "title", "title_tr", "trim", "truncate", "truncate_bytes",
        "unescape", "upper", "upper_tr", "urlencode", "vkn"
    }
)  # fmt: skip
_NAMES_A_PART = {
    "selectattr": 0, "rejectattr": 0, "groupby": 0, "find": 0, "sum": 0, "join": 1, "sort": 2, "unique": 1,
    "max": 1, "min": 1,
}  # fmt: skip


def check_syntax(syntax: Syntax, scope: Mapping[str, Mapping[str, Any]]) -> list[Mistake]:
    """Every path in the template that the schemas of its variables rule out, in the order of the text."""
    walk = _Walk(syntax.text, {name: shape(schema, schema) for name, schema in scope.items()})
    walk.body(syntax.tree.body, {})
    unique = {(mistake.offset, mistake.message): mistake for mistake in walk.mistakes}
    return sorted(unique.values(), key=lambda mistake: mistake.offset)


_Names = dict[str, Shape | None]


class _Walk:
    """Carries the shapes of names the way a template is evaluated; `local` is what the template bound itself."""

    def __init__(self, text: str, scope: _Names) -> None:
        self.text = text
        self.scope = scope
        self.mistakes: list[Mistake] = []

    # statements

    def body(self, statements: list[nodes.Node], local: _Names) -> None:
        for statement in statements:
            self.statement(statement, local)

    def statement(self, node: nodes.Node, local: _Names) -> None:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                self.value(part, local)
        elif isinstance(node, nodes.For):
            items = self.value(node.iter, local)
            inner = {**local, "loop": None}
            self.bind(node.target, items.element() if items else None, inner, anew=True)
            if node.test is not None:
                self.value(node.test, inner)
            self.body(node.body, inner)
            self.body(node.else_, local)
        elif isinstance(node, nodes.If):
            self.value(node.test, local)
            for branch in (node.body, node.elif_, node.else_):
                self.body(list(branch), local)
        elif isinstance(node, nodes.Assign):
            self.bind(node.target, self.value(node.node, local), local)
        elif isinstance(node, nodes.AssignBlock):
            self.body(node.body, dict(local))
            if node.filter is not None:
                self.arguments(node.filter, local)
            self.bind(node.target, None, local)
        elif isinstance(node, nodes.With):
            inner = dict(local)
            for target, value in zip(node.targets, node.values, strict=True):
                self.bind(target, self.value(value, local), inner, anew=True)
            self.body(node.body, inner)
        elif isinstance(node, nodes.Macro | nodes.CallBlock):
            self.macro(node, local)
        elif isinstance(node, nodes.FilterBlock):
            self.arguments(node.filter, local)
            self.body(node.body, dict(local))
        else:
            for child in node.iter_child_nodes():
                if isinstance(child, nodes.Expr):
                    self.value(child, local)
                else:
                    self.statement(child, local)

    def macro(self, node: nodes.Macro | nodes.CallBlock, local: _Names) -> None:
        for default in node.defaults:
            self.value(default, local)
        if isinstance(node, nodes.CallBlock):
            self.value(node.call, local)
        else:
            local[node.name] = None
        inner: _Names = {**local, "caller": None, "varargs": None, "kwargs": None}
        for argument in node.args:
            inner[argument.name] = None
        self.body(node.body, inner)

    def bind(self, target: nodes.Node, value: Shape | None, local: _Names, anew: bool = False) -> None:
        if isinstance(target, nodes.Name):
            known = value if anew else local.get(target.name, value)
            local[target.name] = value if known == value else None
        elif isinstance(target, nodes.Tuple):
            for item in target.items:
                self.bind(item, None, local, anew)

    # expressions

    def value(self, node: nodes.Node, local: _Names) -> Shape | None:
        """The shape of an expression, None when it can't be told; its parts are checked on the way."""
        if isinstance(node, nodes.Name):
            return self.name(node, local)
        if isinstance(node, nodes.Getattr):
            return self.part(self.value(node.node, local), node, node.attr)
        if isinstance(node, nodes.Getitem):
            return self.item(node, local)
        if isinstance(node, nodes.Filter):
            return self.filter(node, local)
        if isinstance(node, nodes.CondExpr):
            self.value(node.test, local)
            chosen = self.value(node.expr1, local)
            other = self.value(node.expr2, local) if node.expr2 is not None else chosen
            return chosen if chosen == other else None
        if isinstance(node, nodes.Or | nodes.And):
            left, right = self.value(node.left, local), self.value(node.right, local)
            return left if left == right else None
        for child in node.iter_child_nodes():
            self.value(child, local)
        return TEXT if isinstance(node, nodes.Concat) else None

    def name(self, node: nodes.Name, local: _Names) -> Shape | None:
        if node.name in local:
            return local[node.name]
        if node.name in self.scope:
            return self.scope[node.name]
        if node.name not in _GLOBALS:
            guess = self.elsewhere(node.name) or self.like_a_variable(node.name, local)
            self.mistakes.append(Mistake(node.lineno, f"there is no variable {node.name!r}", guess))
        return None

    def part(self, owner: Shape | None, node: nodes.Getattr | nodes.Getitem, name: str) -> Shape | None:
        if owner is None:
            return None
        wrong, found = owner.part(name)
        if wrong:
            where = path_of(node.node) or "this"
            names = owner.names()
            message = (
                f"{where} has no {name!r}"
                if owner.type == "object"
                else f"{where} is {_what(owner)}, it has no {name!r}"
            )
            guess = self.elsewhere(name) or nearest(name, names)
            self.mistakes.append(Mistake(part_offset(self.text, node), message, guess))
        return found

    def elsewhere(self, name: str) -> str | None:
        """The one path of the scope that ends in this name: `order.tax_number` → `order.buyer.tax_number`."""
        found = [path for root, known in self.scope.items() if known for path in known.paths_to(name, root)]
        return found[0] if len(found) == 1 else None

    def like_a_variable(self, name: str, local: _Names) -> str | None:
        """A variable of a similar name, else a part of one: `biling` → `order.billing`."""
        parts = {part: f"{root}.{part}" for root, known in self.scope.items() if known for part in known.names()}
        guess = nearest(name, [*local, *self.scope]) or nearest(name, parts)
        return parts.get(guess, guess) if guess and guess not in local and guess not in self.scope else guess

    def item(self, node: nodes.Getitem, local: _Names) -> Shape | None:
        owner = self.value(node.node, local)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self.part(owner, node, node.arg.value)
        self.value(node.arg, local)
        if owner is None:
            return None
        if isinstance(node.arg, nodes.Slice):
            return owner
        return owner.element()

    def filter(self, node: nodes.Filter, local: _Names) -> Shape | None:
        given = self.value(node.node, local) if node.node is not None else TEXT
        self.arguments(node, local)
        element = given.element() if given else None
        named = self.named_part(node, element)
        if node.name in _SAME:
            return given if given is not None and given.type == "array" else None
        if node.name in _ONE_OF:
            return element
        if node.name == "map":
            return array_of(named)
        return TEXT if node.name in _TO_TEXT else None

    def named_part(self, node: nodes.Filter, element: Shape | None) -> Shape | None:
        """The shape of the part that a filter names in text (`map(attribute="name")`), checked like a written path."""
        argument = next((keyword.value for keyword in node.kwargs if keyword.key == "attribute"), None)
        place = _NAMES_A_PART.get(node.name)
        if argument is None and place is not None and len(node.args) > place:
            argument = node.args[place]
        if not (isinstance(argument, nodes.Const) and isinstance(argument.value, str)):
            return None
        offset = argument.lineno + 1  # past the quote
        for name in argument.value.split("."):
            if element is None or name.isdigit():
                return None
            wrong, found = element.part(name)
            if wrong:
                message = f"an element of the list has no {name!r}"
                self.mistakes.append(Mistake(offset, message, nearest(name, element.names())))
            offset += len(name) + 1
            element = found
        return element

    def arguments(self, node: nodes.Filter, local: _Names) -> None:
        for argument in (*node.args, *(keyword.value for keyword in node.kwargs), node.dyn_args, node.dyn_kwargs):
            if argument is not None:
                self.value(argument, local)


def _what(owner: Shape) -> str:
    return "a list" if owner.type == "array" else owner.word
