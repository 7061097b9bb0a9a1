"""The real server with keys: who is let in by every face, as what, and what a limited key finds of others."""

import contextlib
import http.client
import itertools
import json
import socket
import stat
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import grpc
import msgspec
import pytest
from botocore.exceptions import ClientError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from spanglass.config import ConfigError
from spanglass.model.place import NAMESPACE_SPAN
from spanglass.qconnect import OPERATIONS
from spanglass.qconnect.policy import ACTIONS
from spanglass.qconnect.routes import ROUTES
from spanglass.viewer import api
from tests.integration.exports import EPOCH_NS, SECOND_NS, Ids, place, span
from tests.integration.issuing import SECRET_FILE, Key, command, make_key, start_with_keys
from tests.integration.serving import HOST, PROTOBUF, Answer, Place, Server, free_port, spawned

THEIR_SESSION: Final = str(uuid.uuid5(uuid.NAMESPACE_OID, "theirs"))
SPAN: Final = str(uuid.uuid5(NAMESPACE_SPAN, f"{uuid.uuid5(uuid.NAMESPACE_OID, f'{THEIR_SESSION} 1').hex}{1:016x}"))
"""A span of theirs."""
WORD: Final = "aardvark"
"""Said in the other assistant's session alone."""
NEEDED: Final = {"kind": "assistant", "from": EPOCH_NS // SECOND_NS - 60, "to": EPOCH_NS // SECOND_NS + 60}
"""What some routes of the API cannot do without."""
GRPC_EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def request(service: str, session: str, *, number: int = 1, text: str = "hello", assistant: str = "") -> bytes:
    """Return an export of one call of a model."""
    ids = Ids(uuid.uuid5(uuid.NAMESPACE_OID, f"{session} {number}").bytes, number.to_bytes(8, "big"))
    said = json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}])
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": session, "gen_ai.input.messages": said}
    start_ns = EPOCH_NS + number * SECOND_NS
    message = ExportTraceServiceRequest()
    spans = message.resource_spans.add()
    spans.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value=service)))
    if assistant:
        spans.resource.attributes.append(KeyValue(key="spanglass.assistant.id", value=AnyValue(string_value=assistant)))
    spans.scope_spans.add().spans.append(
        span(ids, b"", "chat", attributes, start_ns=start_ns, end_ns=start_ns + SECOND_NS)
    )
    return message.SerializeToString()


OURS: Final = place(str(uuid.uuid5(uuid.NAMESPACE_OID, "ours")), "ours")
THEIRS: Final = place(THEIR_SESSION, "theirs")
MISSING: Final = Place(str(uuid.uuid4()), str(uuid.uuid4()))


class Keys(NamedTuple):
    """A key a role, the first three for all assistants, the others for ours."""

    reader: Key
    writer: Key
    admin: Key
    our_reader: Key
    our_writer: Key
    our_admin: Key


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store and a secret."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def keys(folder: Path) -> Keys:
    """Return keys of all kinds."""
    roles = ("reader", "writer", "admin")
    return Keys(*(make_key(folder, role) for role in roles), *(make_key(folder, role, "ours") for role in roles))


@pytest.fixture(scope="module")
def grpc_port() -> int:
    """Return the port of OTLP/gRPC."""
    return free_port()


@pytest.fixture(scope="module")
def server(folder: Path, keys: Keys, grpc_port: int) -> Iterator[Server]:
    """Return a server with a session of ours and one of theirs."""
    with start_with_keys(folder, "--grpc-port", str(grpc_port)) as server:
        for where, service in ((OURS, "ours"), (THEIRS, "theirs")):
            text = WORD if where is THEIRS else "hello"
            bodies = [request(service, where.sessionId, number=number, text=text) for number in (1, 2, 3)]
            for body in bodies:
                assert server.ask("/v1/traces", body, PROTOBUF | keys.writer.headers).status == 200
        yield server


def ask(
    server: Server, target: str, key: Key | None = None, method: str = "GET", body: bytes | None = None, **more: str
) -> Answer:
    """Send a request, and read the answer."""
    headers = {name.replace("_", "-"): value for name, value in more.items()} | (key.headers if key else {})
    with contextlib.closing(http.client.HTTPConnection(HOST, server.port, timeout=30)) as connection:
        connection.request(method, target, body, headers)
        with connection.getresponse() as answer:
            return Answer(answer.status, answer.headers, answer.read())


