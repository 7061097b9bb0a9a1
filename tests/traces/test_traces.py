"""``spanglass.open``: sessions and spans, over a server and over a store."""

import threading
from pathlib import Path

import apsw
import msgspec
import pytest

import spanglass
from spanglass.connection import Answer
from spanglass.traces import AmbiguousError, DeniedError, Filters, NotFoundError, ReadError, Traces
from tests.captures import DATA
from tests.integration.serving import Server
from tests.traces.conftest import CAPTURE


def _session(traces: Traces, agent: str = "travel-agent") -> str:
    (session,) = traces.sessions(Filters(agents=(agent,)))
    return f"{session.assistant_id}/{session.session_id}"


def test_sessions_are_listed_filtered_and_limited(traces: Traces) -> None:
    """All sessions come, newest first; filters narrow them, a limit ends them, pages are passed over."""
    sessions = list(traces.sessions())
    assert len(sessions) > 1
    starts = [session.start_timestamp for session in sessions]
    assert starts == sorted(starts, reverse=True)
    assert list(traces.sessions(limit=1)) == sessions[:1]
    assert list(traces.sessions(limit=0)) == []
    assert list(traces.sessions(Filters(statuses=("timeout",)))) == []
    late = Filters(since=sessions[0].start_timestamp)
    assert list(traces.sessions(late)) == sessions[:1]


def test_a_session_is_read_in_every_form(traces: Traces, recorded: Server) -> None:
    """Outline, conversation, whole spans and ListSpans's own tell of the same spans, and the wire's are unchanged."""
    name = _session(traces)
    session = traces.session(name)
    outline = list(traces.outline(name))
    whole = list(traces.spans(session))
    listed = list(traces.listed_spans(name))
    assert len(outline) == session.spans
    assert [span.id for span in outline] == [span.span_id for span in whole] == [span["spanId"] for span in listed]
    assert listed == recorded.ask(traces._path(name).removeprefix("/api") + "/spans").json()["spans"]
    assert any(turn.participant == "CUSTOMER" for turn in traces.conversation(name))


def test_one_span_is_found_by_its_id(traces: Traces) -> None:
    """The span comes whole, with what ListSpans says and what became of its attributes."""
    name = _session(traces)
    (first, *_) = traces.listed_spans(name)
    page = traces.span(first["spanId"])
    assert page.raw == first
    assert traces.explanation(first["spanId"]).members["spanName"] == first["spanName"]


def test_what_is_across_sessions_is_told(traces: Traces) -> None:
    """Words, facets, ids and sums are those of all sessions."""
    (found,) = traces.search("currency XYZ", Filters(agents=("travel-agent",)))
    assert found.excerpts
    assert [value.value for value in traces.facets("agent", prefix="travel-")] == ["travel-agent"]
    assert {each.kind for each in traces.find(found.session_id)} == {"session"}
    assert traces.overview(0, 9_000_000_000).sessions == len(list(traces.sessions()))


def test_names_that_stand_for_nothing_or_too_much_are_told(traces: Traces) -> None:
    """A name of no session, of several, and of no span each has its error, with what to say instead."""
    shared = _session(traces).partition("/")[2]
    with pytest.raises(NotFoundError, match="'no-such': there is no such session in "):
        traces.session("no-such")
    with pytest.raises(NotFoundError, match="was not found"):
        traces.session(f"{shared}/{shared}")
    with pytest.raises(NotFoundError, match="there is no such span"):
        traces.span("no-such")
    with pytest.raises(AmbiguousError) as ambiguous:
        traces.session(shared)
    assert _session(traces) in ambiguous.value.found
    assert [traces.session(each).session_id for each in ambiguous.value.found] == [shared] * len(ambiguous.value.found)


def test_bad_filters_are_told_by_their_name(traces: Traces) -> None:
    """What the API refuses is an error with its text."""
    with pytest.raises(ReadError, match=r"^status: Invalid enum value 'odd'"):
        list(traces.sessions(Filters(statuses=("odd",))))


def test_changes_come_while_a_server_writes(traces: Traces, recorded: Server) -> None:
    """Whoever follows hears of a session that the server records meanwhile, over HTTP and from the file alike."""
    changes = traces.changes()
    assert next(changes).kind == "reset"
    body = (DATA / CAPTURE).read_bytes().replace(b"travel-agent", b"travel-aganp")
    writing = threading.Thread(target=recorded.export, args=(body.replace(b"Paris", b"Porto"),))
    writing.start()
    changed = next(changes)
    writing.join()
    changes.close()
    assert changed.kind == "session"
    recorded.export((DATA / CAPTURE).read_bytes())  # the spans as they were


def test_deleting_takes_a_store_that_is_opened_for_it(tmp_path: Path, store: Path) -> None:
    """A store opened to read refuses; one opened to write deletes, and nothing else of it changes."""
    copy = tmp_path / "copy.db"
    with spanglass.open(store) as traces:
        name = _session(traces)
        before = {session.session_id + session.assistant_id for session in traces.sessions()}
        with pytest.raises(DeniedError):
            traces.delete(name)
    _copied(store, copy)
    with spanglass.open(copy, writable=True) as traces:
        assert traces.delete(name) == 1
        assert traces.delete(name) == 0
        after = {session.session_id + session.assistant_id for session in traces.sessions()}
        assert before - after == {"".join(reversed(name.split("/")))}
        assert traces.delete_before(9_000_000_000) == len(after)
        assert list(traces.sessions()) == []


def _copied(store: Path, copy: Path) -> None:
    apsw.Connection(str(store)).execute("VACUUM INTO ?", (str(copy),))


def test_answers_that_are_none_of_spanglass_are_told() -> None:
    """A server of another kind is an error that says so, whatever it answers."""

    class Odd:
        place = "http://odd"

        def __init__(self, status: int, body: bytes) -> None:
            self._answer = Answer(status, {}, body)

        def ask(self, *_: object) -> Answer:
            return self._answer

    for status, body, told in (
        (200, b"<html>", "answers what this version does not understand"),
        (200, b'{"sessions": [{"name": "\xff"}]}', "answers what this version does not understand: 'utf-8' codec"),
        (200, b'{"more":' + b"[" * 100_000, "answers what this version does not understand"),
        (400, b'{"error": "\xff"}', "answers 400; is it a Spanglass server"),
        (200, b'{"sessions": [{}]}', "answers what this version does not understand: Object missing required field"),
        (502, b"<html>", "answers 502; is it a Spanglass server"),
        (302, b"", "answers 302"),
        (400, msgspec.json.encode({"error": "q: too long"}), "q: too long"),
    ):
        with pytest.raises(ReadError, match=told):
            list(Traces(Odd(status, body)).sessions())  # type: ignore[arg-type]  # all that is asked of it
