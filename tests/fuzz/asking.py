"""Requests of operations that an OpenAPI document describes: right ones, spoiled ones, and mangled bytes."""

import random
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote

from tests.fuzz.generating import ODD, Draw, encoded

Json: TypeAlias = Any

KNOWN_MAX: Final = 100
"""Values of one name that are kept; the newest."""
KNOWN_SHARE: Final = 0.7
SPOILED_SHARE: Final = 0.2
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "get")
TYPES: Final = (
    "application/json",
    "application/json; charset=utf-8",
    "text/plain",
    "application/x-protobuf",
    "",
    "\xff",
)
HEADERS: Final = (
    "Accept: text/html",
    "Accept-Encoding: gzip, br;q=0",
    "Content-Encoding: gzip",
    "Expect: 100-continue",
    "If-None-Match: *",
    "Range: bytes=0-1",
    "Transfer-Encoding: identity",
    "X-Forwarded-Host: elsewhere",
    "X-Amz-Date: yesterday",
    "Authorization: Bearer nothing",
    "Cookie: spanglass=\xe9; a=b",
    "X-HTTP-Method-Override: DELETE",
)


class Operation(NamedTuple):
    """What a request is made from; places are schemas by name, ``answers`` the schema of a success, if it has one."""

    name: str
    method: str
    template: str
    path: dict[str, Json]
    query: dict[str, Json]
    body: Json
    answers: Json


class Asked(NamedTuple):
    """A request before it is signed; ``target`` is its path and query, still encoded."""

    operation: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def operations(document: Json) -> Iterator[Operation]:
    """Read the operations of a document, but for those whose answers never end."""
    for template, methods in document["paths"].items():
        for method, described in methods.items():
            places: dict[str, dict[str, Json]] = {"path": {}, "query": {}}
            for parameter in described.get("parameters", ()):
                places[parameter["in"]][parameter["name"]] = parameter["schema"]
            content = described["responses"].get("200", {}).get("content", {})
            body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            if "text/event-stream" not in content:
                answers = content.get("application/json", {}).get("schema")
                name = described["operationId"]
                yield Operation(name, method.upper(), template, places["path"], places["query"], body, answers)


class Known(defaultdict[str, "deque[Json]"]):
    """What answers have told, by the name of the member: ids, tokens, names."""

    def __init__(self) -> None:
        super().__init__(lambda: deque(maxlen=KNOWN_MAX))

    def learn(self, value: Json) -> None:
        """Keep the short texts of an answer."""
        if isinstance(value, dict):
            for name, member in value.items():
                if isinstance(member, str) and len(member) < 2048:
                    self[name].append(member)
                else:
                    self.learn(member)
        elif isinstance(value, list):
            for each in value[:20]:
                self.learn(each)

    def of(self, name: str) -> list[Json]:
        """Return what may stand where a parameter has a name: also under the names that mean the same elsewhere."""
        return [value for each in SAME.get(name, (name,)) for value in self.get(each, ())]


SAME: Final = {
    "assistantId": ("assistantId", "assistantArn"),
    "sessionId": ("sessionId", "sessionArn"),
    "resourceArn": ("assistantArn", "sessionArn"),
    "cursor": ("cursor", "nextCursor"),
    "id": ("spanId", "sessionId", "contactId", "name"),
    "q": ("name", "value"),
}


