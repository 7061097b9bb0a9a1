"""OpenInference (Arize): ``openinference.span.kind``, ``llm.*``, and whole requests and answers as JSON.

Excluded, with reasons: ``tool.parameters``, which is a tool's schema with some instrumentations and a call's arguments
with others; ``input.value`` and ``output.value`` of chains, which are a framework's state and no conversation;
``llm.tools``, which are what might be called.
"""

from collections.abc import Mapping
from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable, View
from spanglass.conventions.indexed import gathered
from spanglass.conventions.plain import Plain
from spanglass.conventions.providers import read_answer, read_body, read_request, response_id
from spanglass.conventions.readers import as_float, as_int, as_raw, as_text, as_texts, as_word, within
from spanglass.conventions.retrieval import as_messages
from spanglass.telemetry import Attributes, Span, Value

_Object = dict[str, Plain]

KIND: Final = "openinference.span.kind"
WORDS: Final = {"llm": "inference", "tool": "execute_tool", "agent": "invoke_agent", "embedding": "embeddings"}
"""``openinference.span.kind``, in lower case → what it is called here; others keep their word."""
INPUT: Final = "input.value"
OUTPUT: Final = "output.value"
INPUTS: Final = "llm.input_messages"
OUTPUTS: Final = "llm.output_messages"
PARAMETERS: Final = "llm.invocation_parameters"
HANDOFF: Final = "handoff to "
"""How the instrumentation of OpenAI's agents begins the name of a span that is of kind TOOL and hands over."""
HANDS_OVER: Final = "openinference.handoff"
REQUEST: Final = "openinference.request"
ANSWER: Final = "openinference.response"
ANSWER_ID: Final = "openinference.response.id"
AGENT_INPUT: Final = "openinference.agent.input"
AGENT_OUTPUT: Final = "openinference.agent.output"
RETRIEVED: Final = "openinference.retrieval.call"
FOUND: Final = "openinference.retrieval.answer"
LISTS: Final = ("retrieval.documents.", "reranker.output_documents.")
"""The documents that a retriever found, and those that a reranker kept."""
FIRST_PIECE_MS: Final = "openinference.first_piece_ms"
FIRST_PIECE: Final = "First Token Stream Event"
"""The event at which the first piece of a streamed answer came."""

WHOLE: Final = (
    HANDS_OVER,
    f"{HANDS_OVER}.mode",
    f"{HANDS_OVER}.target",
    REQUEST,
    ANSWER,
    ANSWER_ID,
    AGENT_INPUT,
    AGENT_OUTPUT,
)
"""What ``input.value`` and ``output.value`` are, by the kind of span."""


def _said(span: Span, keys: tuple[str, ...]) -> Attributes:
    """Gather the messages given to a model.

    What a model refused with is left out of them, so a message of the model's that says nothing is looked up in the
    request, if that has as many messages.
    """
    messages = indexed_messages(span, keys, INPUTS)
    if any(one.keys() == {"role"} for one in messages) and INPUT in span.attributes:
        request = read_request(span.attributes[INPUT]) or []
        if len(request) == len(messages):
            pairs = zip(messages, request, strict=True)
            return {INPUTS: [asked if told.keys() == {"role"} else told for told, asked in pairs]}
    return {INPUTS: [*messages]}


def _answered(span: Span, keys: tuple[str, ...]) -> Attributes:
    """Gather the messages that a model answered with; none if none says anything."""
    messages = indexed_messages(span, keys, OUTPUTS)
    return {OUTPUTS: [*messages]} if any(one.keys() > {"role"} for one in messages) else {}


def indexed_messages(span: Span, keys: tuple[str, ...], where: str) -> list[_Object]:
    """Return the messages that a span's attributes ``keys`` are, all below ``where``."""
    return [_message(one) for one in gathered(span.attributes, keys, f"{where}.")]


def _message(told: Plain) -> _Object:
    """Return a message in the form of the Chat Completions API, without OpenInference's wrappings."""
    message = _unwrapped(told, "message")
    contents = message.pop("contents", None)
    if isinstance(contents, list):
        # Anthropic's instrumentation tells a call in both places, as a part of the content, too.
        calls_within = [one for one in contents if isinstance(one, dict) and "tool_call" in one]
        if calls_within:
            message.setdefault("tool_calls", [one["tool_call"] for one in calls_within])
        parts: list[Plain] = [_content(one) for one in contents if one not in calls_within]
        alone = message.get("content")
        said = alone is None or any(isinstance(part, dict) and part.get("text") == alone for part in parts)
        message["content"] = parts if said else [alone, *parts]
    if isinstance(calls := message.get("tool_calls"), list):
        message["tool_calls"] = [_unwrapped(call, "tool_call") for call in calls]
    return message


def _content(told: Plain) -> _Object:
    """Return a part of a message; an image stands in it at its third level."""
    part = _unwrapped(told, "message_content")
    image = part.get("image")
    if isinstance(image, dict) and isinstance(inner := image.get("image"), dict) and image.keys() == {"image"}:
        part = part | inner
        del part["image"]
    return part


def _unwrapped(told: Plain, name: str) -> _Object:
    inner = told.get(name) if isinstance(told, dict) and len(told) == 1 else told
    return dict(inner) if isinstance(inner, dict) else {"content": inner}