# The command ---------------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_once(folder: Path, keys: Keys) -> None:
    """The list has every key and nothing secret; the store has no secret in it; the server's is the owner's alone."""
    told = json.loads(command(folder, "list", "--json"))
    assert [key["accessKeyId"] for key in told][:6] == [key.key_id for key in keys]
    assert [key["role"] for key in told][:6] == ["reader", "writer", "admin"] * 2
    assert told[0]["assistants"] is None
    assert told[3]["assistants"] == [OURS.assistantId]
    assert stat.S_IMODE((folder / SECRET_FILE).stat().st_mode) == 0o600
    stored = b"".join(path.read_bytes() for path in folder.glob("spans.db*"))
    server_secret = (folder / SECRET_FILE).read_text().strip()
    for secret in (server_secret, *(key.secret for key in keys)):
        assert secret not in command(folder, "list")
        assert secret.encode() not in stored


def test_the_command_tells_people(folder: Path, keys: Keys) -> None:
    """Without ``--json`` a key is shown with its parts named, and listed in a line."""
    told = command(folder, "create", "--role", "reader", "--assistant", "ours", "--name", "a try")
    parts = dict(line.split("  ", 1) for line in told.splitlines() if "  " in line)
    key_id, secret = parts["access key id"].strip(), parts["secret access key"].strip()
    assert parts["bearer token"].strip() == f"{key_id}.{secret}"
    assert parts["role"].strip() == f"reader of {OURS.assistantId}"
    (line,) = (line for line in command(folder, "list").splitlines() if key_id in line)
    assert line.endswith(f"in use  reader of {OURS.assistantId}  a try")
    assert command(folder, "revoke", key_id) == f"revoked {key_id}\n"
    (line,) = (line for line in command(folder, "list").splitlines() if key_id in line)
    assert "  revoked 2" in line
    assert keys.reader.key_id in command(folder, "list")


def test_an_assistant_without_a_name_is_refused(folder: Path) -> None:
    """A limit that names nothing would limit to nothing anybody means, so no key is made of it."""
    with pytest.raises(ConfigError, match="an assistant has a UUID or a name"):
        command(folder, "create", "--role", "reader", "--assistant", " ")


# Roles, face by face -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["reader", "admin", "our_reader", "our_admin"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_boto3_reads_with_a_key(server: Server, keys: Keys, role: str, region: str) -> None:
    """Unmodified boto3 signs, lists and pages; ARNs, which are encoded twice in what is signed, included."""
    client = getattr(keys, role).client(server, region)
    arns = {
        "assistantId": f"arn:aws:wisdom:us-east-1:000000000000:assistant/{OURS.assistantId}",
        "sessionId": f"arn:aws:wisdom:us-east-1:000000000000:session/{OURS.assistantId}/{OURS.sessionId}",
    }
    pages = list(client.get_paginator("list_spans").paginate(**arns, PaginationConfig={"PageSize": 2}))
    assert [len(page["spans"]) for page in pages] == [2, 1]
    client.close()


def test_a_presigned_url_is_let_in(server: Server, keys: Keys) -> None:
    """A URL that boto3 presigned opens the page without any header, by GET alone."""
    client = keys.our_reader.client(server)
    url = client.generate_presigned_url("list_spans", OURS._asdict(), ExpiresIn=60)
    client.close()
    with urllib.request.urlopen(url) as answer:  # noqa: S310 (our own server)
        assert len(json.load(answer)["spans"]) == 3
    target = url.removeprefix(server.url)
    assert ask(server, target, method="POST").headers["x-amzn-errortype"] == "InvalidSignatureException"
    assert ask(server, target + "0").headers["x-amzn-errortype"] == "InvalidSignatureException"


REFUSED: Final = {
    "no key": (None, 403, "MissingAuthenticationTokenException"),
    "a writer": ("writer", 403, "AccessDeniedException"),
    "a writer of ours": ("our_writer", 403, "AccessDeniedException"),
}


