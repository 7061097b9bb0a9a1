"""Pages and tokens, whatever is asked for and whatever comes meanwhile."""

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import botocore.session
import msgspec
import pytest
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from spanglass.config import Limits
from spanglass.model.constraints import violations
from spanglass.model.record import Fragment, Kind, Members, SpanRecord, fragment
from spanglass.reading import Listing, Reader, SessionNotFoundError, TokenError
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import EPOCH_NS, ids, message, part, span, span_id

Json: TypeAlias = Any
"""Plain data that JSON holds."""

RESPONSE = botocore.session.Session().get_service_model("qconnect").operation_model("ListSpans").output_shape
PARSER = create_parser("rest-json")
ASSISTANT, SESSION = ids()
MILLISECOND_NS = 1_000_000


def _reader(*spans: SpanRecord, **limits: int) -> Reader:
    store = MemoryStore()
    if spans:
        store.write([part(*spans, trace=None)])
    return Reader(store, Limits(**limits))


def _pages(reader: Reader, max_results: int | None = None) -> Iterator[Listing]:
    token = None
    while True:
        listing = reader.list_spans(ASSISTANT, SESSION, max_results=max_results, next_token=token)
        yield listing
        token = json.loads(listing.body).get("nextToken")
        if token is None:
            return


def _parsed(listing: Listing) -> list[Json]:
    """Read a page as boto3 does."""
    answer = PARSER.parse({"status_code": 200, "headers": {}, "body": listing.body}, RESPONSE)
    spans: list[Json] = answer["spans"]
    return spans


# Any spans at all: records, and what boto3 must make of them, written down independently.

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
UUIDS = st.uuids(version=4).map(str)
DOCUMENTS = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner | st.none(), max_size=3) | st.dictionaries(TEXT, inner | st.none(), max_size=3),
    max_leaves=6,
)
VALUES = st.recursive(
    st.fixed_dictionaries({"text": st.fixed_dictionaries({"value": TEXT})})
    | st.fixed_dictionaries({"reasoning": st.fixed_dictionaries({"value": TEXT})})
    | st.fixed_dictionaries(
        {"toolUse": st.fixed_dictionaries({"toolUseId": UUIDS, "name": st.just("f"), "arguments": DOCUMENTS})}
    ),
    lambda inner: st.fixed_dictionaries(
        {
            "toolResult": st.fixed_dictionaries(
                {"toolUseId": UUIDS, "values": st.lists(inner, min_size=1, max_size=2)}, optional={"error": TEXT}
            )
        }
    ),
    max_leaves=4,
)
SAID = st.lists(VALUES, min_size=1, max_size=2)
SPAN_MEMBERS = st.fixed_dictionaries(
    {"spanName": st.just("chat"), "spanType": st.just("CLIENT"), "status": st.sampled_from(["OK", "ERROR"])},
    optional={"statusDescription": TEXT, "originRequestId": TEXT},
)
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "operationName": TEXT,
        "usageInputTokens": st.integers(0, 2**31 - 1),
        "temperature": st.floats(0, 1),
        "responseFinishReasons": st.lists(TEXT, max_size=2),
        "timeToFirstTokenMs": st.integers(0, 9),
    },
)


