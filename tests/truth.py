"""What really happened in a recorded session, and how spans that came out of it differ from that.

A capture's ``.truth.json`` is the log of the fake model that answered the recorded agent: each request and reply in the
provider's own form, each run of a tool. ``expected`` reads it as calls and tool runs, whatever the provider;
``compare`` holds spans against it, as boto3 returns them (camel-case dicts, timestamps datetimes or numbers), and names
each difference. Nothing here knows how the spans were made.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

Said: TypeAlias = tuple[str, ...]
"""``("text", text)``, ``("reasoning", text)``, ``("toolUse", name, arguments as JSON)``, ``("toolResult", text)``; in
truth also ``("refusal", text)``, which spans show as text."""
Turn: TypeAlias = tuple[str, list[Said]]
"""A participant and what it said."""
Json: TypeAlias = dict[str, Any]


class Tokens(msgspec.Struct, frozen=True):
    """Tokens of a call in AWS's way of counting: ``input`` without the cache, ``total`` with it."""

    input: int
    output: int
    read: int
    write: int
    total: int


class Call(msgspec.Struct):
    """A call of a model; ``status`` other than OK has neither outputs nor tokens."""

    model: str
    system: list[str]
    inputs: list[Turn]
    outputs: list[Turn] = []
    tokens: Tokens | None = None
    finish_reason: str = ""
    status: str = "OK"


class ToolRun(msgspec.Struct):
    """A run of a tool: a result, or the message of an error."""

    name: str
    arguments: Any
    result: str | None = None
    error: str | None = None


class Truth(msgspec.Struct):
    """All calls and all tool runs of a capture, each in order."""

    calls: list[Call]
    tools: list[ToolRun]


# Reading truth -------------------------------------------------------------------------------------------------------

SPEAKERS: Final = {"user": "CUSTOMER", "assistant": "BOT", "tool": "BOT"}
FINISH_REASONS: Final = {
    "tool_calls": "tool_use",
    "tool_call": "tool_use",
    "tool-calls": "tool_use",
    "end_turn": "stop",
    "content-filter": "content_filter",
    "refusal": "content_filter",
    "guardrail_intervened": "content_filter",
    "safety": "content_filter",
}
"""Words that providers and emitters have for one fact, and the one to compare."""


def expected(path: Path) -> Truth:
    """Read a truth file. A call that was retried without a reply counts once, as the SDKs' spans do."""
    sequence: list[Json] = json.loads(path.read_text())["sequence"]
    truth = Truth([], [])
    items: dict[str, Json] = {}
    for event in sequence:
        if "request" in event:
            call = _requested(_resolved(event, items))
            if not (truth.calls and truth.calls[-1].status == "ERROR" and truth.calls[-1].inputs == call.inputs):
                truth.calls.append(call)
        elif "response" in event:
            _answer(truth.calls[-1], event["api"], event["response"])
            if event["api"] == "openai.responses":
                items |= {item["id"]: item for item in event["response"]["output"]}
        elif "tool" in event:
            truth.tools.append(_run(event))
        elif "Timeout" in event.get("agent_raised", ""):
            truth.calls[-1].status = "TIMEOUT"
    return truth


def _run(event: Json) -> ToolRun:
    result, error = event.get("result"), event.get("error")
    told = result if result is None or isinstance(result, str) else json.dumps(result)
    return ToolRun(event["tool"], event["args"], told, error and error.partition(": ")[2])


def _resolved(event: Json, items: Json) -> Json:
    """Put the items of earlier answers where a request of the Responses API refers to them."""
    given = event["request"].get("input")
    if event["api"] != "openai.responses" or not isinstance(given, list):
        return event
    meant = [items[item["id"]] if item.get("type") == "item_reference" else item for item in given]
    return event | {"request": event["request"] | {"input": meant}}


def _requested(event: Json) -> Call:
    """Read a request; its call has failed until an answer follows."""
    request = event["request"]
    read_inputs = _INPUTS[event["api"]]
    model = request.get("model") or event["model"]
    system, turns = read_inputs(request)
    return Call(model, system, list(_joined(turns)), status="ERROR")


def _answer(call: Call, api: str, response: Json) -> None:
    said, finish, tokens = _OUTPUTS[api](response)
    call.outputs = list(_joined([("assistant", said)]))
    call.finish_reason = FINISH_REASONS.get(finish, finish)
    call.tokens = tokens
    call.status = "OK"