@pytest.mark.parametrize(("role", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_others_do_not_read(server: Server, keys: Keys, role: str | None, status: int, code: str) -> None:
    """Without a key that reads, nothing is read by any face."""
    key = getattr(keys, role) if role else None
    answer = ask(server, OURS.path, key)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (status, code)
    for target in ("/api/sessions", f"/api{OURS.path}", "/metrics"):
        answer = ask(server, target, key)
        assert (answer.status, bool(answer.json()["error"])) == (403 if role else 401, True)
        assert answer.headers.get("www-authenticate") == (None if role else "Bearer")


def test_a_wrong_secret_is_told_as_aws_tells_it(server: Server, keys: Keys) -> None:
    """A wrong secret, an unknown key, a wrong service and a temporary credential's token have AWS's codes."""
    cases = {
        "InvalidSignatureException": keys.reader._replace(secret=keys.admin.secret),
        "UnrecognizedClientException": keys.reader._replace(key_id="SPANAAAAAAAAAAAAAAAA"),
    }
    for code, key in cases.items():
        client = key.client(server)
        with pytest.raises(ClientError) as raised:
            client.list_spans(**OURS._asdict())
        client.close()
        assert raised.value.response["Error"]["Code"] == code
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    for token in (f"{keys.reader.key_id}.{keys.admin.secret}", f"{keys.reader.key_id}.", "", "x", ".", "ü.ü"):
        answer = ask(server, OURS.path, authorization=f"Bearer {token}")
        assert answer.headers["x-amzn-errortype"] == "UnrecognizedClientException"


@pytest.mark.parametrize(("role", "status", "code"), [("reader", 403, 7), ("our_reader", 403, 7), (None, 401, 16)])
def test_others_do_not_write(server: Server, keys: Keys, role: str | None, status: int, code: int) -> None:
    """A reader cannot send spans, and is told in the encoding of the request."""
    key = getattr(keys, role) if role else None
    for content_type in ("application/json", "application/x-protobuf"):
        answer = ask(server, "/v1/traces", key, "POST", b"{}", content_type=content_type)
        assert (answer.status, answer.headers["content-type"]) == (status, content_type)
        if content_type == "application/json":
            assert answer.json()["code"] == code


def test_an_export_can_be_signed(server: Server, keys: Keys) -> None:
    """OTLP over HTTP takes a signature as well, which is over the body as it was sent."""
    from botocore.auth import SigV4Auth  # noqa: PLC0415 (for this test alone)
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415
    from botocore.credentials import Credentials  # noqa: PLC0415

    body = request("ours", OURS.sessionId)
    signed: Any = AWSRequest("POST", f"{server.url}/v1/traces", headers=PROTOBUF, data=body)
    SigV4Auth(Credentials(keys.writer.key_id, keys.writer.secret), "wisdom", "us-east-1").add_auth(signed)
    headers = dict(signed.headers)
    assert server.ask("/v1/traces", body, headers).status == 200
    assert server.ask("/v1/traces", body[:-1], headers).status == 401


@pytest.mark.parametrize("path", ["/assistants", "/api/sessions"])
def test_hanging_up_within_a_signed_body_is_no_error(server: Server, keys: Keys, path: str) -> None:
    """A signature needs the whole body; a client that is gone before that is no error of the server's."""
    now = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    scope = f"{keys.admin.key_id}/{now[:8]}/us-east-1/wisdom/aws4_request"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"
        f"X-Amz-Date: {now}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={scope},"
        " SignedHeaders=host;x-amz-date, Signature=0\r\n\r\n{"
    )
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert server.ask("/readyz").status == 200
    assert '"level": "error"' not in server.logged()


def _export(port: int, body: bytes, *metadata: tuple[str, str]) -> ExportTraceServiceResponse:
    with grpc.insecure_channel(f"{HOST}:{port}") as channel:
        export = channel.unary_unary(GRPC_EXPORT, lambda sent: sent, ExportTraceServiceResponse.FromString)
        answer: ExportTraceServiceResponse = export(body, metadata=metadata, timeout=30)
        return answer


def test_grpc_takes_the_token_as_metadata(server: Server, keys: Keys, grpc_port: int) -> None:
    """OTLP/gRPC lets a writer in by its bearer token, and refuses others by gRPC's own codes."""
    assert server.ended(0) is None
    body = request("ours", OURS.sessionId)
    for key in (keys.writer, keys.our_writer, keys.admin):
        assert not _export(grpc_port, body, *key.headers.items()).partial_success.rejected_spans
    codes = {}
    for name, metadata in {
        "none": (),
        "reader": tuple(keys.reader.headers.items()),
        "wrong": (("authorization", "Bearer x"),),
        "basic": (("authorization", "Basic eDp5"),),
        "two": (*keys.writer.headers.items(), *keys.admin.headers.items()),
    }.items():
        with pytest.raises(grpc.RpcError) as raised:
            _export(grpc_port, body, *metadata)
        codes[name] = raised.value.code().name
    unauthenticated = dict.fromkeys(("none", "wrong", "basic", "two"), "UNAUTHENTICATED")
    assert codes == unauthenticated | {"reader": "PERMISSION_DENIED"}


def test_every_operation_has_its_action() -> None:
    """No operation is offered whose action nobody decided on."""
    assert {operation.name for operation in OPERATIONS} <= ACTIONS.keys()


def test_what_needs_no_key(server: Server) -> None:
    """Health is told to all; what is no path at all is not let in to begin with."""
    assert ask(server, "/healthz").status == ask(server, "/readyz").status == 200
    assert ask(server, "/api/nothing").status == 401
    assert ask(server, "/api/identity").json() == {
        "auth": "keys",
        "accessKeyId": None,
        "role": None,
        "assistants": [],
    }


@pytest.mark.parametrize("target", ["/nothing", "/nothing/at/all?x=1", "/assistants/x/nothing", "/viewers"])
def test_what_is_no_path(server: Server, keys: Keys, target: str) -> None:
    """A path that nothing here has is answered as AWS answers one that no operation has, with the id in the logs."""
    answer = ask(server, target, keys.admin)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (404, "UnknownOperationException")
    assert answer.headers["x-amzn-requestid"] == answer.headers["x-request-id"]
    assert answer.json()["message"]


# A limited key -------------------------------------------------------------------------------------------------------


def _requests(where: Place, tokens: Mapping[str, str]) -> Iterator[tuple[str, str, bytes | None]]:
    """Yield all requests that name a session: by each operation, form of id, token, search, route and page."""
    assistant, session = where
    arn = "arn:aws:wisdom:us-east-1:000000000000"
    assistants = (assistant, f"{arn}:assistant/{assistant}")
    sessions = (session, f"{arn}:session/{assistant}/{session}")
    resources = (assistants[1], sessions[1])
    for operation in OPERATIONS:
        method, template = ROUTES[operation.name]
        if operation.name == "CreateAssistant":
            continue
        body = json.dumps(
            {
                "name": WORD,
                "tags": {"a": "b"},
                "data": [{"key": "k", "value": {"stringValue": "v"}}],
                "searchExpression": {"filters": [{"field": "NAME", "operator": "EQUALS", "value": session}]},
            }
        ).encode()
        for labels in itertools.product(assistants, sessions, resources):
            path = template
            for name, label in zip(("assistantId", "sessionId", "resourceArn"), labels, strict=True):
                path = path.replace(f"{{{name}}}", quote(label, safe=""))
            for token in ("", *(f"?nextToken={quote(each, safe='')}" for each in tokens.values())):
                yield method, path + token, body if method in {"POST", "PATCH", "PUT"} else None
    yield "PUT", f"/api{where.path}", b'{"spans": []}'
    for path in (f"/sessions/{assistant}/{session}", "/"):
        yield "GET", path, None
        yield "GET", f"{path}?{urlencode({'q': WORD})}", None
    for route in api.OPERATIONS:
        path = route.path.format(assistantId=assistant, sessionId=session, spanId=SPAN)
        names = [field.encode_name for field in msgspec.structs.fields(route.takes)]
        always = {name: value for name, value in NEEDED.items() if name in names}
        yield route.method, f"{path}?{urlencode(always)}", None
        for name, value in itertools.product(names, (WORD, assistant, session, SPAN, "theirs", *tokens.values())):
            yield route.method, f"{path}?{urlencode(always | {name: value})}", None


@pytest.fixture(scope="module")
def tokens(server: Server, keys: Keys) -> dict[str, str]:
    """Return tokens of pages of theirs, as somebody who may read them got them."""
    spans = ask(server, f"{THEIRS.path}?maxResults=1", keys.admin).json()["nextToken"]
    whole = ask(server, f"/api{THEIRS.path}?limit=1", keys.admin).json()["nextCursor"]
    sessions = ask(server, "/api/sessions?limit=1", keys.admin).json()["nextCursor"]
    return {"spans": spans, "whole": whole, "sessions": sessions}


def _masked(answer: Answer, where: Place) -> tuple[int, str | None, bytes]:
    """Return what an answer tells, the ids that were asked for aside."""
    body = answer.body
    for each in where:
        body = body.replace(each.encode(), b"-")
    return answer.status, answer.headers.get("x-amzn-errortype"), body


@pytest.mark.parametrize("role", ["our_reader", "our_writer", "our_admin"])
def test_what_is_theirs_is_as_if_it_were_not(server: Server, keys: Keys, tokens: dict[str, str], role: str) -> None:
    """For a limited key every request for another assistant's session is answered as for one that never was."""
    key = getattr(keys, role)
    before = ask(server, THEIRS.path, keys.admin).body
    for theirs, missing in zip(_requests(THEIRS, tokens), _requests(MISSING, tokens), strict=True):
        told, of_none = (
            ask(server, target, key, method, body, content_type="application/json")
            for method, target, body in (theirs, missing)
        )
        if not any(token in theirs[1] for token in tokens.values()):  # which list a token is of, anyone can tell
            assert _masked(told, THEIRS) == _masked(of_none, MISSING), theirs
        assert told.status < 500, theirs
        for shown in (WORD, "theirs", SPAN, *THEIRS):
            assert shown in theirs[1] or shown.encode() not in told.body, theirs
    assert ask(server, THEIRS.path, keys.admin).body == before


def test_the_same_requests_show_it_to_others(server: Server, keys: Keys, tokens: dict[str, str]) -> None:
    """A key without limits finds what is theirs by these requests: they would tell if there were a leak."""
    found = {
        target.partition("?")[0].split("/")[-1]
        for method, target, _ in _requests(THEIRS, tokens)
        if method == "GET" and b"theirs" in ask(server, target, keys.reader).body
    }
    assert found >= {"sessions", "facets", THEIRS.sessionId}
    assert THEIRS.assistantId in str(ask(server, f"/api/find?id={THEIRS.sessionId}", keys.reader).json())
    said = {
        target.partition("?")[0].split("/")[-1]
        for method, target, _ in _requests(THEIRS, tokens)
        if method == "GET" and WORD not in target and WORD.encode() in ask(server, target, keys.reader).body
    }
    assert said >= {"spans", "conversation", SPAN}


def test_ours_is_there(server: Server, keys: Keys) -> None:
    """A limited key sees its own, and nothing else, in lists and searches."""
    sessions = ask(server, "/api/sessions", keys.our_reader).json()["sessions"]
    assert [each["sessionId"] for each in sessions] == [OURS.sessionId]
    assert ask(server, f"/api/sessions?q={WORD}", keys.our_reader).json()["sessions"] == []
    assert len(ask(server, "/api/sessions?q=hello", keys.our_reader).json()["sessions"]) == 1
    client = keys.our_reader.client(server)
    assert [each["name"] for each in client.list_assistants()["assistantSummaries"]] == ["ours"]
    client.close()
    assert len(ask(server, "/api/sessions", keys.reader).json()["sessions"]) >= 2
    target = f"/api/overview?{urlencode({'from': NEEDED['from'], 'to': NEEDED['to']})}"
    everyones, mine = (ask(server, target, key).json() for key in (keys.reader, keys.our_reader))
    assert mine == ask(server, f"{target}&assistantId={OURS.assistantId}", keys.reader).json() != everyones


def test_a_denial_is_aws_sentence(server: Server, keys: Keys) -> None:
    """boto3 raises the modelled class with AWS's sentence, which names user, action and resource."""
    client = keys.our_reader.client(server)
    for where in (THEIRS, MISSING):
        with pytest.raises(client.exceptions.AccessDeniedException) as raised:
            client.list_spans(**where._asdict())
        arn = f"arn:aws:wisdom:us-east-1:000000000000:session/{where.assistantId}/{where.sessionId}"
        assert raised.value.response["Error"]["Message"] == (
            f"User: arn:aws:iam::000000000000:user/{keys.our_reader.key_id} is not authorized to perform:"
            f" wisdom:ListSpans on resource: {arn}"
            " because no identity-based policy allows the wisdom:ListSpans action"
        )
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.list_spans(assistantId=OURS.assistantId, sessionId=THEIRS.sessionId)
    client.close()


def test_what_concerns_all_is_for_keys_for_all(server: Server, keys: Keys) -> None:
    """A limited admin deletes none of the sessions before a time, since most are others'."""
    answer = ask(server, "/api/sessions?before=9000000000", keys.our_admin, "DELETE")
    assert (answer.status, answer.json()["error"]) == (403, "this concerns assistants that this key is not for")
    assert ask(server, OURS.path, keys.our_reader).status == 200


def test_all_metrics_are_nobodys_in_particular(server: Server, keys: Keys) -> None:
    """Figures over all assistants are for keys that are for all."""
    assert ask(server, "/metrics", keys.reader).status == 200
    assert ask(server, "/metrics", keys.our_admin).status == 403


def test_a_limited_writer_writes_to_its_own(server: Server, keys: Keys) -> None:
    """Spans that name no assistant are the key's own assistant's; what names another is rejected and said to be."""
    session = str(uuid.uuid4())
    body = request("another-service", session, number=7)
    assert server.ask("/v1/traces", body, PROTOBUF | keys.our_writer.headers).body == b""
    assert len(ask(server, Place(OURS.assistantId, session).path, keys.our_reader).json()["spans"]) == 1
    foreign = request("ours", session, number=8, assistant=THEIRS.assistantId)
    answer = server.ask("/v1/traces", foreign, PROTOBUF | keys.our_writer.headers)
    told = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, told.rejected_spans) == (200, 1)
    assert "this key is not for" in told.error_message
    intruding = request("ours", THEIRS.sessionId, number=1)  # a trace of theirs
    answer = server.ask("/v1/traces", intruding, PROTOBUF | keys.our_writer.headers)
    assert ExportTraceServiceResponse.FromString(answer.body).partial_success.rejected_spans == 1
    assert len(ask(server, THEIRS.path, keys.reader).json()["spans"]) == 3


