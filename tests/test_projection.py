"""From whatever came in to what is listed: what the service model allows, and nothing lost that it could show."""

import json
from collections.abc import Iterable
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanglass.config import Limits
from spanglass.mapping import Mapper
from spanglass.mapping.received import part
from spanglass.model.constraints import violations
from spanglass.reading import Listing, Reader
from spanglass.store.memory import MemoryStore
from spanglass.telemetry import Span
from tests import service_model
from tests.model_values import TEXT, values
from tests.telemetry import Wild, chat

Json: TypeAlias = Any

LIMITS = Limits()
MESSAGES_MAX = 50
LISTS = ("inputMessages", "outputMessages")


def mapped(spans: Iterable[Span]) -> MemoryStore:
    """Return a store with what came in as telemetry."""
    store = MemoryStore()
    store.write(Mapper(memo_bytes_max=1 << 20, document_depth_max=64).parts(spans))
    return store


def pages(reader: Reader, ids: tuple[bytes, bytes]) -> list[Listing]:
    """Return a session's pages of ListSpans."""
    found, token = [], None
    while True:
        found.append(reader.list_spans(*ids, next_token=token, max_results=3))
        token = json.loads(found[-1].body).get("nextToken")
        if token is None:
            return found


def whole(reader: Reader, ids: tuple[bytes, bytes]) -> dict[str, Json]:
    """Return a session's spans that have ended, with nothing left out, by id."""
    spans = json.loads(reader.whole_spans(*ids).body)["spans"]
    return {span["spanId"]: span for span in spans if "endTimestamp" in span}


def assert_projected(store: MemoryStore) -> None:
    """Hold each session's listing against the service model, and against all that is kept of its spans."""
    reader = Reader(store, LIMITS)
    for session in store.sessions(limit=1000).sessions:
        ids = session.assistant_id, session.session_id
        known, withheld = whole(reader, ids), 0
        for listing in pages(reader, ids):
            body = json.loads(listing.body)
            assert violations("ListSpansResponse", body, strict=True) == []
            assert service_model.faults("ListSpans", 200, None, body) == []
            hidden = sum(_hidden(span, known.pop(span["spanId"])) for span in body["spans"])
            assert listing.withheld == hidden
            withheld += hidden
        assert known == {}


def _hidden(shown: Json, kept: Json) -> int:
    """Return how much a listed span leaves out, after finding everything else of it as it is kept."""
    members = kept["detail"].get("withheld", {})
    rest = "systemInstructionsRest" in kept
    hidden = len(members) + rest
    assert not members.keys() & shown["attributes"].keys()
    for name in LISTS:
        listed, said = shown["attributes"].pop(name, []), kept["attributes"].pop(name, [])
        start = len(said) - len(listed)
        assert listed == said[start:]
        assert kept.pop(f"{name}ShownFrom", 0) == start
        # The newest that fit, or fewer, beginning behind a result whose use is further back.
        assert start == max(0, len(said) - MESSAGES_MAX) or _is_result(said[start - 1])
        hidden += start
    assert shown == {name: value for name, value in kept.items() if name in shown}
    assert kept.keys() - shown.keys() <= {"detail", "systemInstructionsRest", "startTimeUnixNano", "endTimeUnixNano"}
    for name in ("start", "end"):
        assert int(kept[f"{name}TimeUnixNano"]) // 1_000_000 / 1000 == shown[f"{name}Timestamp"]
    return hidden


def _is_result(message: Json) -> bool:
    return any("toolResult" in value for value in message["values"])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_wild_telemetry_is_listed_legally(seed: int) -> None:
    """No telemetry makes a page that the service model forbids; what a page leaves out is counted and whole in /api."""
    wild = Wild(seed)
    assert_projected(mapped([span for _ in range(4) for span in wild.spans()]))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(values("Span"), min_size=1, max_size=3))
def test_spans_that_were_put_are_listed_legally(spans: list[Json]) -> None:
    """Spans that came in as they are leave nothing out."""
    store = MemoryStore()
    for span in spans:
        store.write([part([span], (span["assistantId"], span["sessionId"]))])
    assert_projected(store)
    for session in store.sessions().sessions:
        for listing in pages(Reader(store, LIMITS), (session.assistant_id, session.session_id)):
            assert listing.withheld == 0


def test_what_is_drawn_has_to_be_withheld() -> None:
    """The telemetry that the tests above draw goes beyond the bounds: by messages, instructions and values."""
    messages, rests, members = 0, 0, 0
    for seed in range(400):
        if min(messages, rests, members) > 0:
            break
        store = mapped([span for _ in range(4) for span in Wild(seed).spans()])
        for session in store.sessions(limit=1000).sessions:
            for span in whole(Reader(store, LIMITS), (session.assistant_id, session.session_id)).values():
                messages += sum(len(span["attributes"].get(name, ())) > MESSAGES_MAX for name in LISTS)
                rests += "systemInstructionsRest" in span
                members += bool(span["detail"].get("withheld"))
    assert min(messages, rests, members) > 0, (messages, rests, members)


LENGTHS = st.sampled_from([1, 5, 3000, 4096, 4097, 9000, 50_000])
TEXTS = st.builds(lambda text, length: (text * (length // len(text) + 1))[:length], st.text(TEXT, min_size=1), LENGTHS)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(st.lists(TEXTS, min_size=1, max_size=14), min_size=1, max_size=4), st.integers(1, 20))
def test_no_text_is_cut(said: list[list[str]], times: int) -> None:
    """Texts of any length, in any number, in messages of any number of parts, come out to the last character."""
    parts = [[{"type": "text", "content": text} for text in texts] for texts in said] * times
    inputs = [{"role": "user", "parts": each} for each in parts]
    store = mapped([chat(1, inputs, [{"role": "assistant", "parts": parts[0]}])])
    assert_projected(store)
    [session] = store.sessions().sessions
    [span] = whole(Reader(store, LIMITS), (session.assistant_id, session.session_id)).values()
    spoken = "".join(text for texts in said for text in texts) * times
    assert _text(span["attributes"]["inputMessages"]) == spoken
    assert _text(span["attributes"]["outputMessages"]) == "".join(said[0])
    full = Reader(store, LIMITS, full=True).list_spans(session.assistant_id, session.session_id)
    [shown] = json.loads(full.body)["spans"]
    assert _text(shown["attributes"]["inputMessages"]) == spoken


def _text(messages: Json) -> str:
    return "".join(value["text"]["value"] for message in messages for value in message["values"])
