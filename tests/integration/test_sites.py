"""Requests as browsers send them for pages of other sites, forged byte for byte, against the real server."""

import http.client
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.integration.serving import HOST, Server, start

APP: Final = "https://app.example"
PLACE: Final = f"{uuid.UUID(int=1)}/sessions/{uuid.UUID(int=2)}"


class Target(NamedTuple):
    """A request that is let in, whatever it then comes to."""

    method: str
    path: str
    content_type: str = ""
    body: bytes = b""


TARGETS: Final = {
    "ListSpans": Target("GET", f"/assistants/{PLACE}/spans"),
    "CreateAssistant": Target("POST", "/assistants", "application/json", b"{}"),
    "OTLP in JSON": Target("POST", "/v1/traces", "application/json", b"{}"),
    "OTLP in protobuf": Target("POST", "/v1/traces", "application/x-protobuf"),
    "OTLP logs": Target("POST", "/v1/logs", "application/json", b"{}"),
    "OTLP as a form would send it": Target("POST", "/v1/traces", "text/plain", b"{}"),
    "list of sessions": Target("GET", "/api/sessions"),
    "deletion": Target("DELETE", f"/api/assistants/{PLACE}"),
    "login": Target("POST", "/api/login", "text/plain", b'{"key": "x"}'),
    "page": Target("GET", "/"),
    "metrics": Target("GET", "/metrics"),
    "health": Target("GET", "/readyz"),
    "nothing": Target("GET", "/nothing"),
}
NAVIGATION: Final = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FOREIGN: Final[dict[str, dict[str, str]]] = {
    "a rebound name": {"Host": "evil.example"},
    "a rebound name with our port": {"Host": "evil.example:4318"},
    "a rebound name of our own page": {"Host": "evil.example", "Origin": "http://evil.example"},
    "a name like loopback's": {"Host": "localhost.evil.example"},
    "an address of the network": {"Host": "192.168.1.2:4318"},
    "no name": {"Host": ""},
    "a fetch of another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "a fetch of an old browser": {"Origin": "https://evil.example"},
    "a sandboxed page": {"Origin": "null"},
    "another port of this machine": {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
    "an image or script": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "a frame": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    "a form of another site": {"Origin": "https://evil.example"} | NAVIGATION,
    "a page of a neighbour": {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server without authentication."""
    with start(tmp_path_factory.mktemp("sites") / "spans.db") as server:
        yield server


def send(server: Server, target: Target, headers: dict[str, str]) -> http.client.HTTPResponse:
    """Send a request with these headers, Host included, and return the answer, read to its end."""
    named = {"Host": f"localhost:{server.port}", "Content-Length": str(len(target.body))} | headers
    named |= {"Content-Type": target.content_type} if target.content_type else {}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    request = f"{target.method} {target.path} HTTP/1.1\r\nConnection: close\r\n{head}\r\n".encode() + target.body
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection, method=target.method)
        answer.begin()
        answer.body = answer.read()  # type: ignore[attr-defined]  # it is closed with its connection
        return answer


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_pages_of_other_sites_are_refused(server: Server, target: Target) -> None:
    """Whatever another site's page sends, to any face, is refused in that face's form and cannot be read by it."""
    for name, headers in FOREIGN.items():
        answer = send(server, target, headers)
        assert answer.status == 403, name
        assert "access-control-allow-origin" not in answer.headers
        if target.path.startswith("/assistants"):
            assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
        elif target.path.startswith("/v1/"):
            known = target.content_type if target.content_type.startswith("application/") else "application/json"
            assert answer.headers["content-type"] == known
        else:
            assert answer.headers["content-type"] == "application/json"


OURS: Final[dict[str, dict[str, str]]] = {
    "a program": {},
    "a program by address": {"Host": "127.0.0.1"},
    "a program by the newer protocol's address": {"Host": "[::1]:4318"},
    "our own page": {"Host": "localhost:4318", "Origin": "http://localhost:4318", "Sec-Fetch-Site": "same-origin"},
    "an address that was typed": NAVIGATION | {"Sec-Fetch-Site": "none"},
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_programs_and_our_own_pages_are_let_in(server: Server, target: Target) -> None:
    """What is not refused above is not refused for where it comes from."""
    for name, headers in OURS.items():
        assert send(server, target, headers).status != 403, name


def test_a_link_leads_here(server: Server) -> None:
    """Somebody who follows a link of another site gets the page."""
    assert send(server, TARGETS["page"], NAVIGATION).status == 200


def test_the_name_counts_not_the_target(server: Server) -> None:
    """A request by an absolute target, as proxies get it, is judged by its Host all the same."""
    absolute = Target("GET", "http://localhost/api/sessions")
    assert send(server, absolute, {"Host": "evil.example"}).status == 403


def test_nothing_of_a_refused_export_is_kept(server: Server) -> None:
    """An export that another site's page sends does not reach the store."""
    span = (
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",'
        b'"spanId":"b7ad6b7169203331","name":"forged","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}'
    )
    for content_type in ("application/json", "text/plain"):
        target = Target("POST", "/v1/traces", content_type, span)
        assert send(server, target, {"Origin": "https://evil.example"}).status == 403
    assert server.places() == []


def test_names_and_origins_can_be_allowed(tmp_path: Path) -> None:
    """A setting lets a name in, another one pages of an origin: to send OTLP, and to nothing else."""
    environment = {"SPANGLASS_ALLOWED_HOSTS": "spans.example, host.docker.internal", "SPANGLASS_OTLP_ORIGINS": APP}
    with start(tmp_path / "spans.db", environment=environment) as server:
        assert send(server, TARGETS["list of sessions"], {"Host": "host.docker.internal:4318"}).status == 200
        assert send(server, TARGETS["list of sessions"], {"Host": "evil.example"}).status == 403
        page = {"Origin": APP, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        asked = page | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        preflight = send(server, Target("OPTIONS", "/v1/traces"), asked)
        assert preflight.status == 200
        assert preflight.headers["access-control-allow-origin"] == APP
        assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
        answer = send(server, TARGETS["OTLP in JSON"], page)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, APP)
        others = {"Origin": "https://evil.example"}
        assert (
            "access-control-allow-origin" not in send(server, Target("OPTIONS", "/v1/traces"), asked | others).headers
        )
        assert send(server, TARGETS["OTLP in JSON"], page | others).status == 403
        for name in ("list of sessions", "ListSpans", "CreateAssistant", "login"):
            assert send(server, TARGETS[name], page).status == 403


# How answers are ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"])
def test_methods_are_answered(server: Server, target: Target, method: str) -> None:
    """Any method at any path has an answer that is no fault of ours, with a request id, and for all origins closed."""
    answer = send(server, target._replace(method=method), {})
    assert answer.status < 500
    assert uuid.UUID(answer.headers["x-request-id"])
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    assert "content-encoding" not in answer.headers
    if answer.status == 405:
        assert answer.headers["allow"]


def test_the_two_ids_of_a_request_are_one(server: Server) -> None:
    """QConnect's answers carry the id by AWS's name as well."""
    answer = send(server, TARGETS["ListSpans"], {})
    assert answer.headers["x-request-id"] == answer.headers["x-amzn-requestid"]


def test_a_clients_id_is_not_taken_over(server: Server) -> None:
    """An id that a client sends stands in no answer and no log, which are ours."""
    answer = send(server, TARGETS["ListSpans"], {"X-Request-Id": "theirs", "X-Amzn-RequestId": "theirs"})
    assert "theirs" not in {answer.headers["x-request-id"], answer.headers["x-amzn-requestid"]}


@pytest.mark.parametrize("query", ["maxResults=1&maxResults=x", "unknown=1&maxResults=1", "maxResults=1&"])
def test_odd_queries_of_qconnect(server: Server, query: str) -> None:
    """Of a parameter that is there twice the first counts, and what nobody knows says nothing (restJson1)."""
    target = TARGETS["ListSpans"]
    answer = send(server, target._replace(path=f"{target.path}?{query}"), {})
    assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"


@pytest.mark.parametrize("query", ["limit=1&limit=2", "unknown=1"])
def test_odd_queries_of_the_api(server: Server, query: str) -> None:
    """The API refuses what it does not know, or what it cannot choose between, and names it."""
    answer = send(server, Target("GET", f"/api/sessions?{query}"), {})
    assert answer.status == 400


def test_a_slash_at_the_end(server: Server) -> None:
    """A path with a slash at its end is the same to QConnect and another one elsewhere; nothing is redirected."""
    listed = send(server, Target("GET", "/assistants/"), {})
    assert (listed.status, listed.headers["content-type"]) == (200, "application/json")
    for path in ("/api/sessions/", "/v1/traces/", "/healthz/", "/metrics/"):
        assert send(server, Target("GET", path), {}).status == 404


def test_head_is_get_for_the_web_alone(server: Server) -> None:
    """HEAD is GET without its body where browsers and monitors ask, and no operation of QConnect or OTLP."""
    for path, status in (
        ("/healthz", 200),
        ("/", 200),
        ("/api/sessions", 200),
        ("/assistants", 405),
        ("/v1/logs", 405),
    ):
        answer = send(server, Target("HEAD", path), {})
        assert (answer.status, answer.body) == (status, b"")  # type: ignore[attr-defined]  # set by send


@pytest.mark.parametrize("accepted", ["gzip", "br", "zstd", "gzip, deflate, br, zstd", "*", "identity;q=0"])
def test_data_are_not_compressed(server: Server, accepted: str) -> None:
    """Whatever a client could undo, data come as they are."""
    for path in ("/assistants", "/api/sessions", "/metrics"):
        answer = send(server, Target("GET", path), {"Accept-Encoding": accepted})
        assert (answer.status, answer.headers["content-encoding"]) == (200, None)
