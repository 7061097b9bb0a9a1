"""Assistants and sessions as clients make, find, change, tag and delete them."""

import hashlib
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Self

import msgspec

from spanglass.config import Limits
from spanglass.model.place import assistant_named, session_named
from spanglass.reading import UUID_FORM, SessionNotFoundError, Tokens
from spanglass.store.interface import NoAssistantError, Resource, Store

TAGS_MAX: Final = 50
"""Tags of one resource, as on AWS."""
DATA_MAX: Final = 50
"""Keys of a session's data: what one answer may hold."""
SECOND_NS: Final = 1_000_000_000

Settings = dict[str, Any]
"""What clients said of a resource: members by their wire names, and ``_CREATED_BY``."""
_CREATED_BY: Final = "createdBy"
"""Names the request that made the resource, so that the same request again finds its own work."""
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class AssistantNotFoundError(LookupError):
    """There is no assistant of this id."""

    def __init__(self, assistant_id: bytes) -> None:
        self.assistant = str(uuid.UUID(bytes=assistant_id))
        super().__init__(f"Assistant {self.assistant} was not found.")


class ConflictError(ValueError):
    """Something else has this name, or this client token was used for something else."""


class TooManyTagsError(ValueError):
    """A resource would have more than ``TAGS_MAX`` tags."""

    def __init__(self, assistant_id: bytes, session_id: bytes) -> None:
        self.resource = str(uuid.UUID(bytes=session_id or assistant_id))
        super().__init__(f"A resource has at most {TAGS_MAX} tags.")


class TooMuchDataError(ValueError):
    """A session's data would have more than ``DATA_MAX`` keys."""

    def __init__(self) -> None:
        super().__init__(f"A session's data has at most {DATA_MAX} keys.")


class AssistantListing(msgspec.Struct, frozen=True):
    """Assistants in order of id, and the token of the next page; None after the last."""

    assistants: list[Resource]
    token: str | None = None


class _Position(msgspec.Struct, frozen=True, array_like=True):
    assistant_id: bytes


def settings(resource: Resource) -> Settings:
    """Return what clients said of a resource."""
    return msgspec.json.decode(resource.settings, type=Settings) if resource.settings else {}


