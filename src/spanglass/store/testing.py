"""The battery that every backend passes: subclass ``StoreBattery`` beside a fixture ``opener`` of your backend.

Hypothesis drives the backend and ``MemoryStore`` with the same parts and compares all that can be read from both.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from typing import Final, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanglass.model.place import TracePart
from spanglass.model.record import Kind, Members, SpanRecord, fragment
from spanglass.store.interface import Store, Version
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import (
    EPOCH_NS,
    SECOND_NS,
    WORDS,
    everything,
    ids,
    message,
    part,
    parts,
    read,
    span,
    span_id,
    trace_id,
)
from spanglass.store.testing_access import AccessBattery
from spanglass.store.testing_resources import Opener, ResourceBattery
from spanglass.store.testing_viewing import ViewingBattery
from spanglass.store.where import Kind as FacetKind
from spanglass.store.where import Where

__all__ = ["Opener", "StoreBattery"]

SUPPRESSED: Final = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)
"""Each example begins by emptying the store, and one battery serves several backends on purpose."""


WHERES: Final = (
    Where(statuses=frozenset({"running"})),
    Where(statuses=frozenset({"error", "ok"}), tokens_min=5),
    Where(models=frozenset({"m1", "m2"}), agents=frozenset({"a"}), duration_min_ns=SECOND_NS),
    Where(names=frozenset({"s", "t"}), to_ns=EPOCH_NS + SECOND_NS),
    Where(text="paris", statuses=frozenset({"ok", "running"})),
    Where(assistants=frozenset({ids()[0]}), models=frozenset({"m1"})),
)
"""Conditions under which a backend is compared with the reference."""


class StoreBattery(ResourceBattery, ViewingBattery, AccessBattery):
    """What every backend must do; each test's docstring is a promise of ``interface.Store``."""

    @pytest.fixture
    def opener(self) -> Opener:
        """Return what opens the backend under test; a subclass overrides this."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, opener: Opener) -> Iterator[Store]:
        """Return the backend under test, empty."""
        with closing(opener()) as store:
            yield store

    def test_what_was_written_is_read(self, store: Store) -> None:
        """A span comes back whole: ids, times, members, messages with the time they were first said, details."""
        written = span(
            1,
            parent_span_id=span_id(0),
            inputs=(message("Hello"), message("I am a human", Kind.AGENT)),
            outputs=(message("Hi", Kind.BOT),),
            system=(message("Be kind", Kind.SYSTEM),),
            details=(fragment(Kind.DETAIL, b'{"a":1}'), fragment(Kind.DETAIL, b'{"b":2}')),
            own_detail=b'{"c":3}',
            inputs_shown_from=1,
        )
        assert store.write([part(written)]).written == 1
        page = store.spans(*ids())
        assert page is not None
        assert page.spans == [written]
        assert page.next is None
        assert [f.since_ms for f in page.spans[0].inputs] == [(EPOCH_NS + SECOND_NS) // 1_000_000] * 2
        assert [f.since_ms for f in page.spans[0].outputs] == [(EPOCH_NS + SECOND_NS * 3 // 2) // 1_000_000]
        assert [f.json for f in page.spans[0].system] == [b'[{"text":{"value":"Be kind"}}]']

    def test_nothing_is_where_nothing_was_written(self, store: Store) -> None:
        """An unknown session, trace or span is None, not empty; a session of another assistant is another."""
        store.write([part(span(1))])
        assert store.spans(*ids(session="t")) is None
        assert store.spans(*ids(assistant="other")) is None
        assert store.session(*ids(session="t")) is None
        assert store.trace(trace_id(7)) is None
        assert store.span(span_id(7)) is None

    def test_written_means_readable_after_reopening(self, opener: Opener) -> None:
        """What was written before is there when the store is opened again, to read and to add to."""
        with closing(opener()) as store:
            store.write([part(span(1, inputs=(message("Hello"),)))])
        with closing(opener()) as store:
            store.write([part(span(2, inputs=(message("Hello"), message("again"))))])
            assert [s.span_id for s in read(store, *ids())] == [span_id(1), span_id(2)]
            assert [f.json for f in list(read(store, *ids()))[1].inputs] == [
                b'[{"text":{"value":"Hello"}}]',
                b'[{"text":{"value":"again"}}]',
            ]

    def test_a_version_tells_states_apart(self, opener: Opener) -> None:
        """Whatever changes what is read of a session gives it a version that it never had before."""
        late = span(1, inputs=(message("Hello"),))
        seen: list[Version | None] = [None]
        told: list[SpanRecord] = []
        with closing(opener()) as store:
            for change in (
                lambda: store.write([part(span(2, inputs=(message("Hello"),)))]),
                lambda: store.write([part(late)]),  # so it was said earlier than thought
                lambda: store.write([part(msgspec.structs.replace(late, end_ns=late.end_ns + 1))]),
                lambda: store.write([part(span(3), session=None, trace=3)]),  # a session of its own
                lambda: store.write([part(span(4), trace=3)]),  # it comes here with this one
                lambda: store.delete_session(*ids()),
                lambda: store.write([part(late)]),
            ):
                change()
                version = store.version(*ids())
                now = list(read(store, *ids())) if version else []
                assert (version is None) == (store.spans(*ids()) is None)
                if now != told:
                    assert version is None or version not in seen
                told = now
                seen.append(version)

    def test_order_is_start_then_id(self, store: Store) -> None:
        """Spans come in order of start, to the nanosecond, then of id, however they were written."""
        spans = [span(n, start_ns=EPOCH_NS + n % 5, end_ns=EPOCH_NS + 9) for n in range(40)]
        store.write([part(each) for each in random.Random(1).sample(spans, 40)])
        listed = [(s.start_ns, s.span_id) for s in read(store, *ids())]
        assert listed == sorted((s.start_ns, s.span_id) for s in spans)

    @pytest.mark.parametrize("limit", [1, 3, 10, 11])
    def test_pages_hold_their_limit(self, store: Store, limit: int) -> None:
        """Every page but the last is full, the last has no cursor, and together they are the session."""
        store.write([part(*(span(n) for n in range(10)))])
        sizes, after = [], None
        while True:
            page = store.spans(*ids(), limit=limit, after=after)
            assert page is not None
            sizes.append(len(page.spans))
            after = page.next
            if after is None:
                break
        assert sum(sizes) == 10
        assert all(size == limit for size in sizes[:-1])

    def test_pages_hold_their_bytes(self, store: Store) -> None:
        """A page ends before it grows past its bytes, but never empty; what is not shown does not count."""
        large = [span(n, inputs=(message(f"{n} " * 5000),)) for n in range(4)]
        hidden = span(5, inputs=(message("0 " * 5000), message("x")), inputs_shown_from=1)
        store.write([part(*large, hidden)])
        page = store.spans(*ids(), bytes_max=25_000)
        assert page is not None
        assert [s.span_id for s in page.spans] == [span_id(0), span_id(1)]
        page = store.spans(*ids(), bytes_max=1, after=page.next)
        assert page is not None
        assert [s.span_id for s in page.spans] == [span_id(2)]
        page = store.spans(*ids(), bytes_max=15_000, after=page.next)
        assert page is not None
        assert [s.span_id for s in page.spans] == [span_id(3), span_id(5)]

    def test_pages_stay_true_while_spans_arrive(self, store: Store) -> None:
        """What was there at the first page comes once; an earlier one that arrives later is for the next reading."""
        store.write([part(*(span(n) for n in range(10, 20)))])
        seen, after, late = [], None, 0
        while True:
            page = store.spans(*ids(), limit=3, after=after)
            assert page is not None
            seen += [s.span_id for s in page.spans]
            after = page.next
            if after is None:
                break
            late += 1
            store.write([part(span(late)), part(span(30 + late))])
        assert [i for i in seen if i in {span_id(n) for n in range(10, 20)}] == [span_id(n) for n in range(10, 20)]
        assert len(set(seen)) == len(seen)
        assert span_id(1) not in seen
        assert span_id(1) in {s.span_id for s in read(store, *ids())}

    def test_the_same_again_changes_nothing(self, store: Store) -> None:
        """Writing a span twice, in one call or two, leaves one."""
        once = part(span(1, inputs=(message("Hello"),), outputs=(message("Hi", Kind.BOT),)))
        store.write([once, once])
        before = everything(store)
        result = store.write([once])
        assert (result.written, result.replaced, result.unchanged) == (0, 0, 1)
        assert everything(store) == before

    def test_a_later_version_replaces(self, store: Store) -> None:
        """A span that is told again with a later end takes the place of the first, with its messages and counts."""
        store.write([part(span(1, end_ns=0, inputs=(message("draft"),)), span(2))])
        session = store.session(*ids())
        assert session is not None
        assert (session.spans, session.running) == (2, 1)
        final = span(1, inputs=(message("final"),), own=Members(b'"status":"ERROR"'))
        assert store.write([part(final)]).replaced == 1
        assert store.write([part(span(1, end_ns=0, inputs=(message("draft"),)))]).unchanged == 1
        assert list(read(store, *ids())) == [final, span(2)]
        session = store.session(*ids())
        assert session is not None
        assert (session.spans, session.running, session.errors, session.input_tokens) == (2, 0, 1, 7)

    def test_running_spans_are_shown_on_request(self, store: Store) -> None:
        """A span that has not ended is left out of pages unless asked for."""
        store.write([part(span(1, end_ns=0), span(2))])
        page = store.spans(*ids())
        assert page is not None
        assert [s.span_id for s in page.spans] == [span_id(2)]
        page = store.spans(*ids(), running=True)
        assert page is not None
        assert [s.span_id for s in page.spans] == [span_id(1), span_id(2)]

    def test_a_session_without_ended_spans_is_empty_not_missing(self, store: Store) -> None:
        """A session whose only span still runs has a page, an empty one."""
        store.write([part(span(1, end_ns=0))])
        page = store.spans(*ids())
        assert page is not None
        assert page.spans == []

    def test_a_message_has_the_time_it_was_first_said(self, store: Store) -> None:
        """The earliest span that has a message tells its time, also if that span arrives last."""
        said = message("Hello")
        store.write([part(span(5, inputs=(said,)))])
        store.write([part(span(3, inputs=(said,)))])
        store.write([part(span(4, outputs=(said,)))])
        times = {f.since_ms for s in read(store, *ids()) for f in (*s.inputs, *s.outputs)}
        assert times == {(EPOCH_NS + 3 * SECOND_NS) // 1_000_000}
        store.write([part(span(6, start_ns=0, inputs=(said, message("never timed"))))])
        store.write([part(span(7, inputs=(message("never timed"),))), part(span(2, inputs=(said,)))])
        assert {f.since_ms for s in read(store, *ids()) for f in s.inputs} == {0}

    def test_a_late_session_takes_the_whole_trace(self, opener: Opener) -> None:
        """A trace stands on its own until a span names its session; then all of it is there, also after reopening."""
        with closing(opener()) as store:
            store.write([part(span(2, parent_span_id=span_id(1), inputs=(message("Hello"),)), session=None)])
            assert [s.span_id for s in read(store, *ids(session=0))] == [span_id(2)]
        with closing(opener()) as store:
            store.write([part(span(3, parent_span_id=span_id(1), inputs=(message("Hello"),)), session=None)])
            store.write([part(span(1))])
            assert [s.span_id for s in read(store, *ids())] == [span_id(1), span_id(2), span_id(3)]
            assert store.spans(*ids(session=0)) is None
            found = store.trace(trace_id(0))
            assert found is not None
            assert found[0].name == "s"
            assert len(found[1]) == 3

    def test_moving_a_trace_leaves_the_others(self, store: Store) -> None:
        """When one trace of a session turns out to belong elsewhere, the rest of the session stays as if alone."""
        child = span(1, parent_span_id=span_id(0), inputs=(message("moved words"),))
        other = span(2, trace=1, inputs=(message("other words"),))
        store.write([part(child, session="wrong"), part(other, session="wrong", trace=1)])
        store.write([part(span(0), session="right")])
        assert list(read(store, *ids(session="wrong"))) == [other]
        assert [s.span_id for s in read(store, *ids(session="right"))] == [span_id(0), span_id(1)]
        assert [s.name for s in store.sessions(Where(text="moved")).sessions] == ["right"]
        assert [s.name for s in store.sessions(Where(text="other")).sessions] == ["wrong"]

    def test_spans_that_came_as_themselves_stay(self, store: Store) -> None:
        """A part without a trace goes where its claims say and no trace ever moves it."""
        store.write([part(span(1), session="kept", trace=None)])
        store.write([part(span(2), session="elsewhere")])
        assert [s.span_id for s in read(store, *ids(session="kept"))] == [span_id(1)]

    def test_a_span_is_found_by_its_id(self, store: Store) -> None:
        """A span's id alone leads to it and its session."""
        store.write([part(span(1), span(2))])
        found = store.span(span_id(2))
        assert found is not None
        assert (found[0].name, found[1]) == ("s", span(2))

    def test_a_trace_is_found_by_its_id(self, store: Store) -> None:
        """A trace's spans are found among those of its session, the latest of them where there are too many."""
        for number in range(30):
            store.write([part(span(number, trace=number % 3), trace=number % 3)])
        found = store.trace(trace_id(1))
        assert found is not None
        assert [s.span_id for s in found[1]] == [span_id(n) for n in range(1, 30, 3)]
        found = store.trace(trace_id(1), limit=6)
        assert found is not None
        assert [s.span_id for s in found[1]] == [span_id(25), span_id(28)]

    def test_claims_decide_elsewhere_as_here(self, store: Store) -> None:
        """A trace's claims can go to another store with it: there, too, a weaker claim loses and a better one wins."""
        child = span(5, parent_span_id=span_id(1))
        store.write([part(child, session="child's"), part(span(7), session="kept", trace=None)])
        claims = store.claims([trace_id(0), trace_id(7)])
        assert claims.keys() == {trace_id(0)}
        other = MemoryStore()
        other.write([TracePart(trace_id(0), claims[trace_id(0)], (child,))])
        other.write([part(span(7), session="kept", trace=None)])
        for weaker_or_better in (span(6, parent_span_id=span_id(1)), span(1)):
            come = part(weaker_or_better, session=f"of {weaker_or_better.start_ns}")
            for each in (store, other):
                each.write([come])
            assert everything(store) == everything(other)
        assert [s.name for s in store.sessions().sessions] == ["kept", f"of {EPOCH_NS + SECOND_NS}"]

    def test_rollups(self, store: Store) -> None:
        """A session's row counts spans, roots, errors, tokens, models, agents and tools, and tells its time."""
        tool = fragment(Kind.BOT, b'[{"toolUse":{"toolUseId":"x","name":"get_weather","arguments":{}}}]')
        execute = fragment(Kind.MEMBERS, Members(b"", b'"operationName":"execute_tool"').pack())
        store.write(
            [
                part(
                    span(1),
                    span(2, parent_span_id=span_id(1), own=Members(b'"status":"TIMEOUT"', b'"cacheReadInputTokens":3')),
                    span(3, parent_span_id=span_id(1), recurring=execute, inputs=(tool,), own=Members()),
                )
            ]
        )
        session = store.session(*ids())
        assert session is not None
        assert (session.spans, session.roots, session.errors, session.inferences, session.running) == (3, 1, 1, 2, 0)
        assert (session.input_tokens, session.output_tokens, session.total_tokens) == (7, 2, 9)
        assert (session.cache_read_tokens, session.cache_write_tokens) == (3, 0)
        assert (session.models, session.agents, session.tools) == ({"m1": 2}, {"a": 2}, {"get_weather": 1})
        assert session.first_ns == EPOCH_NS + SECOND_NS
        assert session.last_ns == EPOCH_NS + 3 * SECOND_NS + SECOND_NS // 2

    def test_sessions_come_newest_first(self, store: Store) -> None:
        """Sessions are listed by their start, the latest first, in pages that repeat and miss none."""
        for number in range(9):
            store.write([part(span(number % 7, trace=number), session=f"s{number}", trace=number)])
        pages, after = [], None
        while True:
            page = store.sessions(limit=2, after=after)
            pages.append([(s.first_ns, s.name) for s in page.sessions])
            after = page.next
            if after is None:
                break
        listed = [each for page in pages for each in page]
        assert [len(page) for page in pages] == [2, 2, 2, 2, 1]
        assert sorted(name for _, name in listed) == sorted(f"s{n}" for n in range(9))
        assert all(a >= b for (a, _), (b, _) in pairwise(listed))

    def test_sessions_of_one_assistant(self, store: Store) -> None:
        """The list can be held to one assistant."""
        store.write([part(span(1)), part(span(2, trace=1), assistant="other", trace=1)])
        page = store.sessions(Where(assistants=frozenset({ids(assistant="other")[0]})))
        assert [s.assistant_name for s in page.sessions] == ["other"]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("paris", True),
            ("PARIS cafe", True),
            ("größe", True),
            ("grosse", True),
            ("par", False),
            ("Paris refund", False),
            ('par"is', False),
            ("17*23", True),
            ("snake", True),
            ("x", False),
            ("", False),
            ("*", False),
            ("toolUse", False),
            ("42", True),
            ("be kind", True),
            ("get_weather", True),
        ],
    )
    def test_search_finds_whole_words_of_one_message(self, store: Store, text: str, found: bool) -> None:
        """A session is found by words that one message holds, whatever their case, accents or sharp s."""
        if not store.capabilities.full_text_search:
            pytest.fail("a backend without full-text search needs a battery of its own for that")
        tool = b'[{"toolUse":{"toolUseId":"x","name":"get_weather","arguments":{"n":42,"b":true}}}]'
        said = (message("Café in Paris, 17*23"), message("refund"), message("Größe snake_case"))
        store.write(
            [part(span(1, inputs=said, outputs=(fragment(Kind.BOT, tool),), system=(message("Be kind", Kind.SYSTEM),)))]
        )
        assert bool(store.sessions(Where(text=text)).sessions) is found

    def test_deleting_a_session_takes_it_and_nothing_else(self, store: Store) -> None:
        """Spans, messages, search results and traces of a deleted session are gone; the others' are not."""
        store.write([part(span(1, inputs=(message("one"),)), session="a")])
        store.write([part(span(2, trace=1, inputs=(message("two"),)), session="b", trace=1)])
        assert store.delete_session(*ids(session="a"))
        assert not store.delete_session(*ids(session="a"))
        assert store.spans(*ids(session="a")) is None
        assert store.sessions(Where(text="one")).sessions == []
        assert store.trace(trace_id(0)) is None
        assert store.span(span_id(1)) is None
        assert [s.name for s in store.sessions(Where(text="two")).sessions] == ["b"]
        store.write([part(span(1, inputs=(message("one"),)), session="a")])
        assert [s.span_id for s in read(store, *ids(session="a"))] == [span_id(1)]

    def test_retention_deletes_by_age(self, store: Store) -> None:
        """Sessions last heard of before a time are deleted, the others stay."""
        for number in range(4):
            store.write([part(span(number, trace=number), session=f"s{number}", trace=number)])
        assert store.delete_before(EPOCH_NS + 2 * SECOND_NS) == 2
        assert {s.name for s in store.sessions().sessions} == {"s2", "s3"}

    def test_a_long_session(self, store: Store) -> None:
        """A conversation of many calls, each repeating the ones before it, reads back exactly, also after a rest."""
        said = [message(f"message {n} " + "word " * (n % 50), (Kind.CUSTOMER, Kind.BOT)[n % 2]) for n in range(300)]
        spans = [span(n, inputs=tuple(said[: 2 * n + 1]), outputs=(said[2 * n + 1],)) for n in range(150)]
        for each in spans:
            store.write([part(each)])
        before = everything(store)
        assert list(read(store, *ids(), limit=40)) == spans
        while store.maintain():
            pass
        assert everything(store) == before
        store.write([part(span(200, inputs=tuple(said)))])
        assert len(list(read(store, *ids()))) == 151

    def test_messages_of_all_sizes(self, store: Store) -> None:
        """Small and large messages in small and large writes come back exactly, before and after a rest."""
        rng = random.Random(3)
        spans = [
            span(
                n, inputs=tuple(message(f"{n}.{i} " + "word " * rng.choice((1, 50, 3000, 9000))) for i in range(n % 4))
            )
            for n in range(120)
        ]
        left = list(spans)
        while left:
            cut = rng.randint(1, 8)
            store.write([part(*left[:cut])])
            del left[:cut]
        before = everything(store)
        assert list(read(store, *ids())) == spans
        while store.maintain():
            pass
        assert everything(store) == before

    def test_a_huge_message(self, store: Store) -> None:
        """A message of several megabytes is kept and read whole."""
        huge = span(1, inputs=(message("word " * 1_000_000),))
        store.write([part(huge)])
        assert next(read(store, *ids())).inputs[0].json == huge.inputs[0].json

    def test_a_span_that_turns_out_earlier_takes_its_time_with_it(self, store: Store) -> None:
        """A span that was thought to begin later, as log records alone may tell, leaves no later time behind."""
        store.write([part(span(1, start_ns=10, end_ns=0))])
        store.write([part(span(1, start_ns=1, end_ns=2))])
        session = store.session(*ids())
        assert session is not None
        assert (session.first_ns, session.last_ns, session.running) == (1, 2, 0)

    def test_what_comes_is_related_to_what_was_there(self, store: Store) -> None:
        """``relate`` sees the spans that a trace has already beside the new ones, and what it changes is written."""
        seen: list[set[bytes]] = []

        def relate(known: Sequence[SpanRecord], new: Sequence[SpanRecord]) -> list[SpanRecord]:
            trace = {each.span_id for each in (*known, *new)}
            seen.append(trace)
            return [*new, span(1, own_detail=b'{"related":%d}' % len(trace))]

        store.write([part(span(1)), part(span(5, trace=1), trace=1)], relate)
        store.write([part(span(2)), part(span(3)), part(span(6, trace=2), trace=2)], relate)
        assert seen == [{span_id(1), span_id(2)}, {span_id(1), span_id(2), span_id(3)}]
        assert next(read(store, *ids())).own_detail == b'{"related":3}'
        assert [s.span_id for s in read(store, *ids())] == [span_id(n) for n in (1, 2, 3, 5, 6)]

    @settings(max_examples=60, deadline=None, suppress_health_check=SUPPRESSED)
    @given(drawn=st.lists(st.lists(parts(), max_size=4), max_size=8), rest=st.booleans())
    def test_answers_as_the_reference_does(self, opener: Opener, drawn: Sequence[list[TracePart]], rest: bool) -> None:
        """Any parts in any calls leave what the reference store holds: spans, roll-ups, times, search."""
        self.compare(opener, drawn, rest=rest)

    @staticmethod
    def compare(opener: Opener, drawn: Sequence[list[TracePart]], *, rest: bool) -> None:
        """Write parts to the backend and the reference, and compare all that can be read from both."""
        reference = MemoryStore()
        with closing(opener()) as store:
            for session in store.sessions(limit=1000).sessions:
                store.delete_session(session.assistant_id, session.session_id)
            for each in drawn:
                assert store.write(each) == reference.write(each)
                if rest:
                    store.maintain()
            assert everything(store) == everything(reference)
            assert store.assistants() == reference.assistants()
            for word in (*WORDS, "paris weather"):
                assert store.sessions(Where(text=word)) == reference.sessions(Where(text=word))
            for where in WHERES:
                assert store.sessions(where) == reference.sessions(where)
            for kind in get_args(FacetKind):
                assert store.facets(kind) == reference.facets(kind)
            times = Where(from_ns=1, to_ns=EPOCH_NS + 2 * SECOND_NS)
            assert store.totals(times, parts=3) == reference.totals(times, parts=3)
            for number in range(3):
                assert store.trace(trace_id(number)) == reference.trace(trace_id(number))

    @settings(max_examples=30, deadline=None, suppress_health_check=SUPPRESSED)
    @given(drawn=st.lists(parts(), max_size=10), seed=st.integers(0, 1 << 16))
    def test_order_of_arrival_does_not_matter(self, opener: Opener, drawn: list[TracePart], seed: int) -> None:
        """The same parts in another order, cut into other calls, some twice, with reopenings between, end the same."""
        self.shuffle(opener, drawn, seed)

    @staticmethod
    def shuffle(opener: Opener, drawn: list[TracePart], seed: int) -> None:
        """Write parts in two orders, and compare all that can be read afterwards."""
        rng = random.Random(seed)
        states = []
        for order in (drawn, rng.sample(drawn, len(drawn)) + drawn[: len(drawn) // 2]):
            with closing(opener()) as store:
                for session in store.sessions(limit=1000).sessions:
                    store.delete_session(session.assistant_id, session.session_id)
            left = list(order)
            while left:
                with closing(opener()) as store:
                    for _ in range(rng.randint(1, 3)):
                        cut = rng.randint(1, 4)
                        store.write(left[:cut])
                        del left[:cut]
            with closing(opener()) as store:
                states.append((everything(store), store.assistants()))
        assert states[0] == states[1]
