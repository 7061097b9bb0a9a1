"""How sessions are matched, outlined and read as conversations: what all backends answer alike, from plain records."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple, TypeAlias, TypeVar

import msgspec

from spanglass.model.record import PARTICIPANTS, Fragment, Kind, SpanRecord
from spanglass.store.interface import LOOK_BACK, Cursor, Outlined, OutlinePage, Said, SaidPage, SessionRecord
from spanglass.store.rollups import NAME_CHARS_MAX, operation, tool_used
from spanglass.store.text import searchable_text, words
from spanglass.store.where import FIELDS, MOST, Status, Where
from spanglass.store.where import Kind as FacetKind

_T = TypeVar("_T")
UTTERED: Final = frozenset({*PARTICIPANTS, Kind.MESSAGE})
"""Kinds of what is said in a conversation."""

# Sessions ------------------------------------------------------------------------------------------------------------


def facts(session: SessionRecord) -> dict[FacetKind, frozenset[str]]:
    """Return what a session is found by."""
    names = {session.name} - {str_id(session.session_id)}
    return {
        "agent": _short(session.agents),
        "model": _short(session.models),
        "tool": _short(session.tools),
        "error_type": _short(session.error_types),
        "contact": _short(session.contacts),
        "name": _short(names),
        "assistant": frozenset({session.assistant_id.hex()}),
    }


def str_id(raw: bytes) -> str:
    """Write an id of 16 bytes as a UUID."""
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _short(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name[:NAME_CHARS_MAX] for name in names)


def statuses(session: SessionRecord) -> set[Status]:
    """Return what is to be said of a session's spans."""
    told: set[Status] = set()
    if session.errors > session.timeouts:
        told.add("error")
    if session.timeouts:
        told.add("timeout")
    if session.running:
        told.add("running")
    return told or {"ok"}


def matches(session: SessionRecord, where: Where) -> bool:
    """Return whether a session meets the conditions, the text aside."""
    known = facts(session)
    return (
        (where.assistants is None or session.assistant_id in where.assistants)
        and (not where.sessions or session.session_id in where.sessions)
        and where.from_ns <= session.first_ns <= where.to_ns
        and where.duration_min_ns <= session.last_ns - session.first_ns <= where.duration_max_ns
        and where.tokens_min <= session.total_tokens <= where.tokens_max
        and (not where.statuses or not where.statuses.isdisjoint(statuses(session)))
        and all(not wanted or not wanted.isdisjoint(known[kind]) for kind, wanted in wanted_facts(where))
    )


def wanted_facts(where: Where) -> Iterator[tuple[FacetKind, frozenset[str]]]:
    """Yield the conditions on what a session is found by, the assistants aside; empty ones too."""
    for kind, field in FIELDS.items():
        if kind != "assistant":
            yield kind, _short(getattr(where, field))


def holds(fragment: Fragment, text: str) -> bool:
    """Return whether a message holds all words of a text."""
    wanted = set(words(text))
    return bool(wanted) and wanted <= set(words(searchable_text(fragment)))


