"""The part of the battery about finding sessions, reading them as outlines and conversations, and following them."""

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any, TypeAlias

import pytest

from spanglass.model.record import Fragment, Kind, Members, SpanRecord, fragment
from spanglass.store.interface import Cursor, Facet, Outlined, Said, SessionRecord, Store
from spanglass.store.rollups import NAMES_MAX, REST, bucket
from spanglass.store.samples import EPOCH_NS, SECOND_NS, ids, message, part, span, span_id
from spanglass.store.where import Where

Opener: TypeAlias = Callable[[], Store]
"""Opens the store of this test again, with all that was written to it."""
MINUTE_NS = 60 * SECOND_NS


def call(number: int, *said: str, answer: str | None = None, **members: Any) -> SpanRecord:
    """Return a call of a model that heard and answered this, the first by the customer, then in turns."""
    heard = tuple(message(text, (Kind.CUSTOMER, Kind.BOT)[n % 2]) for n, text in enumerate(said))
    outputs = () if answer is None else (message(answer, Kind.BOT),)
    return span(number, inputs=heard, outputs=outputs, **members)


def acting(operation: str, **attributes: str) -> dict[str, Any]:
    """Return the members of a span that does this."""
    told = "".join(f',"{name}":"{value}"' for name, value in attributes.items())
    packed = Members(b'"spanName":"x"', f'"operationName":"{operation}"{told}'.encode()).pack()
    return {"recurring": fragment(Kind.MEMBERS, packed), "own": Members(b'"status":"OK"')}


def using(tool: str) -> tuple[Fragment, ...]:
    """Return the input of a tool's span."""
    return (fragment(Kind.BOT, b'[{"toolUse":{"toolUseId":"x","name":"%b","arguments":{}}}]' % tool.encode()),)


def names(sessions: Iterable[SessionRecord]) -> list[str]:
    """Return the names of sessions."""
    return [session.name for session in sessions]


def fill(store: Store) -> None:
    """Write sessions that differ in everything that they can be found by."""
    failed = Members(b'"status":"ERROR"', b'"errorType":"ValueError"')
    late = Members(b'"status":"TIMEOUT"', b'"errorType":"timeout"')
    for trace, (session, assistant, record) in enumerate(
        (
            ("plain", "bot", call(1, "hello there", answer="hi")),
            ("failed", "bot", call(2, "hello", own=failed)),
            ("late", "bot", call(3, "hello again", own=late)),
            ("running", "other", span(4, end_ns=0)),
            ("long", "bot", span(5, end_ns=EPOCH_NS + 10 * MINUTE_NS, **acting("invoke_agent", aiAgentName="planner"))),
            ("tool", "other", span(6, inputs=using("get_weather"), **acting("execute_tool", contactId="contact-1"))),
            ("model", "bot", span(7, **acting("inference", requestModel="m2", initialContactId="contact-2"))),
            ("costly", "bot", span(8, own=Members(b'"status":"OK"', b'"usageTotalTokens":5000'))),
        )
    ):
        store.write([part(record, session=session, assistant=assistant, trace=100 + trace)])


