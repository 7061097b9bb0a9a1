"""What reading a page costs a client in Python: botocore's parser, ours into the same dictionaries, and into types.

Processor time in this process, the best of some rounds by turns: neither server nor network takes part.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from botocore.parsers import create_parser

from bench.figures import Bar, Figure
from bench.runs import Bench
from bench.workload import Workload
from spanglass.client import Client, SpanPage, spans
from spanglass.client.pages import BEFORE_PARSE
from spanglass.config import Limits
from spanglass.mapping import Mapper
from spanglass.otlp.codec import decode_protobuf
from spanglass.reading import Reader
from spanglass.store.memory import MemoryStore

TURNS: Final = 60
ROUNDS: Final = 9
AGAINST: Final = "botocore's parser"
DICTIONARIES: Final = Bar(1 / 5, of_ratio=True)
TYPES: Final = Bar(1 / 50, of_ratio=True)


def client(bench: Bench) -> Iterator[Figure]:
    """Time the reading of the first page of a long conversation."""
    body = _page(bench.plan.seed)
    ours = Client(region_name="us-east-1")
    response = {"status_code": 200, "headers": {}, "body": body}
    shape = ours.meta.service_model.operation_model("ListSpans").output_shape
    parser = create_parser("rest-json")

    def dictionaries() -> None:
        ours.meta.events.emit(BEFORE_PARSE, response_dict=response.copy(), customized_response_dict={})

    best = _best(
        {
            "botocore": lambda: parser.parse(response, shape),
            "dictionaries": dictionaries,
            "types": lambda: spans.read_page(body),
            "messages": lambda: _touched(spans.read_page(body)),
        }
    )
    name = f"client: a page of {len(body) / 10**6:.1f} MB"
    for label, key, bar in (
        ("into dictionaries", "dictionaries", DICTIONARIES),
        ("into types", "types", TYPES),
        ("into types, all messages too", "messages", None),
    ):
        value, baseline = best[key] * 1000, best["botocore"] * 1000
        yield Figure(name=f"{name} {label}, ms", value=value, baseline=baseline, against=AGAINST, bar=bar)


def _page(seed: int) -> bytes:
    """Return the first page of a conversation, as a server would answer it."""
    limits, store = Limits(), MemoryStore()
    mapper = Mapper(memo_bytes_max=limits.memo_bytes_max, document_depth_max=limits.document_depth_max)
    conversation = Workload(seed).conversation(1)
    for _ in range(TURNS):
        store.write(mapper.parts(decode_protobuf(conversation.turn().body, limits).spans))
    (session,) = store.sessions(limit=1).sessions
    return Reader(store, limits).list_spans(session.assistant_id, session.session_id).body


def _touched(page: SpanPage) -> list[Any]:
    said = [span.attributes for span in page.spans]
    return [(one.input_messages, one.output_messages, one.system_instructions) for one in said]


def _best(runs: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least seconds that each takes."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            begun = time.process_time()
            run()
            times[name].append(time.process_time() - begun)
    return {name: min(taken) for name, taken in times.items()}