def part_ns(where: Where, parts: int) -> int:
    """Return how long each of the equal parts of a time is, in nanoseconds; the last may be shorter."""
    return -(-(min(where.to_ns, MOST - 1) - where.from_ns + 1) // parts) or 1


class _Origin(msgspec.Struct, rename="camel"):
    span_id: str = ""


_ORIGIN: Final = msgspec.json.Decoder(_Origin)


def otel_span_id(own_detail: bytes) -> bytes:
    """Return the 8 bytes of a span's id in OpenTelemetry, from its detail; empty if it has none."""
    try:
        return bytes.fromhex(_ORIGIN.decode(own_detail).span_id)
    except ValueError:
        return b""


# Outlines ------------------------------------------------------------------------------------------------------------


COMPARED_MAX: Final = 8
"""Earlier calls that a call is compared with."""


class Call(NamedTuple):
    """A span as a call that a later one may go on from: what it does, and what it heard and said, named in order."""

    span_id: bytes
    operation: str
    said: Sequence[object]


def goes_on_from(inputs: Sequence[object], role: str, earlier: Sequence[Call]) -> tuple[bytes, int]:
    """Return the earlier call with whose messages the inputs begin, and with how many; empty and 0 if there is none.

    Of the latest ``COMPARED_MAX`` with the same operation and first message it is the one that shares most, of several
    the latest.
    """
    alike = (call for call in reversed(earlier) if call.operation == role and call.said[:1] == inputs[:1])
    best, kept = b"", 0
    for call in islice(alike if inputs else (), COMPARED_MAX):
        shared = _shared(inputs, call.said)
        if shared > kept:
            best, kept = call.span_id, shared
    return best, kept


def _shared(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many items two sequences have in common at their beginning, comparing slices, which is quick."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def bare(span: SpanRecord) -> SpanRecord:
    """Return a span without messages, instructions and details."""
    return SpanRecord(
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        request_id=span.request_id,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        recurring=span.recurring,
        own=span.own,
    )


def outlined(spans: Sequence[SpanRecord], after: Cursor | None, limit: int) -> OutlinePage:
    """Return a page of the outline of all spans of a session, in order."""
    start = (after.start_ns, after.span_id) if after else (-1, b"")
    page: list[Outlined] = []
    for at, span in enumerate(spans):
        if (span.start_ns, span.span_id) <= start:
            continue
        if len(page) == limit:
            return OutlinePage(page, Cursor(page[-1].span.start_ns, page[-1].span.span_id))
        earlier = [
            Call(each.span_id, operation(each), each.inputs + each.outputs)
            for each in spans[max(0, at - LOOK_BACK) : at]
        ]
        previous, kept = goes_on_from(span.inputs, operation(span), earlier)
        tool = tool_used(span.inputs[0]) if span.inputs and operation(span) == "execute_tool" else ""
        page.append(Outlined(bare(span), len(span.inputs), previous, kept, tool))
    return OutlinePage(page)


# Conversations -------------------------------------------------------------------------------------------------------

Sayer: TypeAlias = tuple[int, int, bytes, bool, int]
"""When in ms a message was said, the start and id of the span that said it, whether as an output, at which place."""


def earlier_sayer(one: Sayer | None, other: Sayer) -> Sayer:
    """Return which of two is taken for the first: the earlier, of two at a time the later in order, inputs first."""
    if one is None:
        return other
    return min(one, other, key=_preference)


def _preference(sayer: Sayer) -> tuple[int, int, int, bool, int]:
    ms, start_ns, span_id, output, place = sayer
    return ms, -start_ns, -int.from_bytes(span_id, "big"), output, place


def conversation(spans: Sequence[SpanRecord]) -> list[Said]:
    """Return all that was said in a session's spans, system instructions too, in order."""
    sayers: dict[Fragment, Sayer] = {}
    for span in spans:
        start_ms, end_ms = span.start_ns // 1_000_000, (span.end_ns or span.start_ns) // 1_000_000
        lists = ((span.inputs, start_ms, False), (span.outputs, end_ms, True), (span.system, start_ms, False))
        for fragments, ms, output in lists:
            for place, fragment in enumerate(fragments):
                sayer = (ms, span.start_ns, span.span_id, output, place)
                sayers[fragment] = earlier_sayer(sayers.get(fragment), sayer)
    by_id = {span.span_id: bare(span) for span in spans}
    return [Said(each, by_id[sayer[2]], sayer[3]) for each, sayer in sorted(sayers.items(), key=lambda pair: pair[1])]


class Piece(NamedTuple):
    """Which messages of an order are asked for; see ``interface.Store.said``."""

    first: int
    limit: int
    bytes_max: int
    back: bool


def said_page(order: Sequence[_T], read: Callable[[Sequence[_T]], Iterable[Said]], piece: Piece) -> SaidPage:
    """Return a piece of an order, of whose messages no more are read than it has."""
    if not piece.back:
        said = _within_bytes(read(order[piece.first : piece.first + piece.limit]), piece.bytes_max)
        return SaidPage(said, piece.first, more=piece.first + len(said) < len(order))
    end = min(piece.first, len(order))
    said = _within_bytes(read(order[max(0, end - piece.limit) : end][::-1]), piece.bytes_max)[::-1]
    return SaidPage(said, end - len(said), more=end < len(order))


def _within_bytes(said: Iterable[Said], bytes_max: int) -> list[Said]:
    """Take messages until they are so many bytes together, but at least one."""
    taken: list[Said] = []
    size = 0
    for each in said:
        size += len(each.message.json)
        if taken and size > bytes_max:
            break
        taken.append(each)
    return taken
