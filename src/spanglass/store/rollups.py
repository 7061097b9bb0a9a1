"""What a session's row tells of its spans: the facts of one span, and adding and taking them away."""

import functools
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from spanglass.model.record import Fragment, Kind, Members, SpanRecord
from spanglass.store.strip import Strip

NAMES_MAX: Final = 100
"""Names of one kind (models, agents, tools, …) that a session tells apart: the first in order, the rest are ``REST``.

A row is written again whenever spans come, so what names a span may bring has to end somewhere."""
NAME_CHARS_MAX: Final = 200
"""Characters of a name that tell it apart."""
REST: Final = "…"
"""The name of all that are too many to be told apart."""
RESOLUTION: Final = 1.2
"""How much longer a bucket of durations is than the one before it: a duration is known within a tenth."""


class _Attributes(msgspec.Struct, rename="camel", gc=False):
    """The SpanAttributes that roll-ups count."""

    operation_name: str = ""
    ai_agent_name: str = ""
    request_model: str = ""
    response_model: str = ""
    error_type: str = ""
    contact_id: str = ""
    initial_contact_id: str = ""
    usage_input_tokens: int = 0
    usage_output_tokens: int = 0
    usage_total_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_write_input_tokens: int = 0


class _Status(msgspec.Struct, gc=False):
    status: str = ""


class _ToolUse(msgspec.Struct, gc=False):
    name: str = ""


class _Value(msgspec.Struct, rename="camel", gc=False):
    tool_use: _ToolUse | None = None


class _Message(msgspec.Struct, gc=False):
    values: list[_Value] = []


class _Participant(msgspec.Struct, gc=False):
    participant: str = ""


