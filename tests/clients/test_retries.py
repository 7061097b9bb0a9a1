"""What clients try again, and what they do not: the same on every error as against AWS."""

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import boto3
import botocore.endpoint
import pytest
from botocore.config import Config as BotoConfig
from botocore.exceptions import ClientError
from starlette.types import Receive, Scope, Send

import spanglass.app
from spanglass.access.errors import ThrottledError
from spanglass.config import Config
from spanglass.qconnect.errors import REFUSALS, Refusal
from spanglass.store.interface import SpanPage, StoreError
from spanglass.store.memory import MemoryStore
from tests.clients.conftest import Server, put_sessions, served
from tests.clients.sdks import REGION, Client, RefusedError
from tests.clients.spans import ASSISTANT, FULL, FULL_SPAN
from tests.service_model import status

MODES: Final = ("legacy", "standard", "adaptive")
TRANSIENT: Final = ("InternalServerException", "ServiceUnavailableException", "ThrottlingException")


class Failing(MemoryStore):
    """A listing of a session that was told to fails; after that it is another session's."""

    def __init__(self) -> None:
        super().__init__()
        self._errors: dict[bytes, tuple[type[Exception], Refusal]] = {}
        self._left: Counter[bytes] = Counter()

    def fail(self, error: type[Exception], times: int) -> str:
        """Return a session whose listing fails so many times."""
        session = str(uuid.uuid4())
        key = uuid.UUID(session).bytes
        self._errors[key] = error, REFUSALS[error]
        self._left[key] = times
        return session

    def spans(self, assistant_id: bytes, session_id: bytes, **how: Any) -> SpanPage | None:  # noqa: ANN401
        with self._lock:
            self._left[session_id] -= 1
            failing = self._left[session_id] >= 0
        if failing:
            cls, rule = self._errors[session_id]
            error = cls.__new__(cls, "told")
            for attribute in (*rule.members.values(), *rule.headers.values()):
                setattr(error, attribute, "1")
            raise error
        return super().spans(assistant_id, uuid.UUID(FULL).bytes, **how)


@pytest.fixture(scope="module")
def failing() -> Failing:
    return Failing()


@pytest.fixture(scope="module")
def flaky(failing: Failing) -> Iterator[Server]:
    """Return a server whose store fails as told, and works otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spanglass.app, "open_store", lambda *_: failing)
        with served(spanglass.app.create(Config(grpc_port=0))) as server:
            put_sessions(server.url)
            yield server


async def aws(scope: Scope, _: Receive, send: Send) -> None:
    """Answer with the error that stands for the session, as AWS does."""
    code = scope["path"].split("/")[-2]
    headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", code.encode())]
    await send({"type": "http.response.start", "status": status(code), "headers": headers})
    await send({"type": "http.response.body", "body": b'{"message":"told"}'})


@pytest.fixture(scope="module")
def as_aws() -> Iterator[Server]:
    """Return a server that answers with AWS's errors."""
    with served(aws) as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let botocore wait for nothing between its tries."""
    monkeypatch.setattr(botocore.endpoint.time, "sleep", lambda _: None)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: error.__name__)
def test_botocore_tries_as_against_aws(
    failing: Failing, flaky: Server, as_aws: Server, mode: str, error: type[Exception]
) -> None:
    """Each retry mode tries each error that Spanglass answers with as often as it tries AWS's."""
    code = REFUSALS[error].code
    ours, theirs = tries(flaky, mode, failing.fail(error, 99), code), tries(as_aws, mode, code, code)
    assert ours == theirs
    assert (ours > 1) == (code in TRANSIENT or (code == "RequestTimeoutException" and mode != "legacy"))


def tries(server: Server, mode: str, session: str, code: str) -> int:
    """Return how often botocore lists a session, which fails."""
    before = len(server.noted.exchanges)
    client = boto3.client(
        "qconnect",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="a secret",  # noqa: S106 (of nothing)
        config=BotoConfig(retries={"mode": mode}),
    )
    with pytest.raises(ClientError) as caught:
        client.list_spans(assistantId=ASSISTANT, sessionId=session)
    client.close()
    assert caught.value.response["Error"]["Code"] == code
    return len(server.noted.exchanges) - before


@pytest.mark.parametrize("code", TRANSIENT)
def test_every_client_outlives_what_passes(client: Client, failing: Failing, flaky: Server, code: str) -> None:
    """A throttled or failed call that works on the second try is no error to any client's caller."""
    error = next(error for error, rule in REFUSALS.items() if rule.code == code)
    session, before = failing.fail(error, 1), len(flaky.noted.exchanges)
    [span] = client.call("ListSpans", endpoint=flaky.url, assistantId=ASSISTANT, sessionId=session)["spans"]
    assert span["spanId"] == FULL_SPAN["spanId"]
    assert [each.status for each in flaky.noted.exchanges[before:]] == [REFUSALS[error].status, 200]


@pytest.mark.parametrize("error", [StoreError, ThrottledError])
def test_clients_give_up(client: Client, failing: Failing, flaky: Server, error: type[Exception]) -> None:
    """A call that keeps failing is made as often as the client makes it by default, and the error then told."""
    session, before = failing.fail(error, 99), len(flaky.noted.exchanges)
    with pytest.raises(RefusedError) as caught:
        client.call("ListSpans", endpoint=flaky.url, assistantId=ASSISTANT, sessionId=session)
    code, told = REFUSALS[error].code, caught.value.told
    assert told["code"] == code
    if error is ThrottledError and "class" in client.sdk.tells:  # the other one is not of the service model
        assert told["class"] == code
    assert len(flaky.noted.exchanges) - before == client.sdk.tries


@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidSignatureException", "UnknownOperationException"])
def test_no_client_tries_in_vain(client: Client, failing: Failing, flaky: Server, code: str) -> None:
    """What fails again is tried once by every client."""
    error = next(error for error, rule in REFUSALS.items() if rule.code == code)
    session, before = failing.fail(error, 99), len(flaky.noted.exchanges)
    with pytest.raises(RefusedError) as caught:
        client.call("ListSpans", endpoint=flaky.url, assistantId=ASSISTANT, sessionId=session)
    assert caught.value.told["code"] == code
    assert len(flaky.noted.exchanges) - before == 1
