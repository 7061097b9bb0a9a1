"""A range of time at a glance: what is counted, summed and sampled."""

from collections.abc import Callable
from typing import Any

import pytest

from spanglass.model.record import Members
from spanglass.store.interface import Store
from spanglass.store.samples import EPOCH_NS, SECOND_NS, part, span
from spanglass.store.testing_viewing import acting, fill, using
from spanglass.viewer import overview

Get = Callable[..., Any]
EPOCH = EPOCH_NS // SECOND_NS


def asked(get: Get, **query: Any) -> dict[str, Any]:  # noqa: ANN401 (a query's values)
    told: dict[str, Any] = get("/api/overview", **{"from": EPOCH, "to": EPOCH + 100} | query)
    return told


def test_sessions_are_counted(store: Store, get: Get) -> None:
    """Sessions, failures and tokens are counted over the range, by bucket, and by assistant if one is named."""
    fill(store)
    told = asked(get, to=EPOCH + 10, buckets=2)
    assert (told["sessions"], told["failed"], told["timedOut"], told["running"]) == (8, 2, 1, 1)
    assert (told["totalTokens"], told["read"], told["complete"]) == (5018, 8, True)
    assert told["buckets"] == [
        {"start": EPOCH, "sessions": 4, "errors": 2, "totalTokens": 18},
        {"start": EPOCH + 5, "sessions": 4, "errors": 0, "totalTokens": 5000},
    ]
    other = get("/api/facets", kind="assistant", prefix="other")["values"][0]["id"]
    assert asked(get, assistantId=other)["sessions"] == 2
    assert asked(get, to=EPOCH + 1)["sessions"] == 0


def test_durations_are_true_within_a_tenth(store: Store, get: Get) -> None:
    """Percentiles of sessions and of operations are those of what was written, within a tenth."""
    for n in range(100):
        took = (n + 1) * 10_000_000
        store.write([part(span(n, trace=n, end_ns=EPOCH_NS + n * SECOND_NS + took), session=f"s{n}", trace=n)])
    told = asked(get)
    for percentiles in (told["sessionMs"], told["operationMs"]["inference"]):
        assert percentiles["count"] == 100
        for share in (50, 90, 95, 99):
            assert percentiles[f"p{share}"] == pytest.approx(share * 10, rel=0.1)


def test_models_agents_and_tools(store: Store, get: Get) -> None:
    """What models and agents used and cost, and how long tools took and how often they failed, is summed by name."""
    tokens = b'"usageInputTokens":1000000,"usageTotalTokens":1000000'
    priced = acting("inference", aiAgentName="planner", requestModel="gpt-4.1") | {"own": Members(b"", tokens)}
    unpriced = acting("inference", aiAgentName="writer", requestModel="what") | {"own": Members(b"", tokens)}
    failing = acting("execute_tool") | {"own": Members(b'"status":"ERROR"', b'"errorType":"Broken"')}
    store.write(
        [
            part(
                span(1, **priced),
                span(2, **priced),
                span(3, **unpriced),
                span(4, inputs=using("slow"), end_ns=EPOCH_NS + 9 * SECOND_NS, **acting("execute_tool")),
                span(5, inputs=using("quick"), outputs=using("x"), **failing),
            )
        ]
    )
    told = asked(get)
    models = {each["name"]: each for each in told["models"]}
    assert (models["gpt-4.1"]["cost"], models["gpt-4.1"]["inferences"], models["gpt-4.1"]["sessions"]) == (4.0, 2, 1)
    assert models["gpt-4.1"]["tokens"]["input"] == 2_000_000
    assert "cost" not in models["what"]
    agents = {each["name"]: each.get("cost") for each in told["agents"]}
    assert agents == {"planner": 4.0, "writer": None}
    slow, quick = told["tools"]
    assert (slow["name"], slow["calls"], slow["totalMs"], slow["errors"]) == ("slow", 1, 5000.0, 0)
    assert (quick["name"], quick["errors"], quick["resultBytes"] > 0) == ("quick", 1, True)
    assert slow["durationMs"]["p50"] == slow["durationMs"]["p99"] == 5000  # of one run, all that is known is exact
    assert told["errorTypes"] == [{"name": "Broken", "sessions": 1}]
    assert "cost" not in told


def test_too_many_sessions_are_sampled(store: Store, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more sessions than one answer reads, counts stay whole and sums say of how many they are."""
    fill(store)
    monkeypatch.setattr(overview, "SESSIONS_READ_MAX", 4)
    told = asked(get)
    assert told["sessions"] == 8
    assert 1 <= told["read"] <= 4


@pytest.mark.parametrize(
    ("query", "named"),
    [({"to": EPOCH}, "to"), ({"buckets": 0}, "buckets"), ({"from": "x"}, "from"), ({"buckets": 501}, "buckets")],
)
def test_a_range_that_is_none_is_refused(get: Get, query: dict[str, Any], named: str) -> None:
    """A range has a beginning, a later end, and a sensible number of buckets."""
    assert get("/api/overview", 400, **{"from": EPOCH, "to": EPOCH + 1} | query)["error"].startswith(f"{named}: ")
    assert "from" in get("/api/overview", 400)["error"]
