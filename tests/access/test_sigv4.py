"""Signatures of AWS's clients, held against botocore's."""

import hashlib
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

import msgspec
import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from spanglass.access import sigv4
from spanglass.access.errors import MalformedCredentialsError, SignatureError
from spanglass.access.sigv4 import Request
from tests.access.signing import KEY_ID, REGION, SECRET, SERVICE, signed

SKEW: Final = timedelta(minutes=5)
ARN: Final = "arn:aws:wisdom:eu-central-1:000000000000:assistant/0f4f0000-0000-4000-8000-000000006666"
BODY: Final = b'{"name":"weather"}'


def check(request: Request, body: bytes = b"", *, secret: str = SECRET, now: datetime | None = None) -> str:
    """Do all that is done to let a request in, and return whose it is."""
    signature = sigv4.read(request)
    assert signature is not None
    sigv4.check_scope(signature, SERVICE, REGION)
    sigv4.check_time(signature, now or datetime.now(UTC), SKEW)
    if signature.key_id != KEY_ID:
        secret = "the other key's"  # noqa: S105 (it opens nothing)
    sigv4.verify(signature, request, secret, hashlib.sha256(body).hexdigest())
    return signature.key_id


def signed_at(request: Request) -> datetime:
    """Return the time of a request's signature."""
    signature = sigv4.read(request)
    assert signature is not None
    return datetime.strptime(signature.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


# What is signed is let in --------------------------------------------------------------------------------------------

SEGMENTS: Final = st.text(min_size=1, max_size=12).map(lambda text: quote(text, safe="-_.~"))
ODD_SEGMENTS: Final = (
    ".",
    "..",
    "",
    "~",
    "...",
    "a%2Fb",
    "%2F",
    "%2E%2E",
    "%25",
    "%c3%bc",
    "a+b",
    "a:b@c",
    "(a)!*'",
    ARN,
)
PATHS: Final = st.lists(SEGMENTS | st.sampled_from([*ODD_SEGMENTS, quote(ARN, safe="")]), max_size=6).map(
    lambda segments: "/" + "/".join(segments)
)
NAMES: Final = st.text(min_size=1, max_size=8).filter(lambda name: not name.lower().startswith("x-amz-"))
QUERIES: Final = st.lists(
    st.tuples(
        st.sampled_from(["a", "A", "a-", "aa", "ü"]) | NAMES,
        st.sampled_from(["", "~", "/", " "]) | st.text(max_size=12),
    ),
    max_size=5,
).map(lambda pairs: "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs))
VALUES: Final = st.sampled_from(["", " a  b ", "a,b"]) | st.text(
    st.characters(min_codepoint=32, max_codepoint=126), max_size=20
)
HEADERS: Final = st.lists(
    st.tuples(
        st.sampled_from(["X-Note", "x-note"])
        | st.text(string.ascii_letters, min_size=1, max_size=8).map("X-{}".format),
        VALUES,
    ),
    max_size=5,
)
"""Headers as pairs: names repeat, in either case."""


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    path=PATHS,
    query=QUERIES,
    headers=HEADERS,
    body=st.binary(max_size=50),
    token=st.none() | st.text(string.ascii_letters + "+/=", min_size=1, max_size=30),
)
def test_what_botocore_signs_is_let_in(  # noqa: PLR0917 (all that a signature is over)
    method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes, token: str | None
) -> None:
    """Whatever the path, query, headers, body and session token, botocore's signature fits."""
    assert check(signed(method, f"{path}?{query}", headers, body, token=token), body) == KEY_ID


@given(path=PATHS, query=QUERIES, expires=st.integers(3_600, 604_800), token=st.none() | st.just("a+token/=="))
def test_what_botocore_presigns_is_let_in(path: str, query: str, expires: int, token: str | None) -> None:
    """A presigned URL is let in, with whatever else stands in its query."""
    assert check(signed("GET", f"{path}?{query}", expires=expires, token=token)) == KEY_ID


def test_a_presigned_url_of_boto3_is_let_in() -> None:
    """``generate_presigned_url`` makes a URL that is let in, ARNs in its path included."""
    session = Session()
    session.set_credentials(KEY_ID, SECRET)
    client = session.create_client("qconnect", REGION, endpoint_url="http://localhost:4318")
    parameters = {"assistantId": ARN, "sessionId": ARN, "nextToken": "a+b/c=d e&f%25~ü"}
    url = client.generate_presigned_url("list_spans", parameters)
    client.close()
    path, _, query = url.removeprefix("http://localhost:4318").partition("?")
    assert check(Request("GET", path.encode(), query.encode(), [(b"host", b"localhost:4318")])) == KEY_ID


@given(path=PATHS, flip=st.data())
def test_any_other_path_is_refused(path: str, flip: st.DataObject) -> None:
    """A signature is of one path: one more segment at any place does not fit."""
    request = signed("GET", path)
    at = flip.draw(st.sampled_from([i for i, byte in enumerate(request.path) if byte == ord("/")]))
    other = msgspec.structs.replace(request, path=request.path[:at] + b"/other" + request.path[at:])
    if sigv4._normal_path(other.path) != sigv4._normal_path(request.path):
        with pytest.raises(SignatureError):
            check(other)


def test_the_order_and_blanks_of_headers_say_nothing() -> None:
    """Proxies may reorder headers, and blanks around and within values count as one."""
    request = signed("POST", "/a", {"X-Note": "a  b"}, BODY)
    headers = [(n, b"  a b " if n == b"x-note" else v) for n, v in reversed(request.headers)]
    assert check(msgspec.structs.replace(request, headers=headers), BODY) == KEY_ID


def test_repeated_headers_are_joined() -> None:
    """A signed header that comes in several lines is their values with commas between."""
    request = signed("GET", "/a", {"X-Note": "a,b"})
    headers = [pair for pair in request.headers if pair[0] != b"x-note"] + [(b"x-note", b"a"), (b"x-note", b"b")]
    assert check(msgspec.structs.replace(request, headers=headers)) == KEY_ID


def test_a_date_header_will_do() -> None:
    """Where there is no X-Amz-Date, the time is that of the Date header."""
    assert check(signed("GET", "/a", {"Date": "Thu, 01 Jan 2026 00:00:00 GMT"})) == KEY_ID


def test_an_unsigned_request_has_no_signature() -> None:
    """A request without any is not a malformed one."""
    assert sigv4.read(Request("GET", b"/", b"maxResults=1", [(b"host", b"localhost")])) is None


# What was changed is refused -----------------------------------------------------------------------------------------

Change = Callable[[Request], Request]


def header(name: str, value: str | None, *, more: bool = False) -> Change:
    """Return what gives a header another value, takes it away, or adds a second one."""

    def change(request: Request) -> Request:
        kept = [pair for pair in request.headers if more or pair[0] != name.encode()]
        return msgspec.structs.replace(request, headers=kept + ([(name.encode(), value.encode())] if value else []))

    return change


def authorization(old: str, new: str) -> Change:
    """Return what changes the text of the Authorization header."""

    def change(request: Request) -> Request:
        (text,) = request.values("authorization")
        assert old in text
        return header("authorization", text.replace(old, new, 1))(request)

    return change


def query(old: str, new: str) -> Change:
    """Return what changes the text of the query."""

    def change(request: Request) -> Request:
        text = request.query.decode()
        assert old in text
        return msgspec.structs.replace(request, query=text.replace(old, new, 1).encode())

    return change


def path(new: str) -> Change:
    """Return what changes the path."""
    return lambda request: msgspec.structs.replace(request, path=new.encode())


def method(new: str) -> Change:
    """Return what changes the method."""
    return lambda request: msgspec.structs.replace(request, method=new)


TARGET: Final = f"/assistants/{quote(ARN, safe='')}/sessions?a=1&b=2&b=3"
DAY: Final = datetime.now(UTC).strftime("%Y%m%d")

IN_HEADER: Final[dict[str, tuple[Change, type[Exception], str]]] = {
    "path": (path("/assistants/other/sessions"), SignatureError, "does not match"),
    "path decoded": (path(f"/assistants/{ARN}/sessions"), SignatureError, "does not match"),
    "path with a slash at its end": (path(TARGET.partition("?")[0] + "/"), SignatureError, "does not match"),
    "path in lower-case escapes": (path(TARGET.partition("?")[0].replace("%3A", "%3a")), SignatureError, "not match"),
    "query value": (query("a=1", "a=2"), SignatureError, "does not match"),
    "query name": (query("a=1", "c=1"), SignatureError, "does not match"),
    "query parameter added": (query("a=1", "a=1&c=1"), SignatureError, "does not match"),
    "query parameter removed": (query("a=1&", ""), SignatureError, "does not match"),
    "query parameter doubled": (query("a=1", "a=1&a=1"), SignatureError, "does not match"),
    "method": (method("PUT"), SignatureError, "does not match"),
    "method in lower case": (method("post"), SignatureError, "does not match"),
    "host": (header("host", "evil.example"), SignatureError, "does not match"),
    "host without its port": (header("host", "localhost"), SignatureError, "does not match"),
    "second host": (header("host", "localhost:4318", more=True), SignatureError, "does not match"),
    "signed header": (header("x-note", "other"), SignatureError, "does not match"),
    "signed header removed": (header("x-note", None), SignatureError, "does not match"),
    "signed header doubled": (header("x-note", "b", more=True), SignatureError, "does not match"),
    "content type": (header("content-type", "text/plain"), SignatureError, "does not match"),
    "session token": (header("x-amz-security-token", "other"), SignatureError, "does not match"),
    "session token removed": (header("x-amz-security-token", None), SignatureError, "does not match"),
    "x-amz header unsigned": (header("x-amz-more", "1"), SignatureError, "'x-amz-more' must be a 'SignedHeader'"),
    "body hash of another body": (header("x-amz-content-sha256", "0" * 64), SignatureError, "x-amz-content-sha256"),
    "time within the skew": (
        header("x-amz-date", (datetime.now(UTC) - SKEW / 2).strftime("%Y%m%dT%H%M%SZ")),
        SignatureError,
        "",
    ),
    "time too old": (header("x-amz-date", f"{DAY}T000000Z"), SignatureError, ""),
    "time of another day": (header("x-amz-date", "20200101T000000Z"), SignatureError, "Date in Credential scope"),
    "second time": (header("x-amz-date", f"{DAY}T000001Z", more=True), SignatureError, "does not match"),
    "time that is none": (header("x-amz-date", "yesterday"), MalformedCredentialsError, "'basic format'"),
    "time that cannot be": (header("x-amz-date", "20260231T000000Z"), MalformedCredentialsError, "'basic format'"),
    "no time": (header("x-amz-date", None), MalformedCredentialsError, "either a 'X-Amz-Date' or a 'Date'"),
    "key": (authorization(KEY_ID, "SPANZZZZZZZZZZZZZZZZ"), SignatureError, ""),
    "day of the scope": (authorization(f"/{REGION}/", f"0/{REGION}/"), SignatureError, "Date in Credential scope"),
    "region": (authorization(f"/{REGION}/", "/us-east-1/"), SignatureError, "valid region, not 'us-east-1'. "),
    "service": (authorization(f"/{SERVICE}/", "/s3/"), SignatureError, "scoped to correct service: 'wisdom'. "),
    "terminator": (authorization("aws4_request", "aws3_request"), SignatureError, "valid terminator: 'aws4_request'"),
    "scope too short": (authorization(f"/{SERVICE}/", "/"), MalformedCredentialsError, "exactly 5 slash-delimited"),
    "scope too long": (authorization(f"/{SERVICE}/", "/a/b/"), MalformedCredentialsError, "exactly 5 slash-delimited"),
    "signature": (authorization("Signature=", "Signature=0"), SignatureError, "does not match"),
    "signature in upper case": (
        lambda request: header("authorization", "Signature=".join(_upper_last(request.values("authorization")[0])))(
            request
        ),
        SignatureError,
        "does not match",
    ),
    "no signature": (authorization("Signature=", "Other="), MalformedCredentialsError, "requires 'Signature'"),
    "no credential": (authorization("Credential=", "Other="), MalformedCredentialsError, "requires 'Credential'"),
    "no list of headers": (authorization("SignedHeaders=", "Other="), MalformedCredentialsError, "'SignedHeaders'"),
    "headers reordered": (authorization("content-type;host", "host;content-type"), SignatureError, "does not match"),
    "header listed twice": (authorization("host;", "host;host;"), SignatureError, "does not match"),
    "header not listed": (authorization(";x-note", ""), SignatureError, "does not match"),
    "host not listed": (authorization("host;", ""), SignatureError, "'Host' or ':authority' must be"),
    "time not listed": (authorization(";x-amz-date", ""), SignatureError, "'X-Amz-Date' or 'Date' must be"),
    "token not listed": (authorization(";x-amz-security-token", ""), SignatureError, "must be a 'SignedHeader'"),
    "missing equal-sign": (authorization("Signature=", "Signature "), MalformedCredentialsError, "missing equal-sign"),
    "parameter twice": (authorization("Signature=", "Credential=x, Signature="), MalformedCredentialsError, "twice"),
    "algorithm": (authorization("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), MalformedCredentialsError, "Unsupported AWS"),
    "another scheme": (header("authorization", "Basic YTpi"), MalformedCredentialsError, "Unsupported AWS"),
    "two headers": (
        lambda request: header("authorization", request.values("authorization")[0], more=True)(request),
        MalformedCredentialsError,
        "Only one",
    ),
    "presigned as well": (query("a=1", "a=1&X-Amz-Signature=0"), MalformedCredentialsError, "Only one"),
}


def _upper_last(text: str) -> tuple[str, str]:
    before, _, value = text.partition("Signature=")
    return before, value.upper()


@pytest.fixture
def in_header() -> Request:
    headers = {"Content-Type": "application/json", "X-Note": "a"}
    return signed("POST", TARGET, headers, BODY, token="a+token/==")  # noqa: S106 (it opens nothing)


def test_the_request_of_the_matrix_is_let_in(in_header: Request) -> None:
    """Nothing but the change makes the difference."""
    assert check(in_header, BODY) == KEY_ID


@pytest.mark.parametrize(("change", "error", "told"), IN_HEADER.values(), ids=IN_HEADER.keys())
def test_a_changed_request_is_refused(in_header: Request, change: Change, error: type[Exception], told: str) -> None:
    """A signed request with a change is refused, and told why in AWS's words."""
    with pytest.raises(error) as raised:
        check(change(in_header), BODY)
    assert told in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY.upper(), b"UNSIGNED-PAYLOAD"])
def test_another_body_is_refused(in_header: Request, body: bytes) -> None:
    """A signature is of one body."""
    with pytest.raises(SignatureError, match="does not match"):
        check(in_header, body)


def test_a_hash_that_is_told_must_be_the_bodys() -> None:
    """A client may tell the body's hash and sign that; it is still held against the body."""
    request = signed("POST", "/a", {"X-Amz-Content-SHA256": hashlib.sha256(BODY).hexdigest()}, BODY)
    assert check(request, BODY) == KEY_ID
    for body in (b"", BODY + b" "):
        with pytest.raises(SignatureError, match="x-amz-content-sha256"):
            check(request, body)
    unsigned = signed("POST", "/a", {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}, BODY)
    with pytest.raises(SignatureError, match="x-amz-content-sha256"):
        check(unsigned, BODY)


def test_another_secret_is_refused(in_header: Request) -> None:
    """Who does not know the secret is not let in; the canonical string and the string to sign are told."""
    with pytest.raises(SignatureError) as raised:
        check(in_header, BODY, secret="another")  # noqa: S106 (it opens nothing)
    told = str(raised.value)
    assert "The Canonical String for this request should have been\n'POST\n/assistants/arn%253Aaws" in told
    assert "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n" in told


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (timedelta(seconds=301), "Signature expired: "),
        (timedelta(days=400), "Signature expired: "),
        (timedelta(seconds=-301), "Signature not yet current: "),
        (timedelta(days=-1), "Signature not yet current: "),
    ],
)
def test_a_clock_too_far_off_is_told(in_header: Request, by: timedelta, told: str) -> None:
    """A request that is older than the skew, or from further ahead, is refused with both times."""
    with pytest.raises(SignatureError) as raised:
        check(in_header, BODY, now=signed_at(in_header) + by)
    assert str(raised.value).startswith(told)
    assert str(raised.value).endswith(" 5 min.)")