class ViewingBattery:
    """What every backend must answer viewers; each test's docstring is a promise of ``interface.Store``."""

    @pytest.mark.parametrize(
        ("where", "found"),
        [
            (Where(), ["costly", "model", "tool", "long", "running", "late", "failed", "plain"]),
            (Where(statuses=frozenset({"error"})), ["failed"]),
            (Where(statuses=frozenset({"timeout", "running"})), ["running", "late"]),
            (Where(statuses=frozenset({"ok"})), ["costly", "model", "tool", "long", "plain"]),
            (Where(error_types=frozenset({"ValueError"})), ["failed"]),
            (Where(agents=frozenset({"planner"})), ["long"]),
            (Where(models=frozenset({"m2"})), ["model"]),
            (Where(models=frozenset({"m1", "m2"})), ["costly", "model", "running", "late", "failed", "plain"]),
            (Where(models=frozenset({"m1"}), statuses=frozenset({"ok"})), ["costly", "plain"]),
            (Where(models=frozenset({"m1"}), agents=frozenset({"planner"})), []),
            (Where(tools=frozenset({"get_weather"})), ["tool"]),
            (Where(contacts=frozenset({"contact-1"})), ["tool"]),
            (Where(contacts=frozenset({"contact-2", "nobody"})), ["model"]),
            (Where(names=frozenset({"late"})), ["late"]),
            (Where(sessions=frozenset({ids(session="late")[1]})), ["late"]),
            (Where(sessions=frozenset({ids(session="late")[1]}), statuses=frozenset({"ok"})), []),
            (Where(duration_min_ns=MINUTE_NS), ["long"]),
            (Where(duration_max_ns=0), ["running"]),
            (Where(tokens_min=5000), ["costly"]),
            (Where(tokens_min=1, tokens_max=100), ["running", "plain"]),
            (Where(from_ns=EPOCH_NS + 3 * SECOND_NS, to_ns=EPOCH_NS + 5 * SECOND_NS), ["long", "running", "late"]),
            (Where(assistants=frozenset({ids(assistant="other")[0]})), ["tool", "running"]),
            (Where(assistants=frozenset()), []),
            (Where(assistants=frozenset({ids(assistant="other")[0]}), models=frozenset({"m1"})), ["running"]),
            (Where(assistants=frozenset({ids(assistant="nobody")[0]}), text="hello"), []),
            (Where(text="hello"), ["late", "failed", "plain"]),
            (Where(text="hello", statuses=frozenset({"error"})), ["failed"]),
            (Where(text="hello", models=frozenset({"m1"}), from_ns=EPOCH_NS + 3 * SECOND_NS), ["late"]),
        ],
    )
    def test_sessions_are_found_by_what_they_are(self, store: Store, where: Where, found: list[str]) -> None:
        """All conditions hold together; of several values of one kind any will do; pages hold to them, too."""
        fill(store)
        assert names(store.sessions(where).sessions) == found
        paged, after = [], None
        while True:
            page = store.sessions(where, after=after, limit=1)
            paged += names(page.sessions)
            if page.next is None:
                break
            after = page.next
        assert paged == found

    def test_what_a_session_no_longer_is_finds_it_no_more(self, opener: Opener) -> None:
        """A span that is replaced, moved or deleted takes with it what its session was found by, also over restarts."""
        with closing(opener()) as store:
            store.write([part(span(1, end_ns=0, **acting("inference", requestModel="early")))])
        with closing(opener()) as store:
            store.write([part(span(1, **acting("inference", requestModel="final")))])
            assert names(store.sessions(Where(models=frozenset({"early"}))).sessions) == []
            assert names(store.sessions(Where(models=frozenset({"final"}), statuses=frozenset({"ok"}))).sessions) == [
                "s"
            ]
            store.write([part(span(2, parent_span_id=span_id(3), trace=1), session=None, trace=1)])
            assert [facet.count for facet in store.facets("model") if facet.value == "m1"] == [1]
            store.write([part(span(3, trace=1), session="t", trace=1)])
            assert names(store.sessions(Where(models=frozenset({"m1"}))).sessions) == ["t"]
        with closing(opener()) as store:
            store.delete_session(*ids())
            assert [facet.value for facet in store.facets("model")] == ["m1"]
            assert names(store.sessions(Where(names=frozenset({"s"}))).sessions) == []

    def test_facets(self, store: Store) -> None:
        """Values are counted by session, the most frequent first, within a time, some assistants and a beginning."""
        fill(store)
        other = ids(assistant="other")[0]
        assert store.facets("model") == [Facet("m1", 5), Facet("m2", 1)]
        assert store.facets("model", Where(assistants=frozenset({other}))) == [Facet("m1", 1)]
        assert store.facets("model", Where(from_ns=EPOCH_NS + 6 * SECOND_NS)) == [Facet("m1", 1), Facet("m2", 1)]
        assert store.facets("model", limit=1) == [Facet("m1", 5)]
        assert store.facets("agent", prefix="PLAN") == [Facet("planner", 1)]
        assert store.facets("error_type") == [Facet("ValueError", 1), Facet("timeout", 1)]
        assert store.facets("tool", prefix="x") == []
        assert store.facets("assistant") == [Facet("bot", 6, ids()[0]), Facet("other", 2, other)]
        assert store.facets("assistant", Where(assistants=frozenset({other}))) == [Facet("other", 2, other)]

    def test_totals(self, store: Store) -> None:
        """Sessions of a time are counted by status, duration and part of the time."""
        fill(store)
        totals = store.totals(Where(from_ns=EPOCH_NS, to_ns=EPOCH_NS + 10 * SECOND_NS - 1), parts=2)
        assert (totals.sessions, totals.tokens, totals.complete) == (8, 5018, True)
        assert totals.statuses == {"error": 1, "timeout": 1, "running": 1, "ok": 5}
        assert totals.durations == {
            0: 1,
            bucket(SECOND_NS // 2): 6,
            bucket(10 * MINUTE_NS - 5 * SECOND_NS): 1,
        }
        assert totals.parts == [(4, 2, 18), (4, 0, 5000)]
        of_other = store.totals(Where(assistants=frozenset({ids(assistant="other")[0]})))
        assert (of_other.sessions, of_other.parts) == (2, [(2, 0, 9)])
        assert store.totals(Where(assistants=frozenset())).sessions == 0

    def test_a_sample_is_all_or_some(self, store: Store) -> None:
        """A sample holds all sessions if they are few, else no more than asked for, all of them different."""
        fill(store)
        assert len(store.sample()) == 8
        some = store.sample(limit=3)
        assert 1 <= len({session.session_id for session in some}) == len(some) <= 3
        assert names(store.sample(Where(assistants=frozenset({ids(assistant="other")[0]})))) == ["tool", "running"]

    def test_changes_are_followed(self, opener: Opener) -> None:
        """Whoever asks what changed since a number hears of each session once, as it is now, and of those that went."""
        with closing(opener()) as store, closing(opener()) as watching:
            assert (watching.last_change(), watching.changes(0)) == (0, [])
            fill(store)
            first = watching.changes(0, limit=5)
            rest = watching.changes(first[-1].number)
            assert [change.session.name for change in (*first, *rest) if change.session] == [
                "plain", "failed", "late", "running", "long", "tool", "model", "costly"
            ]  # fmt: skip
            numbers = [change.number for change in (*first, *rest)]
            assert numbers == sorted(set(numbers))
            assert numbers[-1] == watching.last_change()
            store.write([part(span(9, trace=100), session="plain", trace=100)])
            store.delete_session(*ids(session="late"))
            plain, late = watching.changes(numbers[-1])
            assert plain.session is not None
            assert plain.session.spans == 2
            assert (late.assistant_id, late.session_id, late.session) == (*ids(session="late"), None)
            store.write([part(span(3), session="late")])
            (again,) = watching.changes(late.number)
            assert again.session is not None
        with closing(opener()) as store:
            last = store.last_change()
            store.delete_session(*ids(session="late"))
            assert [change.session for change in store.changes(last)] == [None]

    def test_a_session_that_moves_is_gone_where_it_was(self, store: Store) -> None:
        """A trace that moves to its session leaves word that what it was by itself is gone."""
        store.write([part(span(2, parent_span_id=span_id(1)), session=None)])
        last = store.last_change()
        store.write([part(span(1))])
        told = {(change.session_id, change.session and change.session.name) for change in store.changes(last)}
        assert told == {(ids(session=0)[1], None), (ids()[1], "s")}

    def test_outlines_tell_what_is_new_in_a_call(self, store: Store) -> None:
        """A call is told with the earlier one that it goes on from: of its own operation, conversation and branch."""
        spans = [
            span(0, inputs=(message("one"),), **acting("invoke_agent", aiAgentName="planner")),
            call(1, "one", answer="two"),
            span(2, inputs=using("get_weather"), outputs=(message("rain", Kind.BOT),), **acting("execute_tool")),
            call(3, "one", "two", "three", answer="four"),
            call(4, "one", "other", answer="branch"),
            call(5, "one", "two", "three", "four", "five"),
            call(6, "unlike", end_ns=0),
        ]
        store.write([part(*reversed(spans))])
        pages = [store.outline(*ids(), limit=3)]
        while (last := pages[-1]) is not None and last.next is not None:
            pages.append(store.outline(*ids(), after=last.next, limit=3))
        told = [each for page in pages if page is not None for each in page.spans]
        assert [len(page.spans) for page in pages if page is not None] == [3, 3, 1]
        assert [(each.messages, each.previous, each.kept, each.tool) for each in told] == [
            (1, b"", 0, ""),
            (1, b"", 0, ""),
            (1, b"", 0, "get_weather"),
            (3, span_id(1), 2, ""),
            (2, span_id(3), 1, ""),
            (5, span_id(3), 4, ""),
            (1, b"", 0, ""),
        ]
        assert [each.span.start_ns for each in told] == [each.start_ns for each in spans]
        assert [each.span.own for each in told] == [each.own for each in spans]
        assert told[-1].span.end_ns == 0
        assert all(not each.span.inputs and not each.span.outputs for each in told)
        assert store.outline(*ids(session="nowhere")) is None

    def test_an_outline_is_that_of_a_long_conversation(self, store: Store) -> None:
        """Over many writes and pages, each call goes on from the one before it with all but what is new."""
        said = [f"message {n}" for n in range(400)]
        for n in range(150):
            store.write([part(call(n, *said[: 2 * n + 1], answer=said[2 * n + 1]))])
        told: list[Outlined] = []
        after: Cursor | None = None
        while True:
            page = store.outline(*ids(), after=after, limit=40)
            assert page is not None
            told += page.spans
            after = page.next
            if after is None:
                break
        assert [(each.messages, each.kept, each.previous) for each in told] == [
            (2 * n + 1, 2 * n, span_id(n - 1) if n else b"") for n in range(150)
        ]

    def test_a_conversation_is_told_once(self, store: Store) -> None:
        """Each message is told once, in order, by the innermost span that said it first, however spans came in."""
        agent = span(0, start_ns=EPOCH_NS + SECOND_NS, end_ns=EPOCH_NS + 9 * SECOND_NS, inputs=(message("one"),),
                     outputs=(message("four", Kind.BOT),), **acting("invoke_agent"))  # fmt: skip
        first = call(1, "one", answer="two", system=(message("be kind", Kind.SYSTEM),), parent_span_id=span_id(0))
        second = call(5, "one", "two", "three", answer="four", parent_span_id=span_id(0))
        for each in (second, first, agent):
            store.write([part(each)])
        page = store.said(*ids())
        assert page is not None
        assert not page.more
        assert [self._told(each) for each in page.said] == [
            ("one", max(span_id(0), span_id(1)), False),
            ("two", span_id(1), True),
            ("three", span_id(5), False),
            ("four", span_id(5), True),
        ]
        assert [each.message.since_ms - EPOCH_NS // 1_000_000 for each in page.said] == [1000, 1500, 5000, 5500]
        part_of_it = store.said(*ids(), first=1, limit=2)
        assert part_of_it is not None
        assert (part_of_it.said, part_of_it.first, part_of_it.more) == (page.said[1:3], 1, True)
        assert store.said(*ids(session="nowhere")) is None

    def test_a_conversation_is_read_from_any_time_both_ways(self, store: Store) -> None:
        """What was said before a time is counted, and pages before a number end there, by their bytes as others."""
        store.write([part(call(n, f"question {n}", answer=f"answer {n}" + "!" * 100)) for n in range(8)])
        ms = EPOCH_NS // 1_000_000
        times = (0, ms, ms + 1, ms + 4_000, ms + 4_500, ms + 4_501, ms + 60_000)
        assert [store.said_before(*ids(), each) for each in times] == [0, 0, 1, 8, 9, 10, 16]
        assert store.said_before(*ids(session="nowhere"), ms) is None
        whole = store.said(*ids())
        assert whole is not None
        pages = [
            (store.said(*ids(), first=first, limit=limit, bytes_max=bytes_max, back=True), start, stop)
            for first, limit, bytes_max, start, stop in (
                (9, 4, 1 << 62, 5, 9), (2, 4, 1 << 62, 0, 2), (0, 4, 1 << 62, 0, 0), (99, 3, 1 << 62, 13, 16),
                (9, 4, 1, 8, 9), (9, 4, 190, 7, 9),
            )
        ]  # fmt: skip
        for page, start, stop in pages:
            assert page is not None
            assert (page.first, page.said, page.more) == (start, whole.said[start:stop], stop < 16)

    @staticmethod
    def _told(said: Said) -> tuple[str, bytes, bool]:
        text = said.message.json.decode().removeprefix('[{"text":{"value":"').removesuffix('"}}]')
        return text, said.span.span_id, said.output

    def test_hits_are_what_holds_the_words(self, store: Store) -> None:
        """Messages and instructions with all words of a text are told in order, each by the span that said it first."""
        store.write(
            [part(call(1, "rain in Paris", answer="Paris, RAIN!", system=(message("rain Paris", Kind.SYSTEM),)))]
        )
        store.write([part(call(2, "rain in Paris", "Paris, RAIN!", "no rain", answer="of Paris"))])
        assert [self._told(each) for each in store.hits(*ids(), "paris rain")] == [
            ("rain in Paris", span_id(1), False),
            ("rain Paris", span_id(1), False),
            ("Paris, RAIN!", span_id(1), True),
        ]
        assert len(store.hits(*ids(), "rain", limit=2)) == 2
        assert store.hits(*ids(), "snow") == []
        assert store.hits(*ids(), "") == []
        assert store.hits(*ids(session="nowhere"), "rain") == []

    def test_too_many_names_are_not_told_apart(self, store: Store) -> None:
        """Of too many names the first in order are told, the others together, in whatever order they come."""
        numbers = [*range(0, 150, 2), *range(1, 150, 2)]
        for n in numbers:
            store.write([part(span(n, **acting("invoke_agent", aiAgentName=f"agent {n:03}")))])
        session = store.session(*ids())
        assert session is not None
        assert session.agents == {f"agent {n:03}": 1 for n in range(NAMES_MAX)} | {REST: 150 - NAMES_MAX}
        store.write(
            [part(span(140, end_ns=EPOCH_NS + MINUTE_NS * 5, **acting("invoke_agent", aiAgentName="agent 000")))]
        )
        session = store.session(*ids())
        assert session is not None
        assert (session.agents["agent 000"], session.agents[REST]) == (2, 49)

    def test_a_page_of_what_was_said_ends_at_its_bytes(self, store: Store) -> None:
        """A page holds no more bytes of messages than asked for, but at least one message."""
        store.write([part(call(1, "a" * 1000, "b" * 1000, "c" * 1000))])
        sizes = []
        for bytes_max in (1, 2500, 5000):
            page = store.said(*ids(), bytes_max=bytes_max)
            assert page is not None
            sizes.append((len(page.said), page.more))
        assert sizes == [(1, True), (2, True), (3, False)]

    def test_a_span_is_found_within_its_session(self, store: Store) -> None:
        """A span is found by its id under its own session, and not under another."""
        store.write([part(span(1)), part(span(2, trace=1), session="t", trace=1)])
        found = store.span(span_id(1), within=ids())
        assert found is not None
        assert (found[0].name, found[1]) == ("s", span(1))
        assert store.span(span_id(2), within=ids()) is None
        assert store.span(span_id(1), within=ids(session="nowhere")) is None

    def test_a_span_is_found_by_its_id_in_opentelemetry(self, opener: Opener) -> None:
        """The 8 bytes that a log names lead to the spans that have them, until those are gone."""
        otel = {n: bytes([n]) * 8 for n in (1, 2)}
        detail = {n: b'{"spanId":"%b"}' % raw.hex().encode() for n, raw in otel.items()}
        with closing(opener()) as store:
            store.write([part(span(1, own_detail=detail[1]), span(3))])
            store.write([part(span(4, trace=1, own_detail=detail[1]), session="t", trace=1)])
            store.write([part(span(2, trace=2, own_detail=detail[2]), session=None, trace=2)])
            found = store.otel_spans(otel[1])
            assert {(session.name, each) for session, each in found} == {("s", span_id(1)), ("t", span_id(4))}
            assert len(store.otel_spans(otel[1], limit=1)) == 1
            assert store.otel_spans(bytes(8)) == []
        with closing(opener()) as store:
            store.write([part(span(5, trace=2), session="u", trace=2)])
            store.delete_session(*ids())
            assert [session.name for session, _ in store.otel_spans(otel[2])] == ["u"]
            assert [session.name for session, _ in store.otel_spans(otel[1])] == ["t"]