def _json(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _time(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


class _Message(msgspec.Struct, frozen=True):
    """A message as it is stored, and its members but for those that depend on the session."""

    fragment: Fragment
    members: Json


@st.composite
def _messages(draw: st.DrawFn) -> _Message:
    said = draw(SAID)
    kind = draw(st.sampled_from([Kind.CUSTOMER, Kind.AGENT, Kind.BOT, Kind.MESSAGE]))
    if kind is not Kind.MESSAGE:
        return _Message(fragment(kind, _json(said)), {"participant": kind.name, "values": said})
    ms = draw(st.integers(0, 2**41))
    members = {"messageId": draw(UUIDS), "participant": "AGENT", "values": said}
    return _Message(fragment(kind, _json(members | {"timestamp": ms / 1000})), members | {"timestamp": _time(ms)})


class _Case(msgspec.Struct, frozen=True):
    """A span as it is stored, its messages, and its other members as boto3 must read them."""

    record: SpanRecord
    inputs: list[_Message]
    outputs: list[_Message]
    members: Json
    attributes: Json


def _split(draw: st.DrawFn, members: Json) -> tuple[bytes, bytes]:
    """Cut members in two: JSON texts without braces, of which either may be empty."""
    mine = draw(st.sets(st.sampled_from(sorted(members)))) if members else set()
    halves = [{k: v for k, v in members.items() if (k in mine) == half} for half in (False, True)]
    return _json(halves[0])[1:-1], _json(halves[1])[1:-1]


@st.composite
def _cases(draw: st.DrawFn, number: int, conversation: list[_Message]) -> _Case:
    members, attributes = draw(SPAN_MEMBERS), draw(ATTRIBUTES)
    recurring, own = zip(_split(draw, members), _split(draw, attributes), strict=True)
    said = draw(st.integers(0, len(conversation)))
    inputs, outputs = conversation[:said], conversation[said : said + draw(st.integers(0, 2))]
    shown = draw(st.integers(0, len(inputs))), draw(st.integers(0, len(outputs)))
    system = draw(st.lists(SAID, max_size=2))
    parent = draw(st.sampled_from([b"", span_id(99)]))
    start_ns = draw(st.integers(0, 3) | st.integers(0, 2**62))
    record = SpanRecord(
        span_id=span_id(number),
        parent_span_id=parent,
        request_id=draw(st.binary(min_size=16, max_size=16)),
        start_ns=start_ns,
        end_ns=start_ns + draw(st.integers(1, 10**12)),
        recurring=fragment(Kind.MEMBERS, Members(*recurring).pack()),
        own=Members(*own),
        inputs=tuple(each.fragment for each in inputs),
        outputs=tuple(each.fragment for each in outputs),
        system=tuple(fragment(Kind.SYSTEM, _json(each)) for each in system),
        inputs_shown_from=shown[0],
        outputs_shown_from=shown[1],
    )
    members |= {"parentSpanId": str(uuid.UUID(bytes=parent))} if parent else {}
    attributes |= {"systemInstructions": system[0]} if system else {}
    return _Case(record, inputs, outputs, members, attributes)


@st.composite
def _sessions(draw: st.DrawFn) -> list[_Case]:
    conversation = draw(st.lists(_messages(), max_size=6))
    return [draw(_cases(number, conversation)) for number in range(draw(st.integers(1, 5)))]


def _expected(cases: Iterable[_Case]) -> list[Json]:
    """Tell what boto3 must read of a session's spans."""
    ordered = sorted(cases, key=lambda case: (case.record.start_ns, case.record.span_id))
    first: dict[bytes, int] = {}
    for case in ordered:
        for messages, ns in ((case.inputs, case.record.start_ns), (case.outputs, case.record.end_ns)):
            for each in messages:
                first[each.fragment.key] = min(ns, first.get(each.fragment.key, ns))

    def told(messages: list[_Message], shown_from: int) -> list[Json]:
        return [
            {
                "messageId": str(uuid.uuid5(uuid.UUID(bytes=SESSION), each.fragment.key.hex())),
                "timestamp": _time(first[each.fragment.key] // MILLISECOND_NS),
            }
            | each.members
            for each in messages[shown_from:]
        ]

    def expected(case: _Case) -> Json:
        record = case.record
        inputs = told(case.inputs, record.inputs_shown_from)
        outputs = told(case.outputs, record.outputs_shown_from)
        lists = {name: list_ for name, list_ in (("inputMessages", inputs), ("outputMessages", outputs)) if list_}
        return case.members | {
            "spanId": str(uuid.UUID(bytes=record.span_id)),
            "assistantId": str(uuid.UUID(bytes=ASSISTANT)),
            "sessionId": str(uuid.UUID(bytes=SESSION)),
            "requestId": str(uuid.UUID(bytes=record.request_id)),
            "startTimestamp": _time(record.start_ns // MILLISECOND_NS),
            "endTimestamp": _time(record.end_ns // MILLISECOND_NS),
            "attributes": case.attributes | lists,
        }

    return [expected(case) for case in ordered]


@given(_sessions(), st.integers(1, 6))
def test_boto3_reads_what_was_stored(cases: list[_Case], max_results: int) -> None:
    """Whatever the spans and the size of pages, boto3 reads all of them, in order, member for member; all is legal."""
    pages = list(_pages(_reader(*(case.record for case in cases)), max_results))
    assert [each for page in pages for each in _parsed(page)] == _expected(cases)
    assert all(len(_parsed(page)) == max_results for page in pages[:-1])
    assert [violations("ListSpansResponse", msgspec.json.decode(page.body)) for page in pages] == [[]] * len(pages)


@given(_sessions(), st.integers(1, 6000))
@settings(max_examples=50)
def test_a_page_holds_its_bytes(cases: list[_Case], page_bytes_max: int) -> None:
    """A page is no longer than allowed unless it is one span, never empty, and no span is lost or doubled for it."""
    pages = list(_pages(_reader(*(case.record for case in cases), page_bytes_max=page_bytes_max)))
    counts = [len(_parsed(page)) for page in pages]
    assert all(counts)
    assert all(len(page.body) <= page_bytes_max or count == 1 for page, count in zip(pages, counts, strict=True))
    assert [each for page in pages for each in _parsed(page)] == _expected(cases)


# Pages


def test_a_default_page_is_the_configured_one() -> None:
    """Without a number of results a page has the configured default."""
    reader = _reader(*(span(number) for number in range(5)), page_spans_default=3)
    assert [len(_parsed(page)) for page in _pages(reader)] == [3, 2]


def test_withheld_counts_what_is_not_shown() -> None:
    """Messages before the first shown one, on both sides, and the instructions that did not fit are counted."""
    said = tuple(message(f"{number}") for number in range(5))
    system = message("shown", Kind.SYSTEM), message("too long", Kind.SYSTEM)
    one = span(1, inputs=said, outputs=said[:3], system=system, inputs_shown_from=3, outputs_shown_from=1)
    two = span(2, inputs=said, system=system[:1], inputs_shown_from=5)
    listing = _reader(one, two).list_spans(ASSISTANT, SESSION)
    assert listing.withheld == 3 + 1 + 1 + 5
    first, second = (each["attributes"] for each in _parsed(listing))
    assert (len(first["inputMessages"]), len(first["outputMessages"])) == (2, 2)
    assert "inputMessages" not in second


def test_an_unknown_session_is_told_by_its_names() -> None:
    """A session that is not there raises, with both ids as UUIDs."""
    with pytest.raises(SessionNotFoundError) as raised:
        _reader().list_spans(ASSISTANT, SESSION)
    assert (raised.value.assistant, raised.value.session) == tuple(str(uuid.UUID(bytes=each)) for each in ids())
    with pytest.raises(SessionNotFoundError):
        _reader().session(ASSISTANT, SESSION)


def test_a_session_is_the_one_that_is_listed() -> None:
    """One session's roll-ups are those of the list."""
    reader = _reader(span(1), span(2))
    assert [reader.session(ASSISTANT, SESSION)] == reader.sessions().sessions


# Tokens


def _token(reader: Reader) -> str:
    token = json.loads(reader.list_spans(ASSISTANT, SESSION, max_results=1).body)["nextToken"]
    assert isinstance(token, str)
    return token


READER = _reader(span(1), span(2))
TOKEN = _token(READER)


@given(st.integers(0, len(TOKEN) - 1), st.characters(exclude_categories=["Cs"]))
@settings(max_examples=300)
def test_a_changed_token_is_refused(index: int, character: str) -> None:
    """No character of a token can be another one."""
    changed = TOKEN[:index] + character + TOKEN[index + 1 :]
    if changed == TOKEN:
        assert READER.list_spans(ASSISTANT, SESSION, next_token=changed)
    else:
        with pytest.raises(TokenError):
            READER.list_spans(ASSISTANT, SESSION, next_token=changed)


@given(
    st.text()
    | st.binary().map(lambda raw: raw.decode("latin-1"))
    | st.text("ABab01-_=", max_size=100)
    | st.integers(0, len(TOKEN) - 1).map(lambda length: TOKEN[:length])
    | st.text(min_size=1).map(lambda more: TOKEN + more)
)
def test_any_other_text_is_no_token(text: str) -> None:
    """What was not given out is refused, and nothing but refused."""
    with pytest.raises(TokenError):
        READER.list_spans(ASSISTANT, SESSION, next_token=text)


@pytest.mark.parametrize(("assistant", "session"), [("bot", "other"), ("other", "s")])
def test_a_token_serves_one_session(assistant: str, session: str) -> None:
    """A token of one session is refused by another, also one of the same name under another assistant."""
    with pytest.raises(TokenError):
        READER.list_spans(*ids(assistant, session), next_token=TOKEN)


def test_a_token_outlives_the_process() -> None:
    """A token holds all that is needed: another reader of the same spans goes on where the first ended."""
    listing = _reader(span(1), span(2), span(3)).list_spans(ASSISTANT, SESSION, next_token=TOKEN)
    assert [each["spanId"] for each in _parsed(listing)] == [str(uuid.UUID(bytes=span_id(n))) for n in (2, 3)]


# Sessions


@pytest.fixture
def many() -> Reader:
    store = MemoryStore()
    for number in range(7):
        said = (message(f"word{number % 2} everywhere"),)
        assistant = f"bot{number % 3}"
        store.write(
            [part(span(number, trace=number, inputs=said), assistant=assistant, session=f"s{number}", trace=number)]
        )
    return Reader(store, Limits())


def _names(reader: Reader, **query: Any) -> list[list[str]]:  # noqa: ANN401 (whatever ``sessions`` takes)
    pages, cursor = [], None
    while True:
        listing = reader.sessions(cursor=cursor, **query)
        pages.append([session.name for session in listing.sessions])
        cursor = listing.cursor
        if cursor is None:
            return pages


def test_sessions_come_newest_first_in_pages(many: Reader) -> None:
    """Pages of sessions repeat and miss none, the latest first; one page holds them all if it may."""
    assert _names(many, limit=3) == [["s6", "s5", "s4"], ["s3", "s2", "s1"], ["s0"]]
    assert _names(many, text="") == [["s6", "s5", "s4", "s3", "s2", "s1", "s0"]]


def test_sessions_can_be_of_one_assistant_or_hold_words(many: Reader) -> None:
    """The list can be held to an assistant, to words, and to both, through all its pages."""
    assert _names(many, limit=2, assistant_id=ids("bot0")[0]) == [["s6", "s3"], ["s0"]]
    assert _names(many, limit=2, text="everywhere word1") == [["s5", "s3"], ["s1"]]
    assert _names(many, limit=2, text="word1", assistant_id=ids("bot0")[0]) == [["s3"]]


@pytest.mark.parametrize("query", [{"text": "word1"}, {"assistant_id": ids("bot0")[0]}])
def test_a_cursor_serves_one_list(many: Reader, query: Any) -> None:  # noqa: ANN401
    """A cursor of one list of sessions is refused by another, as is one of spans."""
    cursor = many.sessions(limit=2).cursor
    assert cursor is not None
    assert cursor.replace("-", "").replace("_", "").isalnum()
    for wrong in (cursor, TOKEN, "garbage"):
        with pytest.raises(TokenError):
            many.sessions(cursor=wrong, limit=2, **query)


def test_times_of_a_whole_page_are_epoch_seconds() -> None:
    """Times stand in the page as JSON numbers of seconds, cut to milliseconds."""
    body = _reader(span(1, start_ns=EPOCH_NS + 1_999_999, end_ns=EPOCH_NS + 250_000_000)).list_spans(ASSISTANT, SESSION)
    assert b'"startTimestamp":1760000000.001,"endTimestamp":1760000000.25,' in body.body


def test_a_page_read_lately_is_the_page_of_now() -> None:
    """It is there once it was read, the same for the same question, and never after the session has changed."""
    store = MemoryStore()
    reader = Reader(store, Limits())
    store.write([part(span(1), span(2))])
    assert reader.recent_spans(ASSISTANT, SESSION) is None
    listing = reader.list_spans(ASSISTANT, SESSION)
    assert reader.recent_spans(ASSISTANT, SESSION) == listing
    assert reader.recent_spans(ASSISTANT, SESSION, max_results=1) is None
    first = reader.list_spans(ASSISTANT, SESSION, max_results=1)
    token = json.loads(first.body)["nextToken"]
    rest = reader.list_spans(ASSISTANT, SESSION, max_results=1, next_token=token)
    assert reader.recent_spans(ASSISTANT, SESSION, max_results=1) == first
    assert reader.recent_spans(ASSISTANT, SESSION, max_results=1, next_token=token) == rest
    store.write([part(span(3))])
    assert reader.recent_spans(ASSISTANT, SESSION) is None
    assert len(_parsed(reader.list_spans(ASSISTANT, SESSION))) == 3
    store.delete_session(ASSISTANT, SESSION)
    assert reader.recent_spans(ASSISTANT, SESSION) is None


# Without the bounds


def test_a_full_reader_shows_all_within_its_bytes() -> None:
    """Without the service model's bounds every message is shown, in pages that still end by their bytes."""
    store = MemoryStore()
    said = tuple(message(f"{n} " + "x" * 1000) for n in range(80))
    store.write([part(*(span(n, inputs=said, inputs_shown_from=30) for n in range(6)))])
    reader, token, pages = Reader(store, Limits(page_bytes_max=200_000), full=True), None, []
    while True:
        listing = reader.list_spans(*ids(), next_token=token)
        assert listing.withheld == 0
        assert len(listing.body) <= 200_000
        pages.append(json.loads(listing.body))
        if (token := pages[-1].get("nextToken")) is None:
            break
    spans = [each for page in pages for each in page["spans"]]
    assert [len(page["spans"]) for page in pages] == [2, 2, 2]
    assert {len(each["attributes"]["inputMessages"]) for each in spans} == {80}
    assert len({each["spanId"] for each in spans}) == 6
    assert Reader(store, Limits()).list_spans(*ids()).withheld == 6 * 30


def test_a_limited_view_of_a_full_reader_is_full() -> None:
    """What a caller may see of a full reader is as full."""
    store = MemoryStore()
    store.write([part(span(1, inputs=tuple(message(str(n)) for n in range(60)), inputs_shown_from=10))])
    seen = Reader(store, Limits(), full=True).over(lambda inner: inner)
    assert len(json.loads(seen.list_spans(*ids()).body)["spans"][0]["attributes"]["inputMessages"]) == 60
