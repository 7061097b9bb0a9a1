"""By what a request shows who sends it: signatures, bearer tokens, cookies."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.types import Message

from spanglass.access.caller import ANYONE, NOBODY, Role
from spanglass.access.errors import (
    MalformedCredentialsError,
    MissingCredentialsError,
    SignatureError,
    UnauthenticatedError,
    UnknownKeyError,
)
from spanglass.access.identity import COOKIE, Anyone, Keys
from spanglass.access.secrets import Secrets
from spanglass.bodies import TooLargeError
from spanglass.config import Config, Limits
from spanglass.store.interface import KeyRecord
from spanglass.store.memory import MemoryStore
from tests.access.signing import KEY_ID, signed

SECRETS = Secrets(b"a server's secret of at least 32 bytes")
SECRET = SECRETS.secret(KEY_ID)
OURS = b"o" * 16
CONFIG = Config(limits=Limits(body_bytes_max=100))


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.add_key(KeyRecord(key_id=KEY_ID, role="reader", assistants=(OURS,), created_ns=1))
    return store


@pytest.fixture
def keys(store: MemoryStore) -> Iterator[Keys]:
    with ThreadPoolExecutor(1) as threads:
        yield Keys(store, SECRETS, CONFIG, threads)


class Sent:
    """A request's body, in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces) or [b""]

    async def receive(self) -> Message:
        piece = self._pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}


def scope(path: str = "/api/sessions", **headers: str) -> dict[str, Any]:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": raw,
    }


def signed_scope(body: bytes = b"", **given: Any) -> dict[str, Any]:  # noqa: ANN401 (what signed takes)
    request = signed("POST", "/assistants", body=body, secret=SECRET, **given)
    return {
        "type": "http",
        "method": request.method,
        "path": "/assistants",
        "raw_path": request.path,
        "query_string": request.query,
        "headers": list(request.headers),
    }


@pytest.mark.anyio
async def test_a_signed_request_is_its_keys(keys: Keys) -> None:
    """A signature tells who calls, and what its body said can still be read, once."""
    who, receive = await keys.identify(signed_scope(b"two pieces"), Sent(b"two ", b"pieces").receive)
    assert (who.key_id, who.role, who.assistants) == (KEY_ID, Role.READER, frozenset({OURS}))
    assert await receive() == {"type": "http.request", "body": b"two pieces", "more_body": False}


@pytest.mark.anyio
async def test_after_the_body_the_connection_goes_on(keys: Keys) -> None:
    """Behind a body that was read for its signature the server's own messages follow."""
    sent = Sent(b"x", b"")
    _, receive = await keys.identify(signed_scope(b"x"), sent.receive)
    await receive()
    sent._pieces.append(b"next")
    assert (await receive())["body"] == b"next"


@pytest.mark.anyio
async def test_a_signature_is_checked(keys: Keys) -> None:
    """Another body, secret, service or region is refused; a body beyond the bound is not read to its end."""
    with pytest.raises(SignatureError):
        await keys.identify(signed_scope(b"x"), Sent(b"y").receive)
    with pytest.raises(SignatureError, match="correct service"):
        await keys.identify(signed_scope(service="s3"), Sent().receive)
    with pytest.raises(TooLargeError):
        await keys.identify(signed_scope(b"x" * 101), Sent(b"x" * 101).receive)


@pytest.mark.anyio
async def test_the_region_may_be_held_to(store: MemoryStore) -> None:
    """With a region set, signatures for another one are refused."""
    with ThreadPoolExecutor(1) as threads:
        keys = Keys(store, SECRETS, Config(signing_region="us-east-1"), threads)
        with pytest.raises(SignatureError, match="valid region, not 'eu-central-1'"):
            await keys.identify(signed_scope(), Sent().receive)


@pytest.mark.anyio
async def test_a_key_is_looked_up_each_time(keys: Keys, store: MemoryStore) -> None:
    """A key that is revoked is unknown with the next request, however it is shown."""
    token, login = SECRETS.token(KEY_ID), SECRETS.login(KEY_ID, 1 << 40)
    who = await keys.of_token(token)
    assert await keys.of_authorization([f"bearer {token}"]) == await keys.of_login(login) == who
    assert await keys.still_knows(who)
    store.revoke_key(KEY_ID, 2)
    assert not await keys.still_knows(who)
    for shown in (keys.of_token(token), keys.of_login(login), keys.of_authorization([f"Bearer {token}"])):
        with pytest.raises(UnknownKeyError):
            await shown
    with pytest.raises(UnknownKeyError):
        await keys.identify(signed_scope(), Sent().receive)


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/api/sessions", "/api/nothing", "/metrics"])
async def test_a_visitor_needs_a_key_for_data(keys: Keys, path: str) -> None:
    """Data are for those who are known, by cookie or token; a cookie counts if there is no other word."""
    cookie = f"a=b; {COOKIE}={SECRETS.login(KEY_ID, 1 << 40)}"
    token = f"Bearer {SECRETS.token(KEY_ID)}"
    for known in (scope(path, cookie=cookie), scope(path, authorization=token)):
        assert (await keys.identify_visitor(known, Sent().receive))[0].key_id == KEY_ID
    for unknown in (
        scope(path),
        scope(path, cookie="a=b"),
        scope(path, cookie=f"{COOKIE}=x"),
        scope(path, cookie=cookie, authorization="Bearer x"),
    ):
        with pytest.raises(UnauthenticatedError):
            await keys.identify_visitor(unknown, Sent().receive)


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/", "/login", "/readyz", "/api/login", "/api/identity", "/assets/app.js"])
async def test_a_visitor_without_a_key_is_nobody(keys: Keys, path: str) -> None:
    """Pages to log in by open for whoever comes, with a cookie that is over, too; who is known stays so."""
    for unknown in (scope(path), scope(path, cookie=f"{COOKIE}={SECRETS.login(KEY_ID, 1)}")):
        assert (await keys.identify_visitor(unknown, Sent().receive))[0] is NOBODY
    known = scope(path, cookie=f"{COOKIE}={SECRETS.login(KEY_ID, 1 << 40)}")
    assert (await keys.identify_visitor(known, Sent().receive))[0].key_id == KEY_ID


@pytest.mark.anyio
async def test_a_cookie_is_for_visitors_alone(keys: Keys) -> None:
    """Faces that are not for browsers take no cookie, so no page can have one sent there."""
    with pytest.raises(MissingCredentialsError):
        await keys.identify(scope(cookie=f"{COOKIE}={SECRETS.login(KEY_ID, 1 << 40)}"), Sent().receive)


@pytest.mark.anyio
async def test_one_authorization_is_enough(keys: Keys) -> None:
    """Two headers, or another scheme where a token must be, are refused."""
    token = f"Bearer {SECRETS.token(KEY_ID)}"
    for headers in ([token, token], [token, "Basic eDp5"]):
        with pytest.raises(MalformedCredentialsError):
            await keys.of_authorization(headers)
    for headers in ([], ["Basic eDp5"]):
        with pytest.raises(MissingCredentialsError):
            await keys.of_authorization(headers)


@pytest.mark.anyio
async def test_without_keys_anyone_may_do_everything() -> None:
    """With authentication off nobody is told from anybody."""
    anyone = Anyone()
    receive = Sent().receive
    assert await anyone.identify(scope(), receive) == (ANYONE, receive)
    assert await anyone.identify_visitor(scope(), receive) == (ANYONE, receive)
    assert await anyone.of_authorization([]) == ANYONE
    assert await anyone.still_knows(ANYONE)