# Revocation and logins -----------------------------------------------------------------------------------------------


def test_a_revoked_key_is_refused_at_once_by_all(tmp_path: Path) -> None:
    """Each of several workers refuses a key with the first request after its revocation, over open connections too."""
    kept, lost = make_key(tmp_path, "admin"), make_key(tmp_path, "admin")
    with start_with_keys(tmp_path, "--workers", "2", run=spawned) as server, contextlib.ExitStack() as connections:
        server.await_workers(2)
        opened = [
            connections.enter_context(contextlib.closing(http.client.HTTPConnection(HOST, server.port, timeout=30)))
            for _ in range(12)
        ]

        def statuses(key: Key) -> set[int]:
            found = set()
            for connection in opened:
                connection.request("GET", "/api/sessions", headers=key.headers)
                with connection.getresponse() as answer:
                    answer.read()
                    found.add(answer.status)
            return found

        assert statuses(lost) == {200}
        command(tmp_path, "revoke", lost.key_id)
        assert statuses(lost) == {401}
        assert statuses(kept) == {200}
        client = lost.client(server)
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            client.list_spans(**OURS._asdict())
        client.close()


def test_a_stream_ends_with_its_key(server: Server, folder: Path, keys: Keys) -> None:
    """Who follows events hears nothing more once the key is revoked, although the stream was opened before."""
    key = make_key(folder, "reader", "ours")
    with contextlib.closing(http.client.HTTPConnection(HOST, server.port, timeout=30)) as connection:
        connection.request("GET", "/api/events", headers=key.headers)
        with connection.getresponse() as stream:
            assert stream.readline().startswith(b"retry: ")
            assert stream.readline() == b"\n"
            assert stream.readline() == b"event: reset\n"
            command(folder, "revoke", key.key_id)
            later = request("ours", str(uuid.uuid4()))
            assert server.ask("/v1/traces", later, PROTOBUF | keys.our_writer.headers).status == 200
            assert b"event: session" not in stream.read()


