"""Mapped requests as bytes, on their way from one process to another.

Messages recur from span to span, so each fragment is sent once and then referred to by its number, which both ends
count alike until they begin anew. Read back, equal fragments are one object, as they were where they came from. Both
ends are of one version: nothing here is ever stored.
"""

import itertools
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import msgspec

from spanglass.model.place import Claims, TracePart
from spanglass.model.record import Fragment, Kind, Members, SpanRecord

FRAGMENT_BYTES: Final = 200
"""About what a fragment takes at either end beside its text."""


class Mapped(msgspec.Struct, frozen=True):
    """What became of one request: its spans by trace, how much was accepted, how many spans were rejected, and why.

    ``logs`` counts log records that are kept, ``rejected_logs`` and ``dropped_logs`` those that are not, ``masked``
    what was masked, by rule.
    """

    parts: list[TracePart]
    accepted: int = 0
    rejected: int = 0
    reason: str = ""
    logs: int = 0
    rejected_logs: int = 0
    dropped_logs: int = 0
    masked: dict[str, int] = {}


class _Span(msgspec.Struct, array_like=True, gc=False):
    """A ``SpanRecord`` whose fragments are numbers."""

    span_id: bytes
    parent_span_id: bytes
    request_id: bytes
    start_ns: int
    end_ns: int
    recurring: int
    own_span: bytes
    own_attributes: bytes
    inputs: list[int]
    outputs: list[int]
    system: list[int]
    details: list[int]
    own_detail: bytes
    inputs_shown_from: int
    outputs_shown_from: int


class _Part(msgspec.Struct, array_like=True):
    trace_id: bytes
    claims: Claims
    spans: list[_Span]


class _Request(msgspec.Struct, array_like=True):
    parts: list[_Part]
    accepted: int
    rejected: int
    reason: str
    logs: int
    rejected_logs: int
    dropped_logs: int
    masked: dict[str, int]


class _Batch(msgspec.Struct, array_like=True):
    """Requests, and the fragments that are new in them; ``anew`` is whether their numbers begin at 0."""

    anew: bool
    fragments: list[tuple[int, bytes, bytes]]
    requests: list[_Request | bytes]


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Batch).decode
_KEY: Final = attrgetter("key")
_UNNUMBERED: Final = itertools.repeat(-1)
_KINDS: Final = {int(kind): kind for kind in Kind}


class Packer:
    """Writes requests; both ends then hold fragments of about ``bytes_max`` bytes."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._numbers: dict[bytes, int] = {}
        self._new: list[tuple[int, bytes, bytes]] = []

    def pack(self, requests: Sequence[Mapped | bytes]) -> bytes:
        """Write requests, each mapped, or in bytes that stand for its error."""
        anew = not self._numbers or self._bytes > self._bytes_max
        if anew:
            self._numbers.clear()
            self._bytes = 0
        written = [request if isinstance(request, bytes) else self._request(request) for request in requests]
        batch, self._new = _Batch(anew, self._new, written), []
        return _encode(batch)

    def _request(self, request: Mapped) -> _Request:
        parts = [_Part(part.trace_id, part.claims, list(map(self._span, part.spans))) for part in request.parts]
        return _Request(parts, *msgspec.structs.astuple(request)[1:])

    def _span(self, span: SpanRecord) -> _Span:
        numbered = self._numbered
        return _Span(
            span.span_id,
            span.parent_span_id,
            span.request_id,
            span.start_ns,
            span.end_ns,
            numbered((span.recurring,))[0],
            span.own.span,
            span.own.attributes,
            numbered(span.inputs),
            numbered(span.outputs),
            numbered(span.system),
            numbered(span.details),
            span.own_detail,
            span.inputs_shown_from,
            span.outputs_shown_from,
        )

    def _numbered(self, fragments: tuple[Fragment, ...]) -> list[int]:
        numbers = list(map(self._numbers.get, map(_KEY, fragments), _UNNUMBERED))
        if -1 in numbers:  # some are new
            for at in range(numbers.index(-1), len(numbers)):
                numbers[at] = self._number(fragments[at])
        return numbers

    def _number(self, fragment: Fragment) -> int:
        number = self._numbers.get(fragment.key)
        if number is None:
            number = self._numbers[fragment.key] = len(self._numbers)
            self._new.append((fragment.kind, fragment.key, fragment.json))
            self._bytes += len(fragment.json) + FRAGMENT_BYTES
        return number


class Unpacker:
    """Reads what one ``Packer`` wrote, in the same order."""

    def __init__(self) -> None:
        self._fragments: list[Fragment] = []

    def unpack(self, data: bytes) -> list[Mapped | bytes]:
        """Undo ``Packer.pack``."""
        batch = _decode(data)
        if batch.anew:
            self._fragments.clear()
        self._fragments += [Fragment(_KINDS[kind], key, json) for kind, key, json in batch.fragments]
        return [request if isinstance(request, bytes) else self._request(request) for request in batch.requests]

    def _request(self, request: _Request) -> Mapped:
        parts = [TracePart(part.trace_id, part.claims, tuple(map(self._span, part.spans))) for part in request.parts]
        return Mapped(parts, *msgspec.structs.astuple(request)[1:])

    def _span(self, span: _Span) -> SpanRecord:
        of = self._fragments.__getitem__
        return SpanRecord(
            span.span_id,
            span.parent_span_id,
            span.request_id,
            span.start_ns,
            span.end_ns,
            of(span.recurring),
            Members(span.own_span, span.own_attributes),
            tuple(map(of, span.inputs)),
            tuple(map(of, span.outputs)),
            tuple(map(of, span.system)),
            tuple(map(of, span.details)),
            span.own_detail,
            span.inputs_shown_from,
            span.outputs_shown_from,
        )
