"""What goes wrong inside a template, before anybody knows in which file it stands."""

from __future__ import annotations

import decimal
from typing import Any

from jinja2.exceptions import SecurityError

_TYPE_WORDS = {
    "NoneType": "nothing",
    "decimal.Decimal": "number",
    "Decimal": "number",
    "int": "number",
    "float": "number",
    "str": "text",
    "bool": "true/false",
    "tuple": "list",
    "dict": "mapping",
    "datetime.datetime": "moment",
    "datetime": "moment",
    "builtin_function_or_method": "function",
    "method": "function",
}


class FilterError(Exception):
    """A filter can't work on what it was given. The message never repeats the value: it may be personal."""


class Located(Exception):
    """A failure at a character `offset` of the template's text; None while the place is not known yet."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class UnknownPath(Located):
    """A variable or a part of one that does not exist; `owner` is what was asked for it, None for a whole variable."""

    def __init__(self, name: object, owner: Any, offset: int | None) -> None:
        super().__init__(f"{name} is not known", offset)
        self.name = name
        self.owner = owner


def kind_of(value: object) -> str:
    """The word for a value's type that a person would use."""
    name = type(value).__name__
    return _TYPE_WORDS.get(name, name)


def describe(error: Exception) -> str:
    """A message for an exception of Python's own that holds no value of the order."""
    if isinstance(error, FilterError):
        return str(error)
    if isinstance(error, ZeroDivisionError | decimal.DivisionByZero | decimal.DivisionUndefined):
        return "division by zero"
    if isinstance(error, RecursionError):
        return "calls itself too deeply"
    if isinstance(error, SecurityError | OverflowError):
        return str(error)
    if isinstance(error, TypeError):
        message = str(error)
        for name, word in sorted(_TYPE_WORDS.items(), key=lambda item: -len(item[0])):
            message = message.replace(f"'{name}'", word)
        return message
    return f"can't be computed ({type(error).__name__})"