def _log_in(server: Server, key: Key, **headers: str) -> Answer:
    body = json.dumps({"key": key.token}).encode()
    return ask(server, "/api/login", None, "POST", body, content_type="application/json", **headers)


def test_a_browser_logs_in_and_out(server: Server, folder: Path, keys: Keys) -> None:
    """A token is exchanged for a cookie that neither scripts nor other sites can use, until the key is revoked."""
    key = make_key(folder, "reader", "ours")
    answer = _log_in(server, key)
    assert answer.json() == {
        "auth": "keys",
        "accessKeyId": key.key_id,
        "role": "reader",
        "assistants": [OURS.assistantId],
    }
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert {each.lower() for each in attributes} == {"httponly", "max-age=43200", "path=/", "samesite=strict"}
    assert key.secret not in cookie
    assert ask(server, "/api/identity", cookie=cookie).json() == answer.json()
    sessions = ask(server, "/api/sessions", cookie=f"a=b; {cookie}").json()["sessions"]
    assert {each["assistantId"] for each in sessions} == {OURS.assistantId}
    assert ask(server, OURS.path, cookie=cookie).status == 403  # the cookie is for the viewer alone
    assert ask(server, "/v1/traces", None, "POST", b"{}", cookie=cookie, content_type="application/json").status == 401
    for spoilt in (
        cookie[:-1],
        cookie + "0",
        cookie.replace(".", ".9", 1),
        "spanglass_login=",
        "spanglass_login=x.y.z",
    ):
        assert ask(server, "/api/sessions", cookie=spoilt).status == 401
        assert ask(server, "/healthz", cookie=spoilt).status == 200
    gone = ask(server, "/api/logout", None, "POST", cookie=cookie)
    assert gone.status == 204
    assert "Max-Age=0" in gone.headers["set-cookie"]
    command(folder, "revoke", key.key_id)
    assert ask(server, "/api/sessions", cookie=cookie).status == 401
    assert _log_in(server, key).status == 401
    assert keys.reader.key_id