def _joined(turns: Iterable[tuple[str, list[Said]]]) -> Iterator[Turn]:
    """Join what one speaker other than a person says in several messages; leave out who says nothing."""
    previous, last = "", None
    for speaker, said in turns:
        if not said:
            continue
        if speaker == previous != "user" and last is not None:
            last[1].extend(said)
            continue
        if last is not None:
            yield last
        previous, last = speaker, (SPEAKERS[speaker], list(said))
    if last is not None:
        yield last


def _use(name: str, arguments: Any) -> Said:  # noqa: ANN401 (any JSON)
    return "toolUse", name, json.dumps(arguments, sort_keys=True)


def _text(text: str | None, kind: str = "text") -> list[Said]:
    return [(kind, text)] if text else []


def _texts(content: str | list[Json] | None) -> str:
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content or ())


def _chat_message(message: Json) -> list[Said]:
    if message["role"] == "tool":
        return [("toolResult", _texts(message["content"]))]
    calls = (call["function"] for call in message.get("tool_calls") or ())
    return [
        *_text(message.get("reasoning_content"), "reasoning"),
        *_text(_texts(message.get("content"))),
        *_text(message.get("refusal"), "refusal"),
        *(_use(call["name"], json.loads(call["arguments"])) for call in calls),
    ]


def _chat_inputs(request: Json) -> tuple[list[str], list[tuple[str, list[Said]]]]:
    messages = request["messages"]
    if isinstance(messages, str):
        messages = _abridged(int(messages[1:].split()[0]))
    system = [_texts(message["content"]) for message in messages if message["role"] in {"system", "developer"}]
    return system, [(one["role"], _chat_message(one)) for one in messages if one["role"] in SPEAKERS]


def _abridged(count: int) -> list[Json]:
    """Return the messages of a long chat, which the log only counts."""
    said = [
        ("assistant", "Hello! How can I help?") if n % 2 else ("user", f"hello number {n // 2}") for n in range(count)
    ]
    messages = [("system", "You are a travel assistant. Answer briefly."), *said]
    return [{"role": role, "content": text} for role, text in messages[:count]]


def _chat_outputs(response: Json) -> tuple[list[Said], str, Tokens]:
    usage = response["usage"]
    read = usage["prompt_tokens_details"]["cached_tokens"]
    tokens = Tokens(usage["prompt_tokens"] - read, usage["completion_tokens"], read, 0, usage["total_tokens"])
    return _chat_message(response["message"]), response["finish_reason"], tokens


def _responses_item(item: Json) -> tuple[str, list[Said]]:
    match item.get("type", "message"):
        case "function_call":
            return "assistant", [_use(item["name"], json.loads(item["arguments"]))]
        case "function_call_output":
            return "tool", [("toolResult", _texts(item["output"]))]
        case "reasoning":
            return "assistant", _text(_texts(item["summary"]), "reasoning")
        case _:
            content = item["content"]
            refusal = "" if isinstance(content, str) else "".join(block.get("refusal", "") for block in content)
            return item["role"], _text(_texts(content)) + _text(refusal, "refusal")


def _responses_inputs(request: Json) -> tuple[list[str], list[tuple[str, list[Said]]]]:
    items = [{"role": "user", "content": request["input"]}] if isinstance(request["input"], str) else request["input"]
    turns = [_responses_item(item) for item in items]
    system = [said[0][1] for role, said in turns if role in {"system", "developer"}]
    return _text_list(request.get("instructions")) + system, [turn for turn in turns if turn[0] in SPEAKERS]


def _text_list(text: str | None) -> list[str]:
    return [text] if text else []


def _responses_outputs(response: Json) -> tuple[list[Said], str, Tokens]:
    said = [one for item in response["output"] for one in _responses_item(item)[1]]
    usage = response["usage"]
    read = usage["input_tokens_details"]["cached_tokens"]
    tokens = Tokens(usage["input_tokens"] - read, usage["output_tokens"], read, 0, usage["total_tokens"])
    return said, "tool_use" if any(one[0] == "toolUse" for one in said) else "stop", tokens


def _block(block: Json) -> list[Said]:
    """Read a content block of Anthropic's or Bedrock's."""
    if "toolUse" in block or block.get("type") == "tool_use":
        use = block.get("toolUse", block)
        return [_use(use["name"], use["input"])]
    if "toolResult" in block or block.get("type") == "tool_result":
        return [("toolResult", _texts(block.get("toolResult", block)["content"]))]
    if "reasoningContent" in block:
        return _text(block["reasoningContent"]["reasoningText"]["text"], "reasoning")
    return _text(block["thinking"], "reasoning") if block.get("type") == "thinking" else _text(block["text"])