class Rollup(msgspec.Struct, array_like=True):
    """Sums over spans; the order of the fields stands on disk. See ``interface.SessionRecord`` for the meanings."""

    spans: int = 0
    running: int = 0
    roots: int = 0
    errors: int = 0
    inferences: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    total_tokens: int = 0
    models: dict[str, int] = {}
    agents: dict[str, int] = {}
    tools: dict[str, int] = {}
    timeouts: int = 0
    turns: int = 0
    error_types: dict[str, int] = {}
    contacts: dict[str, int] = {}
    usage: dict[str, dict[str, list[int]]] = {}
    timings: dict[str, dict[int, int]] = {}
    tool_timings: dict[str, dict[int, int]] = {}
    tool_sums: dict[str, list[int]] = {}
    strip: Strip = msgspec.field(default_factory=Strip)

    def count(self, record: SpanRecord, sign: int = 1) -> None:
        """Add a span's facts, or take them away with ``sign`` -1, of which ``forgets`` tells whether it can be done."""
        common, own = _recurring_attributes(record.recurring), _own_attributes(record.own)
        role, status = common.operation_name, _status(record.own.span)
        failed = status not in {"", "OK"}
        self.spans += sign
        self.running += sign * (not record.end_ns)
        self.roots += sign * (not record.parent_span_id)
        self.errors += sign * failed
        self.timeouts += sign * (status == "TIMEOUT")
        self.input_tokens += sign * own.usage_input_tokens
        self.output_tokens += sign * own.usage_output_tokens
        self.cache_read_tokens += sign * own.cache_read_input_tokens
        self.cache_write_tokens += sign * own.cache_write_input_tokens
        self.total_tokens += sign * own.usage_total_tokens
        _tally(self.agents, common.ai_agent_name, sign)
        if failed:
            _tally(self.error_types, own.error_type or common.error_type, sign)
        if common.contact_id or own.contact_id or common.initial_contact_id or own.initial_contact_id:
            for contact in {common.contact_id, common.initial_contact_id, own.contact_id, own.initial_contact_id}:
                _tally(self.contacts, contact, sign)
        if record.end_ns:
            _tally_bucket(_under(self.timings, role or "other"), bucket(record.end_ns - record.start_ns), sign)
        if role == "inference":
            self.inferences += sign
            model = common.request_model or own.response_model or common.response_model
            _tally(self.models, model, sign)
            _add(_under(self.usage, common.ai_agent_name), model, (1, *_tokens(own)), sign)
        elif role == "execute_tool":
            self._count_tool(record, failed=failed, sign=sign)
        if sign > 0:
            self.strip.mark(record.start_ns, last_ns(record), role, status)
        else:
            _drop_empty(self.timings, self.usage, self.tool_timings)

    def _count_tool(self, record: SpanRecord, *, failed: bool, sign: int) -> None:
        tool = _tool(record)
        if not tool:
            return
        _tally(self.tools, tool, sign)
        took_ns = max(0, record.end_ns - record.start_ns)
        told = sum(len(fragment.json) for fragment in record.outputs)
        _add(self.tool_sums, tool, (1, failed, took_ns // 1000, told), sign)
        if record.end_ns:
            _tally_bucket(_under(self.tool_timings, tool), bucket(took_ns), sign)

    def forgets(self, known: SpanRecord, new: SpanRecord) -> bool:
        """Return whether replacing a span would leave something of the known one here that only a recount takes away.

        That is what the strip shows of it, and its names once there are too many of them to be told apart. ``new``
        starts no later than ``known`` and ends no earlier.
        """
        before, after = operation(known), operation(new)
        status = _status(known.own.span)
        if before != after or (
            status not in {"", "OK"} and (status, known.end_ns) != (_status(new.own.span), new.end_ns)
        ):
            return True
        named = (self.models, self.agents, self.error_types, self.contacts, self.tools)
        return any(REST in names for names in named) and rolled_up([known]).names() != rolled_up([new]).names()

    def names(self) -> dict[str, list[str]]:
        """Return what names there are of each kind."""
        return {kind: sorted(getattr(self, kind)) for kind in ("models", "agents", "error_types", "contacts", "tools")}


def rolled_up(records: Iterable[SpanRecord]) -> Rollup:
    """Count spans, and the customer's messages in them, from nothing."""
    rollup = Rollup()
    said: set[bytes] = set()
    for record in records:
        rollup.count(record)
        said |= {fragment.key for fragment in record.inputs + record.outputs if is_turn(fragment)}
    rollup.turns = len(said)
    return rollup


def is_turn(fragment: Fragment) -> bool:
    """Return whether a message is the customer's."""
    if fragment.kind is Kind.MESSAGE:
        return _PARTICIPANT.decode(fragment.json).participant == "CUSTOMER"
    return fragment.kind is Kind.CUSTOMER


def last_ns(record: SpanRecord) -> int:
    """Return when the span was last heard of: its end, or its start while it runs."""
    return max(record.start_ns, record.end_ns)


def bucket(duration_ns: int) -> int:
    """Return the number of the bucket that a duration is counted in; 0 is less than a microsecond."""
    return 1 + int(math.log(duration_ns / 1000) / _RESOLUTION) if duration_ns >= 1000 else 0  # noqa: PLR2004 (1 µs)


def bucket_ms(number: int) -> float:
    """Return the duration that stands for a bucket, in milliseconds: within a tenth of all that is counted in it."""
    return RESOLUTION ** (number - 0.5) / 1000 if number else 0.0


def percentile_ms(buckets: Mapping[int, int], share: float) -> float:
    """Return the duration, in milliseconds, that this share of all durations does not exceed; 0 if there are none."""
    left = share * sum(buckets.values())
    for number, count in sorted(buckets.items()):
        left -= count
        if left <= 0:
            return bucket_ms(number)
    return 0.0


_RESOLUTION: Final = math.log(RESOLUTION)
_ATTRIBUTES: Final = msgspec.json.Decoder(_Attributes)
_STATUS: Final = msgspec.json.Decoder(_Status)
_OK: Final = b'"status":"OK"'
_VALUES: Final = msgspec.json.Decoder(list[_Value])
_MESSAGE: Final = msgspec.json.Decoder(_Message)
_PARTICIPANT: Final = msgspec.json.Decoder(_Participant)


@functools.lru_cache(maxsize=1024)
def _recurring_attributes(fragment: Fragment) -> _Attributes:
    return _ATTRIBUTES.decode(b"{%b}" % Members.unpack(fragment.json).attributes)


def _own_attributes(own: Members) -> _Attributes:
    return _ATTRIBUTES.decode(b"{%b}" % own.attributes)


def operation(record: SpanRecord) -> str:
    """Return what a span does, in AWS's word; empty if it does not tell."""
    return _recurring_attributes(record.recurring).operation_name


def _status(members: bytes) -> str:
    if members.startswith(_OK):  # nearly all
        return "OK"
    return _STATUS.decode(b"{%b}" % members).status


def _tool(record: SpanRecord) -> str:
    return tool_used(record.inputs[0]) if record.inputs else ""


def tool_used(fragment: Fragment) -> str:
    """Return the name of the tool that a message begins by using; empty if it does not."""
    whole = fragment.kind is Kind.MESSAGE
    values = _MESSAGE.decode(fragment.json).values if whole else _VALUES.decode(fragment.json)
    return values[0].tool_use.name if values and values[0].tool_use else ""


def _tokens(own: _Attributes) -> tuple[int, ...]:
    return (
        own.usage_input_tokens,
        own.usage_output_tokens,
        own.cache_read_input_tokens,
        own.cache_write_input_tokens,
        own.usage_total_tokens,
    )


# Sums by name --------------------------------------------------------------------------------------------------------


def _tally(names: dict[str, int], name: str, sign: int) -> None:
    """Count a name; one that is empty is none, and one whose count is 0 is not there."""
    if not name:
        return
    if name not in names:
        name = _told_apart(names, name)
    count = names.get(name, 0) + sign
    if count:
        names[name] = count
    else:
        del names[name]


def _tally_bucket(buckets: dict[int, int], number: int, sign: int) -> None:
    count = buckets.get(number, 0) + sign
    if count:
        buckets[number] = count
    else:
        del buckets[number]


def _add(names: dict[str, list[int]], name: str, counts: tuple[int, ...], sign: int) -> None:
    """Add to the sums under a name, or take away."""
    if name not in names:
        name = _told_apart(names, name)
    sums = names.setdefault(name, [0] * len(counts))
    for at, count in enumerate(counts):
        sums[at] += sign * count
    if not sums[0]:
        del names[name]


def _under(names: dict[str, dict[Any, Any]], name: str) -> dict[Any, Any]:
    """Return the sums under a name, to be added to."""
    return names[name] if name in names else names.setdefault(_told_apart(names, name), {})


def _drop_empty(*sums: dict[str, Any]) -> None:
    for names in sums:
        for name in [name for name, counts in names.items() if not counts]:
            del names[name]


def _told_apart(names: dict[str, Any], name: str) -> str:
    """Return the name to count under: this one if it is among the first in order, else that of the rest.

    What is kept apart does not depend on the order in which names come.
    """
    name = name[:NAME_CHARS_MAX]
    if name in names or len(names) - (REST in names) < NAMES_MAX:
        return name
    last = max(known for known in names if known != REST)
    if name > last:
        return REST
    moved = names.pop(last)
    names[REST] = merged(names[REST], moved) if REST in names else moved
    return name


def merged(one: Any, other: Any) -> Any:  # noqa: ANN401 (counts in lists and by name, to any depth)
    """Add two sums of one form: numbers, lists of them, or either by name."""
    if isinstance(one, dict):
        return {
            name: merged(one[name], other[name]) if name in one and name in other else one.get(name) or other[name]
            for name in {**one, **other}
        }
    if isinstance(one, list):
        return [a + b for a, b in zip(one, other, strict=True)]
    return one + other


def as_members(rollup: Rollup) -> Mapping[str, object]:
    """Return the sums as ``SessionRecord``'s fields; the dicts are copies in order of name."""
    return {name: _sorted(getattr(rollup, name)) for name in rollup.__struct_fields__}


def _sorted(value: Any) -> Any:  # noqa: ANN401 (what a field holds)
    return {name: _sorted(value[name]) for name in sorted(value)} if isinstance(value, dict) else value
