"""The recorded exports in ``tests/data/otlp``: reading them, and the session that comes out of them."""

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from spanglass.config import Limits
from spanglass.mapping import Mapper
from spanglass.model.place import TracePart
from spanglass.otlp.codec import decode_protobuf, decode_protobuf_logs
from spanglass.otlp.json_codec import decode_json
from spanglass.reading import Reader
from spanglass.store.memory import MemoryStore
from spanglass.telemetry import LogRecord, Span

DATA: Final = Path(__file__).parent / "data" / "otlp"
CAPTURES: Final = tuple(
    sorted(path.relative_to(DATA).as_posix().removesuffix(".truth.json") for path in DATA.glob("*/*.truth.json"))
)
"""All captures, as ``<emitter>/<case>``."""


def truth_path(capture: str) -> Path:
    """Return where a capture's truth is."""
    return DATA / f"{capture}.truth.json"


def paths(capture: str) -> list[Path]:
    """Return the bodies of a capture's exports of spans, in order; most have one."""
    found = (DATA / f"{capture}.pb", DATA / f"{capture}.json", *sorted(DATA.glob(f"{capture}.[0-9].pb")))
    return [path for path in found if path.exists()]


def exported(capture: str) -> list[Span]:
    """Return the spans of a capture, as a receiver reads them."""
    decoders = {".pb": decode_protobuf, ".json": decode_json}
    return [span for path in paths(capture) for span in decoders[path.suffix](path.read_bytes(), Limits()).spans]


def log_paths(capture: str) -> list[Path]:
    """Return the bodies of a capture's log exports, in order."""
    return sorted((DATA / capture).parent.glob(f"{Path(capture).name}.logs*.pb"))


def logged(capture: str) -> list[LogRecord]:
    """Return the log records of a capture, as a receiver reads them; most emitters send none."""
    return [record for path in log_paths(capture) for record in decode_protobuf_logs(path.read_bytes(), Limits()).logs]


def mapper(*, memo_bytes_max: int = 8 << 20) -> Mapper:
    """Return a mapper that remembers nothing yet."""
    return Mapper(memo_bytes_max=memo_bytes_max, document_depth_max=Limits().document_depth_max)


def listed(parts: Iterable[TracePart]) -> list[dict[str, Any]]:
    """Return the spans of all sessions that the parts make, as ListSpans answers them."""
    store = MemoryStore()
    store.write(list(parts))
    reader = Reader(store, Limits())
    spans: list[dict[str, Any]] = []
    for session in store.sessions(limit=1000).sessions:
        token = None
        while True:
            body = reader.list_spans(session.assistant_id, session.session_id, next_token=token).body
            page = msgspec.json.decode(body)
            spans += page["spans"]
            if (token := page.get("nextToken")) is None:
                break
    return spans


@functools.cache
def session(capture: str) -> list[dict[str, Any]]:
    """Return the spans of a capture as ListSpans answers them; whoever changes them copies them first."""
    return listed(mapper().parts(exported(capture), logged(capture)))


def without(capture: str) -> frozenset[str]:
    """Return the aspects of the truth (``truth.ASPECTS``) that a capture's emitter did not send."""
    emitter = capture.partition("/")[0]
    return frozenset(aspect for aspect, _ in (*UNSENT.get(emitter, ()), *UNSENT.get(capture, ())))


_NO_TOOLS: Final = ("tools", "a provider's SDK runs no tools")
_NO_REASONING: Final = ("reasoning", "the instrumentation does not read the field")
_NO_REFUSALS: Final = ("refusals in outputs", "the instrumentation does not read the field")
_NO_REFUSED: Final = ("refusals in inputs", "the instrumentation does not read the field there")
_NO_CACHE: Final = ("cache", "the instrumentation tells no cached tokens")
_NO_CONTENT: Final = ("content", "recorded with the content of messages switched off")
_REDACTED: Final = ("tool errors", "the OpenAI Agents SDK keeps the error to itself")
_REWORDED: Final = ("error answers", "the span has what the tool raised, the model got a sentence around it")
_NOT_ASKED: Final = ("tokens", "a streamed answer brings its usage only to who asks for it")
_ANSWERING: Final = ("models", "the instrumentation puts the model that answered for the one that was asked")
_NO_REASONS: Final = ("finish reasons", "the instrumentation tells none")
_ALWAYS_STOP: Final = ("finish reasons", "the instrumentation says stop whatever the reason")
_BARE: Final = ("bare arguments", "the framework tells the value of a tool's only argument without its name")
_REPR: Final = ("outputs", "the instrumentation prints the SDK's objects as text, calls of tools among them")

