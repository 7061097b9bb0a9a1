"""Assistants and sessions, made, found, changed and deleted over the reference store."""

import pytest

from spanglass.config import Limits
from spanglass.reading import Reader, SessionNotFoundError, TokenError
from spanglass.registry import (
    DATA_MAX,
    TAGS_MAX,
    AssistantNotFoundError,
    ConflictError,
    Registry,
    TooManyTagsError,
    TooMuchDataError,
    settings,
)
from spanglass.store.interface import Change, Resource
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import ids, part, span

LIMITS = Limits(client_token_seconds_max=10)
BOT = ids()[0]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1_760_000_000

    def __call__(self) -> int:
        return self.seconds * 1_000_000_000


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(store: MemoryStore, clock: Clock) -> Registry:
    return Registry(store, LIMITS, clock)


# Names


def test_what_is_made_is_what_spans_belong_to(registry: Registry, store: MemoryStore) -> None:
    """An assistant named like a service and a session named like a conversation are the ones that spans will find."""
    assistant = registry.create_assistant("bot", {"description": "mine"})
    session = registry.create_session(assistant.assistant_id, "umbrella-7", {"description": "its"})
    store.write([part(span(1), session="umbrella-7", assistant="bot")])
    [recorded] = store.sessions().sessions
    assert (recorded.assistant_id, recorded.session_id) == (assistant.assistant_id, session.session_id)
    assert registry.session(assistant.assistant_id, session.session_id) == session
    assert registry.assistants(limit=10).assistants == [assistant]


def test_a_name_that_is_a_uuid_is_the_id(registry: Registry) -> None:
    """As in telemetry, a UUID stands for itself, in whatever case."""
    uuid = "9E107D9D-372B-4B6C-8F4B-7F3A5C1D2E3F"
    assistant = registry.create_assistant(uuid, {})
    session = registry.create_session(assistant.assistant_id, uuid, {})
    assert assistant.assistant_id == session.session_id == bytes.fromhex(uuid.replace("-", ""))
    assert assistant.name == session.name == uuid.lower()
    assert registry.search(assistant.assistant_id, {uuid}) == [session]


def test_white_space_around_a_name_does_not_count(registry: Registry) -> None:
    """A name with blanks around it is the name without, which is what is left of it in telemetry."""
    assistant = registry.create_assistant(" bot\n", {})
    assert (assistant.assistant_id, assistant.name) == (BOT, "bot")
    assert registry.create_session(BOT, "\ts ", {}).session_id == ids()[1]
    assert [found.name for found in registry.search(BOT, {" s "})] == ["s"]
    assert registry.create_assistant(" ", {}).name == " "


def test_a_name_is_given_once(registry: Registry, store: MemoryStore) -> None:
    """A second assistant or session of a name is a conflict, also where the first came with spans."""
    store.write([part(span(1))])
    with pytest.raises(ConflictError, match="There is an assistant named 'bot' already"):
        registry.create_assistant("bot", {})
    with pytest.raises(ConflictError, match="There is a session named 's' already"):
        registry.create_session(BOT, "s", {})
    registry.create_assistant("other", {})
    with pytest.raises(ConflictError):
        registry.create_assistant("other", {})
    assert settings(registry.assistant(BOT)) == {}


def test_a_search_finds_by_the_whole_name(registry: Registry, store: MemoryStore) -> None:
    """A session is found by its name, made or not; not by part of it, by its id, or by two names."""
    store.write([part(span(1), session="came")])
    made = registry.create_session(BOT, "made", {})
    assert registry.search(BOT, {"made"}) == [made]
    assert [found.name for found in registry.search(BOT, {"came"})] == ["came"]
    for names in ({"mad"}, {"Made"}, {str(made.session_id.hex())}, {"made", "came"}):
        assert registry.search(BOT, names) == []
    uuid = f"{made.session_id.hex()[:8]}-{made.session_id[4:6].hex()}-{made.session_id[6:8].hex()}"
    uuid += f"-{made.session_id[8:10].hex()}-{made.session_id[10:].hex()}"
    assert registry.search(BOT, {uuid}) == []
    with pytest.raises(AssistantNotFoundError):
        registry.search(ids("other")[0], {"made"})


# Client tokens


