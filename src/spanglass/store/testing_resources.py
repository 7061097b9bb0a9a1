"""The part of the battery about assistants and sessions as clients make, change and delete them."""

import threading
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import TypeAlias

import pytest

from spanglass.model.record import Kind
from spanglass.store.interface import Change, NoAssistantError, Resource, Store
from spanglass.store.samples import EPOCH_NS, SECOND_NS, ids, message, part, read, span, span_id
from spanglass.store.where import Where

Opener: TypeAlias = Callable[[], Store]
"""Opens the store of this test again, with all that was written to it."""


def told(name: str, settings: bytes = b"{}", changed_ns: int = EPOCH_NS, **places: str) -> Change:
    """Return a change that gives a resource these settings, and a new one this name."""
    assistant_id, session_id = ids(places.get("assistant", "bot"), places.get("session", "s"))

    def change(known: Resource | None) -> Resource:
        return Resource(
            assistant_id=assistant_id,
            session_id=session_id if "session" in places else b"",
            name=known.name if known else name,
            settings=settings,
            changed_ns=changed_ns,
        )

    return change


def make(store: Store, assistant: str = "bot", session: str | None = None, **given: object) -> Resource:
    """Make or change an assistant, or a session of one."""
    assistant_id, session_id = ids(assistant, session or "s")
    if session is None:
        return store.change(assistant_id, b"", told(assistant, assistant=assistant, **given))  # type: ignore[arg-type]
    change = told(session, assistant=assistant, session=session, **given)  # type: ignore[arg-type]
    return store.change(assistant_id, session_id, change)


