"""The same conversation through frameworks of which no recording is kept, in the shape in which each writes it.

What each writes is known from recordings that hold texts of the framework's own, so the exports here are made by hand.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from spanglass.telemetry import Attributes, Event, Scope, Span, Value
from tests.captures import listed, mapper
from tests.telemetry import span

QUESTION = "What is the weather in Paris?"
ANSWER = "18 C in Paris."
ARGUMENTS: dict[str, Value] = {"city": "Paris", "unit": "celsius"}
RESULT = "18 C, cloudy"
Spans = list[Span]
Listed = dict[str, dict[str, Any]]


def below(number: int) -> bytes:
    return number.to_bytes(8)


def text(value: object) -> str:
    return json.dumps(value)


def indexed(where: str, *messages: dict[str, Value]) -> Attributes:
    """Return messages as OpenInference writes them: ``calls`` are names and ids of calls with ``ARGUMENTS``."""
    made: Attributes = {}
    for number, message in enumerate(messages):
        prefix = f"llm.{where}_messages.{number}.message."
        for key, value in message.items():
            if key != "calls":
                made[prefix + key] = value
                continue
            for place, call in enumerate(value if isinstance(value, list) else []):
                at = f"{prefix}tool_calls.{place}.tool_call."
                made |= {f"{at}function.name": "get_weather", f"{at}function.arguments": text(ARGUMENTS)}
                made[f"{at}id"] = call
    return made


USER: dict[str, Value] = {"role": "user", "content": QUESTION}
ASKS: dict[str, Value] = {"role": "assistant", "calls": ["call_1"]}
GETS: dict[str, Value] = {"role": "tool", "content": RESULT, "tool_call_id": "call_1"}
SAYS: dict[str, Value] = {"role": "assistant", "content": ANSWER}
FIRST: Attributes = {"llm.token_count.prompt": 20, "llm.token_count.completion": 5, "llm.token_count.total": 25}
SECOND: Attributes = {"llm.token_count.prompt": 40, "llm.token_count.completion": 6, "llm.token_count.total": 46}


def llm(number: int, given: Attributes, answered: Attributes, more: Attributes, **fields: Any) -> Span:  # noqa: ANN401
    """Return OpenInference's span of a call of a model."""
    return span(number, {"openinference.span.kind": "LLM", "llm.model_name": "m"} | given | answered | more, **fields)


def agno() -> Spans:
    """OpenInference's of Agno: arguments in ``tool.parameters``, too, the session on the agent alone, no tool's id."""
    tool: Attributes = {"openinference.span.kind": "TOOL", "tool.name": "get_weather", "output.value": RESULT}
    agent: Attributes = {"openinference.span.kind": "AGENT", "agent.name": "weather", "agno.agent.id": "a-1"}
    said: Attributes = {"input.value": QUESTION, "output.value": ANSWER, "session.id": "chat-1"}
    return [
        span(1, agent | said, end_ns=9_000_000_000),
        llm(2, indexed("input", USER), indexed("output", ASKS), FIRST, parent_span_id=below(1)),
        span(3, tool | {"tool.parameters": text(ARGUMENTS), "input.value": text(ARGUMENTS)}, parent_span_id=below(1)),
        llm(4, indexed("input", USER, ASKS, GETS), indexed("output", SAYS), SECOND, parent_span_id=below(1)),
    ]


def llama_index() -> Spans:
    """OpenInference's of LlamaIndex: each call of a model twice, one within the other."""
    spans = agno()
    spans[0].attributes = {"openinference.span.kind": "AGENT", "agent.name": "weather", "session.id": "chat-1"}
    for number in (2, 4):
        outer = spans[number - 1]
        inner = llm(number + 10, outer.attributes, {}, {}, parent_span_id=below(number))
        inner.start_ns, inner.end_ns = outer.start_ns + 1, outer.end_ns - 1
        spans.append(inner)
    return spans


def smolagents() -> Spans:
    """OpenInference's of smolagents: content in parts, steps that are chains, no agent's name and no session."""
    parts: dict[str, Value] = {
        "role": "user",
        "contents.0.message_content.type": "text",
        "contents.0.message_content.text": QUESTION,
    }
    spans = agno()
    spans[0] = span(1, {"openinference.span.kind": "AGENT", "input.value": text({"task": QUESTION})})
    spans[1] = llm(2, indexed("input", parts), indexed("output", ASKS), FIRST, parent_span_id=below(7))
    spans[3] = llm(4, indexed("input", parts, ASKS, GETS), indexed("output", SAYS), SECOND, parent_span_id=below(7))
    return [*spans, span(7, {"openinference.span.kind": "CHAIN", "input.value": "Step 1"}, parent_span_id=below(1))]


