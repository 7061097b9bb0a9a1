"""A session as people read it: turns in order, calls with their results, what changes the course."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from spanglass.model.record import Fragment, Kind, Members, fragment
from spanglass.store.interface import Store
from spanglass.store.samples import EPOCH_NS, SECOND_NS, ids, message, part, span, span_id
from spanglass.store.testing_viewing import acting, call
from spanglass.viewer import conversation
from spanglass.viewer.conversation import OPENING_CHARS_MAX
from spanglass.viewer.times import uuid_text

Get = Callable[..., Any]
PATH = "/api/assistants/{}/sessions/{}/conversation".format(*map(uuid_text, ids()))
SUNNY = [{"text": {"value": "sunny"}}]


def values(*told: dict[str, Any]) -> Fragment:
    return fragment(Kind.BOT, msgspec.json.encode(told))


def use(number: int, tool: str = "get_weather") -> dict[str, Any]:
    return {"toolUse": {"toolUseId": f"call-{number}", "name": tool, "arguments": {"n": number}}}


def result(number: int, **error: str) -> dict[str, Any]:
    return {"toolResult": {"toolUseId": f"call-{number}", "values": SUNNY} | error}


def told(get: Get, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 (a query's values)
    turns: list[dict[str, Any]] = get(PATH, **query)["turns"]
    return turns


def test_parallel_calls_have_their_results(store: Store, get: Get) -> None:
    """Two calls of one answer each have their result and their tool's span; neither is a turn of its own."""
    asked, answered = message("How is it?"), message("Sunny.", Kind.BOT)
    calls, results = (
        values({"text": {"value": "Let me see."}}, use(1), use(2)),
        values(result(1), result(2, error="no")),
    )
    store.write(
        [
            part(
                span(
                    0, inputs=(asked,), outputs=(answered,), end_ns=EPOCH_NS + 9 * SECOND_NS, **acting("invoke_agent")
                ),
                span(1, inputs=(asked,), outputs=(calls,)),
                span(2, inputs=(values(use(1)),), outputs=(values(result(1)),), **acting("execute_tool")),
                span(3, inputs=(values(use(2)),), outputs=(values(result(2, error="no")),), **acting("execute_tool")),
                span(4, inputs=(asked, calls, results), outputs=(answered,)),
            )
        ]
    )
    turns = told(get)
    assert [(turn["participant"], turn["output"], turn["spanId"]) for turn in turns] == [
        ("CUSTOMER", False, uuid_text(span_id(0))),
        ("BOT", True, uuid_text(span_id(1))),
        ("BOT", True, uuid_text(span_id(4))),
    ]
    first, second = turns[1]["calls"]
    assert (first["toolUseId"], first["name"], first["spanId"]) == ("call-1", "get_weather", uuid_text(span_id(2)))
    assert (first["result"]["values"], first["result"]["spanId"]) == (SUNNY, uuid_text(span_id(2)))
    assert (second["spanId"], second["result"]["error"]) == (uuid_text(span_id(3)), "no")
    assert "error" not in first["result"]


def test_what_is_not_paired_stays(store: Store, get: Get) -> None:
    """A call without a result, and a result without a call, are told as they are."""
    store.write([part(span(1, inputs=(values(result(9)),), outputs=(values(use(8)),)))])
    lone, open_call = told(get)
    assert lone["values"] == [result(9)]
    assert open_call["calls"] == [{"toolUseId": "call-8", "name": "get_weather"}]


def test_pages_are_the_whole(store: Store, get: Get) -> None:
    """Turns come in pages, each once; a call has its result though that is on the next page."""
    said: list[Fragment] = []
    for n in range(10):
        said += [message(f"question {n}"), values(use(n)), values(result(n)), message(f"answer {n}", Kind.BOT)]
    for n in range(0, 40, 2):
        store.write([part(span(n, inputs=tuple(said[: n + 1]), outputs=(said[n + 1],)))])
    whole = told(get)
    assert len(whole) == 30
    turns: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(PATH, limit=5, **cursor)
        turns += page["turns"]
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert turns == whole
    assert all("result" in one for turn in turns for one in turn.get("calls", []))


def test_a_page_around_a_span_leads_both_ways(store: Store, get: Get) -> None:
    """It has what was said before and after the span began, and pages from there to both ends are the whole."""
    for n in range(20):
        store.write([part(call(n, f"question {n}", answer=f"answer {n}"))])
    whole = told(get)
    page = get(PATH, limit=6, span=uuid_text(span_id(10)))
    assert page["turns"] == whole[17:23]
    turns: list[dict[str, Any]] = page["turns"]
    first = last = page
    while "previousCursor" in first:
        first = get(PATH, limit=6, cursor=first["previousCursor"])
        turns = first["turns"] + turns
    while "nextCursor" in last:
        last = get(PATH, limit=6, cursor=last["nextCursor"])
        turns = turns + last["turns"]
    assert turns == whole
    assert get(PATH, limit=6, span=uuid_text(span_id(0)))["turns"] == whole[:6]


