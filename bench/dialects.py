"""What dialects cost: recognising how a span is to be read, and mapping one conversation as two of them tell it.

Processor time in this process, the best of some rounds: neither server nor store takes part.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from bench.figures import Bar, Figure
from bench.runs import Bench
from spanglass.config import Limits
from spanglass.conventions import DIALECTS
from spanglass.conventions.dialect import Dialect
from spanglass.mapping import Mapper
from spanglass.mapping.layout import Layouts
from spanglass.mapping.tables import Tables
from spanglass.telemetry import Attributes, Resource, Scope, Span

TURNS: Final = 40
ROUNDS: Final = 7
TIMES: Final = 10
FLAT: Final = Bar(1.25, of_ratio=True)
"""However many dialects there are, recognising one may not take longer, but for the noise of a shared machine."""


def dialects(_bench: Bench) -> Iterator[Figure]:
    """Time a span of recognising its dialect and of mapping it."""
    own, foreign = _conversation(_as_conventions), _conversation(_as_openinference)
    few = DIALECTS[:1] + tuple(one for one in DIALECTS if one.name == "OpenTelemetry GenAI")
    every, many, alone = (_recognising(own + foreign, some) for some in (DIALECTS, _multiplied(), few))
    yield Figure(name="dialects: recognise a span, µs", value=every, baseline=alone, against="the conventions alone")
    yield Figure(
        name=f"dialects: recognise a span, {TIMES} times as many, µs",
        value=many,
        baseline=every,
        against="those there are",
        bar=FLAT,
    )
    yield Figure(
        name="dialects: map a span of OpenInference, µs",
        value=_mapping(foreign),
        baseline=_mapping(own),
        against="the same by the conventions",
    )


def _conversation(write: Callable[[Attributes, list[dict[str, str]]], Attributes]) -> list[Span]:
    """Return the calls of a model of one conversation, each with all that was said before."""
    resource, scope = Resource({"service.name": "bench"}), Scope("bench")
    said: list[dict[str, str]] = []
    spans = []
    for turn in range(TURNS):
        said += [{"role": "user", "content": f"question {turn} " * 40}]
        answer = {"role": "assistant", "content": f"answer {turn} " * 40}
        attributes: Attributes = {"session.id": "bench", "app.turn": turn}
        spans.append(
            Span(
                bytes(15) + bytes((turn + 1,)),
                (turn + 1).to_bytes(8),
                resource,
                scope,
                f"chat {turn}",
                start_ns=turn * 1_000_000_000 + 1,
                end_ns=turn * 1_000_000_000 + 500_000_000,
                attributes=write(attributes, [*said, answer]),
            )
        )
        said.append(answer)
    return spans


def _as_conventions(attributes: Attributes, said: list[dict[str, str]]) -> Attributes:
    messages = [{"role": one["role"], "parts": [{"type": "text", "content": one["content"]}]} for one in said]
    return attributes | {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.input.messages": json.dumps(messages[:-1]),
        "gen_ai.output.messages": json.dumps(messages[-1:]),
    }


def _as_openinference(attributes: Attributes, said: list[dict[str, str]]) -> Attributes:
    told = attributes | {
        "openinference.span.kind": "LLM",
        "llm.model_name": "m",
        "llm.token_count.prompt": 9,
        "llm.token_count.completion": 9,
    }
    for number, one in enumerate(said):
        last = number == len(said) - 1
        prefix = "llm.output_messages.0.message." if last else f"llm.input_messages.{number}.message."
        told |= {f"{prefix}{key}": value for key, value in one.items()}
    return told


def _multiplied() -> tuple[Dialect, ...]:
    """Return the dialects, and nine times as many of the same size that nobody speaks."""
    strange = [
        msgspec.structs.replace(
            dialect,
            members=tuple(
                msgspec.structs.replace(one, attribute=f"x{number}.{one.attribute}", was=()) for one in dialect.members
            ),
            recurring=tuple(f"x{number}.{name}" for name in dialect.recurring),
            views=tuple(
                msgspec.structs.replace(view, of=tuple(f"x{number}.{name}" for name in view.of), events=frozenset())
                for view in dialect.views
            ),
        )
        for number in range(1, TIMES)
        for dialect in DIALECTS
    ]
    return (*DIALECTS, *strange)


def _recognising(spans: Sequence[Span], dialects: Sequence[Dialect]) -> float:
    """Return microseconds a span whose attributes were never seen before."""
    tables = Tables(dialects)
    return _best(lambda: [layouts.of(span) for layouts in (Layouts(tables=tables),) for span in spans], len(spans))


def _mapping(spans: Sequence[Span]) -> float:
    """Return microseconds a span, one a request, as an agent's calls come."""
    limits = Limits()

    def run() -> None:
        mapper = Mapper(memo_bytes_max=limits.memo_bytes_max, document_depth_max=limits.document_depth_max)
        for span in spans:
            mapper.parts([span])

    return _best(run, len(spans))


def _best(run: Callable[[], object], count: int) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return min(times) / count * 1e6