UNSENT: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "agent-framework/events_tools_refusal": (
        _NO_CACHE,
        ("tool results", "with the events of this age of the conventions, a tool's span has none"),
    ),
    "agno--openinference": (_NO_REASONS, _NO_REFUSALS),
    "anthropic--genai": (_NO_TOOLS,),
    "anthropic--openinference": (_NO_TOOLS,),
    "anthropic--traceloop": (_NO_TOOLS,),
    "bedrock--botocore": (_NO_TOOLS,),
    "bedrock--botocore/stream_tools": (
        ("outputs", "the instrumentation leaves out what stands beside a tool's use, and reasoning in a stream"),
    ),
    "bedrock--botocore/tools": (("outputs", "the instrumentation leaves out what stands beside a tool's use"),),
    "bedrock--traceloop": (_NO_TOOLS, ("models", "the instrumentation cuts the vendor off the model's id")),
    "bedrock--traceloop/error": (("inputs of failures", "the instrumentation adds messages when it has an answer"),),
    "bedrock--traceloop/tools_v047": (
        ("outputs", "of this age the instrumentation has an answer's text alone"),
        ("cached", "the instrumentation does not read them"),
        _NO_REASONS,
    ),
    "bedrock--genai": (_NO_TOOLS,),
    "bedrock--openinference": (_NO_TOOLS,),
    "google-adk/event_tools_refusal": (
        ("tool results", "switched off on spans, and tools have no log records"),
        ("tool errors", "the same"),
    ),
    "google-adk--openinference": (
        ("calls", "the instrumentation writes all calls of a turn on one span, of which the last stays"),
    ),
    "langchain--genai": (_NO_REFUSALS,),
    "langchain--openinference": (_BARE,),
    "langchain--traceloop": (_NO_REFUSALS,),
    "langfuse": (
        _NO_REFUSALS,
        _NO_REASONS,
        _ANSWERING,
        ("dispatched tools", "an agent that was recorded is written so"),
    ),
    "llama-index--openinference": (_NO_REFUSALS,),
    "llama-index--traceloop": (("models", "the instrumentation tells the model that answered alone"),),
    "openai--genai": (_NO_TOOLS, _NO_REASONING),
    "openai--genai/chat_tools_nocontent": (_NO_CONTENT,),
    "openai--openinference": (_NO_TOOLS,),
    "openai--openinference/chat_many": (
        ("models", "of more than 128 attributes the SDK drops those that were set first, the parameters among them"),
        ("instructions", "the same"),
    ),
    "openai--openinference/responses_tools": (_NO_REASONS,),
    "openai--traceloop": (_NO_TOOLS,),
    "openai--traceloop/chat_many_v047": (
        ("models", "of more than 128 attributes the SDK drops those that were set first, the parameters among them"),
        ("instructions", "the same"),
    ),
    "openai--traceloop/chat_stream_tools_v047": (_NO_REASONING, _NO_REFUSALS),
    "openai--traceloop/chat_tools_v047": (_NO_REASONING, _NO_REFUSED),
    "langchain--traceloop/tools_refusal_v047": (_NO_REASONS,),
    "openai--traceloop/chat_stream_tools": (_NO_REFUSALS,),
    "openai--traceloop/chat_tools": (_NO_REFUSED,),
    "openai--traceloop/chat_tools_events": (_NO_REFUSALS, _NO_REFUSED, _NO_REASONING),
    "openai--traceloop/chat_timeout": (
        ("inputs of failures", "the instrumentation drops all attributes of a call that timed out"),
        ("models", "the same"),
    ),
    "openai--traceloop/responses_tools": (_NO_REFUSALS,),
    "openai--v2": (_NO_TOOLS, _NO_REASONING, _NO_REFUSALS, _NO_REFUSED, _NO_CACHE),
    "openai--v2/chat_stream_tools": (("inputs", "the instrumentation leaves out what stands beside a tool's use"),),
    "openai--v2/chat_tools": (("inputs", "the instrumentation leaves out what stands beside a tool's use"),),
    "openai-agents--genai": (_REDACTED,),
    "openai-agents--genai/combined_chat_stream_tools_refusal": (_NOT_ASKED,),
    "openai-agents--genai/responses_tools_refusal": (("calls", "this instrumentation alone has no spans for calls"),),
    "openai-agents--openinference": (_REDACTED, _ALWAYS_STOP),
    "openai-agents--openinference/chat_stream_tools_refusal": (_NOT_ASKED,),
    "openai-agents--openinference/responses_error": (
        ("inputs of failures", "the instrumentation adds messages when it has an answer"),
        ("models", "the same"),
    ),
    "openai-agents--openinference/responses_handoff": (_ANSWERING,),
    "openai-agents--openinference/responses_think": (_ANSWERING,),
    "openai-agents--openinference/responses_tools_refusal": (_ANSWERING,),
    "openai-agents--traceloop": (("models", "the instrumentation tells the model that answered alone"),),
    "openai-agents--v2": (_REDACTED, _REPR, _NO_CACHE, _NO_REASONS),
    "openai-agents--v2/chat_stream_tools_refusal": (_NOT_ASKED,),
    "openai-agents--v2/responses_handoff": (
        ("models", "the instrumentation puts the response's model for the request's"),
        ("instructions", "the Responses API has them beside the messages, where it does not look"),
        ("inputs", "calls of tools and their answers are left out of the history"),
    ),
    "openai-agents--v2/responses_tools_refusal": (
        ("models", "the instrumentation puts the response's model for the request's"),
        ("instructions", "the Responses API has them beside the messages, where it does not look"),
        ("inputs", "calls of tools and their answers are left out of the history"),
    ),
    "pydantic-ai": (_NO_REFUSALS, _REWORDED, ("inputs of failures", "messages are added with the answer")),
    "pydantic-ai/chat_nocontent_v6": (
        _NO_CONTENT,
        ("tool content", "switched off with that of messages"),
        ("tool errors", "switched off with that of messages"),
    ),
    "pydantic-ai/responses_v6": (("finish reasons", "the framework says stop where tools are called"),),
    "semantic-kernel": (
        _NO_CACHE,
        ("outputs", "the framework leaves out what stands beside a tool's use"),
        ("tools", "the framework names a tool with its plugin, which the tool that ran does not know of"),
    ),
    "strands/openai_tools_refusal": (_NO_REFUSALS,),
    "vercel-ai": (_REWORDED,),
    "vercel-ai/generate_tools": (_NO_REASONING,),
    "vercel-ai/v7_generate_tools": (_NO_REASONING,),
    "vercel-ai/v7_legacy_generate_tools": (_NO_REASONING,),
    "vercel-ai/v7_stream_tools": (_NO_REASONING,),
}
"""Emitter, or emitter and case → the aspects that it did not send, each with the reason."""
