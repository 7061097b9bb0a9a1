"""What a provider's API is to the recorder."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec

from recorder.script import Failure, Reply, Said

Json: TypeAlias = dict[str, Any]


class Protocol(msgspec.Struct, frozen=True):
    """One API.

    ``path`` ends the request's path. ``read`` returns a request's messages and the names of its tools. ``respond``
    returns the whole answer. ``stream`` cuts such an answer into the pieces of a streamed one; a request asks for them
    as ``streamed`` tells. ``fail`` writes the body of an error. ``reported`` picks what of an answer becomes the truth.
    """

    name: str
    path: str
    read: Callable[[Json], tuple[list[Said], list[str]]]
    respond: Callable[[Json, Reply], Json]
    stream: Callable[[Json, Json], Iterable[bytes]]
    fail: Callable[[Failure], Json]
    reported: Callable[[Json], Json] = lambda response: response
    streamed: Callable[[Json], bool] = lambda request: bool(request.get("stream"))
    media_type: str = "text/event-stream"
    headers: dict[str, str] = {}
    failure_headers: dict[str, str] = {}


def text_of(content: Any) -> str:  # noqa: ANN401 (any JSON)
    """Return the text in a message's content, whatever its form."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(map(text_of, content))
    return text_of(content.get("text")) if isinstance(content, dict) else ""


def server_sent(data: Json, event: str = "") -> bytes:
    """Write one server-sent event."""
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def parts(text: str, count: int) -> Sequence[str]:
    """Cut a text into about as many parts."""
    length = max(1, -(-len(text) // count))
    return [text[at : at + length] for at in range(0, len(text), length)]
