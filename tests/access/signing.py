"""Requests signed by botocore, as they come over the wire."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from spanglass.access.sigv4 import Request

KEY_ID: Final = "SPANABCDEFGHIJKLMNOP"
SECRET: Final = "a secret that nobody knows"  # noqa: S105 (it opens nothing)
HOST: Final = "localhost:4318"
REGION: Final = "eu-central-1"
SERVICE: Final = "wisdom"


def signed(
    method: str = "GET",
    target: str = "/assistants",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    *,
    secret: str = SECRET,
    token: str | None = None,
    service: str = SERVICE,
    expires: int | None = None,
) -> Request:
    """Return a request with botocore's signature, in the header or, if it ``expires``, in the query.

    As pairs, headers may have a name repeatedly.
    """
    request: Any = AWSRequest(method, f"http://{HOST}{target}", data=body)
    for pair in headers.items() if isinstance(headers, Mapping) else headers:
        request.headers.add_header(*pair)
    signing: tuple[Any, ...] = (Credentials(KEY_ID, secret, token), service, REGION)
    auth: Any = SigV4Auth(*signing) if expires is None else SigV4QueryAuth(*signing, expires=expires)
    auth.add_auth(request)
    url = urlsplit(request.url)
    sent = [("host", HOST), *((name.lower(), value) for name, value in request.headers.items())]
    return Request(
        method,
        url.path.encode(),
        url.query.encode(),
        [(name.encode(), value.encode("latin-1") if isinstance(value, str) else value) for name, value in sent],
    )
