"""What a session's row tells of its spans: the facts of one span, and adding and taking them away."""

import functools
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from spanglass.model.record import Fragment, Members, SpanRecord


class _Attributes(msgspec.Struct, rename="camel", gc=False):
    """The SpanAttributes that roll-ups count."""

    operation_name: str = ""
    ai_agent_name: str = ""
    request_model: str = ""
    response_model: str = ""
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

    def count(self, record: SpanRecord, sign: int = 1) -> None:
        """Add a span's facts, or take them away with ``sign`` -1."""
        common, own = _recurring_attributes(record.recurring), _own_attributes(record.own)
        inference = common.operation_name == "inference"
        self.spans += sign
        self.running += sign * (not record.end_ns)
        self.roots += sign * (not record.parent_span_id)
        self.errors += sign * (_status(record.own.span) not in {"", "OK"})
        self.inferences += sign * inference
        self.input_tokens += sign * own.usage_input_tokens
        self.output_tokens += sign * own.usage_output_tokens
        self.cache_read_tokens += sign * own.cache_read_input_tokens
        self.cache_write_tokens += sign * own.cache_write_input_tokens
        self.total_tokens += sign * own.usage_total_tokens
        model = common.request_model or own.response_model or common.response_model
        _tally(self.models, model if inference else "", sign)
        _tally(self.agents, common.ai_agent_name, sign)
        _tally(self.tools, _tool(record) if common.operation_name == "execute_tool" else "", sign)


def rolled_up(records: Iterable[SpanRecord]) -> Rollup:
    """Count spans from nothing."""
    rollup = Rollup()
    for record in records:
        rollup.count(record)
    return rollup


def last_ns(record: SpanRecord) -> int:
    """Return when the span was last heard of: its end, or its start while it runs."""
    return max(record.start_ns, record.end_ns)


_ATTRIBUTES: Final = msgspec.json.Decoder(_Attributes)
_STATUS: Final = msgspec.json.Decoder(_Status)
_VALUES: Final = msgspec.json.Decoder(list[_Value])


@functools.lru_cache(maxsize=1024)
def _recurring_attributes(fragment: Fragment) -> _Attributes:
    return _ATTRIBUTES.decode(b"{%b}" % Members.unpack(fragment.json).attributes)


def _own_attributes(own: Members) -> _Attributes:
    return _ATTRIBUTES.decode(b"{%b}" % own.attributes)


def _status(members: bytes) -> str:
    return _STATUS.decode(b"{%b}" % members).status


def _tool(record: SpanRecord) -> str:
    values = _VALUES.decode(record.inputs[0].json) if record.inputs else []
    return values[0].tool_use.name if values and values[0].tool_use else ""


def _tally(names: dict[str, int], name: str, sign: int) -> None:
    if not name:
        return
    names[name] = names.get(name, 0) + sign
    if not names[name]:
        del names[name]


def as_members(rollup: Rollup) -> Mapping[str, object]:
    """Return the sums as ``SessionRecord``'s fields; the dicts are copies in order of name."""
    fields = {name: getattr(rollup, name) for name in rollup.__struct_fields__}
    return {name: dict(sorted(v.items())) if isinstance(v, dict) else v for name, v in fields.items()}
