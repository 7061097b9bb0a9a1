"""Exports on disk, ready to send: generated once, then read by whichever process drives the load."""

import random
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from bench.workload import Conversation, interleave
from spanglass.model import place

ORDER_SEED: Final = 11


class Export(msgspec.Struct, frozen=True, array_like=True):
    """Where a whole HTTP request stands in the spool, and what is in it; offset and lengths in bytes."""

    offset: int
    length: int
    body_bytes: int
    spans: int


class Recorded(msgspec.Struct, frozen=True):
    """A conversation whose exports stand in the spool, in order; ``message_bytes`` counts each message's JSON once."""

    assistant_id: str
    session_id: str
    message_bytes: int
    exports: tuple[Export, ...]

    @property
    def path(self) -> str:
        """The path of ListSpans for this session."""
        return f"/assistants/{self.assistant_id}/sessions/{self.session_id}/spans"

    @property
    def spans(self) -> int:
        """How many spans the conversation has."""
        return sum(export.spans for export in self.exports)


class Spool(msgspec.Struct, frozen=True):
    """A file of requests and what it holds."""

    path: Path
    conversations: tuple[Recorded, ...]

    def order(self, live: int) -> list[Export]:
        """Return all exports as they come in with ``live`` conversations under way at a time."""
        turns = [iter(recorded.exports) for recorded in self.conversations]
        counts = [len(recorded.exports) for recorded in self.conversations]
        return [next(turns[number]) for number in interleave(counts, live, ORDER_SEED)]

    def pages(self, count: int) -> list[str]:
        """Return the request targets of ``count`` first pages, drawn from all sessions."""
        rng = random.Random(ORDER_SEED)  # noqa: S311 (a seeded choice is the point)
        return [f"{recorded.path}?maxResults=100" for recorded in rng.choices(self.conversations, k=count)]

    @property
    def spans(self) -> int:
        """How many spans the spool holds."""
        return sum(recorded.spans for recorded in self.conversations)

    @property
    def body_bytes(self) -> int:
        """Bytes of OTLP that the spool holds."""
        return sum(export.body_bytes for recorded in self.conversations for export in recorded.exports)


def gather(source: Spool, live: int, spans: int, path: Path) -> list[Export]:
    """Write the exports of a spool, as they come in, in requests of at least so many spans, and return those.

    Many conversations of one process, or a collector's, so go out together. Messages of protobuf are merged by writing
    them one after the other.
    """
    gathered: list[Export] = []
    with source.path.open("rb") as read, path.open("wb") as file:
        bodies, count = list[bytes](), 0
        exports = source.order(live)
        for export in exports:
            read.seek(export.offset + export.length - export.body_bytes)
            bodies.append(read.read(export.body_bytes))
            count += export.spans
            if count >= spans or export is exports[-1]:
                gathered.append(_write(file, b"".join(bodies), count))
                bodies, count = [], 0
    return gathered


def _write(file: BinaryIO, body: bytes, spans: int) -> Export:
    head = (
        "POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-protobuf\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    export = Export(file.tell(), len(head) + len(body), len(body), spans)
    file.write(head + body)
    return export


def record(path: Path, conversations: Iterable[tuple[Conversation, int]]) -> Spool:
    """Hold each conversation for its number of turns, writing its exports to ``path``."""
    recorded: list[Recorded] = []
    with path.open("wb") as file:
        for conversation, turns in conversations:
            exports: list[Export] = []
            for _ in range(turns):
                request = conversation.turn()
                exports.append(_write(file, request.body, request.spans))
            assistant_id = str(uuid.uuid5(place.NAMESPACE_ASSISTANT, conversation.service))
            recorded.append(
                Recorded(assistant_id, conversation.session_id, conversation.message_bytes, tuple(exports)),
            )
    return Spool(path, tuple(recorded))