def _blocks_inputs(request: Json) -> tuple[list[str], list[tuple[str, list[Said]]]]:
    turns = []
    for message in request["messages"]:
        content = message["content"]
        blocks = [{"text": content}] if isinstance(content, str) else content
        for said in map(_block, blocks):
            answers = bool(said) and said[0][0] == "toolResult"
            turns.append(("tool" if answers else message["role"], said))
    return _text_list(_texts(request.get("system"))), turns


def _anthropic_outputs(response: Json) -> tuple[list[Said], str, Tokens]:
    usage = response["usage"]
    read, write = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
    total = usage["input_tokens"] + usage["output_tokens"] + read + write
    tokens = Tokens(usage["input_tokens"], usage["output_tokens"], read, write, total)
    return [one for block in response["content"] for one in _block(block)], response["stop_reason"], tokens


def _bedrock_outputs(response: Json) -> tuple[list[Said], str, Tokens]:
    usage = response["usage"]
    read, write = usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]
    tokens = Tokens(usage["inputTokens"], usage["outputTokens"], read, write, usage["totalTokens"])
    content = response["output"]["message"]["content"]
    return [one for block in content for one in _block(block)], response["stopReason"], tokens


def _gemini_part(part: Json) -> Said:
    if "functionCall" in part:
        return _use(part["functionCall"]["name"], part["functionCall"]["args"])
    if "functionResponse" in part:
        (answer,) = part["functionResponse"]["response"].values()
        return "toolResult", answer
    return "reasoning" if part.get("thought") else "text", part["text"]


def _gemini_inputs(request: Json) -> tuple[list[str], list[tuple[str, list[Said]]]]:
    turns = []
    for content in request["contents"]:
        said = [_gemini_part(part) for part in content["parts"]]
        speaker = "assistant" if content["role"] == "model" else "tool" if said[0][0] == "toolResult" else "user"
        turns.append((speaker, said))
    return _text_list(_texts(request["systemInstruction"]["parts"])), turns


def _gemini_outputs(response: Json) -> tuple[list[Said], str, Tokens]:
    (candidate,), usage = response["candidates"], response["usageMetadata"]
    read, output = usage["cachedContentTokenCount"], usage["candidatesTokenCount"] + usage["thoughtsTokenCount"]
    tokens = Tokens(usage["promptTokenCount"] - read, output, read, 0, usage["totalTokenCount"])
    return [_gemini_part(part) for part in candidate["content"]["parts"]], candidate["finishReason"].lower(), tokens


_Inputs: TypeAlias = Callable[[Json], tuple[list[str], list[tuple[str, list[Said]]]]]
_INPUTS: Final[dict[str, _Inputs]] = {
    "openai.chat": _chat_inputs,
    "openai.responses": _responses_inputs,
    "anthropic.messages": _blocks_inputs,
    "bedrock.converse": _blocks_inputs,
    "bedrock.converse_stream": _blocks_inputs,
    "gemini": _gemini_inputs,
}
_OUTPUTS: Final[dict[str, Callable[[Json], tuple[list[Said], str, Tokens]]]] = {
    "openai.chat": _chat_outputs,
    "openai.responses": _responses_outputs,
    "anthropic.messages": _anthropic_outputs,
    "bedrock.converse": _bedrock_outputs,
    "bedrock.converse_stream": _bedrock_outputs,
    "gemini": _gemini_outputs,
}


# Comparing -----------------------------------------------------------------------------------------------------------

INPUTS_SHOWN_MAX: Final = 50
"""Messages that ListSpans shows of a call's inputs, the last ones."""
ASPECTS: Final = frozenset(
    {
        "calls",  # the emitter has no spans for calls of the model
        "tools",  # the emitter has no spans for tools
        "content",  # no messages at all
        "instructions",
        "inputs",
        "outputs",
        "inputs of failures",  # a failed call has neither instructions nor input messages
        "refusals in inputs",  # what a model refused with is left out
        "refusals in outputs",
        "reasoning",
        "tokens",
        "cached",  # tokens of the cache are told nowhere, neither as such nor as input
        "cache",  # tokens of the cache are not told, so they count as input
        "finish reasons",
        "dispatched tools",  # the recorded agent runs all of its tools through one function, which is what was observed
        "bare arguments",  # of a tool's only argument a text alone is told
        "tool content",  # arguments and results of tools
        "tool results",
        "tool errors",  # a tool's span tells another text than the error's
        "error answers",  # what a failed tool answers is worded otherwise than the model got it
        "models",
    }
)
"""What an emitter may never have sent, so that nobody can show it."""