class ResourceBattery:
    """What every backend must do with resources; each test's docstring is a promise of ``interface.Store``."""

    def test_what_was_made_is_there(self, opener: Opener) -> None:
        """An assistant and a session are there once they were made, with their settings, also after reopening."""
        with closing(opener()) as store:
            assert store.resource(*ids()) is store.resource(ids()[0]) is None
            assistant = make(store, settings=b'{"a":1}')
            session = make(store, session="s", settings=b'{"s":1}')
        with closing(opener()) as store:
            assert store.resource(ids()[0]) == assistant
            assert store.resource(*ids()) == session
            assert (assistant.name, assistant.settings, assistant.changed_ns) == ("bot", b'{"a":1}', EPOCH_NS)
            assert (session.name, session.settings) == ("s", b'{"s":1}')
            assert store.resource(*ids(session="t")) is store.resource(*ids(assistant="other")) is None
            assert store.session(*ids()) is None
            assert store.spans(*ids()) is None

    def test_what_came_with_spans_is_there(self, store: Store) -> None:
        """An assistant and a session of spans are resources without settings, until they are given some."""
        store.write([part(span(1))])
        assistant_id, session_id = ids()
        assert store.resource(assistant_id) == Resource(assistant_id=assistant_id, name="bot")
        assert store.resource(*ids()) == Resource(assistant_id=assistant_id, session_id=session_id, name="s")
        assert store.assistants() == [Resource(assistant_id=assistant_id, name="bot")]
        session = make(store, session="s", settings=b'{"tags":{}}')
        assert store.resource(*ids()) == session
        assert [s.span_id for s in read(store, *ids())] == [span_id(1)]

    def test_a_session_made_before_its_spans_keeps_its_name(self, store: Store) -> None:
        """Spans that name a session by its id alone find it under the name that it was made with."""
        make(store)
        make(store, session="umbrella-7", settings=b'{"k":1}')
        assistant_id, session_id = ids(session="umbrella-7")
        store.write(
            [part(span(1), session=str(uuid.UUID(bytes=session_id)), assistant=str(uuid.UUID(bytes=assistant_id)))]
        )
        session = store.session(assistant_id, session_id)
        assert session is not None
        assert (session.name, session.assistant_name, session.spans) == ("umbrella-7", "bot", 1)
        resource = store.resource(assistant_id, session_id)
        assert resource is not None
        assert (resource.name, resource.settings) == ("umbrella-7", b'{"k":1}')

    def test_a_session_needs_its_assistant(self, store: Store) -> None:
        """A session cannot be made under an assistant that is not there; one that came with spans will do."""
        with pytest.raises(NoAssistantError):
            make(store, session="s")
        store.write([part(span(1), session="other")])
        make(store, session="s")
        assert store.resource(*ids()) is not None

    def test_what_a_change_raises_leaves_all_as_it_was(self, store: Store) -> None:
        """A change sees the resource as it is; if it raises, that comes through, and nothing is changed."""
        seen: list[Resource | None] = []

        def refuse(known: Resource | None) -> Resource:
            seen.append(known)
            raise LookupError("refused")

        made = make(store, settings=b'{"n":1}')
        for session_id in (b"", ids()[1]):
            with pytest.raises(LookupError, match="refused"):
                store.change(ids()[0], session_id, refuse)
        assert seen == [made, None]
        assert store.resource(ids()[0]) == made
        assert store.resource(*ids()) is None
        store.write([part(span(1))])
        assert [s.span_id for s in read(store, *ids())] == [span_id(1)]

    def test_no_change_is_lost(self, store: Store) -> None:
        """Of changes at the same time each sees what the others left."""
        make(store, settings=b"")

        def count() -> None:
            for _ in range(10):
                store.change(ids()[0], b"", lambda known: told("bot", (known.settings if known else b"") + b"x")(known))

        threads = [threading.Thread(target=count) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counted = store.resource(ids()[0])
        assert counted is not None
        assert counted.settings == b"x" * 30

    def test_assistants_come_in_order_of_id(self, store: Store) -> None:
        """Assistants are listed by id, those made and those that came with spans alike, from any place on."""
        for number in range(3):
            make(store, assistant=f"made{number}")
            store.write([part(span(number, trace=number), assistant=f"came{number}", trace=number)])
        make(store, assistant="came0", session="s")
        listed = store.assistants()
        assert [a.name for a in sorted(listed, key=lambda a: a.name)] == [
            *(f"came{n}" for n in range(3)),
            *(f"made{n}" for n in range(3)),
        ]
        assert [a.assistant_id for a in listed] == sorted(a.assistant_id for a in listed)
        assert store.assistants(limit=2) == listed[:2]
        assert store.assistants(after=listed[1].assistant_id, limit=3) == listed[2:5]
        assert store.assistants(after=listed[-1].assistant_id) == []

    def test_an_assistant_without_anything_is_not_there(self, store: Store) -> None:
        """An assistant that a trace passed through, or whose sessions are deleted, is gone, unless it was made."""
        child = span(1, parent_span_id=span_id(0))
        store.write([part(child, assistant="passed", session=None)])
        store.write([part(span(0), assistant="bot")])
        assert [a.name for a in store.assistants()] == ["bot"]
        assert store.resource(ids("passed")[0]) is None
        store.delete_session(*ids())
        assert store.assistants() == []
        make(store)
        store.write([part(span(0))])
        store.delete_session(*ids())
        assert [a.name for a in store.assistants()] == ["bot"]

    def test_deleting_an_assistant_takes_its_sessions(self, store: Store) -> None:
        """Its spans, sessions, settings and search results are gone, another assistant's are not."""
        for assistant in ("bot", "other"):
            trace = int(assistant == "other")
            make(store, assistant=assistant, settings=b'{"a":1}')
            make(store, assistant=assistant, session="made")
            said = (message(f"words of {assistant}"),)
            store.write([part(span(trace, trace=trace, inputs=said), assistant=assistant, trace=trace)])
        assert store.delete_assistant(ids()[0])
        assert not store.delete_assistant(ids()[0])
        assert store.resource(ids()[0]) is store.resource(*ids()) is store.resource(*ids(session="made")) is None
        assert store.spans(*ids()) is None
        assert [s.assistant_name for s in store.sessions(Where(text="words")).sessions] == ["other"]
        assert [(a.name, a.settings) for a in store.assistants()] == [("other", b'{"a":1}')]
        assert store.resource(*ids("other", "made")) is not None
        store.write([part(span(0))])
        assert store.resource(ids()[0]) == Resource(assistant_id=ids()[0], name="bot")

    def test_an_assistant_of_many_sessions_is_deleted(self, store: Store) -> None:
        """All of an assistant's sessions go, however many; assistants that only came with spans go, too."""
        store.write([part(span(n, trace=n), session=f"s{n}", trace=n) for n in range(250)])
        assert store.delete_assistant(ids()[0])
        assert store.sessions().sessions == []
        assert store.assistants() == []

    def test_deleting_a_session_takes_its_settings(self, store: Store) -> None:
        """A session's settings go with it, whether or not it had spans."""
        make(store)
        make(store, session="made")
        make(store, session="s")
        store.write([part(span(1))])
        for session in ("made", "s"):
            assert store.delete_session(*ids(session=session))
            assert not store.delete_session(*ids(session=session))
            assert store.resource(*ids(session=session)) is None
        assert [a.name for a in store.assistants()] == ["bot"]

    def test_described_sessions_are_listed(self, store: Store) -> None:
        """Sessions that were made or changed are listed by id, with spans or without, from any place on."""
        make(store)
        store.write([part(span(1)), part(span(2, trace=1), session="only spans", trace=1)])
        made = [make(store, session=name, settings=b'{"k":1}') for name in ("s", "made", "made too")]
        make(store, assistant="other")
        make(store, assistant="other", session="theirs")
        listed = store.described(ids()[0])
        assert listed == sorted(made, key=lambda resource: resource.session_id)
        assert store.described(ids()[0], limit=2) == listed[:2]
        assert store.described(ids()[0], after=listed[0].session_id, limit=5) == listed[1:]
        assert store.described(ids("nobody")[0]) == []

    def test_a_trace_that_moves_leaves_settings(self, store: Store) -> None:
        """A session that was given settings stays when its only trace turns out to belong elsewhere."""
        store.write([part(span(1, parent_span_id=span_id(0)), session="wrong")])
        make(store, session="wrong", settings=b'{"k":1}')
        store.write([part(span(0), session="right")])
        kept = store.resource(*ids(session="wrong"))
        assert kept is not None
        assert (kept.name, kept.settings) == ("wrong", b'{"k":1}')
        assert store.session(*ids(session="wrong")) is None

    def test_retention_counts_from_the_last_span_or_change(self, store: Store) -> None:
        """A session without spans is as old as its settings; assistants that were made do not grow old."""
        old, new = EPOCH_NS, EPOCH_NS + 100 * SECOND_NS
        make(store, changed_ns=old)
        make(store, session="old", changed_ns=old)
        make(store, session="new", changed_ns=new)
        make(store, session="spans", changed_ns=old)
        store.write([part(span(99), session="spans")])
        make(store, session="gone", changed_ns=new)
        store.write([part(span(1, trace=1), session="gone", trace=1)])
        assert store.delete_before(EPOCH_NS + 50 * SECOND_NS) == 2
        left = [name for name in ("old", "new", "spans", "gone") if store.resource(*ids(session=name))]
        assert left == ["new", "spans"]
        assert [a.name for a in store.assistants()] == ["bot"]

    def test_retention_goes_by_pieces(self, store: Store) -> None:
        """So many sessions go at a time, those with spans and those without, until none is left that is old."""
        for number in range(5):
            store.write([part(span(number, trace=number), session=f"s{number}", trace=number)])
        for number in range(3):
            make(store, session=f"empty {number}", changed_ns=EPOCH_NS)
        before, deleted = EPOCH_NS + 4 * SECOND_NS, []
        while count := store.delete_before(before, limit=2):
            deleted.append(count)
        assert (sum(deleted), max(deleted)) == (7, 2)
        assert [s.name for s in store.sessions().sessions] == ["s4"]
        assert [s.name for s in store.described(ids()[0])] == []

    def test_what_is_remembered_stays_until_its_time(self, opener: Opener) -> None:
        """The first value under a key is returned until its time is over, also after reopening."""
        with closing(opener()) as store:
            assert store.remember(b"k", b"one", now_ns=10, until_ns=20) == b"one"
            assert store.remember(b"other", b"two", now_ns=10, until_ns=30) == b"two"
        with closing(opener()) as store:
            assert store.remember(b"k", b"three", now_ns=19, until_ns=40) == b"one"
            assert store.remember(b"k", b"four", now_ns=20, until_ns=40) == b"four"
            assert store.remember(b"other", b"five", now_ns=29, until_ns=40) == b"two"

    def test_settings_are_not_searched(self, store: Store) -> None:
        """A search finds what was said, not what was set."""
        make(store)
        make(store, session="s", settings=b'{"description":"paris"}')
        store.write([part(span(1, inputs=(message("weather", Kind.CUSTOMER),)))])
        assert store.sessions(Where(text="paris")).sessions == []
        assert len(store.sessions(Where(text="weather")).sessions) == 1
