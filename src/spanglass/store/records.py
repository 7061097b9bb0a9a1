"""The bytes on disk, version 1: spans and fragments as the items of blocks.

Everything that a session keeps is an *item* with an ordinal: 0, 1, 2 … in order of writing. An item is a fragment or a
span's entry, which refers to fragments by ordinal. A *block* holds items of consecutive ordinals, compressed together;
neighbouring blocks can be merged without changing a reference. A block is stored as two texts: the *heads*, which a
writer needs to recognise fragments and a reader to tell when a message was said, and the compressed *body*.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

import msgspec

from spanglass.model.record import KEY_BYTES, PARTICIPANTS, Fragment, Kind

ENTRY: Final = 0
"""The kind of an item that is a span's entry; fragments have the numbers of ``Kind``."""
RUNNING: Final = -1
"""The duration of a span that has not ended."""
DEPTH_MAX: Final = 16
"""Entries that may have to be read to know one span's inputs."""


Item: TypeAlias = Fragment | bytes
"""A fragment, or a span's entry encoded."""


class Heads(msgspec.Struct, array_like=True, gc=False):
    """What stands before a block's body: kinds, a byte an item, keys, and the times from ``base_ms`` on."""

    kinds: bytes
    keys: bytes
    base_ms: int
    since_ms: list[int]


class Entry(msgspec.Struct, array_like=True, gc=False):
    """A span without its start and id, which stand in the order of spans; references are runs, see ``runs``.

    A call of a model begins with what the call before it said and heard. So the inputs are the first ``kept`` of the
    messages, inputs then outputs, of the entry ``back`` ordinals before this one, followed by those in ``inputs``;
    ``back`` is 0 where there is no such entry. ``depth`` tells how many entries must be read for that.
    """

    duration_ns: int
    parent_span_id: bytes
    request_id: bytes
    recurring: int
    back: int
    kept: int
    depth: int
    inputs: list[int]
    outputs: list[int]
    system: list[int]
    details: list[int]
    inputs_shown_from: int
    outputs_shown_from: int
    own_span: bytes
    own_attributes: bytes
    own_detail: bytes


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


def unrun(coded: Sequence[int], of: Callable[[int], Fragment]) -> tuple[Fragment, ...]:
    """Return the fragments that runs refer to, each by ``of`` its ordinal."""
    fragments: list[Fragment] = []
    for first, count in zip(coded[::2], coded[1::2], strict=True):
        if count == 1:
            fragments.append(of(first))
        else:
            fragments.extend(map(of, range(first, first + count)))
    return tuple(fragments)


_KINDS: Final = {int(kind): kind for kind in Kind}
_ENCODER: Final = msgspec.msgpack.Encoder()
_ENTRY: Final = msgspec.msgpack.Decoder(Entry)
_HEADS: Final = msgspec.msgpack.Decoder(Heads)
_PIECES: Final = msgspec.msgpack.Decoder(list[bytes])


def encode_entry(entry: Entry) -> bytes:
    """Encode an entry as an item."""
    return _ENCODER.encode(entry)


def decode_entry(item: Item) -> Entry:
    """Undo ``encode_entry``."""
    return _ENTRY.decode(item)  # type: ignore[arg-type]  # the caller's ordinal is an entry's


def cut_items(
    first: int, items: Sequence[Item], bytes_max: int, items_max: int = 1 << 31
) -> Iterator[tuple[int, Sequence[Item]]]:
    """Cut items from an ordinal on into blocks that are as full as they may be, each with its first ordinal."""
    start = size = 0
    for at, item in enumerate(items):
        length = len(item if isinstance(item, bytes) else item.json)
        size += length
        if at > start and (size > bytes_max or at - start == items_max):
            yield first + start, items[start:at]
            start, size = at, length
    yield first + start, items[start:]


def encode_block(items: Sequence[Item]) -> tuple[bytes, bytes]:
    """Encode items as heads and pieces."""
    return encode_heads(items), _ENCODER.encode([item if isinstance(item, bytes) else item.json for item in items])


def encode_heads(items: Sequence[Item]) -> bytes:
    """Encode what items are named and when they were said."""
    fragments = [item for item in items if not isinstance(item, bytes)]
    times = [fragment.since_ms for fragment in fragments if fragment.kind in PARTICIPANTS]
    base = min(times, default=0)
    kinds = bytes(ENTRY if isinstance(item, bytes) else item.kind for item in items)
    return _ENCODER.encode(Heads(kinds, b"".join(f.key for f in fragments), base, [ms - base for ms in times]))


def decode_block(heads: bytes, pieces: bytes) -> list[Item]:
    """Undo ``encode_block``."""
    return _items(_HEADS.decode(heads), _PIECES.decode(pieces))


def decode_pieces(pieces: bytes) -> list[bytes]:
    """Return the contents of a block's items alone."""
    return _PIECES.decode(pieces)


def decode_kinds(heads: bytes) -> bytes:
    """Return the kinds of a block's items, a byte each."""
    return _HEADS.decode(heads).kinds


def decode_heads(heads: bytes) -> list[Item]:
    """Undo ``encode_heads``: the items without their content."""
    decoded = _HEADS.decode(heads)
    return _items(decoded, [b""] * len(decoded.kinds))


def _items(heads: Heads, pieces: Sequence[bytes]) -> list[Item]:
    at, base = 0, heads.base_ms
    times = iter(heads.since_ms)
    items: list[Item] = []
    for number, piece in zip(heads.kinds, pieces, strict=True):
        if number == ENTRY:
            items.append(piece)
            continue
        kind = _KINDS[number]
        since_ms = base + next(times) if kind in PARTICIPANTS else 0
        items.append(Fragment(kind, heads.keys[at : at + KEY_BYTES], piece, since_ms))
        at += KEY_BYTES
    return items