def _whole(span: Span, _keys: tuple[str, ...]) -> Attributes:
    """Read what stands in ``input.value`` and ``output.value`` as the kind of span has it there."""
    attributes = span.attributes
    kind = (as_text(attributes.get(KIND)) or "").lower()
    given, answered = attributes.get(INPUT), attributes.get(OUTPUT)
    if kind == "tool" and span.name.startswith(HANDOFF):
        target = as_text(answered) or span.name.removeprefix(HANDOFF)
        return {HANDS_OVER: "handoff", f"{HANDS_OVER}.mode": "HANDOFF", f"{HANDS_OVER}.target": target}
    if kind == "llm":
        return _told({REQUEST: read_request(given), ANSWER: read_answer(answered), ANSWER_ID: response_id(answered)})
    if kind == "agent":
        return _told({AGENT_INPUT: _spoken(given, "user"), AGENT_OUTPUT: _spoken(answered, "assistant")})
    return {}


def _found(span: Span, keys: tuple[str, ...]) -> Attributes:
    """Make the call of a retriever, or a reranker, of the documents that it found."""
    where = next(name for name in LISTS if keys[0].startswith(name))
    listed = gathered(span.attributes, [key for key in keys if key.startswith(where)], where)
    query = span.attributes.get("reranker.query", span.attributes.get(INPUT))
    asked, found = as_messages(span, query, [_unwrapped(one, "document") for one in listed])
    return _told({RETRIEVED: asked, FOUND: found})


def _told(made: Mapping[str, Value]) -> Attributes:
    return {key: value for key, value in made.items() if value}


def _spoken(value: object, role: str) -> Plain:
    """Return what an agent was told, or said, if that is a plain text."""
    if not isinstance(value, str) or not value or isinstance(read_body(value), dict | list):
        return None
    return [{"role": role, "content": value}]


def _first_piece(span: Span, _keys: tuple[str, ...]) -> Attributes:
    times = [event.time_ns for event in span.events if event.name == FIRST_PIECE]
    return {FIRST_PIECE_MS: (min(times) - span.start_ns) // 1_000_000}


MAX_TOKENS: Final = (
    "max_completion_tokens",
    "max_tokens",
    "max_output_tokens",
    "maxTokens",
    "inferenceConfig.maxTokens",
)
"""The providers' names for one parameter of a request."""
MEMBERS: Final[MemberTable] = (
    Member(HANDS_OVER, "operation", as_text),
    Member(KIND, "operation", as_word(WORDS)),
    Member(f"{HANDS_OVER}.mode", "interaction_mode", as_text),
    Member(f"{HANDS_OVER}.target", "target_agent_id", as_text),
    Member("llm.provider", "provider_name", as_text, was=("llm.system",)),
    Member("agent.name", "ai_agent_name", as_text, was=("graph.node.id",)),
    Member("metadata", "ai_agent_name", within(as_text, "lc_agent_name")),
    Member("llm.request.model_name", "request_model", as_text),
    Member(PARAMETERS, "request_model", within(as_text, "model", "model_name")),
    Member("llm.response.model_name", "response_model", as_text, was=("llm.model_name",)),
    Member("llm.model_name", "request_model", as_text),
    Member(
        PARAMETERS,
        "request_max_tokens",
        within(
            as_int, "max_completion_tokens", "max_tokens", "max_output_tokens", "maxTokens", "inferenceConfig.maxTokens"
        ),
    ),
    Member(PARAMETERS, "temperature", within(as_float, "temperature", "inferenceConfig.temperature")),
    Member(PARAMETERS, "top_p", within(as_float, "top_p", "topP", "inferenceConfig.topP")),
    Member(PARAMETERS, "choice_count", within(as_int, "n", "candidate_count")),
    Member("llm.finish_reason", "response_finish_reasons", as_texts),
    Member(ANSWER_ID, "response_id", as_text),
    Member("llm.token_count.prompt", "input_tokens", as_int),
    Member("llm.token_count.completion", "output_tokens", as_int),
    Member("llm.token_count.total", "total_tokens", as_int),
    Member("llm.token_count.prompt_details.cache_read", "cache_read_tokens", as_int),
    Member("llm.token_count.prompt_details.cache_write", "cache_write_tokens", as_int),
    Member(FIRST_PIECE_MS, "time_to_first_token_ms", as_int),
    Member("llm.prompt_template.version", "prompt_version", as_int),
    Member("prompt.id", "prompt_id", as_text),
    Member(ANSWER, "output_messages", as_raw),
    Member(OUTPUTS, "output_messages", as_raw),
    Member(AGENT_OUTPUT, "output_messages", as_raw),
    Member(FOUND, "output_messages", as_raw),
    Member(INPUTS, "input_messages", as_raw),
    Member(REQUEST, "input_messages", as_raw),
    Member(AGENT_INPUT, "input_messages", as_raw),
    Member(RETRIEVED, "input_messages", as_raw),
    Member("tool.name", "tool_name", as_text),
    Member("tool.id", "tool_call_id", as_text, was=("tool_call.id",)),
    Member(INPUT, "tool_arguments", as_raw),
    Member(OUTPUT, "tool_result", as_raw),
)
"""``llm.model_name`` is the model that answered, and with some the only word on the one that was asked. The JSON of an
answer goes before the indexed messages, which lack refusals, reasoning and other choices; of what was given to a model
the indexed messages have more, since a request may tell its instructions elsewhere."""

RECURRING: Final = (
    "input.mime_type",
    "llm.prompt_template.",
    "llm.tools.",
    "metadata",
    "output.mime_type",
    "tag.tags",
    "tool.",
)

DIALECT: Final = Dialect(
    "OpenInference",
    MEMBERS,
    RECURRING,
    (
        View((INPUTS,), _said, of=(f"{INPUTS}.",), whole=True),
        View((OUTPUTS,), _answered, of=(f"{OUTPUTS}.",), whole=True),
        View(WHOLE, _whole, of=(INPUT, OUTPUT)),
        View((RETRIEVED, FOUND), _found, of=LISTS),
        View((FIRST_PIECE_MS,), _first_piece, events=frozenset({FIRST_PIECE})),
    ),
)