class Asking:
    """Makes up requests from an rng and what answers told."""

    def __init__(self, rng: random.Random, known: Known, document: Json) -> None:
        self._rng = rng
        self._known = known
        self._draw = Draw(rng, document.get("components", {}).get("schemas", {}))

    def request(self, operation: Operation) -> Asked:
        """Return a request of an operation; about half of them have nothing that is wrong by itself."""
        rng = self._rng
        path = re.sub(r"\{(\w+)\}", lambda found: self._label(found[1], operation.path[found[1]]), operation.template)
        pairs = [
            (name, self._parameter(name, schema)) for name, schema in operation.query.items() if rng.random() < 0.4
        ]
        if rng.random() < SPOILED_SHARE / 2:
            pairs.append((rng.choice((*operation.query, rng.choice(ODD))), rng.choice(ODD)))
        query = "&".join(f"{self._quoted(k)}={self._quoted(v)}" for k, value in pairs for v in _many(value))
        method = rng.choice(METHODS) if rng.random() < 0.02 else operation.method
        body, content_type = self._body(operation)
        headers = [("Content-Type", content_type)] if content_type else []
        if rng.random() < SPOILED_SHARE / 2:
            name, _, value = rng.choice(HEADERS).partition(": ")
            headers.append((name, value))
        return Asked(operation.name, method, path + (f"?{query}" if query else ""), tuple(headers), body)

    def mangled(self, request: bytes) -> bytes:
        """Return the bytes of a request with a few of them changed, gone or doubled."""
        rng, data = self._rng, bytearray(request)
        for _ in range(rng.choice((1, 1, 2, 5))):
            at = rng.randrange(len(data) + 1)
            change = rng.randrange(4)
            if change == 0:
                data[at : at + 1] = rng.randbytes(1)
            elif change == 1:
                data[at:at] = rng.choice((b"\r\n", b"\0", b" ", b"\xff", b"%", b"/", b":", b"GET / HTTP/1.1\r\n\r\n"))
            elif change == 2:
                del data[at : at + rng.randrange(1, 40)]
            else:
                data[at:at] = data[at : at + rng.randrange(1, 200)]
        return bytes(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.1 else data)

    def _value(self, name: str, schema: Json) -> Json:
        known = self._known.of(name)
        if known and self._rng.random() < KNOWN_SHARE:
            return self._rng.choice(known)
        return self._draw.allowed(schema)

    def _label(self, name: str, schema: Json) -> str:
        return self._quoted(self._spoiled(lambda: str(self._value(name, schema))))

    def _parameter(self, name: str, schema: Json) -> Json:
        return self._spoiled(lambda: self._value(name, schema))

    def _spoiled(self, make: Callable[[], Json]) -> Json:
        return self._draw.spoiled(make()) if self._rng.random() < SPOILED_SHARE / 2 else make()

    def _quoted(self, value: Json) -> str:
        """Return a value as it stands in a target: as clients encode it, or not quite."""
        text = value if isinstance(value, str) else encoded(value).decode()
        draw = self._rng.random()
        if draw < 0.02:
            return quote(text.encode(errors="surrogatepass"), safe="") + self._rng.choice(
                ("%", "%zz", "%ff", "%c3", "%00")
            )
        if draw < 0.05:
            return quote(text.encode(errors="surrogatepass"), safe="/:+,;=@!$'()*&?")
        return quote(text.encode(errors="replace"), safe="")

    def _body(self, operation: Operation) -> tuple[bytes, str]:
        """Return a body and its content type."""
        rng, draw = self._rng, self._rng.random()
        if operation.body is None and draw < 0.98:
            return b"", ""
        value = self._draw.allowed(operation.body or {})
        if draw < SPOILED_SHARE:
            value = self._draw.spoiled(value)
        body = encoded(value)
        if rng.random() < SPOILED_SHARE / 4:
            deep = rng.choice((100, 5_000))
            body = rng.choice(
                (
                    body[: rng.randrange(len(body) + 1)],
                    b"\xef\xbb\xbf" + body,
                    body + b"{}",
                    b"[" * deep,
                    b'{"a":' * deep + b"1" + b"}" * deep,
                    b'{"name":"a","name":1e999}',
                    b'{"name":"\xff\xfe"}',
                    rng.randbytes(60),
                    b"",
                )
            )
        return body, rng.choice(TYPES) if rng.random() < SPOILED_SHARE / 4 else TYPES[0]


def _many(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
