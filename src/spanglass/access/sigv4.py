"""AWS Signature Version 4, the server's side: header or presigned query in, whose it is and whether it fits out.

Pure: the clock, the secret and the body's hash are handed in. The service is one whose paths are encoded twice in the
canonical request (all but S3). Errors are told with the texts of AWS's REST-JSON services.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import functools
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

import msgspec

from spanglass.access.errors import MalformedCredentialsError, SignatureError

ALGORITHM: Final = "AWS4-HMAC-SHA256"
TERMINATOR: Final = "aws4_request"
EXPIRES_SECONDS_DEFAULT: Final = 300
"""How long a presigned URL lasts that does not say it, as those of the SDK for Go: as long as a signed header may."""
EXPIRES_SECONDS_MAX: Final = 604_800
"""How long a presigned URL may last: a week."""
SIGNING_KEYS_MAX: Final = 1024
"""Signing keys held in memory: one a key, day and region."""
_TIME_FORMAT: Final = "%Y%m%dT%H%M%SZ"
_TIME: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_EXPIRES: Final = re.compile(r"[1-9][0-9]{0,5}")
_SCOPE_PARTS: Final = 5
_IN_HEADER: Final = ("Credential", "Signature", "SignedHeaders")
_IN_QUERY: Final = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
    "X-Amz-Expires",
)
_HASH_HEADER: Final = "x-amz-content-sha256"
_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
    " and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request"
    " should have been\n'{}'\n\nThe String-to-Sign should have been\n'{}'\n"
)


class Request(msgspec.Struct, frozen=True):
    """A request as it came: path and query still encoded, names of headers in lower case."""

    method: str
    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]

    def values(self, name: str) -> list[str]:
        """Return all values of a header."""
        return [value.decode("latin-1") for each, value in self.headers if each == name.encode()]


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says of its signature; ``scope`` is day, region, service and terminator."""

    key_id: str
    scope: tuple[str, str, str, str]
    signed_headers: tuple[str, ...]
    value: str
    time: str
    expires_seconds: int | None = None
    """How long a presigned URL lasts; None for a signature in the header."""


def read(request: Request) -> Signature | None:
    """Return the signature of a request, or None if it has none.

    Raises:
        MalformedCredentialsError: It cannot be read, or there are two.
    """
    headers = request.values("authorization")
    query = _parameters(request.query)
    is_presigned = any(name in _IN_QUERY for name, _ in query)
    if len(headers) + is_presigned > 1:
        raise MalformedCredentialsError("Only one of the Authorization header and the query string may sign a request.")
    if is_presigned:
        return _presigned(query)
    return _in_header(headers[0], request) if headers else None


def check_scope(signature: Signature, service: str, region: str = "") -> None:
    """Check that a signature is for this service, and for the region if there is one.

    Raises:
        SignatureError: It is for something else.
    """
    day, in_region, for_service, terminator = signature.scope
    faults = []
    if region and in_region != region:
        faults.append(f"Credential should be scoped to a valid region, not '{in_region}'. ")
    if for_service != service:
        faults.append(f"Credential should be scoped to correct service: '{service}'. ")
    if terminator != TERMINATOR:
        faults.append(f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'. ")
    if day != signature.time[:8]:
        faults.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{day}' != '{signature.time[:8]}', from '{signature.time}'. "
        )
    if faults:
        raise SignatureError("".join(faults))


def check_time(signature: Signature, now: datetime, skew: timedelta) -> None:
    """Check that a signature is of now, give or take ``skew``; a presigned one lasts as long as it says.

    Raises:
        SignatureError: It is too old, or of the future.
    """
    signed = _moment(signature.time)
    lasts = skew if signature.expires_seconds is None else timedelta(seconds=signature.expires_seconds)
    if signed > now + skew:
        raise SignatureError(
            f"Signature not yet current: {signature.time} is still later than {_bound(now, skew, '+')}"
        )
    if signed < now - lasts:
        raise SignatureError(f"Signature expired: {signature.time} is now earlier than {_bound(now, lasts, '-')}")