def crewai_openinference() -> Spans:
    """OpenInference's of CrewAI, with that of OpenAI below it: a crew, an agent that is named by its role."""
    crew: Attributes = {"openinference.span.kind": "CHAIN", "crew_key": "k", "crew_tasks": text([{"description": "x"}])}
    agent: Attributes = {"openinference.span.kind": "AGENT", "graph.node.id": "weather", "task_id": "t"}
    spans = [one for one in agno() if one.span_id != below(1)]
    return [
        span(8, crew | {"output.value": text({"raw": ANSWER}), "session.id": "chat-1"}, name="Crew_1.kickoff"),
        span(1, agent | {"input.value": text({"agent": {}})}, parent_span_id=below(8)),
        *spans,
    ]


def google_adk() -> Spans:
    """ADK's own spans with content: requests and answers of Gemini, which has no ids, and ADK's ids on tools."""
    asked: dict[str, Value] = {"role": "user", "parts": [{"text": QUESTION}]}
    call: dict[str, Value] = {"role": "model", "parts": [{"function_call": {"name": "get_weather", "args": ARGUMENTS}}]}
    got: dict[str, Value] = {
        "role": "user",
        "parts": [{"function_response": {"name": "get_weather", "response": {"result": RESULT}}}],
    }
    said: dict[str, Value] = {"role": "model", "parts": [{"text": ANSWER}]}
    who: Attributes = {"gen_ai.agent.name": "weather", "gen_ai.conversation.id": "chat-1"}

    def called(number: int, contents: list[Value], answer: Value, read: int, wrote: int) -> Span:
        request: dict[str, Value] = {"model": "m", "config": {"max_output_tokens": 512}, "contents": contents}
        told: Attributes = {
            "gen_ai.operation.name": "generate_content",
            "gen_ai.usage.input_tokens": read,
            "gen_ai.usage.output_tokens": wrote,
            "gcp.vertex.agent.llm_request": text(request),
            "gcp.vertex.agent.llm_response": text({"content": answer, "finish_reason": "STOP"}),
        }
        return span(number, told | who, parent_span_id=below(1))

    tool: Attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.call.id": "adk-871f71fd",
        "gcp.vertex.agent.tool_call_args": text(ARGUMENTS),
        "gcp.vertex.agent.tool_response": text({"result": RESULT}),
    }
    merged: Attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "(merged tools)",
        "gen_ai.tool.call.id": "m",
    }
    return [
        span(1, {**who, "gen_ai.operation.name": "invoke_agent"}),
        called(2, [asked], call, 20, 5),
        span(3, tool, parent_span_id=below(1)),
        span(9, merged, parent_span_id=below(1), start_ns=3_600_000_000),
        called(4, [asked, call, got], said, 40, 6),
    ]


ADK = Scope("gcp.vertex.agent")


def adk_openinference(failed: str = "") -> Spans:
    """OpenInference's of ADK: all calls of a turn on one span, the last one over the others, and ADK's ids on tools."""
    response = {"error": failed} if failed else {"result": RESULT}
    contents = [
        {"role": "user", "parts": [{"text": QUESTION}]},
        {"role": "model", "parts": [{"function_call": {"name": "get_weather", "args": ARGUMENTS}}]},
        {"role": "user", "parts": [{"function_response": {"name": "get_weather", "response": response}}]},
    ]
    system: dict[str, Value] = {"role": "system", "content": "Be brief."}
    unnamed: dict[str, Value] = {"role": "tool", "name": "get_weather", "content": text(response)}
    answer = {"content": {"role": "model", "parts": [{"text": ANSWER}]}, "finish_reason": "STOP"}
    asked: Attributes = {"gen_ai.operation.name": "generate_content", "gen_ai.conversation.id": "chat-1"}
    said_: Attributes = {"input.value": text({"model": "m", "contents": contents}), "output.value": text(answer)}
    tool: Attributes = {
        "gen_ai.operation.name": "execute_tool",
        "openinference.span.kind": "TOOL",
        "gen_ai.tool.call.id": "adk-871f71fd",
        "tool.id": "adk-871f71fd",
        "tool.name": "get_weather",
        "input.value": text(ARGUMENTS),
        "output.value": text({"id": "adk-871f71fd", "name": "get_weather", "response": response}),
    }
    if failed:
        tool["error.type"] = "TOOL_ERROR"
    stale = indexed("output", ASKS | SAYS)
    status: dict[str, Any] = {"status_code": 2, "status_message": "TOOL_ERROR"} if failed else {}
    return [
        llm(1, indexed("input", system, USER, ASKS, unnamed), stale, asked | said_, end_ns=9_000_000_000, scope=ADK),
        span(2, tool, parent_span_id=below(1), scope=Scope("openinference.instrumentation.google_adk"), **status),
    ]


