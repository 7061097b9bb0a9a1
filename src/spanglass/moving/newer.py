"""Spans of a service that is newer than this version: kept with all that is known of them, and the rest told.

AWS adds members, words of enumerations and kinds of message values now and then. What is unknown is left out, but for
what was said: a value of a message that cannot be read becomes a text that holds its JSON.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from spanglass.mapping import received
from spanglass.mapping.text import pieces
from spanglass.model.constraints import Violation, pruned, violations

UNKNOWN: Final = "Member must be one of the service model"
SAID: Final = ("inputMessages", "outputMessages")
INSTRUCTIONS: Final = "systemInstructions"
_ATTRIBUTE: Final = re.compile(r"spans\.1\.member\.attributes\.(\w+)")
_encode: Final = msgspec.json.Encoder().encode


def known(span: Mapping[str, Any], place: tuple[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return what is known of a span of a session, and what was left out or written otherwise, each by its path.

    What is wrong with it beside that is left to whoever takes it.
    """
    told = dict(span)
    faults = _faults(told, place)
    if not faults:
        return told, []
    if isinstance(told.get("attributes"), dict):
        told["attributes"] = _readable(told["attributes"], faults)
    if all(fault.constraint == UNKNOWN for fault in _faults(told, place)):
        return dict(pruned("Span", told)), [fault.path.removeprefix("spans.1.member.") for fault in faults]
    return dict(span), []


def _faults(span: Mapping[str, Any], place: tuple[str, str]) -> list[Violation]:
    return received.faults({"spans": [span]}, place)


def _readable(attributes: dict[str, Any], faults: list[Violation]) -> dict[str, Any]:
    """Return attributes without those that have faults; of messages only the values that do are other ones."""
    wrong = {
        found[1]
        for fault in faults
        if fault.constraint != UNKNOWN and (found := _ATTRIBUTE.match(fault.path)) is not None
    }
    told = {name: value for name, value in attributes.items() if name not in wrong}
    for name in wrong.intersection(SAID):
        if isinstance(messages := attributes[name], list):
            told[name] = [_message(message) for message in messages]
    if INSTRUCTIONS in wrong and isinstance(values := attributes[INSTRUCTIONS], list):
        told[INSTRUCTIONS] = _values(values)
    return told


def _message(message: Any) -> Any:  # noqa: ANN401 (whatever AWS answers)
    if isinstance(message, dict) and isinstance(message.get("values"), list):
        return message | {"values": _values(message["values"])}
    return message


def _values(values: list[Any]) -> list[Any]:
    return [each for value in values for each in _value(value)]


def _value(value: Any) -> list[Any]:  # noqa: ANN401 (whatever AWS answers)
    if not violations("SpanMessageValue", value):
        return [value]
    return [{"text": {"value": piece}} for piece in pieces(_encode(value).decode())]
