"""What the tests of a store write and read: spans and parts by number, and strategies to draw them."""

import random
import uuid
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from spanglass.model.place import Claim, Claims, TracePart
from spanglass.model.record import Fragment, Kind, Members, SpanRecord, fragment
from spanglass.store.interface import Cursor, Store
from spanglass.store.where import EVERYWHERE, Where

SECOND_NS: Final = 1_000_000_000
EPOCH_NS: Final = 1_760_000_000 * SECOND_NS
WORDS: Final = ("Paris", "weather", "café", "17*23", "naïve", "Größe", "refund", "snake_case")


def trace_id(number: int) -> bytes:
    """Return an id for a trace of these tests."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"trace {number}").bytes


def span_id(number: int) -> bytes:
    """Return an id for a span of these tests."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"span {number}").bytes


def message(text: str, kind: Kind = Kind.CUSTOMER) -> Fragment:
    """Return a message that says one text."""
    return fragment(kind, msgspec.json.encode([{"text": {"value": text}}]))


def span(number: int, trace: int = 0, **members: Any) -> SpanRecord:
    """Return a span that starts ``number`` seconds into these tests and takes half a second."""
    start_ns = EPOCH_NS + number * SECOND_NS
    given: dict[str, Any] = {
        "span_id": span_id(number),
        "parent_span_id": b"",
        "request_id": trace_id(trace),
        "start_ns": start_ns,
        "end_ns": start_ns + SECOND_NS // 2,
        "recurring": fragment(
            Kind.MEMBERS,
            Members(b'"spanName":"chat"', b'"operationName":"inference","requestModel":"m1","aiAgentName":"a"').pack(),
        ),
        "own": Members(b'"status":"OK"', b'"usageInputTokens":7,"usageOutputTokens":2,"usageTotalTokens":9'),
    }
    return SpanRecord(**given | members)


def part(*spans: SpanRecord, session: str | None = "s", assistant: str = "bot", trace: int | None = 0) -> TracePart:
    """Return a part whose claims come from its first span."""
    first = spans[0]
    child = bool(first.parent_span_id)
    claims = Claims(
        Claim(1, child, first.start_ns, first.span_id, assistant),
        None if session is None else Claim(1, child, first.start_ns, first.span_id, session),
    )
    return TracePart(b"" if trace is None else trace_id(trace), claims, spans)


def ids(assistant: str = "bot", session: str | int = "s") -> tuple[bytes, bytes]:
    """Return where ``part`` puts its spans; a number is the trace of that number on its own."""
    claim = None if isinstance(session, int) else Claim(1, False, 0, b"", session)
    trace = trace_id(session) if isinstance(session, int) else b""
    place = Claims(Claim(1, False, 0, b"", assistant), claim).place(trace)
    return place.assistant_id, place.session_id


def everything(store: Store, where: Where = EVERYWHERE) -> Any:
    """Return all that can be read of a store, or of some sessions, in plain data."""
    sessions, page = [], store.sessions(where, limit=3)
    sessions += page.sessions
    while page.next is not None:
        page = store.sessions(where, limit=3, after=page.next)
        sessions += page.sessions
    views = [viewed(store, session.assistant_id, session.session_id) for session in sessions]
    spans = [msgspec.to_builtins(list(read(store, session.assistant_id, session.session_id))) for session in sessions]
    return list(zip(map(msgspec.to_builtins, sessions), spans, views, strict=True))


def viewed(store: Store, assistant_id: bytes, session_id: bytes) -> Any:
    """Return a session's outline and conversation, and where words are in it, in plain data."""
    outline = store.outline(assistant_id, session_id)
    said = store.said(assistant_id, session_id)
    hits = [store.hits(assistant_id, session_id, word) for word in (*WORDS, "assistant")]
    return msgspec.to_builtins([outline, said, hits])


def read(store: Store, assistant_id: bytes, session_id: bytes, *, limit: int = 7) -> Iterator[SpanRecord]:
    """Read a session page by page, running spans too."""
    after: Cursor | None = None
    while True:
        page = store.spans(assistant_id, session_id, limit=limit, after=after, running=True)
        assert page is not None
        yield from page.spans
        after = page.next
        if after is None:
            return


@st.composite
def versions(draw: st.DrawFn) -> SpanRecord:
    """Draw a version of one of a few spans; a later version ends later, and one version is always the same."""
    number, version = draw(st.integers(0, 9)), draw(st.integers(0, 2))
    rng = random.Random(number * 3 + version)
    said = [message(" ".join(rng.choices(WORDS, k=2)), rng.choice((Kind.CUSTOMER, Kind.BOT))) for _ in range(4)]
    start_ns = number and EPOCH_NS + (number % 4) * SECOND_NS + rng.choice((0, 0, 5_000_000))
    return span(
        number,
        trace=number % 3,
        parent_span_id=rng.choice((b"", span_id(number - 1))),
        start_ns=start_ns,
        end_ns=start_ns + version * SECOND_NS if version else 0,
        inputs=tuple(dict.fromkeys(said[: rng.randint(0, 4)])),
        outputs=tuple(dict.fromkeys(said[3:])) if version else (),
        system=(message("You are a travel assistant", Kind.SYSTEM),)[: rng.randint(0, 1)],
        details=(fragment(Kind.DETAIL, b'{"resource":{}}'),),
        own_detail=b'{"n":%d}' % version,
        own=Members(rng.choice((b'"status":"OK"', b'"status":"ERROR"')), b'"usageInputTokens":%d' % number),
    )


@st.composite
def parts(draw: st.DrawFn) -> TracePart:
    """Draw a part of one span, whose claims depend on the span alone."""
    drawn = draw(versions())
    number = next(n for n in range(10) if span_id(n) == drawn.span_id)
    claimed = {1: "s", 4: "s", 5: "t", 8: "9e107d9d-372b-4b6c-8f4b-7f3a5c1d2e3f"}.get(number)
    child = bool(drawn.parent_span_id)
    claims = Claims(
        Claim(1, child, number, drawn.span_id, "bot" if number < 8 else "other"),
        Claim(number % 2, child, number, drawn.span_id, claimed) if claimed else None,
    )
    return TracePart(drawn.request_id, claims, (drawn,))
