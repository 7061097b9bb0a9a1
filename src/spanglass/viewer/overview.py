"""A range of time at a glance: sessions, failures, durations, and what models, agents and tools did and cost.

What sessions count by themselves covers the whole range; what is summed by name is read from sessions' rows, of which
there may be more than one answer should read. Then an even sample stands for all, and the answer says so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta, UnsetType

from spanglass.answers import Bucket, Named, Overview, Percentiles, Tokens, ToolUsage, Usage
from spanglass.store.interface import SessionRecord, Store
from spanglass.store.rollups import percentile_ms
from spanglass.store.views import part_ns
from spanglass.viewer.operations import BadRequestError
from spanglass.viewer.prices import PriceList
from spanglass.viewer.sessions import OfTime, Seconds, summed
from spanglass.viewer.times import milliseconds, seconds

SESSIONS_READ_MAX: Final = 5_000
"""Sessions whose rows one overview reads: some 40 microseconds each."""
NAMES_MAX: Final = 50
"""Models, agents, tools and error types that are told, those that say most first."""


class OverviewQuery(OfTime, frozen=True, kw_only=True):
    """Which range, and into how many buckets it is cut."""

    from_: Seconds = msgspec.field(name="from")
    to: Seconds
    buckets: Annotated[int, Meta(ge=1, le=500)] = 60


class _Sums:
    """What is summed by name over sessions."""

    def __init__(self, sessions: Iterable[SessionRecord]) -> None:
        self.read = 0
        self.models: dict[str, list[int]] = {}
        self.agents: dict[str, dict[str, list[int]]] = {}
        self.tools: dict[str, list[int]] = {}
        self.timings: dict[str, Counter[int]] = defaultdict(Counter)
        self.tool_timings: dict[str, Counter[int]] = defaultdict(Counter)
        self.having: dict[str, Counter[str]] = defaultdict(Counter)
        for session in sessions:
            self.read += 1
            for agent, models in session.usage.items():
                for model, counts in models.items():
                    _add(self.models, model, counts)
                    _add(self.agents.setdefault(agent, {}), model, counts)
            for tool, counts in session.tool_sums.items():
                _add(self.tools, tool, counts)
            for known, found in ((self.timings, session.timings), (self.tool_timings, session.tool_timings)):
                for name, buckets in found.items():
                    known[name].update(buckets)
            for kind in ("models", "agents", "tools", "error_types"):
                self.having[kind].update(getattr(session, kind).keys())


def _add(sums: dict[str, list[int]], name: str, counts: list[int]) -> None:
    known = sums.setdefault(name, [0] * len(counts))
    for at, count in enumerate(counts):
        known[at] += count


def overview(store: Store, prices: PriceList, asked: OverviewQuery) -> Overview:
    """Return what happened within a range."""
    if asked.to <= asked.from_:
        raise BadRequestError("to: must be later than from")
    where = asked.where()
    totals = store.totals(where, parts=asked.buckets)
    sums = _Sums(store.sample(where, limit=SESSIONS_READ_MAX))
    width = part_ns(where, asked.buckets)
    return Overview(
        start=asked.from_,
        end=asked.to,
        sessions=totals.sessions,
        failed=sum(part[1] for part in totals.parts),
        timed_out=totals.statuses.get("timeout", 0),
        running=totals.statuses.get("running", 0),
        total_tokens=totals.tokens,
        session_ms=_percentiles(totals.durations),
        buckets=[
            Bucket(start=seconds(where.from_ns + at * width), sessions=part[0], errors=part[1], total_tokens=part[2])
            for at, part in enumerate(totals.parts)
        ],
        read=sums.read,
        complete=totals.complete,
        operation_ms={name: _percentiles(buckets) for name, buckets in sums.timings.items()},
        models=_usages(
            {model: {model: counts} for model, counts in sums.models.items()}, sums.having["models"], prices
        ),
        agents=_usages(sums.agents, sums.having["agents"], prices),
        tools=_tools(sums),
        error_types=[
            Named(name=name, sessions=count) for name, count in sums.having["error_types"].most_common(NAMES_MAX)
        ],
        cost=_cost(sums.models, prices),
    )


def _percentiles(buckets: Mapping[int, int], total_ms: float | None = None) -> Percentiles:
    """Return percentiles as buckets tell them; of a known total that is all in one bucket, the mean is nearer."""
    count = sum(buckets.values())
    if total_ms is not None and len(buckets) == 1:
        p50 = p90 = p95 = p99 = round(total_ms / count, 3)
    else:
        p50, p90, p95, p99 = (round(percentile_ms(buckets, share), 3) for share in (0.5, 0.9, 0.95, 0.99))
    return Percentiles(count=count, p50=p50, p90=p90, p95=p95, p99=p99)


def _usages(used: Mapping[str, Mapping[str, list[int]]], sessions: Mapping[str, int], prices: PriceList) -> list[Usage]:
    usages = []
    for name, models in used.items():
        calls, *tokens = (sum(column) for column in zip(*models.values(), strict=True))
        told = Tokens(input=tokens[0], output=tokens[1], cache_read=tokens[2], cache_write=tokens[3], total=tokens[4])
        cost = _cost(models, prices)
        usages.append(Usage(name=name, sessions=sessions.get(name, 0), inferences=calls, tokens=told, cost=cost))
    return sorted(usages, key=lambda usage: (-usage.tokens.total, -usage.inferences, usage.name))[:NAMES_MAX]


def _cost(models: Mapping[str, list[int]], prices: PriceList) -> float | UnsetType:
    return summed([prices.total(models)] if models else [])


def _tools(sums: _Sums) -> list[ToolUsage]:
    tools = [
        ToolUsage(
            name=name,
            sessions=sums.having["tools"][name],
            calls=calls,
            errors=errors,
            total_ms=milliseconds(took_us * 1000),
            result_bytes=told,
            duration_ms=_percentiles(sums.tool_timings.get(name, {}), milliseconds(took_us * 1000)),
        )
        for name, (calls, errors, took_us, told) in sums.tools.items()
    ]
    return sorted(tools, key=lambda tool: (-tool.total_ms, -tool.calls, tool.name))[:NAMES_MAX]
