"""Files in ListSpans's own shape: what is listed of whole spans, and what that leaves out."""

import json
from collections import Counter

import pytest

from spanglass.formats.listing import RUNNING, VERBATIM, WITHHELD, in_listed_order
from tests.captures import CAPTURES
from tests.formats.sessions import Json, listed, of_capture, of_telemetry, wholes
from tests.telemetry import Wild, chat, said, span


def by_id(spans: list[Json]) -> list[Json]:
    return sorted(spans, key=lambda one: (one["sessionId"], one["startTimestamp"], one["spanId"]))


@pytest.mark.parametrize("capture", CAPTURES)
def test_spans_are_listed_as_by_listspans(capture: str) -> None:
    """Of a whole span what ListSpans lists of it is listed."""
    store = of_capture(capture)
    ours = [one for _, spans in wholes(store) for one in in_listed_order(spans, Counter())]
    assert by_id(ours) == by_id(listed(store))


@pytest.mark.parametrize("seed", range(40))
def test_odd_spans_are_listed_as_by_listspans(seed: int) -> None:
    """However odd they are."""
    store = of_telemetry(Wild(seed).spans())
    ours = [one for _, spans in wholes(store) for one in in_listed_order(spans, Counter())]
    assert by_id(ours) == by_id(listed(store))


def test_what_is_left_out_is_counted() -> None:
    """Running spans, messages beyond the newest fifty and values that the service model does not admit are counted."""
    talk = [said("user" if n % 2 else "assistant", f"m{n}") for n in range(60)]
    store = of_telemetry(
        [
            chat(1, talk, attributes={"gen_ai.request.temperature": 1.3}),
            span(2, end_ns=0),
        ]
    )
    losses: Counter[str] = Counter()
    ((_, spans),) = wholes(store)
    (shown,) = in_listed_order(spans, losses)
    assert len(shown["attributes"]["inputMessages"]) == 50
    assert losses == {RUNNING: 1, WITHHELD: 11, VERBATIM: 1}


def test_members_are_in_the_order_of_the_service_model() -> None:
    """So equal spans are equal bytes, however they were stored."""
    ((_, spans),) = wholes(of_telemetry([chat(1, [said("user", "Hi")], attributes={"gen_ai.request.model": "m"})]))
    (shown,) = in_listed_order(spans, Counter())
    backwards = spans[0] | {"attributes": dict(reversed(spans[0]["attributes"].items()))}
    assert json.dumps(list(in_listed_order([backwards], Counter()))) == json.dumps([shown])


def test_spans_of_one_millisecond_are_in_order_of_their_ids() -> None:
    """Listed times say no more, and whoever puts the spans somewhere has them in that order."""
    times = (1_000_900_000, 1_000_500_000, 1_000_100_000, 2_000_000_000)
    spans = [span(number, start_ns=start) for number, start in enumerate(times, start=1)]
    ((_, kept),) = wholes(of_telemetry(spans))
    ids = [one["spanId"] for one in in_listed_order(kept, Counter())]
    assert [one["spanId"] for one in kept] != ids
    assert ids[:3] == sorted(ids[:3])