def compare(truth: Truth, spans: Sequence[Json], without: frozenset[str] = frozenset()) -> list[str]:
    """Name the differences between what happened and a session's spans; ``without`` are aspects to pass over."""
    assert without <= ASPECTS, without - ASPECTS
    ordered = sorted(spans, key=lambda span: (span["startTimestamp"], span["spanId"]))
    inferences = [span for span in ordered if span["attributes"].get("operationName") == "inference"]
    tools = [span for span in ordered if span["attributes"].get("operationName") == "execute_tool"]
    measure = _Measure(without, [run.error for run in truth.tools if run.error])
    found = [*_tree(ordered)]
    if "calls" not in without:
        found += _counted("inferences", truth.calls, inferences)
        for number, (call, span) in enumerate(zip(truth.calls, inferences, strict=False), start=1):
            found += [f"call {number}: {what}" for what in _call(call, span, measure)]
    if "tools" not in without:
        found += _counted("tool runs", truth.tools, tools)
        found += _tools(truth.tools, tools, without)
        found += _pairs(tools, inferences, without)
    return found


class _Measure(msgspec.Struct):
    """What is compared, and what is passed over."""

    without: frozenset[str]
    errors: list[str]

    def turns(self, real: Sequence[Turn], where: str) -> list[Turn]:
        """Return the turns that an emitter's spans can show among ``where``, the inputs or the outputs."""
        kept = [(who, [one for told in said if (one := self._said(told, where))]) for who, said in real]
        return [(who, said) for who, said in kept if said]

    def _said(self, told: Said, where: str) -> Said | None:
        if told[0] == "refusal":
            return None if f"refusals in {where}" in self.without else ("text", told[1])
        if told[0] == "reasoning" and "reasoning" in self.without:
            return None
        return self.shown(told)

    def shown(self, told: Said) -> Said:
        """Put a failure's message for what a failed tool answers, where the emitter words that otherwise."""
        if told[0] == "toolResult" and "error answers" in self.without:
            return told[0], next((error for error in self.errors if error in told[1]), told[1])
        return told


def _counted(what: str, real: Sequence[object], shown: Sequence[object]) -> list[str]:
    return [] if len(real) == len(shown) else [f"{len(shown)} {what} shown, {len(real)} real"]


def _differs(what: str, real: object, shown: object) -> list[str]:
    return [] if real == shown else [f"{what} {shown!r} shown, {real!r} real"]


def _tree(spans: Sequence[Json]) -> list[str]:
    """Each span stands once, below a span of the capture or at the root, and no root is below itself."""
    ids = [span["spanId"] for span in spans]
    doubled = len(ids) - len(set(ids))
    dangling = [span["spanName"] for span in spans if span.get("parentSpanId", ids[0]) not in ids]
    rootless = bool(spans) and all("parentSpanId" in span for span in spans)
    return [
        *([f"{doubled} spans shown twice"] if doubled else []),
        *(f"{name} is below no span" for name in dangling),
        *(["no root"] if rootless else []),
    ]


def _call(call: Call, span: Json, measure: _Measure) -> Iterator[str]:
    attributes, without = span["attributes"], measure.without
    yield from _differs("status", call.status, span["status"])
    if "models" not in without:
        yield from _differs("model", call.model, attributes.get("requestModel"))
    if "content" not in without and (call.status == "OK" or "inputs of failures" not in without):
        if "instructions" not in without:
            shown = _shown_text(attributes.get("systemInstructions", []))
            yield from _differs("instructions", "".join(call.system), shown)
        if "inputs" not in without:
            real = measure.turns(call.inputs, "inputs")[-INPUTS_SHOWN_MAX:]
            yield from _differs("inputs", real, _shown_turns(attributes.get("inputMessages", []), measure))
    if call.tokens is not None:
        yield from _answered(call, attributes, measure)


def _answered(call: Call, attributes: Json, measure: _Measure) -> Iterator[str]:
    without = measure.without
    if not without & {"content", "outputs"}:
        shown = _shown_turns(attributes.get("outputMessages", []), measure)
        yield from _differs("outputs", measure.turns(call.outputs, "outputs"), shown)
    if "finish reasons" not in without:
        refused = any(one[0] == "refusal" for _, said in call.outputs for one in said)
        real = {call.finish_reason} | ({"content_filter"} if refused else set())
        reasons = {FINISH_REASONS.get(reason, reason) for reason in attributes.get("responseFinishReasons", [])}
        if reasons.isdisjoint(real):
            yield f"finish reasons {reasons!r} shown, {real!r} real"
    if "tokens" not in without:
        yield from _differs("tokens", _told(call.tokens, without), _shown_tokens(attributes))


