"""A session of a million spans on a node: its pages cost what those of a session of a thousand do.

``make test-cluster`` runs this, in some ten minutes; ``-s`` shows what the pages took.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import pytest

from spanglass.store.cassandra.address import Address, Options
from spanglass.store.cassandra.store import CassandraStore
from spanglass.store.interface import Cursor
from spanglass.store.samples import ids, message, part, span, span_id
from tests.cassandra.counting import counted_rows, counted_statements
from tests.cassandra.node import PATIENCE_SECONDS, Node

SPANS: Final = {"short": 1_000, "long": 1_000_000}
AT_ONCE: Final = 2_000
PAGE_SPANS: Final = 100
TIMES: Final = 9


@pytest.fixture(scope="module", name="store")
def _store(cassandra_node: Node) -> Iterator[CassandraStore]:
    options = Options(replication="1", timeout_seconds=PATIENCE_SECONDS)
    with closing(CassandraStore(Address(hosts=(cassandra_node.host,), keyspace="long", options=options))) as store:
        for session, spans in SPANS.items():
            for first in range(0, spans, AT_ONCE):
                last = min(first + AT_ONCE, spans)
                some = [span(n, inputs=(message(f"message {n}"),)) for n in range(first, last)]
                store.write([part(*some, session=session, trace=None)])
        yield store


@pytest.mark.timeout(3600)
def test_a_page_of_a_million_spans_costs_what_one_of_a_thousand_does(
    store: CassandraStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first, a middle and the last page take as many statements and rows, give or take where blocks are cut."""
    rows, statements = counted_rows(monkeypatch), counted_statements(monkeypatch)
    costs: dict[str, list[tuple[int, int]]] = {session: [] for session in SPANS}
    for session, spans in SPANS.items():
        for start in (0, spans // 2, spans - PAGE_SPANS - 1):
            after = Cursor(span(start).start_ns, span_id(start))
            took = []
            for _ in range(TIMES):
                rows.clear()
                statements.clear()
                began = time.perf_counter()
                page = store.spans(*ids(session=session), after=after, limit=PAGE_SPANS)
                took.append(1000 * (time.perf_counter() - began))
                assert page is not None
                assert [each.span_id for each in page.spans] == [
                    span_id(n) for n in range(start + 1, start + 1 + PAGE_SPANS)
                ]
            costs[session].append((len(statements), sum(rows)))
            print(f"\n{session}, after {start}: {sorted(took)[TIMES // 2]:.1f} ms, {costs[session][-1]}", end="")  # noqa: T201
    print()  # noqa: T201
    most = [max(counts) for counts in zip(*costs["short"], strict=True)]
    assert all(statements <= most[0] + 2 and rows <= most[1] + 5 for statements, rows in costs["long"])
