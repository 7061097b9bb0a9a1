"""Sends generated requests to a server over real sockets, and names each answer that is not as it must be."""

import http.client
import json
import random
import socket
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import jsonschema_rs
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from spanglass.config import HEAD_BYTES_MAX
from spanglass.qconnect import FIRST_SEGMENTS, OPERATIONS
from tests.clients.sdks import REGION, Key
from tests.fuzz import openapi
from tests.fuzz.asking import Asked, Asking, Known, Operation, operations
from tests.integration.serving import HOST
from tests.service_model import faults, operation_at

Json: TypeAlias = Any

ANSWER_SECONDS_MAX: Final = 30.0
MANGLED_SHARE: Final = 0.15
UNSIGNED_SHARE: Final = 0.05
OURS: Final = "/api/"
PUT: Final = "PUT"
FACES: Final = (OURS, "/", OURS, "/", PUT)
"""Who is asked in turn."""
UNPARSED: Final = {b"Invalid HTTP request received.", b"The head of the request is too long."}
"""What the server says of what is no HTTP, or too much of it, before any face is asked."""
NOT_OFFERED_WEIGHT: Final = 0.01
"""How often an operation is called that is of the service model but not offered, beside one that is."""


class Answer(NamedTuple):
    """What came back; a status of 0 is a connection that was closed without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """A keep-alive connection that sends bytes as they are."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, request: bytes, method: str, *, last: bool = False) -> Answer:
        """Send a request and read its answer; after the ``last`` there is nothing more to come.

        Raises:
            OSError, http.client.HTTPException: There was no whole answer.
        """
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self._port), timeout=ANSWER_SECONDS_MAX)
        try:
            self._socket.sendall(request)
            if last:
                self._socket.shutdown(socket.SHUT_WR)
            with http.client.HTTPResponse(self._socket, method=method) as response:
                response.begin()
                headers = {name.lower(): value for name, value in response.getheaders()}
                answer = Answer(response.status, headers, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if last or response.will_close:
            self.close()
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Fuzz:
    """A run against one server; the same seed makes the same requests of the same answers."""

    def __init__(self, port: int, document: Json, key: Key, seed: int, known: Sequence[Json] = ()) -> None:
        self._rng = random.Random(seed)
        self._known = Known()
        self._known.learn(list(known))
        self._key = key
        self._port = port
        self._connection = Connection(port)
        described = {OURS: document, PUT: openapi.put_spans(), "/": openapi.description()}
        self._asking = {face: Asking(self._rng, self._known, each) for face, each in described.items()}
        self._operations = {face: list(operations(each)) for face, each in described.items()}
        self._schemas = document["components"]
        self._validators: dict[str, jsonschema_rs.Validator] = {}
        self.answered: Counter[tuple[str, int]] = Counter()
        self.wrong: list[str] = []

    def run(self, requests: int) -> None:
        """Send so many requests."""
        offered = {operation.name for operation in OPERATIONS}
        weights = {
            face: [1 if face != "/" or each.name in offered else NOT_OFFERED_WEIGHT for each in many]
            for face, many in self._operations.items()
        }
        for number in range(requests):
            face = FACES[number % len(FACES)]
            self._one(face, *self._rng.choices(self._operations[face], weights[face]))
        self._connection.close()

    def _one(self, face: str, operation: Operation) -> None:
        asked = self._asking[face].request(operation)
        request = self._signed(asked)
        if self._rng.random() < MANGLED_SHARE:
            self._mangled(face, self._asking[face].mangled(request))
            return
        try:
            answer = self._connection.send(request, asked.method)
        except (OSError, http.client.HTTPException) as error:
            self._note(f"{face} no answer", 0, [repr(error)], request)
            return
        no_http = asked.method == "get" or "Transfer-Encoding" in dict(asked.headers) or len(request) > HEAD_BYTES_MAX
        if answer.body in UNPARSED and no_http:
            self._note(f"{face} no HTTP", answer.status, [], request)
            return
        body: Json = None
        found = [f"status {answer.status}"] if answer.status >= 500 else []
        if asked.method == "HEAD":
            found += ["a body for HEAD"] if answer.body else []
        else:
            try:
                body = json.loads(answer.body) if answer.body else {}
            except ValueError:
                found.append("no JSON")
            else:
                found += self._faults(operation, asked, answer, body)
        self._known.learn(body)
        self._note(face, answer.status, found, request, answer.body)

    def _faults(self, operation: Operation, asked: Asked, answer: Answer, body: Json) -> list[str]:
        path = asked.target.partition("?")[0]
        if path.split("/")[1] in FIRST_SEGMENTS:
            code = answer.headers.get("x-amzn-errortype")
            return faults(operation_at(asked.method, path), answer.status, code, body)
        if answer.status == 204:
            return ["a body for 204"] if answer.body else []
        if answer.status != 200:
            return [] if isinstance(body, dict) and isinstance(body.get("error"), str) else [f"no error: {body}"]
        if operation.answers is None or asked.method != operation.method:
            return []
        if operation.name not in self._validators:
            schema = operation.answers | {"components": self._schemas}
            self._validators[operation.name] = jsonschema_rs.validator_for(schema)
        return [f"{e.instance_path}: {e.message}" for e in self._validators[operation.name].iter_errors(body)]

    def _mangled(self, face: str, request: bytes) -> None:
        connection = Connection(self._port)
        try:
            answer = connection.send(request, "HEAD" if request.startswith(b"HEAD ") else "GET", last=True)
        except http.client.RemoteDisconnected:
            answer = Answer(0, {}, b"")
        except (OSError, http.client.HTTPException) as error:
            self._note(f"{face} mangled", 0, [repr(error)] if isinstance(error, TimeoutError) else [], request)
            return
        finally:
            connection.close()
        found = [f"status {answer.status}"] if answer.status >= 500 else []
        self._note(f"{face} mangled", answer.status, found, request, answer.body)

    def _note(self, face: str, status: int, found: list[str], request: bytes, body: bytes = b"") -> None:
        self.answered[face, status] += 1
        self.wrong += [f"{fault}\n    {request[:2000]!r}\n    {status} {body[:200]!r}" for fault in found]

    def _signed(self, asked: Asked) -> bytes:
        headers = {"Host": f"{HOST}:{self._port}"} | dict(asked.headers)
        if asked.body or asked.method in {"POST", "PUT", "PATCH"}:
            headers["Content-Length"] = str(len(asked.body))
        if self._rng.random() >= UNSIGNED_SHARE:
            given = AWSRequest(asked.method, f"http://{HOST}:{self._port}{asked.target}", {}, asked.body)
            SigV4Auth(Credentials(*self._key), "wisdom", REGION).add_auth(given)
            headers |= dict(given.headers)
        lines = [f"{asked.method} {asked.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + asked.body
