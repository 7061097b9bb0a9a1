"""Messages as fragments: who says which values, and which neighbours are one message.

A call of several tools is answered in one message by some emitters and in one a tool by others, and the items of one
model's answer likewise. Neighbours that continue one turn are therefore joined, so that one conversation is one
sequence of fragments whoever tells it.
"""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from spanglass.conventions.plain import encode
from spanglass.conventions.said import Message, Part, Role, ToolResult, ToolUse
from spanglass.mapping.identity import tool_use_id
from spanglass.mapping.values import VALUES_MAX, array, chunks, wire_values
from spanglass.model.record import Fragment, Kind, fragment

Turn: TypeAlias = Literal["", "answer", "results"]
"""What neighbours must have in common to be one message: a model's answer, or results of tools. Others are not joined:
a person says one thing after another."""

_SPEAKERS: Final[dict[Role, tuple[Kind, Turn]]] = {
    "CUSTOMER": (Kind.CUSTOMER, ""),
    "AGENT": (Kind.AGENT, ""),
    "BOT": (Kind.BOT, "answer"),
    "SYSTEM": (Kind.SYSTEM, ""),
}
_RESULTS: Final[tuple[Kind, Turn]] = (Kind.BOT, "results")


class Utterance(msgspec.Struct, frozen=True, gc=False):
    """Values of one kind in one turn, and the fragments that they make when no neighbour is joined.

    ``uses`` are the toolUseIds of tools' uses, each with the emitter's id, ``results`` those of their results.
    """

    kind: Kind
    turn: Turn
    values: tuple[bytes, ...]
    fragments: tuple[Fragment, ...]
    uses: tuple[tuple[str, str], ...] = ()
    results: tuple[str, ...] = ()


def fragments(kind: Kind, values: Sequence[bytes]) -> tuple[Fragment, ...]:
    """Write values as messages of at most ten."""
    if len(values) <= VALUES_MAX:
        return (fragment(kind, array(values)),)
    return tuple([fragment(kind, array(some)) for some in chunks(values, VALUES_MAX)])


def utterances(message: Message, document_depth_max: int) -> tuple[Utterance, ...]:
    """Write a message; where a person's message carries tool results, the bot says those."""
    by_role = _SPEAKERS[message.role]
    if len(message.parts) == 1:  # most messages
        return _uttered(by_role, message.parts, document_depth_max)
    said: tuple[Utterance, ...] = ()
    run: list[Part] = []
    for part in message.parts:
        if run and (type(part) is ToolResult) != (type(run[-1]) is ToolResult):
            said += _uttered(by_role, run, document_depth_max)
            run = []
        run.append(part)
    return said + _uttered(by_role, run, document_depth_max)


def _uttered(by_role: tuple[Kind, Turn], parts: Sequence[Part], document_depth_max: int) -> tuple[Utterance, ...]:
    """Write parts that are all of them tool results, or none."""
    values: list[bytes] = []
    uses: tuple[tuple[str, str], ...] = ()
    results: tuple[str, ...] = ()
    for number, part in enumerate(parts):
        if type(part) is ToolUse:
            part.id = part.id or _made_id(number, part.name, encode(part.arguments))
            uses += ((tool_use_id(part.id), part.id),)
        elif type(part) is ToolResult:
            part.id = part.id or _made_id(number)
            results += (tool_use_id(part.id),)
        values += wire_values(part, document_depth_max)
    if not values:
        return ()
    kind, turn = _RESULTS if results and by_role[0] is not Kind.SYSTEM else by_role
    return (Utterance(kind, turn, tuple(values), fragments(kind, values), uses, results),)


def _made_id(number: int, name: str = "", arguments: bytes = b"") -> str:
    """Return a toolUseId for a call or an answer without an id, as Gemini's are, that no other of its message has.

    A call's is made of what it asks, so that it is the same wherever the call is repeated. An answer's is nobody
    else's, so that the answer is paired by its place.
    """
    return tool_use_id(f"{number} {name} {arguments.decode()}")