def check_headers(signature: Signature, request: Request, body_sha256: str) -> None:
    """Check that what must be signed is: Host, every ``x-amz-…`` header, and the hash of the body if one is told.

    Raises:
        SignatureError: Something is not.
    """
    if "host" not in signature.signed_headers:
        raise SignatureError("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    if signature.expires_seconds is None and not {"x-amz-date", "date"} & set(signature.signed_headers):
        raise SignatureError("'X-Amz-Date' or 'Date' must be a 'SignedHeader' in the AWS Authorization.")
    for raw, _ in request.headers:
        name = raw.decode("latin-1")
        if name.startswith("x-amz-") and name not in signature.signed_headers:
            raise SignatureError(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    if any(not hmac.compare_digest(told.encode(), body_sha256.encode()) for told in request.values(_HASH_HEADER)):
        raise SignatureError("The provided 'x-amz-content-sha256' header does not match what was computed.")


def verify(signature: Signature, request: Request, secret: str, body_sha256: str) -> None:
    """Check that the holder of ``secret`` signed this request; ``body_sha256`` is the body's SHA-256 in hex.

    Raises:
        SignatureError: The signature is another's, or of another request; or what must be signed is not.
    """
    check_headers(signature, request, body_sha256)
    canonical = canonical_request(signature, request, body_sha256)
    scope = "/".join(signature.scope)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{signature.time}\n{scope}\n{digest}"
    value = _hmac(signing_key(secret, *signature.scope), to_sign).hex()
    if not hmac.compare_digest(value.encode(), signature.value.encode()):
        raise SignatureError(_MISMATCH.format(canonical, to_sign))


def canonical_request(signature: Signature, request: Request, body_sha256: str) -> str:
    """Return the text that a signature is over: method, path, query, signed headers and body, in their one form."""
    query = sorted(
        (quote_from_bytes(name, safe=""), quote_from_bytes(value, safe=""))
        for name, value in _raw_parameters(request.query)
        if name != b"X-Amz-Signature"
    )
    headers = (
        f"{name}:{','.join(' '.join(value.split()) for value in request.values(name))}\n"
        for name in signature.signed_headers
    )
    return "\n".join(
        (
            request.method,
            quote_from_bytes(_normal_path(request.path), safe="/~"),
            "&".join(f"{name}={value}" for name, value in query),
            "".join(headers),
            ";".join(signature.signed_headers),
            body_sha256,
        )
    )


@functools.lru_cache(maxsize=SIGNING_KEYS_MAX)
def signing_key(secret: str, day: str, region: str, service: str, terminator: str) -> bytes:
    """Derive the key that signs for a day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, terminator):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


# Reading -------------------------------------------------------------------------------------------------------------


def _in_header(header: str, request: Request) -> Signature:
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise MalformedCredentialsError(f"Unsupported AWS 'algorithm': '{algorithm[:40]}'.")
    told: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or name in told:
            raise MalformedCredentialsError(
                f"'{part.strip()}' not a valid key=value pair (missing equal-sign) in Authorization header: '{rest}'."
                if not equals
                else f"Authorization header has the parameter '{name}' twice."
            )
        told[name] = value
    times = request.values("x-amz-date") or request.values("date")
    missing = [f"Authorization header requires '{name}' parameter." for name in _IN_HEADER if not told.get(name)]
    if not times:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing:
        raise MalformedCredentialsError(f"{' '.join(missing)} Authorization={header}")
    return _signature(told["Credential"], told["SignedHeaders"], told["Signature"], times[0])


def _presigned(query: list[tuple[str, str]]) -> Signature:
    given = [name for name, _ in query if name in _IN_QUERY]
    told = {name: value for name, value in query if name in _IN_QUERY and value}
    told.setdefault("X-Amz-Expires", str(EXPIRES_SECONDS_DEFAULT))
    missing = [f"AWS query-string parameters must include '{name}'." for name in _IN_QUERY if name not in told]
    if missing:
        raise MalformedCredentialsError(f"{' '.join(missing)} Re-examine the query-string parameters.")
    if len(given) > len(set(given)):
        raise MalformedCredentialsError("A query-string parameter of the signature is there twice.")
    if told["X-Amz-Algorithm"] != ALGORITHM:
        raise MalformedCredentialsError(f"Unsupported AWS 'algorithm': '{told['X-Amz-Algorithm'][:40]}'.")
    expires = told["X-Amz-Expires"]
    if not (_EXPIRES.fullmatch(expires) and int(expires) <= EXPIRES_SECONDS_MAX):
        raise MalformedCredentialsError(f"X-Amz-Expires must be a number from 1 to {EXPIRES_SECONDS_MAX}.")
    signature = _signature(
        told["X-Amz-Credential"], told["X-Amz-SignedHeaders"], told["X-Amz-Signature"], told["X-Amz-Date"]
    )
    return msgspec.structs.replace(signature, expires_seconds=int(expires))


def _signature(credential: str, signed_headers: str, value: str, time: str) -> Signature:
    parts = credential.split("/")
    if len(parts) != _SCOPE_PARTS:
        raise MalformedCredentialsError(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"
            f" got '{credential}'."
        )
    key_id, day, region, service, terminator = parts
    return Signature(
        key_id=key_id,
        scope=(day, region, service, terminator),
        signed_headers=tuple(signed_headers.split(";")),
        value=value,
        time=_time(time),
    )


def _time(text: str) -> str:
    """Return a time in ISO 8601's basic form, which a ``Date`` header need not have."""
    is_basic = _TIME.fullmatch(text)
    try:
        read = _moment(text) if is_basic else parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedCredentialsError(f"Date must be in ISO-8601 'basic format'. Got '{text}'.") from None
    return text if is_basic else re.sub("[-:]", "", read.isoformat()[:19]) + "Z"


def _moment(time: str) -> datetime:
    return datetime.strptime(time, _TIME_FORMAT).replace(tzinfo=UTC)


def _bound(now: datetime, by: timedelta, sign: str) -> str:
    """Return the time that a signature was held against, as AWS tells it."""
    end = now - by if sign == "-" else now + by
    return f"{end.strftime(_TIME_FORMAT)} ({now.strftime(_TIME_FORMAT)} {sign} {by.total_seconds() / 60:g} min.)"


def _raw_parameters(query: bytes) -> list[tuple[bytes, bytes]]:
    """Return the parameters of a query, decoded; a plus sign is a plus sign."""
    pairs = [part.partition(b"=") for part in query.split(b"&") if part]
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs]


def _parameters(query: bytes) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in _raw_parameters(query)]


def _normal_path(path: bytes) -> bytes:
    """Return a path without empty and dot segments, a slash at its end kept."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in {b"", b"."}:
            kept.append(segment)
    return b"/" + b"/".join(kept) + (b"/" if kept and path.endswith(b"/") else b"")
