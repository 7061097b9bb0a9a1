"""Google's Gemini API: generateContent and streamGenerateContent."""

from collections.abc import Iterator
from typing import Final

from recorder.protocols.protocol import Json, Protocol, parts, server_sent, text_of
from recorder.script import Failure, Finish, Reply, Role, Said

MODEL: Final = "gemini-scripted-1"
_FINISH: Final[dict[Finish, str]] = {"stop": "STOP", "tools": "STOP", "refusal": "SAFETY"}
_ROLES: Final[dict[str, Role]] = {"user": "user", "model": "assistant"}


def _read(request: Json) -> tuple[list[Said], list[str]]:
    system = request.get("systemInstruction")
    said = [Said("system", text_of(system["parts"]))] if system else []
    for content in request["contents"]:
        results = sum("functionResponse" in part for part in content["parts"])
        said.append(Said(_ROLES[content["role"]], text_of(content["parts"]), results))
    declared = [one for tool in request.get("tools", []) for one in tool.get("functionDeclarations", [])]
    return said, [one["name"] for one in declared]


def _parts(reply: Reply) -> Iterator[Json]:
    if reply.reasoning:
        yield {"text": reply.reasoning, "thought": True}
    if reply.text:
        yield {"text": reply.text}
    for call in reply.calls:
        yield {"functionCall": {"name": call.name, "args": call.arguments}}


def _respond(_request: Json, reply: Reply) -> Json:
    usage = reply.usage
    content = {"role": "model", "parts": list(_parts(reply))}
    return {
        "candidates": [{"content": content, "finishReason": _FINISH[reply.finish], "index": 0}],
        "usageMetadata": {
            "promptTokenCount": usage.input,
            "candidatesTokenCount": usage.output - usage.reasoning,
            "thoughtsTokenCount": usage.reasoning,
            "totalTokenCount": usage.input + usage.output,
            "cachedContentTokenCount": usage.cache_read,
        },
        "modelVersion": f"{MODEL}-001",
        "responseId": reply.id("g"),
    }


def _stream(_request: Json, response: Json) -> Iterator[bytes]:
    (candidate,) = response["candidates"]
    for part in candidate["content"]["parts"]:
        pieces = [part | {"text": piece} for piece in parts(part["text"], 3)] if "text" in part else [part]
        for piece in pieces:
            yield server_sent({"candidates": [{"content": {"role": "model", "parts": [piece]}, "index": 0}]})
    last = candidate | {"content": {"role": "model", "parts": [{"text": ""}]}}
    yield server_sent(response | {"candidates": [last]})


def _fail(failure: Failure) -> Json:
    status = "RESOURCE_EXHAUSTED" if failure.status == 429 else "INTERNAL"  # noqa: PLR2004 (HTTP's)
    return {"error": {"code": failure.status, "message": failure.message, "status": status}}


def _protocol(path: str, *, streams: bool) -> Protocol:
    return Protocol("gemini", path, _read, _respond, _stream, _fail, streamed=lambda _: streams)


PROTOCOL: Final = _protocol(":generateContent", streams=False)
STREAM: Final = _protocol(":streamGenerateContent", streams=True)