def test_a_page_is_around_a_span_of_its_session(store: Store, get: Get) -> None:
    """A span that is not there, and a span beside a cursor, are errors that say so."""
    store.write([part(call(1, "one", answer="two"))])
    cursor = get(PATH, limit=1)["nextCursor"]
    span = uuid_text(span_id(1))
    assert "was not found" in get(PATH, 404, span=uuid_text(span_id(2)))["error"]
    assert get(PATH, 400, span=span, cursor=cursor)["error"].startswith("span: ")


def test_pages_end_at_their_bytes(store: Store, get: Get) -> None:
    """Large messages make short pages, never an empty one."""
    store.write([part(span(1, inputs=tuple(message(f"{n} " + "word " * 600_000) for n in range(3))))])
    sizes: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(PATH, **cursor)
        sizes.append(len(page["turns"]))
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert sizes == [1, 1, 1]


@pytest.mark.parametrize(
    ("operation", "attributes", "kind"),
    [
        ("escalate_agent", {}, "escalate_agent"),
        ("return_to_agent", {}, "return_to_agent"),
        ("barge_in", {}, "barge_in"),
        ("invoke_agent", {"interactionMode": "HANDOFF", "targetAgentId": "billing"}, "hand_off"),
        ("invoke_agent", {"interactionMode": "DELEGATE", "returnReason": "ESCALATE"}, "delegate"),
    ],
)
def test_what_changes_the_course_is_a_turn(
    store: Store, get: Get, operation: str, attributes: dict[str, str], kind: str
) -> None:
    """Escalations, hand-offs and interruptions stand in the conversation where they happened, on one page alone."""
    spans = [call(n, f"m{n}") for n in (1, 3, 5)]
    store.write([part(*spans, span(2, **acting(operation, **attributes)))])
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(PATH, limit=1, **cursor)
        pages.append([turn["kind"] for turn in page["turns"]])
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert pages == [["message", kind], ["message"], ["message"]]
    turn = next(turn for turn in told(get) if turn["kind"] == kind)
    assert (turn["spanId"], turn["values"]) == (uuid_text(span_id(2)), [])
    assert turn.items() >= attributes.items()


def test_guardrails_and_interruptions_stand_with_what_they_are_of(store: Store, get: Get) -> None:
    """A verdict on the answer stands with the answer; a call that the customer broke off says so."""
    verdicts = (
        b'"guardrailAssessments":[{"guardrailId":"g","guardrailName":"G","source":"OUTPUT","action":"MASKED",'
        b'"policies":[{"policyType":"WORD","action":"MASKED"}]}],"errorType":"barge_in"'
    )
    own = Members(b'"status":"ERROR","statusDescription":"Abandoning due to barge-in"', verdicts)
    store.write([part(call(1, "hello", answer="hi", own=own))])
    asked, answered = told(get)
    assert "guardrailAssessments" not in asked
    assert answered["guardrailAssessments"][0]["policies"] == [{"policyType": "WORD", "action": "MASKED"}]
    assert (answered["interrupted"], answered["status"]) == (True, "ERROR")


def test_messages_that_came_with_their_ids_keep_them(store: Store, get: Get) -> None:
    """A message that came in as QConnect's own is told with its id, time and participant."""
    own = b'{"messageId":"m-1","participant":"AGENT","timestamp":1700000000.5,"values":[{"text":{"value":"hi"}}]}'
    store.write([part(span(1, inputs=(fragment(Kind.MESSAGE, own),)))])
    (turn,) = told(get)
    assert (turn["messageId"], turn["participant"], turn["timestamp"]) == ("m-1", "AGENT", 1_700_000_000.5)


def test_a_session_opens_with_what_its_customer_said_first(store: Store, get: Get) -> None:
    """It is on one line, cut where it is long, and absent where a customer said nothing, or nothing among the first."""
    opening = PATH.removesuffix("conversation") + "opening"
    store.write([part(span(1, outputs=(message("Welcome!", Kind.BOT),)))])
    assert get(opening) == {}
    store.write([part(span(2, inputs=(message(" Two nights\n in Porto, "), message("please")), trace=1), trace=1)])
    assert get(opening) == {"text": "Two nights in Porto,"}
    store.write([part(span(0, inputs=(message("word " * 1_000),), trace=2), trace=2)])
    text = get(opening)["text"]
    assert (len(text), text[-4:], "\n" in text) == (OPENING_CHARS_MAX, "ord…", False)


def test_how_a_huge_session_opens_is_not_looked_for(store: Store, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster would go over all of it."""
    store.write([part(*(span(number, inputs=(message("Hello."),)) for number in range(3)))])
    opening = PATH.removesuffix("conversation") + "opening"
    assert get(opening) == {"text": "Hello."}
    monkeypatch.setattr(conversation, "OPENING_SPANS_MAX", 2)
    assert get(opening) == {}
