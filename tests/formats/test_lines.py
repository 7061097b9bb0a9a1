"""JSON Lines in ListSpans's shape, out and in."""

import copy
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings

from spanglass.formats.documents import read_documents
from spanglass.formats.interface import PIECE_SPANS_MAX, Refused, Spans, Telemetry
from spanglass.formats.lines import LinesWriter
from tests.captures import CAPTURES
from tests.formats.sessions import PUT, Json, drawn_spans, listed, of_capture, of_spans, read, taken, wholes, write

LINES = (LinesWriter, read_documents)
SPAN: Json = {
    "spanId": "00000000-0000-4000-8000-000000000001",
    "assistantId": PUT[0],
    "sessionId": PUT[1],
    "spanName": "inference",
    "spanType": "CLIENT",
    "startTimestamp": 1_700_000_000.123,
    "endTimestamp": 1_700_000_001,
    "status": "OK",
    "requestId": "00000000-0000-4000-8000-000000000002",
    "attributes": {},
}


@pytest.mark.parametrize("capture", CAPTURES)
def test_recorded_sessions_go_round(capture: str) -> None:
    """What is written is a line for each listed span, and written again from what it was read into, the same."""
    store = of_capture(capture)
    data, _ = write(store, LINES)
    assert data.count(b"\n") == len(listed(store))
    again = taken(read(data, LINES))
    assert write(again, LINES)[0] == data
    assert [json.loads(line) for line in data.splitlines()] == listed(again)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(drawn_spans())
def test_whatever_the_service_model_allows_goes_round(spans: list[Json]) -> None:
    """So does any span that AWS could list."""
    data, writer = write(of_spans(spans), LINES)
    assert write(taken(read(data, LINES)), LINES)[0] == data
    assert not +writer.losses


def test_pieces_are_of_one_session_and_small() -> None:
    """A piece is at most what one request takes, and tells the line of each of its spans."""
    other = SPAN | {"sessionId": "aaaa0000-0000-4000-8000-00000000ffff"}
    lines = [json.dumps(SPAN)] * (PIECE_SPANS_MAX + 1) + ["", json.dumps(other)]
    pieces = read("\n".join(lines).encode(), LINES)
    assert all(isinstance(piece, Spans) for piece in pieces)
    assert [len(piece.spans) for piece in pieces if isinstance(piece, Spans)] == [PIECE_SPANS_MAX, 1, 1]
    assert [piece.where[0] for piece in pieces if isinstance(piece, Spans)] == ["line 1", "line 101", "line 103"]


def test_whole_spans_are_read_too() -> None:
    """Lines as the JSON API has spans, running ones and telemetry included, come back with all that."""
    store = of_capture("openai--v2/chat_tools")
    data = b"".join(json.dumps(span).encode() + b"\n" for _, spans in wholes(store) for span in spans)
    pieces = read(data, LINES)
    assert {piece.logs for piece in pieces if isinstance(piece, Telemetry)} == {False, True}
    assert list(wholes(taken(pieces))) == list(wholes(store))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{x", "it is no JSON: JSON is malformed"),
        ("[" * 3000, "it is no JSON: maximum recursion depth exceeded while deserializing an object"),
        ("7", "it is no JSON object"),
        ("{}", "it has no assistantId that is a UUID"),
        (json.dumps(SPAN | {"sessionId": "s"}), "it has no sessionId that is a UUID"),
        (
            json.dumps(SPAN | {"detail": {"spanId": "zz"}}),
            "it is no span as /api has them: ValueError: non-hexadecimal number",
        ),
        (json.dumps(SPAN | {"detail": 7}), "it is no span as /api has them: TypeError:"),
    ],
)
def test_a_line_that_cannot_be_read_is_told(line: str, reason: str) -> None:
    """The others are read; where it stands and what is wrong with it is told."""
    first, *rest = read(f"{line}\n{json.dumps(SPAN)}\n".encode(), LINES)
    assert isinstance(first, Refused)
    assert first.where == "line 1"
    assert first.reason.startswith(reason)
    assert [type(piece) for piece in rest] == [Spans]


def test_pages_are_read_as_they_were_answered() -> None:
    """Of ListSpans, as curl saves them, and of the JSON API."""
    other = SPAN | {"spanId": "00000000-0000-4000-8000-000000000007"}
    (piece,) = read(json.dumps({"spans": [SPAN, other], "nextToken": "t"}).encode(), LINES)
    assert isinstance(piece, Spans)
    assert piece.where == ["line 1, span 1", "line 1, span 2"]
    store = of_capture("openai--v2/chat_tools")
    ((_, spans),) = wholes(store)
    assert list(wholes(taken(read(json.dumps({"spans": spans}).encode(), LINES)))) == list(wholes(store))


ODD: tuple[Json, ...] = (
    None,
    True,
    -1,
    7.5,
    2**64,
    -(2**70),
    "",
    "zz",
    "00",
    [],
    {},
    [[]],
    {"values": None},
    {"text": {}},
)


def garbled(whole: Json, seed: int) -> Json:
    """Return a span with something in it, anywhere, that does not belong there or is gone."""
    pick = random.Random(seed)  # noqa: S311 (made again from its seed)
    told = copy.deepcopy(whole)
    at: Json = told
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = pick.choice(keys)
        if isinstance(at[key], dict | list) and at[key] and pick.random() < 0.8:
            at = at[key]
        elif pick.random() < 0.2:
            del at[key]
            return told
        else:
            at[key] = pick.choice(ODD)
            return told


@pytest.mark.parametrize("capture", ["openai--v2/chat_tools", "strands/openai_tools_refusal", "pydantic-ai/chat_v2"])
def test_whatever_stands_in_a_line_is_read_or_told(capture: str) -> None:
    """No line ends the reading, however wrong it is; a session that follows is whole."""
    for _, spans in wholes(of_capture(capture)):
        for seed in range(300):
            line = json.dumps(garbled(spans[seed % len(spans)], seed))
            after = json.dumps(SPAN | {"sessionId": "aaaa0000-0000-4000-8000-00000000ffff"})
            *_, last = read(f"{line}\n{after}".encode(), LINES)
            assert isinstance(last, Spans)
            assert last.spans == [json.loads(after)]
