"""JSON values from JSON Schema: what a schema allows, what is just beyond, and anything."""

import copy
import json
import random
import re
import string
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeAlias

import rstr

Json: TypeAlias = Any

DEPTH_MAX: Final = 6
SAMPLES: Final = 64
"""Texts that a pattern is known by: drawing one from a pattern takes milliseconds."""
ODD: Final = (
    *(
        "",
        " ",
        "\0",
        "\n",
        "null",
        "true",
        "-1",
        "NaN",
        "1e999",
        "0x10",
        "..",
        "../..",
        "%",
        "%2F",
        "%00",
        "'",
        '"',
        "\\",
    ),
    *(
        "é",
        "e\u0301",
        "ß",
        "\u2028",
        "\u202e",
        "\ufeff",
        "\U0001f9f3",
        "\ud800",
        "\uffff",
        "{{7*7}}",
        "<script>",
        "*",
        "a" * 5000,
    ),
    *("' OR 1=1 --", 'a" OR "b', "NEAR(a b)", "-a", "a:*", "^a", "\x7f", "00000000-0000-0000-0000-000000000000"),
)
NUMBERS: Final = (
    0,
    -1,
    1,
    2,
    100,
    101,
    2**31 - 1,
    2**31,
    -(2**31) - 1,
    2**53 + 1,
    2**63,
    10**40,
    0.5,
    -0.0,
    1e-320,
    1e308,
)


class Draw:
    """Draws values; all it needs to know it takes from ``rng`` and the schemas that references name."""

    def __init__(self, rng: random.Random, schemas: Json) -> None:
        self.rng = rng
        self._schemas = schemas

    def allowed(self, schema: Json, depth: int = 0) -> Json:
        """Return a value that the schema allows, as far as it uses what is read here."""
        if "$ref" in schema:
            return self.allowed(self._schemas[schema["$ref"].rpartition("/")[2]], depth)
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self.allowed(self.rng.choice(schema[choice]), depth)
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        kind = schema.get("type")
        kind = self.rng.choice(kind) if isinstance(kind, list) else kind
        return self._KINDS[kind](self, schema, depth) if kind in self._KINDS else self.anything()

    def anything(self, depth: int = 0) -> Json:
        """Return any JSON."""
        draw = self.rng.random()
        if depth < DEPTH_MAX and draw < 0.1:
            return [self.anything(depth + 1) for _ in range(self.rng.randrange(4))]
        if depth < DEPTH_MAX and draw < 0.2:
            return {self.text(8): self.anything(depth + 1) for _ in range(self.rng.randrange(4))}
        return self.rng.choice((None, True, False, self.rng.choice(NUMBERS), self.rng.choice(ODD), self.text(40)))

    def spoiled(self, value: Json) -> Json:
        """Return a value that differs in one place, likely to what is not allowed."""
        spoiled = [copy.deepcopy(value)]
        holder: Json = spoiled
        at: Json = 0
        while isinstance(holder[at], (dict, list)) and holder[at] and self.rng.random() < 0.8:
            holder = holder[at]
            at = self.rng.choice(list(holder)) if isinstance(holder, dict) else self.rng.randrange(len(holder))
        change = self.rng.randrange(4)
        if change == 0 and holder is not spoiled:
            del holder[at]
        elif change == 1 and isinstance(holder[at], dict):
            holder[at][self.text(8)] = self.anything()
        elif change == 2 and isinstance(holder[at], (list, str)):
            holder[at] = holder[at] * self.rng.choice((2, 30, 300))
        else:
            holder[at] = self.anything()
        return spoiled[0]

    def text(self, chars_max: int) -> str:
        """Return a text of mostly plain letters."""
        letters = (
            string.ascii_letters + string.digits + " -_.:/" + self.rng.choice(("", "äß€", "\U0001f9f3\n\t", "%&=+?#"))
        )
        return "".join(self.rng.choices(letters, k=self.rng.randint(0, chars_max)))

    def _string(self, schema: Json, _: int) -> str:
        low, high = schema.get("minLength", 0), schema.get("maxLength", 200)
        if schema.get("format") == "uuid":
            return str(self.rng.choice(samples("[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}")))
        if "pattern" in schema:
            return self.rng.choice(samples(schema["pattern"]))[:high]
        text = self.text(self.rng.choice((low, min(high, low + 20), min(high, 5000))))
        return text.ljust(low, "x")[:high]

    def _integer(self, schema: Json, _: int) -> int:
        low, high = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1)
        return self.rng.choice((low, high, self.rng.randint(low, high), min(high, max(low, self.rng.randrange(120)))))

    def _number(self, schema: Json, _: int) -> float:
        return self.rng.uniform(schema.get("minimum", -1e6), schema.get("maximum", 2e9))

    def _array(self, schema: Json, depth: int) -> list[Json]:
        low = schema.get("minItems", 0)
        some = low if depth > DEPTH_MAX else min(schema.get("maxItems", 9), low + self.rng.choice((0, 1, 1, 2, 9)))
        return [self.allowed(schema.get("items", {}), depth + 1) for _ in range(some)]

    def _object(self, schema: Json, depth: int) -> dict[str, Json]:
        members, required = schema.get("properties", {}), schema.get("required", ())
        if schema.get("maxProperties") == 1 and members:  # a union
            name = self.rng.choice(list(members))
            return {name: self.allowed(members[name], depth + 1)}
        likely = 0.5 if depth < DEPTH_MAX else 0.0
        given = {
            name: self.allowed(member, depth + 1)
            for name, member in members.items()
            if name in required or self.rng.random() < likely
        }
        if isinstance(schema.get("propertyNames"), dict):
            more = schema["additionalProperties"]
            for _ in range(self.rng.choice((0, 1, 3))):
                given[self.allowed(schema["propertyNames"])] = self.allowed(more, depth + 1)
        return given

    _KINDS: Final[dict[str, Callable[..., Json]]] = {
        "string": _string,
        "integer": _integer,
        "number": _number,
        "boolean": lambda draw, *_: draw.rng.random() < 0.5,
        "null": lambda *_: None,
        "array": _array,
        "object": _object,
    }


@cache
def samples(pattern: str) -> list[str]:
    """Return texts that match a pattern; always the same."""
    drawn = rstr.Rstr(random.Random(pattern))
    try:
        return [drawn.xeger(pattern) for _ in range(SAMPLES)]
    except re.error:  # what other engines know
        return list(ODD)


def encoded(value: Json) -> bytes:
    """Return a value's JSON; a lone surrogate stays the escape that it is written as."""
    return json.dumps(value, separators=(",", ":")).encode()
