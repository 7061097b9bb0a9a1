"""Recorded exports of real frameworks, whole and damaged, into the real mapper and the real store."""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanglass.config import Limits
from spanglass.mapping import Mapper
from spanglass.otlp.codec import decode_protobuf
from spanglass.otlp.json_codec import decode_json
from spanglass.store.interface import Store
from spanglass.store.sqlite import SqliteStore

RECORDED = Path(__file__).parents[1] / "data" / "otlp"
BODIES = sorted(
    path
    for path in RECORDED.glob("*/*")
    if path.suffix in {".pb", ".json"} and not {".truth", ".logs"} & {*path.suffixes}
)
LOGS = sorted(RECORDED.glob("*/*.logs*.pb"))
CONTENT_TYPES = {".pb": "application/x-protobuf", ".json": "application/json"}


@pytest.fixture
def mapper() -> Mapper:
    return Mapper(memo_bytes_max=1 << 20, document_depth_max=8)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = SqliteStore(tmp_path / "spans.db")
    yield store
    store.close()


def test_all_can_be_read_once_acknowledged(client: httpx2.Client, store: Store) -> None:
    """Each recorded body is taken whole: every span of it is in the store when the 200 comes."""
    assert {path.suffix for path in BODIES} == {".pb", ".json"}
    for path in BODIES:
        body = path.read_bytes()
        headers = {"content-type": CONTENT_TYPES[path.suffix], "content-encoding": "gzip"}
        response = client.post("/v1/traces", content=gzip.compress(body), headers=headers)
        assert (response.status_code, response.content) == (200, b"{}" if path.suffix == ".json" else b"")
        sent = (decode_json if path.suffix == ".json" else decode_protobuf)(body, Limits()).spans
        for trace_id in {span.trace_id for span in sent}:
            _, records = store.trace(trace_id) or (None, [])
            assert len(records) >= sum(span.trace_id == trace_id for span in sent)


def test_damage_is_never_our_fault(client: httpx2.Client) -> None:
    """A recorded body with some bytes changed is taken or is bad data: mapper and store cope with what is in it."""

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from([path for path in (*BODIES, *LOGS) if path.stat().st_size < 40_000]), st.randoms())
    def run(path: Path, chance: random.Random) -> None:
        damaged = bytearray(path.read_bytes())
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        headers = {"content-type": CONTENT_TYPES[path.suffix]}
        where = "/v1/logs" if path in LOGS else "/v1/traces"
        assert client.post(where, content=bytes(damaged), headers=headers).status_code in {200, 400}

    run()
