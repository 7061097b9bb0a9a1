"""The kinds of shape that a service model is made of, and what each demands of one JSON value.

A shape judges a value by itself (``complaints``) and names what stands in it (``members``); ``constraints`` holds the
service model's shapes and walks. Wording is AWS's where AWS has words for it.
"""

import math
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

import msgspec

DOCUMENT_DEPTH_MAX: Final = 128
"""Levels of a JSON document: clients read recursively, and no document may be too deep for them."""
INTEGER_MAX: Final = 2**31 - 1
"""The service model's integers have 32 bits; the JavaScript SDK refuses a page with a longer one."""
TIMESTAMP_MAX: Final = 253_402_214_399.999
"""The end of 9999-12-30: boto3 cannot read what may be later than the year 9999 in some local time."""


class Complaint(msgspec.Struct, frozen=True):
    """What a value must satisfy and does not; ``mistyped`` if it is no JSON of the shape's kind at all."""

    constraint: str
    mistyped: bool = False


def _mistyped(kind: str) -> Complaint:
    return Complaint(f"Member must be {kind}", mistyped=True)


def _bounds(quality: str, measured: float, least: float | None, most: float | None) -> Iterator[Complaint]:
    if least is not None and measured < least:
        yield Complaint(f"Member must have {quality} greater than or equal to {least}")
    if most is not None and measured > most:
        yield Complaint(f"Member must have {quality} less than or equal to {most}")


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What all shapes have in common; values of a ``sensitive`` one are not shown in messages."""

    sensitive: bool = False
    nullable: ClassVar[bool] = False
    """Whether null is a value, not the absence of one."""

    def complaints(self, value: object) -> list[Complaint]:
        """Name the constraints that a value breaks, its members' left aside; ``UNSET`` is an absent value."""
        if value is msgspec.UNSET or (value is None and not self.nullable):
            return [Complaint("Member must not be null")]
        return list(self._complaints(value))

    @abstractmethod
    def _complaints(self, value: object) -> Iterable[Complaint]: ...

    def members(self, value: Any) -> Iterable[tuple[str, str, object]]:  # noqa: ANN401, ARG002 (most kinds hold nothing)
        """Name what stands in a well-typed value, each as step of its path, shape and value."""
        return ()


class StringShape(Shape, frozen=True, kw_only=True):
    """Text; lengths are in Unicode scalar values, the pattern is searched for, not matched from end to end."""

    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()

    def _complaints(self, value: object) -> Iterator[Complaint]:
        if not isinstance(value, str):
            yield _mistyped("a string")
            return
        yield from _bounds("length", len(value), self.min, self.max)
        # The patterns are Java's, where \s is ASCII.
        if self.pattern is not None and not re.search(self.pattern, value, re.ASCII):
            yield Complaint(f"Member must satisfy regular expression pattern: {self.pattern}")
        if self.enum and value not in self.enum:
            yield Complaint(f"Member must satisfy enum value set: [{', '.join(self.enum)}]")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class IntegerShape(Shape, frozen=True, kw_only=True):
    """A whole number of 32 bits, signed."""

    min: int | None = None
    max: int | None = None

    def _complaints(self, value: object) -> Iterator[Complaint]:
        if isinstance(value, int) and _is_number(value) and -INTEGER_MAX - 1 <= value <= INTEGER_MAX:
            yield from _bounds("value", value, self.min, self.max)
        else:
            yield _mistyped("an integer of 32 bits")


class FloatShape(Shape, frozen=True, kw_only=True):
    """A finite number."""

    min: float | None = None
    max: float | None = None

    def _complaints(self, value: object) -> Iterator[Complaint]:
        if isinstance(value, (int, float)) and _is_number(value) and -math.inf < value < math.inf:
            yield from _bounds("value", value, self.min, self.max)
        else:
            yield _mistyped("a finite number")