class Registry:
    """Makes, finds and changes resources in a store; used from any thread. Ids are 16 bytes.

    An id is derived from the name, as it is for what comes with spans: what is made here under a name is what spans
    under that name belong to. White space around a name does not count, as it does not count in telemetry.
    """

    def __init__(self, store: Store, limits: Limits, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._store = store
        self._limits = limits
        self._clock_ns = clock_ns

    def over(self, view: Callable[[Store], Store]) -> Self:
        """Return a registry of a view of the same store."""
        return type(self)(view(self._store), self._limits, self._clock_ns)

    def assistant(self, assistant_id: bytes) -> Resource:
        """Return an assistant.

        Raises:
            AssistantNotFoundError: There is none of this id.
            StoreError: The store cannot answer.
        """
        if (found := self._store.resource(assistant_id)) is None:
            raise AssistantNotFoundError(assistant_id)
        return found

    def session(self, assistant_id: bytes, session_id: bytes) -> Resource:
        """Return a session.

        Raises:
            SessionNotFoundError: The assistant has none of this id.
            StoreError: The store cannot answer.
        """
        return self._found(self._store.resource(assistant_id, session_id), assistant_id, session_id)

    def _found(self, resource: Resource | None, assistant_id: bytes, session_id: bytes) -> Resource:
        if resource is not None:
            return resource
        if session_id:
            raise SessionNotFoundError(assistant_id, session_id)
        raise AssistantNotFoundError(assistant_id)

    def assistants(self, *, limit: int, token: str | None = None) -> AssistantListing:
        """Return a page of assistants in order of id.

        Raises:
            TokenError: The token is not of this list.
            StoreError: The store cannot answer.
        """
        tokens = Tokens(b"assistants/1", b"", UUID_FORM)
        after = b"" if token is None else tokens.read(token)[0]
        found = self._store.assistants(after=after, limit=limit + 1)
        if len(found) <= limit:
            return AssistantListing(found)
        return AssistantListing(found[:limit], tokens.write(_Position(found[limit - 1].assistant_id)))

    def search(self, assistant_id: bytes, names: Collection[str]) -> list[Resource]:
        """Return the session that has all these names: it, or nothing.

        Raises:
            AssistantNotFoundError, StoreError: As ``assistant``.
        """
        self.assistant(assistant_id)
        wanted = {session_named(name.strip(), assistant_id) for name in names}
        if len(wanted) != 1:
            return []
        ((session_id, name),) = wanted
        found = self._store.resource(assistant_id, session_id)
        return [found] if found is not None and found.name == name else []

    # Making

    def create_assistant(self, name: str, said: Settings, token: str | None = None) -> Resource:
        """Make an assistant.

        Raises:
            ConflictError: There is one of this name, or the token was used for another.
            StoreError: The store cannot answer.
        """
        assistant_id, name = assistant_named(name.strip() or name)
        new = Resource(assistant_id=assistant_id, name=name)
        return self._create(new, said, token and f"CreateAssistant\0{token}")

    def create_session(self, assistant_id: bytes, name: str, said: Settings, token: str | None = None) -> Resource:
        """Make a session of an assistant.

        Raises:
            AssistantNotFoundError: There is no such assistant.
            ConflictError: It has a session of this name, or the token was used for another.
            StoreError: The store cannot answer.
        """
        self.assistant(assistant_id)
        session_id, name = session_named(name.strip() or name, assistant_id)
        new = Resource(assistant_id=assistant_id, session_id=session_id, name=name)
        try:
            return self._create(new, said, token and f"CreateSession\0{assistant_id.hex()}\0{token}")
        except NoAssistantError:
            raise AssistantNotFoundError(assistant_id) from None

    def _create(self, new: Resource, said: Settings, token: str | None) -> Resource:
        """Make a resource unless it is there already; what this same request made before is returned as it is."""
        request = _digest(_encode([new.assistant_id, new.session_id, new.name, said]))
        created_by = None
        if token is not None:
            key = _digest(token.encode())
            now_ns = self._clock_ns()
            until_ns = now_ns + int(self._limits.client_token_seconds_max * SECOND_NS)
            if self._store.remember(key, request, now_ns=now_ns, until_ns=until_ns) != request:
                raise ConflictError("The client token was used with other parameters.")
            created_by = (key + request).hex()

        def make(known: Resource | None) -> Resource:
            if known is None:
                return self._changed(new, said | ({_CREATED_BY: created_by} if created_by else {}))
            if created_by is not None and settings(known).get(_CREATED_BY) == created_by:
                return known
            kind = "session" if new.session_id else "assistant"
            raise ConflictError(f"There is {'a' if new.session_id else 'an'} {kind} named {new.name!r} already.")

        return self._store.change(new.assistant_id, new.session_id, make)

    # Changing

    def _changed(self, resource: Resource, said: Settings) -> Resource:
        return msgspec.structs.replace(resource, settings=_encode(said), changed_ns=self._clock_ns())

    def update(
        self, assistant_id: bytes, session_id: bytes, change: Callable[[Settings], Mapping[str, object]]
    ) -> Resource:
        """Put members over the settings of a session, or without its id of an assistant; None takes a member away.

        Raises:
            AssistantNotFoundError, SessionNotFoundError: There is no such resource.
            StoreError: The store cannot answer.
            Exception: Whatever ``change`` raises; then nothing is changed.
        """

        def put(known: Resource | None) -> Resource:
            found = self._found(known, assistant_id, session_id)
            said = settings(found)
            said |= change(said)
            return self._changed(found, {name: value for name, value in said.items() if value is not None})

        try:
            return self._store.change(assistant_id, session_id, put)
        except NoAssistantError:
            raise SessionNotFoundError(assistant_id, session_id) from None

    def update_data(self, assistant_id: bytes, session_id: bytes, data: Mapping[str, object]) -> dict[str, Any]:
        """Put values over a session's data by key, and return all of it.

        Raises:
            TooMuchDataError: It would be too much.
            SessionNotFoundError, StoreError: As ``update``.
        """

        def put(said: Settings) -> Settings:
            merged = said.get("data", {}) | data
            if len(merged) > DATA_MAX:
                raise TooMuchDataError
            return {"data": merged}

        updated: dict[str, Any] = settings(self.update(assistant_id, session_id, put)).get("data", {})
        return updated

    def tags(self, assistant_id: bytes, session_id: bytes = b"") -> dict[str, str]:
        """Return the tags of a session, or without its id of an assistant.

        Raises:
            AssistantNotFoundError, SessionNotFoundError, StoreError: As ``update``.
        """
        found = self._found(self._store.resource(assistant_id, session_id), assistant_id, session_id)
        tags: dict[str, str] = settings(found).get("tags", {})
        return tags

    def tag(self, assistant_id: bytes, session_id: bytes, tags: Mapping[str, str]) -> None:
        """Put tags over those of a resource.

        Raises:
            TooManyTagsError: It would have too many.
            AssistantNotFoundError, SessionNotFoundError, StoreError: As ``update``.
        """

        def put(said: Settings) -> Settings:
            merged = said.get("tags", {}) | tags
            if len(merged) > TAGS_MAX:
                raise TooManyTagsError(assistant_id, session_id)
            return {"tags": merged}

        self.update(assistant_id, session_id, put)

    def untag(self, assistant_id: bytes, session_id: bytes, keys: Collection[str]) -> None:
        """Take tags away; keys that the resource does not have say nothing.

        Raises:
            AssistantNotFoundError, SessionNotFoundError, StoreError: As ``update``.
        """

        def take(said: Settings) -> Mapping[str, object]:
            return {"tags": {key: value for key, value in said.get("tags", {}).items() if key not in keys} or None}

        if self.tags(assistant_id, session_id).keys() & set(keys):
            self.update(assistant_id, session_id, take)

    def delete_assistant(self, assistant_id: bytes) -> None:
        """Delete an assistant and all its sessions.

        Raises:
            AssistantNotFoundError, StoreError: As ``assistant``.
        """
        if not self._store.delete_assistant(assistant_id):
            raise AssistantNotFoundError(assistant_id)


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).digest()
