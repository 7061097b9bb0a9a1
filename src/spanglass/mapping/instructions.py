"""System instructions: ten values that ListSpans shows, and the rest."""

from collections.abc import Sequence
from typing import Final

import msgspec

from spanglass.conventions.messages import read_message
from spanglass.conventions.plain import Plain, clean, plain, read_json
from spanglass.conventions.said import Message
from spanglass.mapping.memo import Memo
from spanglass.mapping.values import VALUES_MAX, array, text_value, wire_values
from spanglass.model.record import Fragment, Kind, fragment
from spanglass.telemetry import Value

_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_MARKER: Final = "[{:,} more values follow, {:,} bytes of JSON]"
"""The last shown value where not all can be shown."""


class _Told(msgspec.Struct, frozen=True):
    values: tuple[bytes, ...] = ()
    fragments: tuple[Fragment, ...] = ()
    whole: bool = True


_NOTHING: Final = _Told()


class Instructions:
    """Maps system instructions, from their attribute and from system messages among the inputs."""

    def __init__(self, memo_bytes_max: int, document_depth_max: int) -> None:
        self._depth_max = document_depth_max
        self._known: Memo[str, _Told] = Memo(memo_bytes_max)

    def map(self, attribute: Value, among_inputs: tuple[bytes, ...]) -> tuple[tuple[Fragment, ...], bool]:
        """Return the fragments, at most two, and whether they hold all that the attribute says.

        With more than ten values the first fragment shows nine and a marker; the second holds the values from the
        tenth on. What the inputs repeat of the attribute counts once.
        """
        told = self._told(attribute)
        rest = tuple(value for value in among_inputs if value not in told.values)
        return (_fragments(told.values + rest) if rest else told.fragments), told.whole

    def _told(self, attribute: Value) -> _Told:
        if not isinstance(attribute, str):
            return _NOTHING if attribute is None else self._map(plain(attribute))
        if (known := self._known.get(attribute)) is None:
            readable, value = read_json(attribute)
            known = self._map(value if readable else clean(attribute))
            self._known.put(attribute, known, 4 * len(attribute))
        return known

    def _map(self, value: Plain) -> _Told:
        message = read_instructions(value)
        values = tuple(one for part in message.parts for one in wire_values(part, self._depth_max))
        return _Told(values, _fragments(values) if values else (), message.whole)


def read_instructions(value: Plain) -> Message:
    """Read a list of parts, of whole messages, or a plain text, as one message."""
    read = Message("SYSTEM", [])
    for item in value if isinstance(value, list) else [value]:
        stands_alone = isinstance(item, dict) and ("parts" in item or "role" in item)
        one = read_message(item if stands_alone else {"parts": [item]}, "SYSTEM")
        read.parts += one.parts
        read.whole = read.whole and one.whole
    return read


def joined(system: tuple[Fragment, ...]) -> tuple[Fragment, ...]:
    """Return one fragment with all values of a span's instructions, without the marker; undoes their division."""
    if len(system) <= 1:
        return system
    shown, rest = (_RAWS.decode(each.json) for each in system)
    return (fragment(Kind.SYSTEM, msgspec.json.encode([*shown[:-1], *rest])),)


def _fragments(values: Sequence[bytes]) -> tuple[Fragment, ...]:
    if len(values) <= VALUES_MAX:
        return (fragment(Kind.SYSTEM, array(values)),)
    shown, rest = values[: VALUES_MAX - 1], values[VALUES_MAX - 1 :]
    marker = text_value(_MARKER.format(len(rest), sum(map(len, rest))))
    return fragment(Kind.SYSTEM, array([*shown, marker])), fragment(Kind.SYSTEM, array(rest))
