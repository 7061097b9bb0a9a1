"""Pieces are sent until they are taken, or refused with a place and a reason."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest

from spanglass.config import Target
from spanglass.connection import Answer, Connection, Streamed, UnreachableError, connect
from spanglass.formats.interface import Refused, Spans, Telemetry
from spanglass.moving.taking import BACKOFF_SECONDS_MAX, NO_LOGS, TRIES_MAX, Taken, Taker, TakingError
from spanglass.otlp.codec import encode_protobuf_response, encode_protobuf_status
from spanglass.otlp.encoder import encode_protobuf
from spanglass.otlp.errors import Code, Refusal
from spanglass.traces import Traces
from tests.formats.sessions import PUT
from tests.formats.test_lines import SPAN
from tests.telemetry import chat, said

Json: TypeAlias = Any
Scripted: TypeAlias = list[Answer | Exception]
TAKEN = Answer(200, {}, b'{"accepted":1}')


class Script:
    """A connection whose answers are told beforehand, for what no server does when it is asked to."""

    place = "http://spanglass"

    def __init__(self, answers: Scripted) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, bytes, Mapping[str, str]]] = []

    def ask(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        self.asked.append((method, target, body, headers or {}))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stream(self, *_asked: object) -> Any:  # noqa: ANN401 (never called)
        raise NotImplementedError(Streamed)

    def close(self) -> None:
        """Do nothing."""


def scripted(*answers: Answer | Exception) -> tuple[Taker, Script, list[float]]:
    """Return what sends to a script, and the waits that it takes."""
    script, waits = Script(list(answers)), list[float]()
    return Taker(script, {"x-extra": "1"}, sleep=waits.append), script, waits


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Connection]:
    """A store of its own that takes spans."""
    with closing(connect(Target(store=str(tmp_path / "traces.db")), recording=True)) as connection:
        yield connection


def spans(*more: Json) -> Spans:
    """Return a piece of spans, each as told."""
    some = [SPAN | {"spanId": f"00000000-0000-4000-8000-{n:012}"} | one for n, one in enumerate(more, start=1)]
    return Spans(*PUT, some, [f"line {n}" for n in range(1, len(some) + 1)])


def test_spans_are_taken_and_read(store: Connection) -> None:
    """What is taken is readable at once."""
    taken = Taker(store).take(spans({}, {}))
    assert (taken.count, taken.refused) == (2, ())
    assert len(list(Traces(store).spans("/".join(PUT)))) == 2


def test_what_is_refused_is_left_out_and_told(store: Connection) -> None:
    """Of spans with faults each is told with its place and all that is wrong with it; the others are taken."""
    wrong = {"status": "FINE", "spanName": ""}
    taken = Taker(store).take(spans({}, wrong, {}, {"assistantId": PUT[1]}))
    assert taken.count == 2
    assert [refused.where for refused in taken.refused] == ["line 2", "line 4"]
    assert sorted(taken.refused[0].reason.split("; ")) == [
        "spanName: Member must have length greater than or equal to 1",
        "spanName: Member must satisfy regular expression pattern: [a-zA-Z0-9\\s_.,-]+.*",
        "status: Member must satisfy enum value set: [OK, ERROR, TIMEOUT]",
    ]
    assert taken.refused[1].reason == f"assistantId: Member must be that of the path, {PUT[0]}"
    assert len(list(Traces(store).spans("/".join(PUT)))) == 2


def test_nothing_is_sent_where_all_is_refused(store: Connection) -> None:
    """A piece of which nothing is left makes no session."""
    taken = Taker(store).take(spans({"status": "FINE"}))
    assert (taken.count, len(taken.refused)) == (0, 1)
    assert list(Traces(store).sessions()) == []


def test_telemetry_is_taken(store: Connection) -> None:
    """Export requests are, and what they reject is told with their place."""
    good = Telemetry(encode_protobuf([chat(1, [said("user", "Hi")])]), 1, "line 1")
    assert Taker(store).take(good) == Taken(1)
    half = Telemetry(encode_protobuf([chat(2), chat(3, span_id=b"")]), 2, "lines 2 to 3")
    taken = Taker(store).take(half)
    assert taken.count == 1
    assert taken.refused == (Refused("lines 2 to 3", "1 of 2 spans rejected: span 1: spanId has 0 bytes, not 8", 1),)
    broken = Taker(store).take(Telemetry(b"\xff", 1, "byte 7"))
    assert broken.count == 0
    assert broken.refused[0].where == "byte 7"


def test_what_may_succeed_later_is_sent_again() -> None:
    """Until it is taken; a server's word for how long to wait counts, within bounds."""
    busy: Scripted = [
        UnreachableError("nothing answers there"),
        Answer(503, {"retry-after": "3"}, b""),
        Answer(429, {"retry-after": "86400"}, b""),
        Answer(502, {"retry-after": "soon"}, b""),
    ]
    taker, script, waits = scripted(*busy, TAKEN)
    assert taker.take(spans({})).count == 1
    assert len({asked[2] for asked in script.asked}) == 1
    assert script.asked[0][3] == {"content-type": "application/json", "x-extra": "1"}
    assert waits[1:3] == [3.0, BACKOFF_SECONDS_MAX]
    assert 0 < waits[0] < waits[3]


