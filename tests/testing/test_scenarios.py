"""Sessions that are built for tests are read as they were built."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape

from spanglass.testing import (
    SCENARIOS,
    Session,
    assert_no_errors,
    assert_tokens_under,
    assert_tools_called,
    read_spans,
    tokens_used,
    tools_called,
)
from spanglass.testing.offline import Offline
from spanglass.testing.scenarios import MANY_TURNS, SPANS_A_TURN


def _read(list_spans_offline: Offline, session: Session) -> list[dict[str, Any]]:
    list_spans_offline.add(session)
    return read_spans(list_spans_offline.client, session.assistant_id, session.session_id)


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_are_read_as_they_were_built(list_spans_offline: Offline, name: str) -> None:
    """boto3 reads each scenario's spans, all of them, below each other as they were built."""
    session = SCENARIOS[name]()
    spans = _read(list_spans_offline, session)
    assert {span["spanId"] for span in spans} == {span["spanId"] for span in session.spans}
    assert len(spans) == len(session.spans)
    ids = {span["spanId"] for span in spans}
    assert all(span.get("parentSpanId", span["spanId"]) in ids for span in spans)
    assert all(span["startTimestamp"] <= span["endTimestamp"] for span in spans)


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_are_the_same_each_time(name: str) -> None:
    """Ids, times and tokens do not depend on when or where a scenario is built."""
    assert SCENARIOS[name]().spans == SCENARIOS[name]().spans


def _named(list_spans_offline: Offline, name: str) -> list[dict[str, Any]]:
    return _read(list_spans_offline, SCENARIOS[name]())


def _of(spans: list[dict[str, Any]], operation: str) -> list[dict[str, Any]]:
    return [span for span in spans if span["attributes"].get("operationName") == operation]


def test_an_answered_question(list_spans_offline: Offline) -> None:
    """The tool's use and its result pair; nothing has failed."""
    spans = _named(list_spans_offline, "answered")
    assert_tools_called(spans, ["find_order"])
    assert_no_errors(spans)
    (tool,) = _of(spans, "execute_tool")
    (use,) = tool["attributes"]["inputMessages"][0]["values"]
    (result,) = tool["attributes"]["outputMessages"][0]["values"]
    assert use["toolUse"]["toolUseId"] == result["toolResult"]["toolUseId"]
    first, last = _of(spans, "inference")
    assert (
        last["attributes"]["inputMessages"][: len(first["attributes"]["inputMessages"])]
        == (first["attributes"]["inputMessages"])
    )
    assert_tokens_under(spans, tokens_used(spans) + 1)


def test_failures_are_told_as_aws_tells_them(list_spans_offline: Offline) -> None:
    """Tools, throttling, time-outs and barge-in each have their status and their word."""
    (tool,) = _of(_named(list_spans_offline, "tool_error"), "execute_tool")
    assert (tool["status"], tool["attributes"]["errorType"]) == ("ERROR", "tool_execution")
    (throttled,) = _of(_named(list_spans_offline, "throttled_model"), "inference")
    assert (throttled["status"], throttled["attributes"]["errorType"]) == ("ERROR", "throttle")
    (late,) = _of(_named(list_spans_offline, "timed_out"), "inference")
    assert late["status"] == "TIMEOUT"
    barged = _named(list_spans_offline, "barge_in")
    assert _of(barged, "inference")[0]["statusDescription"] == "Abandoning due to barge-in"
    assert len(_of(barged, "barge_in")) == 1


def test_agents_give_away_what_they_do(list_spans_offline: Offline) -> None:
    """Escalations, hand-offs, delegations and guardrails stand where AWS puts them."""
    assert len(_of(_named(list_spans_offline, "escalation"), "escalate_agent")) == 1
    handed = _of(_named(list_spans_offline, "hand_off"), "invoke_agent")
    assert handed[0]["attributes"]["interactionMode"] == "HANDOFF"
    assert handed[0]["attributes"]["targetAgentId"] == handed[1]["attributes"]["aiAgentId"]
    delegated = _of(_named(list_spans_offline, "delegation"), "invoke_agent")
    assert delegated[1]["parentSpanId"] == delegated[0]["spanId"]
    (blocked,) = _of(_named(list_spans_offline, "guardrail_block"), "inference")
    assert blocked["attributes"]["guardrailAssessments"][0]["action"] == "BLOCKED"
    assert blocked["attributes"]["responseFinishReasons"] == ["guardrail_intervened"]


def test_many_spans_are_five_thousand() -> None:
    """As many as the name says."""
    assert len(SCENARIOS["many_spans"]().spans) == MANY_TURNS * SPANS_A_TURN == 5_000


def test_every_union_member_is_there(list_spans_offline: Offline) -> None:
    """All four kinds of value, and a result within a result."""
    (span,) = _of(_named(list_spans_offline, "every_union_member"), "inference")
    values = span["attributes"]["outputMessages"][0]["values"]
    shape = _service_model().shape_for("SpanMessageValue")
    assert {name for value in values for name in value} == set(shape.members)
    assert "toolResult" in values[-1]["toolResult"]["values"][0]


def test_every_member_of_the_service_model_is_there(list_spans_offline: Offline) -> None:
    """The installed botocore knows no member of a span that the scenarios leave out, and one span has none to spare."""
    spans = _named(list_spans_offline, "every_optional_member") + _named(list_spans_offline, "every_union_member")
    told: set[str] = set()
    for span in spans:
        told |= set(_paths(_service_model().shape_for("Span"), span))
    assert set(_all_paths(_service_model().shape_for("Span"))) - told == set()
    assert {} in [span["attributes"] for span in spans]


def _service_model() -> Any:  # noqa: ANN401 (botocore has no types)
    return botocore.session.get_session().get_service_model("qconnect")


def _paths(shape: Any, value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, inner in value.items():
            yield f"{shape.name}.{name}"
            yield from _paths(shape.members[name], inner) if name in shape.members else ()
    elif isinstance(shape, ListShape):
        for inner in value:
            yield from _paths(shape.member, inner)


def _all_paths(shape: Shape, above: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(shape, ListShape):
        yield from _all_paths(shape.member, above)
    elif isinstance(shape, StructureShape) and shape.name not in above:
        for name, inner in shape.members.items():
            yield f"{shape.name}.{name}"
            yield from _all_paths(inner, (*above, shape.name))


def test_assertions_say_what_they_saw(list_spans_offline: Offline) -> None:
    """A failing assertion names the tools, the tokens, the failures."""
    spans = _named(list_spans_offline, "tool_error")
    assert tools_called(spans) == ["find_order"]
    with pytest.raises(AssertionError, match=r"tools called: find_order; expected: none"):
        assert_tools_called(spans, [])
    with pytest.raises(AssertionError, match=r"tokens used, 1 or more"):
        assert_tokens_under(spans, 1)
    with pytest.raises(AssertionError, match=r"execute_tool .*: ERROR tool_execution order 7 is unknown"):
        assert_no_errors(spans)