class BooleanShape(Shape, frozen=True, kw_only=True):
    """True or false."""

    def _complaints(self, value: object) -> Iterator[Complaint]:
        if not isinstance(value, bool):
            yield _mistyped("a boolean")


class TimestampShape(Shape, frozen=True, kw_only=True):
    """Seconds since the epoch; milliseconds, the usual mistake, lie beyond what clients can read."""

    def _complaints(self, value: object) -> Iterator[Complaint]:
        if not (isinstance(value, (int, float)) and _is_number(value) and 0 <= value <= TIMESTAMP_MAX):
            yield _mistyped("a time in seconds since the epoch, before the year 10000")


class DocumentShape(Shape, frozen=True, kw_only=True):
    """JSON of any kind, null included, of bounded depth."""

    nullable: ClassVar[bool] = True

    def _complaints(self, value: object) -> Iterator[Complaint]:
        level = [value]
        for _ in range(DOCUMENT_DEPTH_MAX):
            if not all(map(_is_json, level)):
                yield _mistyped("JSON")
                return
            level = [inner for outer in level for inner in _inside(outer)]
        if level:
            yield Complaint(f"Member must have depth less than or equal to {DOCUMENT_DEPTH_MAX}")


def _is_json(value: object) -> bool:
    """Tell whether a value is JSON, whatever stands in it."""
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (str, int, list))


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class ListShape(Shape, frozen=True, kw_only=True):
    """A list whose members are all of one shape, none null."""

    member: str
    min: int | None = None
    max: int | None = None

    def _complaints(self, value: object) -> Iterator[Complaint]:
        if isinstance(value, list):
            yield from _bounds("length", len(value), self.min, self.max)
        else:
            yield _mistyped("a list")

    def members(self, value: list[object]) -> Iterator[tuple[str, str, object]]:
        """Name each member, counting from 1 as AWS does."""
        return ((f"{place}.member", self.member, member) for place, member in enumerate(value, start=1))


class MapShape(Shape, frozen=True, kw_only=True):
    """An object of keys of one shape and values of another, none null."""

    key: str
    value: str

    def _complaints(self, value: object) -> Iterator[Complaint]:
        if not isinstance(value, dict):
            yield _mistyped("an object")

    def members(self, value: dict[str, object]) -> Iterator[tuple[str, str, object]]:
        """Name each key and each value; their paths do not repeat the key, which may be long."""
        for key, member in value.items():
            yield "key", self.key, key
            yield "value", self.value, member


class StructureShape(Shape, frozen=True, kw_only=True):
    """An object of named members; null is absence, and unknown members are passed over (restJson1)."""

    required: Mapping[str, str] = {}
    optional: Mapping[str, str] = {}

    def _complaints(self, value: object) -> Iterator[Complaint]:
        if not isinstance(value, dict):
            yield _mistyped("an object")

    def members(self, value: dict[str, object]) -> Iterator[tuple[str, str, object]]:
        """Name each member that is required or given."""
        for name, shape in self.required.items():
            yield name, shape, value.get(name, msgspec.UNSET)
        for name, shape in self.optional.items():
            if value.get(name) is not None:
                yield name, shape, value[name]


class UnionShape(Shape, frozen=True, kw_only=True):
    """An object with exactly one member that is not null; a ``__type`` beside it is passed over (restJson1)."""

    options: Mapping[str, str]

    def _complaints(self, value: object) -> Iterator[Complaint]:
        if not isinstance(value, dict):
            yield _mistyped("an object")
        elif len(given := _given(value)) != 1 or not given.keys() <= self.options.keys():
            yield _mistyped(f"an object with exactly one of [{', '.join(self.options)}]")

    def members(self, value: dict[str, object]) -> Iterator[tuple[str, str, object]]:
        """Name the one member."""
        return ((name, self.options[name], member) for name, member in _given(value).items())


def _given(union: dict[str, object]) -> dict[str, object]:
    return {name: member for name, member in union.items() if member is not None and name != "__type"}