def test_a_login_over_tls_stays_there(server: Server, keys: Keys) -> None:
    """Behind a proxy that ends TLS the cookie is for TLS alone."""
    answer = _log_in(server, keys.reader, host="spans.example", origin="https://spans.example")
    assert "Secure" in answer.headers["set-cookie"].split("; ")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"key": 1}', b'{"key": "x", "more": 1}', b"\xff"])
def test_a_login_that_cannot_be_read(server: Server, body: bytes) -> None:
    """A body that is no login is told to be none."""
    answer = ask(server, "/api/login", None, "POST", body, content_type="application/json")
    assert (answer.status, answer.json()) == (400, {"error": 'the body is not {"key": "…"}'})


def test_a_login_of_a_wrong_token(server: Server) -> None:
    """A token that is no key's is refused."""
    answer = ask(server, "/api/login", None, "POST", b'{"key": "SPANAAAAAAAAAAAAAAAA.0"}')
    assert (answer.status, "set-cookie" in answer.headers) == (401, False)


def test_other_sites_do_not_use_a_login(server: Server, keys: Keys) -> None:
    """A page of another site is refused whatever its user's browser sends along."""
    cookie = _log_in(server, keys.admin).headers["set-cookie"].split("; ")[0]
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        for method, target in (("GET", "/api/sessions"), ("POST", "/api/logout"), ("POST", "/api/login")):
            answer = ask(server, target, None, method, b"{}", cookie=cookie, **headers)
            assert (answer.status, "set-cookie" in answer.headers) == (403, False)
            assert "access-control-allow-origin" not in answer.headers


