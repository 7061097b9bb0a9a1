"""AWS as it is asked for sessions: by boto3, at a pace, each page just as it was answered."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final, NamedTuple

import msgspec

from spanglass.config import ConfigError
from spanglass.moving.pace import Pace

PAGE_SPANS: Final = 100
TRIES_MAX: Final = 10
"""How often botocore sends one request at most."""
CUT_OFF_MAX: Final = 8
"""How often an answer may break off before its end: botocore does not notice that."""
SECONDS_MAX: Final = 60
STOPPING: Final = {
    "ExpiredTokenException": "the credentials have expired; renew them and run the same command again",
    "ExpiredToken": "the credentials have expired; renew them and run the same command again",
    "RequestExpired": "the credentials have expired, or this machine's clock is wrong",
    "UnrecognizedClientException": "the credentials are not known there",
    "InvalidClientTokenId": "the credentials are not known there",
    "InvalidSignatureException": "the signature is not accepted; is the secret key, and this machine's clock, right?",
    "SignatureDoesNotMatch": "the signature is not accepted; is the secret key right?",
    "MissingAuthenticationTokenException": "credentials are needed",
    "AccessDeniedException": "the credentials do not allow this",
}
"""Errors after which nothing else will succeed either, and what to do about each."""


class AwsError(Exception):
    """AWS does not give what was asked for; ``code`` is its name for that."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class StoppedError(AwsError):
    """AWS will not give anything else either, until somebody does something about it."""


class SessionIds(NamedTuple):
    """The UUIDs of a session's assistant and its own."""

    assistant_id: str
    session_id: str


class Page(NamedTuple):
    """Spans as AWS wrote them, and the token of the page that follows; None after the last."""

    spans: list[dict[str, Any]]
    next_token: str | None


class _Answer(msgspec.Struct, rename="camel"):
    spans: list[dict[str, Any]]
    next_token: str | None = None


class Aws:
    """Asks AWS, or what stands in for it; used from any thread."""

    def __init__(self, profile: str | None, region: str | None, endpoint_url: str | None, pace: Pace) -> None:
        """Make clients with the user's own configuration.

        Raises:
            ConfigError: boto3 is not installed, or there is no such profile or no region.
        """
        try:
            import boto3  # noqa: PLC0415 (an extra, and slow to import)
            from botocore.config import Config  # noqa: PLC0415
            from botocore.exceptions import BotoCoreError  # noqa: PLC0415
        except ImportError:
            raise ConfigError("pull: boto3 asks AWS; install it with: pip install 'spanglass[aws]'") from None
        config = Config(
            retries={"mode": "standard", "max_attempts": TRIES_MAX},
            connect_timeout=SECONDS_MAX,
            read_timeout=SECONDS_MAX,
            user_agent_extra="spanglass",
        )
        try:
            session = boto3.Session(profile_name=profile, region_name=region)
            self._make: Callable[[str], Any] = lambda service: session.client(
                service, endpoint_url=endpoint_url, config=config
            )
            self._client = self._make("qconnect")
        except (BotoCoreError, ValueError) as error:
            raise ConfigError(f"pull: {error}") from None
        self._answers = threading.local()
        events = self._client.meta.events
        events.register("before-send.qconnect", lambda **_: pace.wait())  # of each attempt, also those sent again
        events.register("before-parse.qconnect.ListSpans", self._keep)

    def _keep(self, response_dict: Mapping[str, Any], **_told: object) -> None:
        self._answers.body = response_dict["body"]

    def page(self, ids: SessionIds, token: str | None) -> Page:
        """Return a page of a session's spans.

        Raises:
            AwsError: There is no such session, the token is none, and whatever else AWS says.
            StoppedError: Nothing else will succeed either.
        """
        more = {} if token is None else {"nextToken": token}
        for _ in range(CUT_OFF_MAX):
            with _told():
                self._client.list_spans(
                    assistantId=ids.assistant_id, sessionId=ids.session_id, maxResults=PAGE_SPANS, **more
                )
            try:
                told = msgspec.json.decode(self._answers.body, type=_Answer)
            except (ValueError, RecursionError):  # it broke off; botocore takes what is no JSON for an empty answer
                continue
            return Page(told.spans, told.next_token)
        raise AwsError("answers break off, again and again")

    def named(self, assistant_id: str, name: str) -> Iterator[SessionIds]:
        """Yield the sessions of an assistant with a name, as SearchSessions finds them."""
        search = {"filters": [{"field": "NAME", "operator": "EQUALS", "value": name}]}
        token: dict[str, str] = {}
        while True:
            with _told():
                found = self._client.search_sessions(assistantId=assistant_id, searchExpression=search, **token)
            yield from (SessionIds(one["assistantId"], one["sessionId"]) for one in found["sessionSummaries"])
            if (following := found.get("nextToken")) is None:
                return
            token = {"nextToken": following}

    def session_of(self, instance_id: str, contact_id: str) -> str | None:
        """Return the ARN of the session of a contact, as Amazon Connect tells it; None if it has none."""
        with closing(self._make("connect")) as connect, _told():
            told = connect.describe_contact(InstanceId=instance_id, ContactId=contact_id)
        return told["Contact"].get("WisdomInfo", {}).get("SessionArn")  # type: ignore[no-any-return]

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


@contextmanager
def _told() -> Iterator[None]:
    """Tell AWS's errors in words for people."""
    from botocore.exceptions import (  # noqa: PLC0415 (see above)
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        PartialCredentialsError,
    )

    try:
        yield
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code in STOPPING:
            raise StoppedError(f"{STOPPING[code]} ({code}: {message})", code) from None
        raise AwsError(f"{code}: {message}", code) from None
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StoppedError(f"there are no AWS credentials: {error}") from None
    except BotoCoreError as error:
        raise StoppedError(str(error)) from None
