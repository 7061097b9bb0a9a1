"""Who sends a request, by the key that it shows: a signature, a bearer token, or the cookie of a login."""

import asyncio
import contextlib
import hashlib
import time
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from spanglass.access import sigv4
from spanglass.access.caller import NOBODY, Caller, Role
from spanglass.access.errors import (
    MalformedCredentialsError,
    MissingCredentialsError,
    UnauthenticatedError,
    UnknownKeyError,
)
from spanglass.access.secrets import Secrets
from spanglass.access.throttle import Throttle
from spanglass.bodies import read_body
from spanglass.config import Config
from spanglass.store.interface import Store

SERVICE: Final = "wisdom"
"""The name that AWS's clients sign ``qconnect`` requests for."""
COOKIE: Final = "spanglass_login"
GUARDED_PATHS: Final = ("/api/", "/metrics")
OPEN_PATHS: Final = frozenset({"/api/login", "/api/logout", "/api/identity", "/api/openapi.json"})
"""Among the guarded paths, those that do not need a key."""


class Callers(Protocol):
    """Tells who sends a request."""

    async def identify(self, scope: Scope, receive: Receive) -> tuple[Caller, Receive]:
        """Return who sends a request, and what its body is to be read from.

        Raises:
            UnauthenticatedError: It shows no key, a wrong one, or one that was revoked.
            BodyError: It is signed, and its body cannot be read.
            StoreError: Keys cannot be looked up now.
        """

    async def identify_visitor(self, scope: Scope, receive: Receive) -> tuple[Caller, Receive]:
        """Return who visits, by the cookie of a login, or else as ``identify`` does.

        Outside ``/api`` and ``/metrics``, and where one logs in, whoever is not known is nobody: who may not see any
        data, but the pages to log in by, and whether the server is well.
        """

    async def of_authorization(self, headers: list[str]) -> Caller:
        """Return who sends these Authorization headers, which must be one bearer token; raises as ``identify``."""

    async def still_knows(self, caller: Caller) -> bool:
        """Return whether a caller's key is still in use."""


class Anyone:
    """Takes whoever sends a request for one who may do everything."""

    def __init__(self, throttle: Throttle | None = None) -> None:
        self._anyone = Caller(throttle=throttle)

    async def identify(self, _scope: Scope, receive: Receive) -> tuple[Caller, Receive]:
        """See ``Callers``."""
        return self._anyone, receive

    identify_visitor = identify

    async def of_authorization(self, _headers: list[str]) -> Caller:
        """See ``Callers``."""
        return self._anyone

    async def still_knows(self, _caller: Caller) -> bool:
        """See ``Callers``."""
        return True


class Keys:
    """Knows callers by their keys, which are looked up for each request: what is revoked is refused at once."""

    def __init__(
        self, store: Store, secrets: Secrets, config: Config, threads: Executor, throttle: Throttle | None = None
    ) -> None:
        self.secrets = secrets
        self._store = store
        self._config = config
        self._threads = threads
        self._throttle = throttle

    async def identify(self, scope: Scope, receive: Receive) -> tuple[Caller, Receive]:
        """See ``Callers``."""
        headers = Headers(scope=scope)
        if (token := bearer(headers.getlist("authorization"))) is not None:
            return await self.of_token(token), receive
        request = sigv4.Request(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"])
        signature = sigv4.read(request)
        if signature is None:
            raise MissingCredentialsError
        sigv4.check_scope(signature, SERVICE, self._config.signing_region)
        skew = timedelta(seconds=self._config.limits.clock_skew_seconds_max)
        sigv4.check_time(signature, datetime.now(UTC), skew)
        caller = await self._caller(signature.key_id)
        body = await read_body(headers, receive, self._config.limits)
        digest = hashlib.sha256(body).hexdigest()
        sigv4.verify(signature, request, self.secrets.secret(signature.key_id), digest)
        return caller, _replayed(body, receive)

    async def identify_visitor(self, scope: Scope, receive: Receive) -> tuple[Caller, Receive]:
        """See ``Callers``."""
        headers, path = Headers(scope=scope), scope["path"]
        login = None if "authorization" in headers else _cookie(headers)
        try:
            return (await self.identify(scope, receive)) if login is None else (await self.of_login(login), receive)
        except UnauthenticatedError:
            if path.startswith(GUARDED_PATHS) and path not in OPEN_PATHS:
                raise
            return NOBODY, receive

    async def of_authorization(self, headers: list[str]) -> Caller:
        """See ``Callers``."""
        token = bearer(headers)
        if token is None:
            raise MissingCredentialsError
        return await self.of_token(token)

    async def still_knows(self, caller: Caller) -> bool:
        """See ``Callers``."""
        with contextlib.suppress(UnknownKeyError):
            await self._caller(caller.key_id)
            return True
        return False

    async def of_token(self, token: str) -> Caller:
        """Return who has a bearer token.

        Raises:
            UnknownKeyError: It is no token of a key that is in use.
        """
        key_id = self.secrets.key_of_token(token)
        if key_id is None:
            raise UnknownKeyError
        return await self._caller(key_id)

    async def of_login(self, login: str) -> Caller:
        """Return who has logged in; raises as ``of_token``."""
        key_id = self.secrets.key_of_login(login, time.time())
        if key_id is None:
            raise UnknownKeyError
        return await self._caller(key_id)

    async def _caller(self, key_id: str) -> Caller:
        key = await asyncio.get_running_loop().run_in_executor(self._threads, self._store.key, key_id)
        if key is None or key.revoked_ns:
            raise UnknownKeyError
        assistants = None if key.assistants is None else frozenset(key.assistants)
        return Caller(key_id=key_id, role=Role(key.role), assistants=assistants, throttle=self._throttle)


def bearer(headers: list[str]) -> str | None:
    """Return the token of an Authorization header (RFC 6750), or None if it is none of that scheme.

    Raises:
        MalformedCredentialsError: There are several headers.
    """
    schemes = [header.partition(" ") for header in headers]
    if all(scheme.lower() != "bearer" for scheme, _, _ in schemes):
        return None
    if len(headers) > 1:
        raise MalformedCredentialsError("There is more than one Authorization header.")
    return schemes[0][2].strip()


def _cookie(headers: Headers) -> str | None:
    """Return the login that a browser shows."""
    for header in headers.getlist("cookie"):
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == COOKIE:
                return value
    return None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already, then goes on."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