# Starting ------------------------------------------------------------------------------------------------------------


def test_with_keys_other_addresses_are_listened_on(tmp_path: Path) -> None:
    """With keys any address will do, and any name of it."""
    key = make_key(tmp_path, "reader")
    with start_with_keys(tmp_path, "--host", "0.0.0.0") as server:  # noqa: S104 (what is tested)
        assert ask(server, "/api/sessions", key, host="spans.example").status == 200


def test_nothing_secret_is_logged(tmp_path: Path) -> None:
    """At the most talkative level no line holds a secret, a token, a cookie or a query; each has the request's id."""
    key = make_key(tmp_path, "admin")
    with start_with_keys(tmp_path, "--log-level", "debug") as server:
        client = key.client(server)
        with pytest.raises(ClientError) as raised:
            client.list_spans(**MISSING._asdict(), nextToken="private")
        client.close()
        login = _log_in(server, key)
        ask(server, "/api/sessions?q=private", key)
        ask(server, "/api/sessions", authorization=f"Bearer {key.token}x")
        request_id = raised.value.response["ResponseMetadata"]["RequestId"]
        server.await_logged(request_id)
        logged = server.logged()
    for secret in (key.secret, key.token, login.headers["set-cookie"].split(";")[0], "private", "Signature="):
        assert secret not in logged


