"""Which use of a tool a tool's span answers, where the emitter does not say."""

import functools
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from spanglass.model.record import Fragment, SpanRecord


class _Detail(msgspec.Struct):
    unpaired: bool = False


NONE: Final = "{}"
NOTHING_ASKED: Final = b'"arguments":{}}}]'
"""How the message of a use of a tool ends that has no arguments."""
_UNPAIRED: Final = b'"unpaired":true'
_decode: Final = msgspec.json.Decoder(_Detail).decode


class _Use(msgspec.Struct, frozen=True):
    id: str
    name: str
    arguments: bytes
    told: str


def is_unpaired(tool: SpanRecord) -> bool:
    """Tell whether a tool's span came without the emitter's id of the call."""
    return _UNPAIRED in tool.own_detail and _decode(tool.own_detail).unpaired


def paired_uses(tools: Iterable[SpanRecord], inferences: Iterable[SpanRecord]) -> dict[bytes, str]:
    """Return the toolUseIds of tools' spans without one, by span.

    A span answers the use of its name and arguments that the latest inference made which began before it, else the
    first use of its name alone, else one of its name and arguments whenever it was made, since clocks of hosts differ,
    else one that the latest inference was told of: the call that made it may have no span. Each use is answered once,
    earlier spans choose first.
    """
    ordered = sorted(tools, key=_start)
    unpaired = [tool for tool in ordered if is_unpaired(tool)]
    if not unpaired:
        return {}
    answered = {use.id for tool in ordered if not is_unpaired(tool) for use in _made(tool.inputs)}
    calls = sorted(inferences, key=_start, reverse=True)
    made = [(call.start_ns, use) for call in calls for use in _made(call.outputs)]
    told = [(call.start_ns, use) for call in calls[:1] for use in reversed(_made(call.inputs))]
    found: dict[bytes, str] = {}
    for uses, with_arguments, in_time in (
        (made, True, True),
        (made, False, True),
        (made, True, False),
        (told, True, False),
    ):
        for tool in unpaired:
            answer = _uses(tool.inputs[0])[0]
            fitting = (
                use.id
                for start_ns, use in uses
                if (start_ns <= tool.start_ns or not in_time)
                and use.name == answer.name
                and (use.arguments == answer.arguments or not with_arguments)
                and use.id not in answered
            )
            if tool.span_id not in found and (use_id := next(fitting, None)) is not None:
                found[tool.span_id] = use_id
                answered.add(use_id)
    return found


def asks_nothing(tool: SpanRecord) -> bool:
    """Tell whether a tool's span shows a call without arguments, as it does where its emitter tells none."""
    return bool(tool.inputs) and tool.inputs[0].json.endswith(NOTHING_ASKED)


def asked(tools: Iterable[SpanRecord], inferences: Iterable[SpanRecord], uses: dict[bytes, str]) -> dict[bytes, str]:
    """Return, as JSON, the arguments of tools' spans that show none, by the use that each answers.

    ``uses`` are the toolUseIds of tools' spans without one.
    """
    silent = [tool for tool in tools if asks_nothing(tool)]
    if not silent:
        return {}
    made = {use.id: use.told for call in inferences for use in _made(call.outputs)}
    told = {}
    for tool in silent:
        use_id = uses.get(tool.span_id, "") if is_unpaired(tool) else _uses(tool.inputs[0])[0].id
        told[tool.span_id] = made.get(use_id, NONE)
    return {span_id: arguments for span_id, arguments in told.items() if arguments != NONE}


def _start(record: SpanRecord) -> tuple[int, bytes]:
    return record.start_ns, record.span_id


def _made(messages: Iterable[Fragment]) -> list[_Use]:
    return [use for said in messages for use in _uses(said)]


@functools.lru_cache(maxsize=4096)
def _uses(said: Fragment) -> tuple[_Use, ...]:
    values: list[dict[str, Any]] = msgspec.json.decode(said.json)
    uses = (value["toolUse"] for value in values if "toolUse" in value)
    return tuple(
        _Use(
            use["toolUseId"],
            use["name"],
            msgspec.json.encode(use["arguments"], order="deterministic"),
            msgspec.json.encode(use["arguments"]).decode(),
        )
        for use in uses
    )
