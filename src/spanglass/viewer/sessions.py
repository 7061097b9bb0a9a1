"""Sessions as the JSON API tells them."""

import uuid

from msgspec import UNSET

from spanglass.store.interface import SessionRecord
from spanglass.viewer.answers import Excerpt, Session


def session_answer(record: SessionRecord, excerpts: list[Excerpt] | None = None) -> Session:
    """Return a session as the API tells it."""
    return Session(
        assistant_id=uuid_text(record.assistant_id),
        session_id=uuid_text(record.session_id),
        name=record.name,
        assistant_name=record.assistant_name,
        start_timestamp=seconds(record.first_ns),
        end_timestamp=seconds(record.last_ns),
        duration_ms=milliseconds(record.last_ns - record.first_ns),
        spans=record.spans,
        running=record.running,
        roots=record.roots,
        turns=record.turns,
        errors=record.errors,
        timeouts=record.timeouts,
        inferences=record.inferences,
        input_tokens=record.input_tokens,
        output_tokens=record.output_tokens,
        cache_read_tokens=record.cache_read_tokens,
        cache_write_tokens=record.cache_write_tokens,
        total_tokens=record.total_tokens,
        models=record.models,
        agents=record.agents,
        tools=record.tools,
        error_types=record.error_types,
        strip=[(cell.role, cell.status, cell.share) for cell in record.strip.cells()],
        excerpts=UNSET if excerpts is None else excerpts,
    )


def uuid_text(raw: bytes) -> str:
    """Write an id of 16 bytes."""
    return str(uuid.UUID(bytes=raw))


def seconds(ns: int) -> float:
    """Return a time in seconds since the epoch, cut to milliseconds, as ListSpans does."""
    return ns // 1_000_000 / 1000


def milliseconds(ns: int) -> float:
    """Return a duration in milliseconds, to the microsecond."""
    return ns // 1000 / 1000
