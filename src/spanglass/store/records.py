"""The bytes on disk, version 1: spans and fragments as the items of blocks.

Everything that a session keeps is an *item* with an ordinal: 0, 1, 2 … in order of writing. An item is a fragment or a
span's entry, which refers to fragments by ordinal. A *block* holds items of consecutive ordinals, compressed together;
neighbouring blocks can be merged without changing a reference. A block is stored as two texts: the *heads*, which a
writer needs to recognise fragments and a reader to tell when a message was said, and the compressed *body*.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

import msgspec

from spanglass.model.record import KEY_BYTES, PARTICIPANTS, Fragment, Kind, Members, SpanRecord

ENTRY: Final = 0
"""The kind of an item that is a span's entry; fragments have the numbers of ``Kind``."""
RUNNING: Final = -1
"""The duration of a span that has not ended."""


class Item(msgspec.Struct, eq=False, gc=False):
    """One item of a block; ``key`` is empty for an entry, ``since_ms`` 0 for what is no message."""

    kind: int
    key: bytes
    piece: bytes
    since_ms: int = 0

    def fragment(self) -> Fragment:
        """Return the item as the fragment it is."""
        return Fragment(Kind(self.kind), self.key, self.piece, self.since_ms)


class Heads(msgspec.Struct, array_like=True, gc=False):
    """What stands before a block's body: kinds, a byte an item, keys, and the times from ``base_ms`` on."""

    kinds: bytes
    keys: bytes
    base_ms: int
    since_ms: list[int]


class Entry(msgspec.Struct, array_like=True, gc=False):
    """A span without its start and id, which stand in the order of spans; references are runs, see ``runs``."""

    duration_ns: int
    parent_span_id: bytes
    request_id: bytes
    recurring: int
    inputs: list[int]
    outputs: list[int]
    system: list[int]
    details: list[int]
    inputs_shown_from: int
    outputs_shown_from: int
    own_span: bytes
    own_attributes: bytes
    own_detail: bytes

    def ordinals(self) -> Iterable[int]:
        """Return the ordinals that the entry refers to, with repetitions."""
        return chain((self.recurring,), *map(unrun, (self.inputs, self.outputs, self.system, self.details)))


def runs(ordinals: Sequence[int]) -> list[int]:
    """Encode ordinals as runs: ``[4, 5, 6, 9]`` is ``[4, 3, 9, 1]``."""
    coded: list[int] = []
    end = -1
    for ordinal in ordinals:
        if ordinal == end:
            coded[-1] += 1
        else:
            coded += (ordinal, 1)
        end = ordinal + 1
    return coded


def unrun(coded: Sequence[int]) -> Iterable[int]:
    """Undo ``runs``."""
    if len(coded) == 2:  # noqa: PLR2004 (one run, the common case)
        return range(coded[0], coded[0] + coded[1])
    return chain.from_iterable(range(f, f + n) for f, n in zip(coded[::2], coded[1::2], strict=True))


_ENCODER: Final = msgspec.msgpack.Encoder()
_ENTRY: Final = msgspec.msgpack.Decoder(Entry)
_HEADS: Final = msgspec.msgpack.Decoder(Heads)
_PIECES: Final = msgspec.msgpack.Decoder(list[bytes])


def encode_entry(span: SpanRecord, recurring: int, references: Sequence[Sequence[int]]) -> bytes:
    """Encode a span; ``references`` are the ordinals of its inputs, outputs, system and details."""
    inputs, outputs, system, details = map(runs, references)
    return _ENCODER.encode(
        Entry(
            span.end_ns - span.start_ns if span.end_ns else RUNNING,
            span.parent_span_id,
            span.request_id,
            recurring,
            inputs,
            outputs,
            system,
            details,
            span.inputs_shown_from,
            span.outputs_shown_from,
            span.own.span,
            span.own.attributes,
            span.own_detail,
        )
    )


def decode_entry(piece: bytes) -> Entry:
    """Undo the outer part of ``encode_entry``; ``span_record`` does the rest."""
    return _ENTRY.decode(piece)


def span_record(start_ns: int, span_id: bytes, entry: Entry, fragments: dict[int, Fragment]) -> SpanRecord:
    """Put a span together from its place in the order, its entry and the fragments it refers to."""
    of = fragments.__getitem__
    return SpanRecord(
        span_id,
        entry.parent_span_id,
        entry.request_id,
        start_ns,
        0 if entry.duration_ns == RUNNING else start_ns + entry.duration_ns,
        of(entry.recurring),
        Members(entry.own_span, entry.own_attributes),
        tuple(map(of, unrun(entry.inputs))),
        tuple(map(of, unrun(entry.outputs))),
        tuple(map(of, unrun(entry.system))),
        tuple(map(of, unrun(entry.details))),
        entry.own_detail,
        entry.inputs_shown_from,
        entry.outputs_shown_from,
    )


def encode_heads(items: Sequence[Item]) -> bytes:
    """Encode what a block's items are named and when they were said."""
    times = [item.since_ms for item in items if item.kind in PARTICIPANTS]
    base = min(times, default=0)
    return _ENCODER.encode(
        Heads(
            bytes(item.kind for item in items),
            b"".join(item.key for item in items),
            base,
            [ms - base for ms in times],
        )
    )


def decode_heads(heads: bytes) -> list[Item]:
    """Undo ``encode_heads``; the pieces are empty."""
    decoded = _HEADS.decode(heads)
    keys, at = decoded.keys, 0
    times = iter(decoded.since_ms)
    items = []
    for kind in decoded.kinds:
        if kind == ENTRY:
            items.append(Item(ENTRY, b"", b""))
            continue
        since = decoded.base_ms + next(times) if kind in PARTICIPANTS else 0
        items.append(Item(kind, keys[at : at + KEY_BYTES], b"", since))
        at += KEY_BYTES
    return items


def encode_pieces(items: Sequence[Item]) -> bytes:
    """Encode the items' pieces: a block's body before compression."""
    return _ENCODER.encode([item.piece for item in items])


def decode_pieces(body: bytes) -> list[bytes]:
    """Undo ``encode_pieces``."""
    return _PIECES.decode(body)
