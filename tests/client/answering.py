"""Clients that are answered what a test says, without a network, and what came of it."""

from collections.abc import Mapping
from typing import Any, Final

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config

from spanglass.client.answering import RawBody

PLACE: Final[dict[str, Any]] = {"assistantId": "assistant", "sessionId": "session"}
OPTIONS: Final[dict[str, Any]] = {
    "region_name": "us-east-1",
    "aws_access_key_id": "any",
    "aws_secret_access_key": "any",
}
ONCE: Final = Config(retries={"total_max_attempts": 1})


class Answered:
    """A client that is answered ``body``; ``read_by_botocore`` tells whether botocore parsed the last one itself."""

    def __init__(self, client: Any) -> None:
        self.client: Final = client
        self.status, self.headers, self.body = 200, dict[str, str](), b""
        self.read_by_botocore = False
        client.meta.events.register_first("before-send.qconnect", self._answer)
        client.meta.events.register_last("before-parse.qconnect", self._look)

    def outcome(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> str:
        """Return what ListSpans returns or raises, so that equal texts mean the same values of the same types."""
        self.body, self.status, self.headers = body, status, dict(headers or {})
        try:
            return canonical(self.client.list_spans(**PLACE))
        except Exception as error:  # noqa: BLE001 (whatever it raises is the outcome)
            return f"{type(error).__name__}: {error} {canonical(getattr(error, 'response', None))}"

    def _answer(self, request: Any, **_: object) -> AWSResponse:
        return AWSResponse(request.url, self.status, HeadersDict(self.headers), RawBody(self.body))

    def _look(self, response_dict: dict[str, Any], **_: object) -> None:
        self.read_by_botocore = bool(response_dict["body"])


def boto3_client() -> Answered:
    return Answered(boto3.client("qconnect", config=ONCE, **OPTIONS))


def canonical(value: object) -> str:
    """Write a value with its type and those of all in it, whatever the order of keys."""
    if isinstance(value, dict):
        return f"{{{', '.join(sorted(f'{key!r}: {canonical(member)}' for key, member in value.items()))}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(canonical, value))}]"
    return repr(value)
