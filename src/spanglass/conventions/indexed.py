"""Structure that was flattened into indexed attributes, ``llm.input_messages.0.message.role``, put together again."""

from collections.abc import Iterable
from typing import Final

from spanglass.telemetry import Attributes, Value

LEVELS_MAX: Final = 16
"""Levels that a name is split into; what lies deeper is one name with dots in it."""
INDEX_DIGITS_MAX: Final = 9


class _Branch(dict[str, "_Branch | Value"]):
    """Names that begin alike, by what follows; no value of an attribute is one."""


def is_indexed(key: str, prefix: str) -> bool:
    """Tell whether an attribute is of an element of the list that ``prefix``, which ends in a dot, names."""
    return key.startswith(prefix) and _is_index(key[len(prefix) :].partition(".")[0])


def gathered(attributes: Attributes, keys: Iterable[str], prefix: str) -> list[Value]:
    """Return the list that the attributes ``keys`` are the elements of, all of which ``is_indexed``.

    Gaps between the indices are closed. A value that stands where structure should is in it under an empty name.
    """
    tree = _Branch()
    for key in keys:
        _put(tree, key[len(prefix) :].split(".", LEVELS_MAX), attributes[key])
    return [_read(tree[index]) for index in sorted(tree, key=int)]


def _put(tree: _Branch, path: list[str], value: Value) -> None:
    *before, last = path
    for name in before:
        below = tree.get(name)
        if not isinstance(below, _Branch):
            below = tree[name] = _Branch() if below is None else _Branch({"": below})
        tree = below
    there = tree.get(last)
    if isinstance(there, _Branch):
        there[""] = value
    else:
        tree[last] = value


def _read(value: "_Branch | Value") -> Value:
    if not isinstance(value, _Branch):
        return value
    if all(map(_is_index, value)):
        return [_read(value[index]) for index in sorted(value, key=int)]
    return {name: _read(below) for name, below in value.items()}


def _is_index(name: str) -> bool:
    return len(name) <= INDEX_DIGITS_MAX and name.isascii() and name.isdigit()
