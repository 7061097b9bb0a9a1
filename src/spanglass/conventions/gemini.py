"""Gemini's contents: parts named by their key, in snake or camel case, and calls without ids."""

from collections.abc import Callable
from typing import Final, TypeGuard

from spanglass.conventions.plain import Plain

_Object = dict[str, Plain]

ELIDED: Final = "<elided>"
"""What Google's instrumentations write for content that is switched off."""


def is_contents(parts: Plain) -> TypeGuard[list[_Object]]:
    """Tell whether a message's parts are Gemini's: no part of the conventions' is without a type."""
    return isinstance(parts, list) and all(isinstance(part, dict) and "type" not in part for part in parts)


def read_parts(parts: list[_Object]) -> Plain:
    """Return parts in the conventions' form; a part of no known key stays as it is."""
    return [_part(part) for part in parts]


def _part(part: _Object) -> Plain:
    for keys, read in _PARTS:
        told = next((part[key] for key in keys if isinstance(part.get(key), dict)), None)
        if isinstance(told, dict):
            return read(told)
    if isinstance(text := part.get("text"), str):
        return {"type": "reasoning" if part.get("thought") is True else "text", "content": text}
    return part


def _call(told: _Object) -> _Object:
    return {"type": "tool_call", "id": told.get("id"), "name": told.get("name"), "arguments": told.get("args")}


def _answer(told: _Object) -> _Object:
    """Read a tool's answer, which Google's SDK and ADK wrap in ``result``, or in ``error``, when it is no object."""
    response = told.get("response")
    failed = isinstance(response, dict) and response.keys() == {"error"}
    return {"type": "tool_call_response", "id": told.get("id"), "response": unwrapped(response), "is_error": failed}


def unwrapped(response: Plain) -> Plain:
    """Return what a tool answered without the wrapping of what is no object."""
    if isinstance(response, dict) and (response.keys() == {"error"} or response.keys() == {"result"}):
        (response,) = response.values()
    return response


def _blob(told: _Object) -> _Object:
    return {"type": "blob", "mime_type": told.get("mime_type", told.get("mimeType")), "content": told.get("data")}


def _file(told: _Object) -> _Object:
    uri = told.get("file_uri", told.get("fileUri"))
    return {"type": "uri", "mime_type": told.get("mime_type", told.get("mimeType")), "uri": uri}


_PARTS: Final[tuple[tuple[tuple[str, str], Callable[[_Object], _Object]], ...]] = (
    (("function_call", "functionCall"), _call),
    (("function_response", "functionResponse"), _answer),
    (("inline_data", "inlineData"), _blob),
    (("file_data", "fileData"), _file),
)