@pytest.mark.parametrize("by", [timedelta(seconds=300), timedelta(seconds=-300)])
def test_a_clock_may_be_off_a_little(in_header: Request, by: timedelta) -> None:
    """Within the skew, both ways, a request is let in."""
    assert check(in_header, BODY, now=signed_at(in_header) + by) == KEY_ID


IN_QUERY: Final[dict[str, tuple[Change, type[Exception], str]]] = {
    "path": (path("/other"), SignatureError, "does not match"),
    "parameter": (query("a=1", "a=2"), SignatureError, "does not match"),
    "parameter added": (query("a=1", "a=1&c=1"), SignatureError, "does not match"),
    "method": (method("DELETE"), SignatureError, "does not match"),
    "host": (header("host", "evil.example"), SignatureError, "does not match"),
    "lasting longer": (query("X-Amz-Expires=60", "X-Amz-Expires=600"), SignatureError, "does not match"),
    "lasting too long": (query("Expires=60", "Expires=604801"), MalformedCredentialsError, "X-Amz-Expires"),
    "lasting too long by far": (query("Expires=60", "Expires=" + "1" * 99), MalformedCredentialsError, "X-Amz-Expires"),
    "lasting no time": (query("Expires=60", "Expires=0"), MalformedCredentialsError, "X-Amz-Expires"),
    "lasting less than no time": (query("Expires=60", "Expires=-60"), MalformedCredentialsError, "X-Amz-Expires"),
    "session token": (query("a%2Btoken", "b%2Btoken"), SignatureError, "does not match"),
    "headers": (query("SignedHeaders=host", "SignedHeaders=date"), SignatureError, "'Host' or ':authority'"),
    "signature": (query("X-Amz-Signature=", "X-Amz-Signature=0"), SignatureError, "does not match"),
    "no signature": (query("X-Amz-Signature=", "Signature="), MalformedCredentialsError, "include 'X-Amz-Signature'"),
    "no time": (query("X-Amz-Date=", "X-Date="), MalformedCredentialsError, "include 'X-Amz-Date'"),
    "no duration": (query("X-Amz-Expires=60", "X-Amz-Expires="), SignatureError, "does not match"),
    "empty credential": (query("X-Amz-Credential=", "X-Amz-Credential=&x="), MalformedCredentialsError, "Credential'"),
    "duration twice": (query("X-Amz-Expires=60", "X-Amz-Expires=60&X-Amz-Expires=9"), MalformedCredentialsError, "tw"),
    "algorithm": (query("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), MalformedCredentialsError, "Unsupported AWS"),
    "time that is none": (query("X-Amz-Date=2", "X-Amz-Date=x2"), MalformedCredentialsError, "'basic format'"),
    "x-amz header unsigned": (header("x-amz-more", "1"), SignatureError, "must be a 'SignedHeader'"),
}


@pytest.fixture
def in_query() -> Request:
    return signed("GET", "/assistants?a=1", expires=60, token="a+token/==")  # noqa: S106 (it opens nothing)


@pytest.mark.parametrize(("change", "error", "told"), IN_QUERY.values(), ids=IN_QUERY.keys())
def test_a_changed_url_is_refused(in_query: Request, change: Change, error: type[Exception], told: str) -> None:
    """A presigned URL with a change is refused; without one it is let in."""
    now = signed_at(in_query)
    assert check(in_query, now=now) == KEY_ID
    with pytest.raises(error) as raised:
        check(change(in_query), now=now)
    assert told in str(raised.value)


def test_a_url_lasts_as_long_as_it_says(in_query: Request) -> None:
    """A presigned URL is let in until its time is over, whatever the skew, and not from the future."""
    assert check(in_query, now=signed_at(in_query) + timedelta(seconds=60)) == KEY_ID
    with pytest.raises(SignatureError, match="Signature expired"):
        check(in_query, now=signed_at(in_query) + timedelta(seconds=61))
    with pytest.raises(SignatureError, match="not yet current"):
        check(in_query, now=signed_at(in_query) - timedelta(seconds=301))


def test_a_presigned_request_has_no_body(in_query: Request) -> None:
    """What botocore presigns is signed without a body, so it may have none."""
    with pytest.raises(SignatureError, match="does not match"):
        check(in_query, b"x", now=signed_at(in_query))


@given(text=st.text(max_size=100), at=st.sampled_from(["authorization", "x-amz-date", "date", "query"]))
def test_nothing_breaks_the_reading(text: str, at: str) -> None:
    """Whatever stands where a signature should be is refused as such, and never a fault of ours."""
    raw = text.encode("latin-1", "replace")
    request = signed("GET", "/a?b=c", expires=60 if at == "query" else None)
    if at == "query":
        request = msgspec.structs.replace(request, query=request.query.replace(b"Date=2", b"Date=" + raw))
    else:
        kept = [pair for pair in request.headers if pair[0] not in {at.encode(), b"x-amz-date"}]
        request = msgspec.structs.replace(request, headers=[*kept, (at.encode(), raw)])
    with pytest.raises((MalformedCredentialsError, SignatureError)):
        check(request)


def test_keys_of_a_day_are_held_bounded() -> None:
    """The keys that sign for a day and region are derived once, and only so many are held."""
    sigv4.signing_key.cache_clear()
    for _ in range(3):
        check(signed())
    assert sigv4.signing_key.cache_info().misses == 1
    assert sigv4.signing_key.cache_info().maxsize == sigv4.SIGNING_KEYS_MAX