def test_a_throttled_caller_is_told(tmp_path: Path) -> None:
    """A key that calls an operation too often is told so in each face's form; others and other operations go on."""
    busy, other = make_key(tmp_path, "admin"), make_key(tmp_path, "admin")
    with start_with_keys(
        tmp_path, SPANGLASS_THROTTLE_REQUESTS_PER_SECOND="0.01", SPANGLASS_THROTTLE_BURST_REQUESTS="2"
    ) as server:
        answers = [ask(server, MISSING.path, busy) for _ in range(3)]
        assert [answer.status for answer in answers] == [404, 404, 400]
        assert answers[2].headers["x-amzn-errortype"] == "ThrottlingException"
        assert 0 < int(answers[2].headers["x-amz-retry-after"]) <= 100_001
        assert ask(server, MISSING.path, other).status == 404
        listed = [ask(server, "/api/sessions", busy) for _ in range(3)]
        assert [answer.status for answer in listed] == [200, 200, 429]
        exports = [ask(server, "/v1/traces", busy, "POST", b"{}", content_type="application/json") for _ in range(3)]
        assert [answer.status for answer in exports] == [200, 200, 429]
        assert exports[2].json()["code"] == 8
        for refused in (listed[2], exports[2]):
            assert 1 <= int(refused.headers["retry-after"]) <= 101


def test_boto3_waits_for_its_turn(tmp_path: Path) -> None:
    """boto3 gets through a throttle by itself: where it came too soon it is refused, waits and is answered."""
    key = make_key(tmp_path, "admin")
    with start_with_keys(
        tmp_path, SPANGLASS_THROTTLE_REQUESTS_PER_SECOND="2", SPANGLASS_THROTTLE_BURST_REQUESTS="1"
    ) as server:
        client = key.client(server)
        tries = [client.list_assistants()["ResponseMetadata"]["RetryAttempts"] for _ in range(3)]
        client.close()
    assert tries[0] == 0
    assert all(tries[1:])


def test_many_requests_over_one_connection(server: Server, keys: Keys) -> None:
    """A connection stays open under load, refused requests and unread bodies in between included."""
    with contextlib.closing(http.client.HTTPConnection(HOST, server.port, timeout=30)) as connection:
        connection.connect()
        opened = connection.sock
        for number in range(300):
            key = keys.our_reader if number % 3 else None
            target = (OURS.path, "/api/sessions", "/v1/traces", "/nothing", THEIRS.path)[number % 5]
            method, body = ("POST", b"x" * 1000) if number % 2 else ("GET", None)
            connection.request(method, target, body, key.headers if key else {})
            with connection.getresponse() as answer:
                answer.read()
                assert answer.status < 500
                assert uuid.UUID(answer.headers["x-request-id"])
        assert connection.sock is opened