def _told(tokens: Tokens | None, without: frozenset[str]) -> Tokens | None:
    if tokens is None or not without & {"cache", "cached"}:
        return tokens
    if "cached" in without:
        return Tokens(tokens.input, tokens.output, 0, 0, tokens.input + tokens.output)
    return Tokens(tokens.input + tokens.read + tokens.write, tokens.output, 0, 0, tokens.total)


def _shown_tokens(attributes: Json) -> Tokens:
    return Tokens(
        attributes.get("usageInputTokens", 0),
        attributes.get("usageOutputTokens", 0),
        attributes.get("cacheReadInputTokens", 0),
        attributes.get("cacheWriteInputTokens", 0),
        attributes.get("usageTotalTokens", 0),
    )


def _shown_turns(messages: Sequence[Json], measure: _Measure) -> list[Turn]:
    turns = map(shown_turn, messages)
    return [(who, [measure.shown(one) for one in said]) for who, said in turns]


def shown_turn(message: Json) -> Turn:
    """Read a SpanMessage; texts of one kind that follow each other are one text, cut."""
    said: list[Said] = []
    for value in message["values"]:
        one = _shown_value(value)
        if said and said[-1][0] == one[0] in {"text", "reasoning"}:
            said[-1] = (one[0], said[-1][1] + one[1])
        else:
            said.append(one)
    return message["participant"], said


def _shown_value(value: Json) -> Said:
    ((kind, member),) = value.items()
    if kind == "toolUse":
        return _use(member["name"], member["arguments"])
    return kind, _shown_text(member["values"]) if kind == "toolResult" else member["value"]


def _shown_text(values: Iterable[Json]) -> str:
    return "".join(value["text"]["value"] for value in values)


def _tools(runs: Sequence[ToolRun], spans: Sequence[Json], without: frozenset[str]) -> Iterator[str]:
    """Parallel tools finish in any order, so each run is looked for among the spans of its tool and arguments."""
    left = list(spans)
    for run in runs:
        real = [_use(run.name, run.arguments if "tool content" not in without else {})]
        if "bare arguments" in without and len(run.arguments) == 1:
            real += [_use(run.name, value) for value in run.arguments.values()]
        if "dispatched tools" in without:
            real += [_use("tool", [run.name, run.arguments])]
        span = next((one for one in left if _shown_use(one) in real), None)
        if span is None:
            yield f"no span of {real!r}, but {list(map(_shown_use, left))!r}"
            continue
        left.remove(span)
        yield from (f"{run.name}: {what}" for what in _tool(run, span, without))


def _shown_use(span: Json) -> Said:
    (message,) = span["attributes"]["inputMessages"]
    return _shown_value(message["values"][0])


def _tool(run: ToolRun, span: Json, without: frozenset[str]) -> Iterator[str]:
    messages = span["attributes"].get("outputMessages", [])
    results = [value["toolResult"] for message in messages for value in message["values"]]
    yield from _differs("status", "ERROR" if run.error else "OK", span["status"])
    if run.error is not None and "tool errors" not in without:
        errors = [result.get("error", "") for result in results]
        if not any(run.error in error for error in errors):
            yield f"errors {errors!r} shown, {run.error!r} real"
    if run.result is not None and not without & {"tool content", "tool results"}:
        yield from _differs("result", run.result, "".join(_shown_text(result["values"]) for result in results))


def _pairs(tools: Sequence[Json], inferences: Sequence[Json], without: frozenset[str]) -> Iterator[str]:
    """Each tool's span names a use that an inference before it made, and its result names the same."""
    made = {
        value["toolUse"]["toolUseId"]
        for span in inferences
        for message in span["attributes"].get("outputMessages", [])
        for value in message["values"]
        if "toolUse" in value
    }
    for span in tools:
        use = span["attributes"]["inputMessages"][0]["values"][0]["toolUse"]["toolUseId"]
        outputs = span["attributes"].get("outputMessages", [])
        answers = {value["toolResult"]["toolUseId"] for message in outputs for value in message["values"]}
        if not answers <= {use}:
            yield f"{span['spanName']}: its result is paired with another use than its own"
        if use not in made and not without & {"calls", "content", "outputs", "dispatched tools"}:
            yield f"{span['spanName']}: no inference made its use"
