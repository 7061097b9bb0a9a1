"""The part of the battery about keys, and about spans of senders who may touch some assistants alone."""

from contextlib import closing

import msgspec
import pytest

from spanglass.store.interface import KeyRecord, Store, StoreError
from spanglass.store.samples import EPOCH_NS, SECOND_NS, everything, ids, part, read, span, span_id
from spanglass.store.testing_resources import Opener

OURS, THEIRS = ids("ours")[0], ids("theirs")[0]
KEYS = (
    KeyRecord(key_id="SPANC", role="reader", created_ns=EPOCH_NS),
    KeyRecord(key_id="SPANA", role="writer", name="café", assistants=(OURS, THEIRS), created_ns=EPOCH_NS + 1),
    KeyRecord(key_id="SPANB", role="admin", assistants=(), created_ns=EPOCH_NS + 1),
)


class AccessBattery:
    """What every backend must do about access; each test's docstring is a promise of ``interface.Store``."""

    def test_keys_are_kept(self, opener: Opener) -> None:
        """A key is there once it was added, as it was added, also after reopening; all are listed by their age."""
        with closing(opener()) as store:
            assert (store.keys(), store.key("SPANA")) == ([], None)
            for key in KEYS[::-1]:
                store.add_key(key)
        with closing(opener()) as store:
            assert store.keys() == list(KEYS)
            assert [store.key(key.key_id) for key in KEYS] == list(KEYS)
            assert store.key("spana") is store.key("") is None

    def test_a_key_is_added_once(self, store: Store) -> None:
        """A second key of one id is refused, and the first stays as it is."""
        store.add_key(KEYS[0])
        with pytest.raises(StoreError):
            store.add_key(msgspec.structs.replace(KEYS[0], role="admin"))
        assert store.keys() == [KEYS[0]]

    def test_a_key_is_revoked_at_once_and_for_ever(self, opener: Opener) -> None:
        """A revoked key is so for every other process with its next look, and its time stays that of the first."""
        with closing(opener()) as store, closing(opener()) as other:
            for key in KEYS:
                store.add_key(key)
            assert other.key("SPANA") == KEYS[1]
            assert store.revoke_key("SPANA", EPOCH_NS + SECOND_NS)
            revoked = msgspec.structs.replace(KEYS[1], revoked_ns=EPOCH_NS + SECOND_NS)
            assert other.key("SPANA") == store.key("SPANA") == revoked
            assert not other.revoke_key("SPANA", EPOCH_NS + 2 * SECOND_NS)
            assert not other.revoke_key("SPANX", EPOCH_NS)
            assert store.keys() == [KEYS[0], revoked, KEYS[2]]

    def test_parts_stay_with_their_senders_assistants(self, store: Store) -> None:
        """A part for another assistant than its sender's is left out, alone, and the result tells which."""
        parts = [
            part(span(1, trace=1), assistant="ours", trace=1).confined(frozenset({OURS, ids("more")[0]})),
            part(span(2, trace=2), assistant="theirs", trace=2).confined(frozenset({OURS, ids("more")[0]})),
            part(span(3, trace=3), assistant="theirs", trace=3),
            part(span(4, trace=4), assistant="theirs", trace=None).confined(frozenset()),
        ]
        assert store.write(parts).foreign == (1, 3)
        assert [one.span_id for one in read(store, OURS, ids("ours")[1])] == [span_id(1)]
        assert [one.span_id for one in read(store, THEIRS, ids("theirs")[1])] == [span_id(3)]

    def test_a_service_is_the_only_assistant_of_its_sender(self, store: Store) -> None:
        """Spans that name no assistant are those of the one that their sender is limited to."""
        store.write([part(span(1), assistant="theirs").confined(frozenset({OURS}))])
        (session,) = store.sessions().sessions
        assert session.assistant_id == OURS

    @pytest.mark.parametrize("start", [0, 9])
    def test_nobody_moves_anothers_trace(self, store: Store, start: int) -> None:
        """Who knows another's trace id can neither have the trace moved, nor put spans into it, by any claim."""
        store.write([part(span(5), assistant="theirs")])
        before = everything(store)
        intruding = [
            part(span(start), assistant="ours", session=session).confined(frozenset({OURS})) for session in ("s", None)
        ]
        assert store.write(intruding).foreign == (0, 1)
        assert everything(store) == before
        assert store.write([part(span(start), assistant="theirs").confined(frozenset({THEIRS}))]).foreign == ()
