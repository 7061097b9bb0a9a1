"""Secrets seeded into every field of every dialect's recorded export, looked for everywhere that bytes come to rest."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanglass.store.sqlite import SqliteStore
from tests.captures import CAPTURES, exported, log_paths, paths
from tests.integration.conftest import Connect
from tests.integration.serving import JSON, PROTOBUF, Connection, Server, start

SECRETS: Final = {
    "cards": "4111 1111 1111 1111",
    "emails": "bob.seeded@mail.example",
    "keys": "sk-seeded-abcdefghijkl1234",
    "phones": "+49 151 23456789",
    "employee": "E123456",
}
SEED: Final = "\n" + "\n".join(SECRETS.values())
"""What is put into a field; where that is JSON, each secret follows an escape."""
TRACES: Final = [path for capture in CAPTURES for path in paths(capture)]
LOGS: Final = [path for capture in CAPTURES for path in log_paths(capture)]


def in_json(told: Any) -> Any:  # noqa: ANN401 (any JSON)
    """Put the seed into each text of a JSON document."""
    if isinstance(told, str):
        return seeded(told)
    if isinstance(told, list):
        return [in_json(item) for item in told]
    return {key: in_json(value) for key, value in told.items()} if isinstance(told, dict) else told


def seeded(text: str) -> str:
    """Put the seed into a text, or into each text of the JSON that it is."""
    with contextlib.suppress(ValueError):
        told = json.loads(text) if text.startswith(("{", "[")) else None
        if told is not None:
            return json.dumps(in_json(told))
    return text + SEED


def only_content(text: str) -> str:
    """Put the seed into what was said alone, so that the span is still read as what it is."""
    return seeded(text) if " " in text else text


def sow(message: Message, put: Callable[[str], str]) -> None:
    """Put the seed into every text of a message, keys of attributes excepted: those decide what it is read as."""
    for field, value in message.ListFields():
        if field.type == field.TYPE_STRING and field.name not in {"key", "schema_url", "event_name"}:
            setattr(message, field.name, put(value))
        elif field.type == field.TYPE_MESSAGE:
            for one in value if field.is_repeated else [value]:
                sow(one, put)


def sow_json(told: Any, put: Callable[[str], str], name: str = "") -> Any:  # noqa: ANN401 (any JSON)
    """Put the seed into every text of an export as JSON, ids and numbers excepted, and keys of attributes."""
    if isinstance(told, dict):
        return {key: sow_json(value, put, key) for key, value in told.items()}
    if isinstance(told, list):
        return [sow_json(one, put, name) for one in told]
    is_text = isinstance(told, str) and name in {"stringValue", "name", "version", "message", "traceState"}
    return put(told) if is_text else told


def bodies(put: Callable[[str], str]) -> Iterator[tuple[str, bytes, Mapping[str, str]]]:
    """Yield all recorded exports with the seed in them, each with its path and type."""
    kinds = (("/v1/traces", TRACES, ExportTraceServiceRequest), ("/v1/logs", LOGS, ExportLogsServiceRequest))
    for target, files, kind in kinds:
        for path in files:
            if path.suffix == ".json":
                yield target, json.dumps(sow_json(json.loads(path.read_bytes()), put)).encode(), JSON
                continue
            request = kind.FromString(path.read_bytes())
            sow(request, put)
            yield target, request.SerializeToString(), PROTOBUF


def everything(server: Server, store: Path, connect: Connect) -> Iterator[bytes]:
    """Yield all that the server answers, logs and keeps, decompressed."""
    for place in server.places():
        query = f"/api{place.path}"
        cursor: str | None = ""
        while cursor is not None:
            answer = server.ask(f"{query}?limit=100{cursor}")
            assert answer.status == 200
            yield answer.body
            following = answer.json().get("nextCursor")
            cursor = f"&cursor={following}" if following else None
        yield from server.pages(place)
        yield repr(connect(server).list_spans(**place._asdict())["spans"]).encode()
    yield server.ask("/api/sessions?limit=200").body
    yield server.logged().encode()
    assert server.stop() == 0
    with contextlib.closing(SqliteStore(store)) as opened:
        for trace_id in {span.trace_id for capture in CAPTURES for span in exported(capture)}:
            _, records = opened.trace(trace_id) or (None, [])
            for record in records:
                fragments = (record.recurring, *record.inputs, *record.outputs, *record.system, *record.details)
                yield b"".join(fragment.json for fragment in fragments)
                yield record.own_detail + record.own.span + record.own.attributes


@pytest.mark.parametrize("put", [seeded, only_content])
def test_no_secret_stays(tmp_path: Path, connect: Connect, put: Callable[[str], str]) -> None:
    """Neither the file, the index, the log nor any answer holds a secret; what held it is there with marks."""
    store, patterns = tmp_path / "spans.db", tmp_path / "patterns"
    patterns.write_text("employee = \\bE[0-9]{6}\\b\n")
    settings = {"SPANGLASS_MASK": "cards,emails,keys,phones", "SPANGLASS_MASK_PATTERNS": str(patterns)}
    with start(store, "--log-level", "debug", environment=settings) as server:
        with contextlib.closing(Connection(server.port)) as connection:
            for target, body, media_type in bodies(put):
                assert connection.ask(target, body, media_type).status == 200
        for word in ("seeded", "4111", "23456789", "E123456"):
            assert server.ask(f"/api/sessions?q={word}").json()["sessions"] == []
        assert server.ask("/api/sessions?q=card+email").json()["sessions"]
        metrics = server.ask("/metrics").body.decode()
        for rule in SECRETS:
            assert f'spanglass_masked_total{{rule="{rule}"}}' in metrics
        marked = 0
        for answer in everything(server, store, connect):
            for secret in SECRETS.values():
                assert secret.encode() not in answer, answer[max(0, answer.index(secret.encode()) - 200) :][:400]
            marked += b"[employee]" in answer
        assert marked > 100
    for secret in SECRETS.values():  # the files themselves, where not all is compressed
        assert all(secret.encode() not in file.read_bytes() for file in tmp_path.iterdir() if file != patterns)


def test_no_content_stays(tmp_path: Path, connect: Connect) -> None:
    """Without content nothing of what was said is anywhere, though all spans and their tokens are."""
    store = tmp_path / "spans.db"
    with start(store, "--log-level", "debug", environment={"SPANGLASS_MASK_CONTENT": "true"}) as server:
        with contextlib.closing(Connection(server.port)) as connection:
            for target, body, media_type in bodies(str):
                assert connection.ask(target, body, media_type).status == 200
        sessions = server.ask("/api/sessions?limit=200").json()["sessions"]
        assert sum(session["inferences"] for session in sessions) > 100
        assert server.ask("/api/sessions?q=picking").json()["sessions"] == []
        for answer in everything(server, store, connect):
            for said in (b"What is the weather", b"18 C", b"travel assistant", b"unknown currency", b"picking locks"):
                assert said not in answer, answer[max(0, answer.index(said) - 200) :][:400]