def agent_framework() -> Spans:
    """Microsoft's Agent Framework: the conventions, reasons to end as JSON text, a new id of the agent each run."""
    asked = {"role": "user", "parts": [{"type": "text", "content": QUESTION}]}
    call = {"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": text(ARGUMENTS)}
    calls = {"role": "assistant", "parts": [call]}
    got = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": RESULT}]}
    said = {"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}

    def called(number: int, given: list[Any], answer: Any, read: int, wrote: int) -> Span:  # noqa: ANN401
        told: Attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "gen_ai.response.finish_reasons": '["stop"]',
            "gen_ai.usage.input_tokens": read,
            "gen_ai.usage.output_tokens": wrote,
            "gen_ai.input.messages": text(given),
            "gen_ai.output.messages": text([answer]),
        }
        return span(number, told, parent_span_id=below(1))

    tool: Attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.call.arguments": text(ARGUMENTS),
        "gen_ai.tool.call.result": RESULT,
    }
    agent: Attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "weather",
        "gen_ai.agent.id": "5f0e",
    }
    return [
        span(1, agent | {"session.id": "chat-1"}),
        called(2, [asked], calls, 20, 5),
        span(3, tool, parent_span_id=below(1)),
        called(4, [asked, calls, got], said, 40, 6),
    ]


def logfire() -> Spans:
    """Logfire's instrumentation of OpenAI: requests and answers whole, the session scrubbed; tools by Pydantic AI."""
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": text(ARGUMENTS)}}
    calls = {"role": "assistant", "content": None, "tool_calls": [call]}
    got = {"role": "tool", "tool_call_id": "call_1", "content": RESULT}

    def called(number: int, given: list[Any], answer: Any, read: int, wrote: int) -> Span:  # noqa: ANN401
        told: Attributes = {
            "gen_ai.operation.name": "chat",
            "session.id": "[Scrubbed due to 'session']",
            "gen_ai.usage.input_tokens": read,
            "gen_ai.usage.output_tokens": wrote,
            "request_data": text({"model": "m", "max_tokens": 512, "messages": given}),
            "response_data": text({"message": answer, "usage": {}}),
        }
        return span(number, told, parent_span_id=below(1))

    tool: Attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.call.id": "call_1",
        "tool_arguments": text(ARGUMENTS),
        "tool_response": RESULT,
    }
    return [
        span(1, {"gen_ai.operation.name": "invoke_agent", "agent_name": "weather"}),
        called(2, [USER], calls, 20, 5),
        span(3, tool, parent_span_id=below(1)),
        called(4, [USER, calls, got], {"role": "assistant", "content": ANSWER}, 40, 6),
    ]


FRAMEWORKS = [agno, llama_index, smolagents, crewai_openinference, google_adk, agent_framework, logfire]


def session(spans: Spans) -> list[dict[str, Any]]:
    """Return spans as ListSpans lists them, in order."""
    return sorted(listed(mapper().parts(spans)), key=lambda one: (one["startTimestamp"], one["spanId"]))