def test_the_same_request_again_is_the_same_work(registry: Registry, store: MemoryStore) -> None:
    """A request with the token and the parameters of an earlier one returns what that made, as it is now."""
    made = registry.create_assistant("bot", {"description": "a"}, "token")
    assert registry.create_assistant("bot", {"description": "a"}, "token") == made
    session = registry.create_session(BOT, "s", {}, "token")
    registry.tag(*ids(), {"k": "v"})
    again = registry.create_session(BOT, "s", {}, "token")
    assert (again.session_id, settings(again)["tags"]) == (session.session_id, {"k": "v"})
    store.write([part(span(1))])
    assert registry.create_session(BOT, "s", {}, "token") == again


@pytest.mark.parametrize(("name", "said"), [("bot", {"description": "b"}), ("other", {"description": "a"})])
def test_a_token_is_for_one_request(registry: Registry, name: str, said: dict[str, str]) -> None:
    """The same token with other parameters is a conflict, and nothing is made."""
    registry.create_assistant("bot", {"description": "a"}, "token")
    with pytest.raises(ConflictError, match="other parameters"):
        registry.create_assistant(name, said, "token")
    assert len(registry.assistants(limit=10).assistants) == 1


def test_a_token_is_forgotten(registry: Registry, clock: Clock) -> None:
    """Once its time is over, a token can be used for something else."""
    registry.create_assistant("bot", {}, "token")
    clock.seconds += 9
    with pytest.raises(ConflictError):
        registry.create_assistant("other", {}, "token")
    clock.seconds += 1
    assert registry.create_assistant("other", {}, "token").name == "other"


def test_a_token_counts_where_it_was_used(registry: Registry) -> None:
    """Tokens of different assistants, and of the two operations, do not meet."""
    for name in ("bot", "other"):
        registry.create_assistant(name, {}, f"token of {name}")
        registry.create_session(ids(name)[0], f"session of {name}", {}, "token of bot")


def test_another_token_does_not_take_what_is_there(registry: Registry) -> None:
    """A request of another client for a name that is taken is a conflict, whatever its token."""
    registry.create_assistant("bot", {}, "one")
    for token in ("two", None):
        with pytest.raises(ConflictError):
            registry.create_assistant("bot", {}, token)


def test_what_was_deleted_can_be_made_again(registry: Registry) -> None:
    """After a deletion, the same request makes the resource anew."""
    registry.create_assistant("bot", {}, "token")
    registry.create_session(BOT, "s", {}, "token")
    registry.delete_assistant(BOT)
    assert registry.create_assistant("bot", {}, "token").assistant_id == BOT
    with pytest.raises(SessionNotFoundError):
        registry.session(*ids())


class _Failing(MemoryStore):
    """Dies once between remembering a token and making what it is for."""

    fails = True

    def change(self, assistant_id: bytes, session_id: bytes, change: Change) -> Resource:
        if self.fails:
            self.fails = False
            raise OSError("killed")
        return super().change(assistant_id, session_id, change)


def test_a_request_that_was_cut_off_can_be_sent_again() -> None:
    """A server that dies within a request leaves nothing that stops the same request from succeeding later."""
    registry = Registry(_Failing(), LIMITS)
    with pytest.raises(OSError, match="killed"):
        registry.create_assistant("bot", {}, "token")
    assert registry.create_assistant("bot", {}, "token").name == "bot"


# Changing


def test_an_update_leaves_the_rest(registry: Registry, clock: Clock) -> None:
    """Members given replace those that are there, None takes one away, and the time of the change is kept."""
    registry.create_assistant("bot", {})
    registry.create_session(BOT, "s", {"description": "a", "tagFilter": 1, "tags": {"k": "v"}})
    clock.seconds += 5
    updated = registry.update(*ids(), lambda _: {"description": "b", "tagFilter": None, "new": []})
    assert settings(updated) == {"description": "b", "tags": {"k": "v"}, "new": []}
    assert updated.changed_ns == clock()
    assert registry.session(*ids()) == updated


def test_data_is_merged_by_key(registry: Registry, store: MemoryStore) -> None:
    """A session's data grows by keys, up to a bound that one answer can hold."""
    store.write([part(span(1))])
    assert registry.update_data(*ids(), {"a": 1, "b": 2}) == {"a": 1, "b": 2}
    assert registry.update_data(*ids(), {"b": 3}) == {"a": 1, "b": 3}
    registry.update_data(*ids(), {f"k{n}": n for n in range(DATA_MAX - 2)})
    with pytest.raises(TooMuchDataError):
        registry.update_data(*ids(), {"more": 1})
    assert len(registry.update_data(*ids(), {"a": 9})) == DATA_MAX


