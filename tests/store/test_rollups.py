"""What one span adds to a session's row, and when it can be taken away again."""

import random

import pytest

from spanglass.model.record import Kind, Members, SpanRecord, fragment
from spanglass.store.rollups import NAME_CHARS_MAX, Rollup, bucket, bucket_ms, is_turn, merged, percentile_ms, rolled_up
from spanglass.store.samples import EPOCH_NS, SECOND_NS, message, span
from spanglass.store.testing_viewing import acting, using


def without_strip(rollup: Rollup) -> dict[str, object]:
    return {name: getattr(rollup, name) for name in rollup.__struct_fields__ if name != "strip"}


def spans() -> list[SpanRecord]:
    """Return spans of all roles, ends and names."""
    failed = Members(b'"status":"ERROR"', b'"errorType":"Broken","usageInputTokens":3')
    return [
        span(1),
        span(2, own=failed),
        span(3, end_ns=0),
        span(4, inputs=using("get_weather"), outputs=using("x"), **acting("execute_tool")),
        span(5, **acting("invoke_agent", aiAgentName="a", contactId="c", initialContactId="d")),
        span(6, **acting("inference", requestModel="m" * 1000)),
    ]


def test_what_was_added_is_taken_away() -> None:
    """Adding spans and taking them away in another order leaves nothing but the picture."""
    rollup = Rollup()
    for one in spans():
        rollup.count(one)
    for one in random.Random(1).sample(spans(), len(spans())):  # noqa: S311 (to vary, not to hide)
        rollup.count(one, -1)
    assert without_strip(rollup) == without_strip(Rollup())


def test_names_end_somewhere() -> None:
    """A name counts by its beginning, however long it is."""
    assert list(rolled_up(spans()).models) == ["m1", "m" * NAME_CHARS_MAX]


@pytest.mark.parametrize(
    ("known", "new", "forgets"),
    [
        (span(1, end_ns=0), span(1), False),
        (span(1, end_ns=0, own=Members()), span(1, own=Members(b'"status":"ERROR"')), False),
        (span(1, own=Members(b'"status":"ERROR"')), span(1), True),
        (span(1, own=Members(b'"status":"ERROR"')), span(1, own=Members(b'"status":"ERROR"', b'"topP":1')), False),
        (
            span(1, own=Members(b'"status":"ERROR"')),
            span(1, own=Members(b'"status":"ERROR"'), end_ns=EPOCH_NS + 9 * SECOND_NS),
            True,
        ),
        (span(1), span(1, **acting("execute_tool")), True),
    ],
)
def test_what_only_a_recount_takes_away(known: SpanRecord, new: SpanRecord, forgets: bool) -> None:  # noqa: FBT001
    """A span whose role or failure the picture shows cannot be replaced by another without drawing it anew."""
    assert rolled_up([known]).forgets(known, new) is forgets


@pytest.mark.parametrize("duration_ns", [0, 999, 1_000, 1_500, 10**6, 7 * 10**9, 86_400 * 10**9])
def test_a_bucket_stands_for_its_durations_within_a_tenth(duration_ns: int) -> None:
    """The duration that stands for a bucket is within a tenth of any that is counted in it."""
    told = bucket_ms(bucket(duration_ns))
    if duration_ns < 1_000:
        assert told == 0
    else:
        assert told == pytest.approx(duration_ns / 1e6, rel=0.1)


def test_percentiles() -> None:
    """A percentile is the first bucket up to which so many are; without durations it is 0."""
    buckets = {1: 50, 10: 49, 20: 1}
    assert [percentile_ms(buckets, share) for share in (0.5, 0.9, 0.99, 1.0)] == [
        bucket_ms(1),
        bucket_ms(10),
        bucket_ms(10),
        bucket_ms(20),
    ]
    assert percentile_ms({}, 0.5) == 0


def test_turns_are_what_the_customer_said() -> None:
    """Messages of the customer are turns, also those that came in with their ids; what is repeated counts once."""
    own = b'{"messageId":"m","participant":"%b","timestamp":1,"values":[]}'
    customers = fragment(Kind.MESSAGE, own % b"CUSTOMER")
    bots = fragment(Kind.MESSAGE, own % b"BOT")
    assert (is_turn(customers), is_turn(bots), is_turn(message("x", Kind.SYSTEM))) == (True, False, False)
    said = (message("hello"), message("hi", Kind.BOT), customers, bots)
    assert rolled_up([span(1, inputs=said), span(2, inputs=said)]).turns == 2


def test_sums_are_merged_whatever_their_form() -> None:
    """Numbers, lists and names of either add up."""
    assert merged({"a": [1, 2], "b": [1, 1]}, {"a": [3, 4]}) == {"a": [4, 6], "b": [1, 1]}
    assert merged({1: 2}, {1: 3, 2: 1}) == {1: 5, 2: 1}