def test_it_is_not_tried_for_ever() -> None:
    """What never answers is told as such; what stays busy is refused with its reason."""
    taker, script, _ = scripted(*[UnreachableError("nothing answers there")] * TRIES_MAX)
    with pytest.raises(UnreachableError):
        taker.take(spans({}))
    assert script.answers == []
    taker, script, _ = scripted(*[Answer(503, {}, b'{"error":"the disk is full"}')] * TRIES_MAX)
    assert taker.take(spans({}, {})).refused == (
        Refused("line 1", "the disk is full", 1),
        Refused("line 2", "the disk is full", 1),
    )


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(401, {}, b'{"error":"a key is needed"}'), "http://spanglass: a key is needed"),
        (Answer(403, {}, b"?"), "http://spanglass: the answer was 403"),
        (Answer(404, {}, b""), "nothing is taken there"),
    ],
)
def test_what_takes_nothing_ends_it(answer: Answer, told: str) -> None:
    """Nothing more need be sent where a key is missing or there is no such path."""
    taker, _, _ = scripted(answer)
    with pytest.raises(TakingError, match=told):
        taker.take(spans({}))


def test_what_is_too_large_is_sent_in_halves() -> None:
    """Down to the span that is too large by itself, which is refused."""
    large = Answer(413, {}, b'{"error":"the body is too large"}')
    taker, script, _ = scripted(large, TAKEN, large, large, TAKEN)
    taken = taker.take(spans({}, {}, {}, {}))
    assert (taken.count, taken.refused) == (3, (Refused("line 3", "the body is too large", 1),))
    sizes = [len(msgspec.json.decode(asked[2])["spans"]) for asked in script.asked]
    assert sizes == [4, 2, 2, 1, 1]


def test_log_records_go_to_their_own_path() -> None:
    """Traces and logs are different services."""
    protobuf = {"content-type": "application/x-protobuf"}
    partial = b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"not these"}}'
    taker, script, _ = scripted(
        Answer(200, protobuf, encode_protobuf_response(1, "no")), Answer(200, {}, b""), Answer(200, {}, partial)
    )
    assert taker.take(Telemetry(b"", 3, "line 1", logs=True)).refused == (Refused("line 1", "no", 1),)
    assert taker.take(Telemetry(b"", 3, "line 2")).count == 3
    assert taker.take(Telemetry(b"{}", 3, "line 3", json=True)) == Taken(1, (Refused("line 3", "not these", 2),))
    assert [asked[1] for asked in script.asked] == ["/v1/logs", "/v1/traces", "/v1/traces"]
    assert [asked[3]["content-type"][12:] for asked in script.asked] == ["x-protobuf", "x-protobuf", "json"]


def test_reasons_are_read_in_every_form() -> None:
    """Spanglass's own, and OTLP's status in protobuf and in JSON."""
    status = encode_protobuf_status(Refusal(400, Code.INVALID_ARGUMENT, "no such thing"))
    for answer, told in (
        (Answer(400, {"content-type": "application/x-protobuf"}, status), "no such thing"),
        (Answer(400, {"content-type": "application/x-protobuf"}, b"\xff"), "the answer was 400"),
        (Answer(400, {}, b'{"code":3,"message":"no such thing"}'), "no such thing"),
        (Answer(400, {}, b'{"error":"no"}'), "no"),
        (Answer(500, {}, b"<html>"), "the answer was 500"),
        (Answer(500, {}, b'{"error":"\xff"}'), "the answer was 500"),
    ):
        taker, _, _ = scripted(answer)
        assert taker.take(Telemetry(b"", 3, "here")).refused == (Refused("here", told, 3),)


def test_a_system_without_logs_is_fed_traces() -> None:
    """That there is no path for logs refuses those alone."""
    taker, _, _ = scripted(Answer(404, {}, b""))
    assert taker.take(Telemetry(b"", 3, "here", logs=True)).refused == (Refused("here", NO_LOGS, 3),)