def test_tags_are_put_and_taken(registry: Registry, store: MemoryStore) -> None:
    """Tags of an assistant and of a session are their own; at most so many stand on one resource."""
    store.write([part(span(1))])
    registry.tag(BOT, b"", {"a": "1", "b": "2"})
    registry.tag(*ids(), {"s": "1"})
    registry.tag(BOT, b"", {"b": "3"})
    assert registry.tags(BOT) == {"a": "1", "b": "3"}
    assert registry.tags(*ids()) == {"s": "1"}
    registry.untag(BOT, b"", ["a", "never"])
    assert registry.tags(BOT) == {"b": "3"}
    registry.tag(BOT, b"", {f"k{n}": "v" for n in range(TAGS_MAX - 1)})
    with pytest.raises(TooManyTagsError):
        registry.tag(BOT, b"", {"more": "1"})
    assert len(registry.tags(BOT)) == TAGS_MAX


def test_taking_what_is_not_there_changes_nothing(registry: Registry, store: MemoryStore) -> None:
    """An assistant that came with spans does not become one that was made by taking a tag that it does not have."""
    store.write([part(span(1))])
    registry.untag(BOT, b"", ["never"])
    store.delete_session(*ids())
    assert registry.assistants(limit=10).assistants == []


def test_what_is_not_there_is_told(registry: Registry) -> None:
    """Every call on an assistant or a session that is not there says which."""
    for call in (
        lambda: registry.assistant(BOT),
        lambda: registry.tags(BOT),
        lambda: registry.tag(BOT, b"", {"k": "v"}),
        lambda: registry.untag(BOT, b"", ["k"]),
        lambda: registry.delete_assistant(BOT),
        lambda: registry.create_session(BOT, "s", {}),
    ):
        with pytest.raises(AssistantNotFoundError, match="was not found"):
            call()
    for made in range(2):
        for call in (
            lambda: registry.session(*ids()),
            lambda: registry.update(*ids(), lambda _: {}),
            lambda: registry.tag(*ids(), {"k": "v"}),
            lambda: registry.tags(*ids()),
        ):
            with pytest.raises(SessionNotFoundError, match="was not found"):
                call()
        if not made:
            registry.create_assistant("bot", {})


def test_a_session_whose_assistant_goes_meanwhile(store: MemoryStore) -> None:
    """An assistant that is deleted while a session of it is made is not found."""

    class Racing(Registry):
        def assistant(self, assistant_id: bytes) -> Resource:
            found = super().assistant(assistant_id)
            store.delete_assistant(assistant_id)
            return found

    registry = Racing(store, LIMITS)
    registry.create_assistant("bot", {})
    with pytest.raises(AssistantNotFoundError):
        registry.create_session(BOT, "s", {})


# Lists


def test_assistants_come_in_pages(registry: Registry) -> None:
    """Every assistant stands on one page, and a token of another list is refused."""
    made = sorted(registry.create_assistant(f"a{n}", {}).assistant_id for n in range(5))
    pages, token = [], None
    while True:
        listing = registry.assistants(limit=2, token=token)
        pages.append([each.assistant_id for each in listing.assistants])
        if (token := listing.token) is None:
            break
    assert pages == [made[:2], made[2:4], made[4:]]
    assert registry.assistants(limit=5).token is None
    for wrong in ("", "garbage", "A" * 40):
        with pytest.raises(TokenError):
            registry.assistants(limit=2, token=wrong)


def test_a_session_without_spans_is_an_empty_page(registry: Registry, store: MemoryStore) -> None:
    """A session that was made, but has no spans yet, lists none, whole or not; another is not found."""
    registry.create_assistant("bot", {})
    registry.create_session(BOT, "s", {})
    reader = Reader(store, LIMITS)
    assert reader.list_spans(*ids()).body == b'{"spans":[]}'
    assert reader.whole_spans(*ids()).body == b'{"spans":[]}'
    with pytest.raises(SessionNotFoundError):
        reader.list_spans(*ids(session="t"))