def said(messages: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Return who says what, without ids."""
    return [(one["participant"], [_plain(value) for value in one["values"]]) for one in messages]


def _plain(value: dict[str, Any]) -> object:
    ((kind, told),) = value.items()
    if kind == "toolUse":
        return kind, told["name"], told["arguments"]
    return (kind, [_plain(one) for one in told["values"]]) if kind == "toolResult" else (kind, told["value"])


ASKED = ("CUSTOMER", [("text", QUESTION)])
USED = ("BOT", [("toolUse", "get_weather", ARGUMENTS)])
GOT = ("BOT", [("toolResult", [("text", RESULT)])])
ANSWERED = ("BOT", [("text", ANSWER)])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_one_conversation_is_one_whoever_tells_it(framework: Callable[[], Spans]) -> None:
    """Two calls of a model, a run of a tool between them, and who said what, with tokens counted once."""
    spans = session(framework())
    calls = [one["attributes"] for one in spans if one["attributes"].get("operationName") == "inference"]
    assert [(said(call["inputMessages"]), said(call["outputMessages"])) for call in calls] == [
        ([ASKED], [USED]),
        ([ASKED, USED, GOT], [ANSWERED]),
    ]
    assert [call["usageTotalTokens"] for call in calls] == [25, 46]
    assert [call["requestModel"] for call in calls] == ["m", "m"]
    (tool,) = (one["attributes"] for one in spans if one["attributes"].get("operationName") == "execute_tool")
    assert (said(tool["inputMessages"]), said(tool["outputMessages"])) == ([USED], [GOT])
    uses = [*calls[0]["outputMessages"], *tool["inputMessages"]]
    results = [calls[1]["inputMessages"][2], *tool["outputMessages"]]
    ids = {one["values"][0]["toolUse"]["toolUseId"] for one in uses}
    assert {one["values"][0]["toolResult"]["toolUseId"] for one in results} == ids
    assert len(ids) == 1


@pytest.mark.parametrize("failed", ["", "unknown city"])
def test_calls_of_a_turn_on_one_span_are_told_by_the_last(failed: str) -> None:
    """What OpenInference's instrumentation of ADK leaves of a turn is told right, the tools' answers among it."""
    call, tool = (one["attributes"] for one in session(adk_openinference(failed)))
    got = ("BOT", [("toolResult", [("text", failed or RESULT)])])
    assert (said(call["inputMessages"]), said(call["outputMessages"])) == ([ASKED, USED, got], [ANSWERED])
    assert call["systemInstructions"] == [{"text": {"value": "Be brief."}}]
    assert (said(tool["inputMessages"]), said(tool["outputMessages"])) == ([USED], [got])
    (use,), (result,) = call["inputMessages"][1]["values"], tool["outputMessages"][0]["values"]
    assert result["toolResult"]["toolUseId"] == use["toolUse"]["toolUseId"]
    assert tool["inputMessages"][0]["values"] == [use]
    assert result["toolResult"].get("error", "") == failed


@pytest.mark.parametrize("framework", [one for one in FRAMEWORKS if one is not smolagents])
def test_calls_belong_to_their_agent(framework: Callable[[], Spans]) -> None:
    """Whatever stands between, a call of a model has the name of the agent that made it."""
    spans = session(framework())
    calls = [one["attributes"] for one in spans if one["attributes"].get("operationName") == "inference"]
    assert {call.get("aiAgentName") for call in calls} == {"weather"}


def test_a_crew_alone_tells_what_was_asked_and_what_came_of_it() -> None:
    """OpenLLMetry's spans of CrewAI say of three things that they are agents; one is."""
    who: Attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.provider.name": "crewai"}
    crew = span(1, who | {"crewai.crew.id": "c", "crewai.crew.result": ANSWER}, name="crewai.workflow")
    task = span(
        2,
        who | {"traceloop.span.kind": "task", "crewai.task.id": "t", "crewai.task.description": QUESTION},
        name=f"{QUESTION}.task",
        parent_span_id=below(1),
    )
    agent = span(3, who | {"traceloop.span.kind": "agent", "crewai.agent.role": "weather"}, parent_span_id=below(2))
    told = [one["attributes"] for one in session([crew, task, agent])]
    assert [one["operationName"] for one in told] == ["invoke_workflow", "execute_task", "invoke_agent"]
    assert said(told[0]["outputMessages"]) == [ANSWERED]
    assert said(told[1]["inputMessages"]) == [ASKED]
    assert told[2]["aiAgentName"] == "weather"


def test_an_agent_of_agentcore_is_told_by_its_operation() -> None:
    """The service's spans have a request id, an operation and a session, and no messages."""
    service: Attributes = {
        "aws.operation.name": "InvokeAgentRuntime",
        "aws.request_id": "r-1",
        "aws.agent.id": "agent-x",
        "session.id": "chat-1",
        "error_type": "ThrottlingException",
        "http.status_code": 504,
    }
    (told,) = session([span(1, service, status_code=2)])
    assert (told["attributes"]["operationName"], told["originRequestId"]) == ("InvokeAgentRuntime", "r-1")
    assert (told["status"], told["attributes"]["errorType"]) == ("TIMEOUT", "ThrottlingException")


def test_a_streamed_answers_first_piece_is_timed_in_every_dialect() -> None:
    """OpenInference, OpenLLMetry and the Vercel AI SDK tell it by an event or in milliseconds."""
    at = 1_000_000_000
    told: list[tuple[Attributes, list[Event]]] = [
        ({"openinference.span.kind": "LLM"}, [Event("First Token Stream Event", at + 7_000_000)]),
        ({"llm.request.type": "chat"}, [Event("llm.content.completion.chunk", at + n * 7_000_000) for n in (1, 2)]),
        ({"ai.operationId": "ai.streamText.doStream", "ai.response.msToFirstChunk": 7.2}, []),
        ({"gen_ai.operation.name": "chat", "gen_ai.server.time_to_first_token": 7}, []),
        ({"gen_ai.operation.name": "chat", "gen_ai.response.time_to_first_chunk": 0.007}, []),
    ]
    for attributes, events in told:
        (one,) = session([span(1, attributes, start_ns=at, events=events)])
        assert one["attributes"]["timeToFirstTokenMs"] == 7


def handed(*spans: Span) -> list[tuple[str, Any, Any]]:
    """Return operation, mode and target of spans."""
    told = [one["attributes"] for one in session(list(spans))]
    return [(one["operationName"], one.get("interactionMode"), one.get("targetAgentId")) for one in told]


def test_agents_hand_over() -> None:
    """By a span that says so, or by a tool that is named so; a tool within which an agent runs delegates to it."""
    oi: Attributes = {"openinference.span.kind": "TOOL", "input.value": "triage", "output.value": "billing"}
    v2: Attributes = {"gen_ai.operation.name": "agent_handoff", "gen_ai.handoff.to_agent": "billing"}
    tool: Attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "transfer_to_billing"}
    adk: Attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "transfer_to_agent",
        "gen_ai.tool.call.arguments": text({"agent_name": "billing"}),
    }
    agent: Attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "billing"}
    ask: Attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "ask_billing"}
    assert handed(span(1, oi, name="handoff to billing")) == [("handoff", "HANDOFF", "billing")]
    assert handed(span(1, v2)) == [("agent_handoff", "HANDOFF", "billing")]
    assert handed(span(1, tool)) == [("execute_tool", "HANDOFF", "billing")]
    assert handed(span(1, adk)) == [("execute_tool", "HANDOFF", "billing")]
    step: Attributes = {"gen_ai.operation.name": "step"}
    assert handed(span(1, ask), span(2, step, parent_span_id=below(1)), span(3, agent, parent_span_id=below(2))) == [
        ("execute_tool", "DELEGATE", "billing"),
        ("step", None, None),
        ("invoke_agent", None, None),
    ]
    assert handed(span(1, tool), span(2, agent, parent_span_id=below(1)))[0] == ("execute_tool", "HANDOFF", "billing")


def test_attempts_of_a_call_count_once() -> None:
    """Of a call that was tried again, each attempt is shown with its status, and the tokens stand on one."""
    scope = Scope("gateway", "1")
    told: Attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    said_: Attributes = {"gen_ai.input.messages": text([{"role": "user", "parts": [{"type": "text", "content": "x"}]}])}
    answer: Attributes = {
        "gen_ai.output.messages": text([{"role": "assistant", "parts": [{"type": "text", "content": "y"}]}]),
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 2,
    }
    spans = session(
        [
            span(1, told | said_ | answer, scope=scope, end_ns=4_000_000_000),
            span(2, told | said_ | {"error.type": "RateLimitError"}, status_code=2, parent_span_id=below(1)),
            span(3, told | said_ | answer, parent_span_id=below(1)),
        ]
    )
    assert [one["attributes"]["operationName"] for one in spans] == ["inference", "inference", "chat"]
    assert [one["status"] for one in spans] == ["OK", "ERROR", "OK"]
    assert sum(one["attributes"].get("usageTotalTokens", 0) for one in spans) == 7
