"""A session as a writer of a cluster holds it in memory: beside what all backends hold, where its rows are."""

import secrets
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from spanglass.model.record import SpanRecord
from spanglass.store.cassandra.heads import (
    LEFT_MIN,
    LEFT_SECONDS,
    BlockRow,
    Bucket,
    Head,
    Ids,
    Pending,
    Row,
    SpanRow,
    now_us,
)
from spanglass.store.cassandra.reader import BLOCK_ITEMS, Rows, Told
from spanglass.store.compression import LEVEL, Compression
from spanglass.store.records import Item, cut_items, decode_heads, encode_block
from spanglass.store.state import SessionState
from spanglass.store.views import otel_span_id

BLOCK_BYTES: Final = 64 << 10
"""Bytes of pieces at which a block is full: what one read of a few messages has to decompress."""
_ENCODE: Final = msgspec.msgpack.Encoder().encode


class ClusterState(SessionState):
    """A writer's picture of one session as of a state, and what is to be changed of it."""

    def __init__(self, ids: Ids, row: Row) -> None:
        self.ids = ids
        self.row = row
        super().__init__()

    def clear(self) -> None:
        """Begin anew, as a session that has nothing: its rows will be of another generation."""
        super().clear()
        self.generation = secrets.randbits(62) + 1
        self.buckets: list[Bucket] = []
        self.set_backs = self.row.head.set_backs
        self.shard = self.row.head.shard
        self.left, self.deleted = dict(self.row.head.left), self.row.head.deleted
        self.stored: dict[bytes, tuple[int, int]] = {}
        """The bucket and start of each span that has a row."""
        self.traces: dict[bytes, tuple[int, int]] = {}
        """Between which times the spans of traces start."""
        self.fresh: dict[bytes, SpanRecord] = {}
        """The spans that are to be written."""
        self.moved: list[tuple[int, int, bytes]] = []
        """Bucket, start and id of rows that are to be deleted."""
        self.told: dict[int, Told] = {}
        """What is told of the entries that are pending, by ordinal."""

    @property
    def is_new(self) -> bool:
        """Whether its rows are all to be written."""
        return self.generation != self.row.generation

    @property
    def has_changed(self) -> bool:
        """Whether there is something to write."""
        return bool(self.pending or self.earlier or self.moved or self.left != self.row.head.left) or (
            self.is_new and self.row.has_spans
        )

    def load(self, rows: Rows) -> None:
        """Take note of what a session has, from its rows."""
        head = self.row.head
        self.generation = self.row.generation
        self.take(rows, 0, 0)
        self._adopt(head)

    def catch_up(self, row: Row, rows: Rows) -> bool:
        """Take note of what others have added to the session since; return False if they did more than add."""
        before = self.row.head
        if row.generation != self.generation or row.head.set_backs != self.set_backs or self.has_changed:
            return False
        self.row = row
        self.take(rows, max(0, len(before.buckets) - 1), before.items)
        self._adopt(row.head)
        return True

    def take(self, rows: Rows, first_bucket: int, since: int) -> None:
        """Take note of what blocks tell, from an ordinal on."""
        for bucket, heads, told in rows.learn(first_bucket, since):
            self.learn(decode_heads(heads))
            for each in told:
                self._note(each, bucket)

    def _note(self, told: Told, bucket: int) -> None:
        known = self.stored.get(told.span_id)
        if known is not None and known[1] == told.start_ns:
            bucket = known[0]  # a version that starts as the one before it has its row
        self.starts[told.span_id] = told.start_ns
        self.stored[told.span_id] = (bucket, told.start_ns)
        self._spread(told)

    def _spread(self, told: Told) -> None:
        first_ns, last_ns = self.traces.get(told.trace, (told.start_ns, told.start_ns))
        self.traces[told.trace] = (min(first_ns, told.start_ns), max(last_ns, told.start_ns))

    def _adopt(self, head: Head) -> None:
        self.buckets = [Bucket(*msgspec.structs.astuple(bucket)) for bucket in head.buckets]
        self.first_ns, self.last_ns = head.first_ns, head.last_ns
        self.set_backs, self.shard = head.set_backs, head.shard
        self.left, self.deleted = dict(head.left), head.deleted
        self.rollup = msgspec.msgpack.decode(_ENCODE(head.rollup), type=type(head.rollup))

    # Changing

    def put(self, span: SpanRecord) -> None:
        """Add a span, or a version of one that takes nothing away."""
        stored = self.stored.get(span.span_id)
        if stored is not None and stored[1] != span.start_ns:
            self.moved.append((*stored, span.span_id))
            del self.stored[span.span_id]
        ordinal = self.add(span)
        told = Told(span.start_ns, span.span_id, span.request_id, otel_span_id(span.own_detail))
        self.told[ordinal] = told
        self.fresh[span.span_id] = span
        self._spread(told)

    def leave(self, trace: bytes, version: int) -> None:
        """Note that a trace is here no more as of a version of it."""
        self.left[trace] = max(version, self.left.pop(trace, 0))
        horizon, latest = now_us() - LEFT_SECONDS * 1_000_000, set(list(self.left)[-LEFT_MIN:])
        self.left = {each: when for each, when in self.left.items() if when > horizon or each in latest}

    # Writing

    def head(self) -> Head:
        """Return what the session will be as a whole."""
        return Head(
            items=self.items,
            first_ns=self.first_ns,
            last_ns=self.last_ns,
            set_backs=self.set_backs,
            buckets=self.buckets,
            left=self.left,
            rollup=self.rollup,
            shard=self.shard,
            deleted=self.deleted,
        )

    def changes(self, compression: Compression, set_back: list[tuple[int, int, bytes]]) -> Pending:
        """Return the rows that are to be written, and let the buckets count them."""
        if self.pending and (not self.buckets or self.buckets[-1].full):
            self.buckets.append(Bucket(self.written))
        blocks: list[BlockRow] = []
        spans: list[SpanRow] = []
        for first, items in cut_items(self.written, self.pending, BLOCK_BYTES, BLOCK_ITEMS) if self.pending else ():
            blocks.append(self._block(first, items, compression))
            spans += self._spans(first, items)
        for row in spans:
            bucket = self.buckets[row.bucket]
            bucket.low_ns, bucket.high_ns = min(bucket.low_ns, row.start_ns), max(bucket.high_ns, row.start_ns)
        self.buckets[-1:] = [
            msgspec.structs.replace(
                bucket,
                rows=bucket.rows + len(spans),
                bytes=bucket.bytes + sum(len(block.heads) + len(block.body) for block in blocks),
            )
            for bucket in self.buckets[-1:]
        ]
        traces = {row.trace: self.traces[row.trace] for row in spans if row.trace}
        latest = {row.span_id: row for row in spans}
        return Pending(blocks, list(latest.values()), self.moved, set_back, traces, self.row.listed_ns)

    def _block(self, first: int, items: Sequence[Item], compression: Compression) -> BlockRow:
        heads, pieces = encode_block(items)
        told = [self.told[first + at] for at, item in enumerate(items) if isinstance(item, bytes)]
        return BlockRow(len(self.buckets) - 1, first, heads, _ENCODE(told), compression.compress(pieces, LEVEL))

    def _spans(self, first: int, items: Sequence[Item]) -> Iterator[SpanRow]:
        for ordinal, item in enumerate(items, first):
            if isinstance(item, bytes):
                told = self.told[ordinal]
                bucket = self.stored.get(told.span_id, (len(self.buckets) - 1, 0))[0]
                running = not self.fresh[told.span_id].end_ns
                yield SpanRow(bucket, told.start_ns, told.span_id, ordinal, running, told.trace, told.otel_id)

    def written_as(self, row: Row) -> None:
        """Take note that what was to be changed is written."""
        for told in self.told.values():
            self._note(told, len(self.buckets) - 1)
        self.row = row
        self.written, self.pending = self.items, []
        self.moved, self.told, self.fresh = [], {}, {}
        self._adopt(row.head)
