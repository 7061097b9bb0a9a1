"""Requests and answers of the model providers' own APIs, which instrumentations pass on as JSON.

Recognised by shape: OpenAI's Chat Completions and Responses, Anthropic's Messages, Bedrock's Converse, Gemini's
generateContent, and what LangChain makes of any of them. Returned are messages that ``messages.read_message`` reads.
"""

from typing import Final, TypeGuard

from spanglass.conventions.gemini import is_contents, read_parts
from spanglass.conventions.langchain import read_chat_message, read_generations
from spanglass.conventions.plain import Plain, plain, read_json
from spanglass.telemetry import Value

_Object = dict[str, Plain]

_SPEAKS: Final = frozenset({"role", "type", "lc", "parts"})
"""Fields one of which each message or item of a conversation has, in every API."""
_REASONS: Final = ("finish_reason", "stop_reason", "stopReason", "finishReason")


def read_body(value: Value) -> Plain:
    """Return a body that came as JSON text or as structure; None if it is no JSON."""
    return read_json(value)[1] if isinstance(value, str) else plain(value)


def read_request(value: Value) -> list[Plain] | None:
    """Return the messages of a request, its instructions first; None if it is none."""
    body = read_body(value)
    if isinstance(body, list):
        return _messages(body)
    if not isinstance(body, dict):
        return None
    for name in ("messages", "input", "contents", "prompt"):
        told = body.get(name)
        if isinstance(told, str) and told:
            told = [{"role": "user", "content": told}]
        if isinstance(told, list) and (messages := _messages(told)) is not None:
            return _instructions(body) + messages
    return None


def read_answer(value: Value) -> list[Plain] | None:
    """Return the messages of an answer, one a choice, or one an item of what was answered; None if it is none."""
    body = read_body(value)
    if isinstance(body, dict):
        return next((messages for shape in _SHAPES if (messages := shape(body)) is not None), None)
    if not isinstance(body, list):
        return None
    if body and all(isinstance(one, dict) and isinstance(one.get("output"), list) for one in body):
        return [message for one in body for message in read_answer(one) or ()]
    return _messages(body)


def _generations(body: _Object) -> list[Plain] | None:
    return read_generations(body) or None


def _choices(body: _Object) -> list[Plain] | None:
    """Read what Chat Completions and Gemini answer."""
    choices = body.get("choices", body.get("candidates"))
    return [_choice(one) for one in choices if isinstance(one, dict)] if isinstance(choices, list) else None


def _items(body: _Object) -> list[Plain] | None:
    """Read what Responses answers."""
    output = body.get("output")
    return _messages(output) if isinstance(output, list) else None


def _converse(body: _Object) -> list[Plain] | None:
    """Read what Bedrock answers."""
    output = body.get("output")
    told = output.get("message") if isinstance(output, dict) else None
    return [_finished(told, body)] if isinstance(told, dict) else None


def _candidate(body: _Object) -> list[Plain] | None:
    """Read the only candidate of Gemini's, as ADK passes it on."""
    return [_choice(body)] if isinstance(body.get("content"), dict) else None


def _alone(body: _Object) -> list[Plain] | None:
    """Read a message that stands alone, as Anthropic's answer does."""
    speaks = "role" in body and not {"content", "tool_calls"}.isdisjoint(body)
    return [_finished(_message(body), body)] if speaks else None


_SHAPES: Final = (_generations, _choices, _items, _converse, _candidate, _alone)


def response_id(value: Value) -> str:
    """Return the id that an answer has; empty if it has none."""
    body = read_body(value)
    told = body.get("id", body.get("responseId")) if isinstance(body, dict) else None
    return told if isinstance(told, str) else ""


def _instructions(body: _Object) -> list[Plain]:
    """Return what some APIs take beside the messages."""
    config = body.get("config")
    inner: _Object = config if isinstance(config, dict) else {}
    names = ("system", "instructions", "system_instruction", "systemInstruction")
    told = next((one[name] for one in (body, inner) for name in names if one.get(name)), None)
    if isinstance(told, dict):  # Gemini's content
        told = told.get("parts")
    return [{"role": "system", "content": told}] if told else []


def _messages(listed: list[Plain]) -> list[Plain] | None:
    """Return the elements as messages; None if one of them says nothing of who speaks. LangChain nests such lists."""
    if listed and all(isinstance(one, list) for one in listed):
        listed = [message for batch in listed if isinstance(batch, list) for message in batch]
    if not listed or not _speak(listed):
        return None
    return [_message(one) for one in listed]


def _speak(listed: list[Plain]) -> TypeGuard[list[_Object]]:
    return all(isinstance(one, dict) and not _SPEAKS.isdisjoint(one) for one in listed)


def _message(item: _Object) -> _Object:
    """Return a message, or an item of the Responses API as the only part of one."""
    message = read_chat_message(item)
    if is_contents(parts := message.get("parts")):
        return message | {"parts": read_parts(parts)}
    if "role" in message:
        return message
    kind = message.get("type")
    if kind == "reasoning" and "summary" in message:
        return {"role": "assistant", "parts": [message | {"content": message["summary"]}]}
    return {"role": "tool" if str(kind).endswith("_output") else "assistant", "parts": [message]}


def _choice(choice: _Object) -> _Object:
    told = choice.get("message", choice.get("delta", choice.get("content")))
    message = _message(told) if isinstance(told, dict) else {"role": "assistant", "content": choice.get("text")}
    return _finished(message, choice)


def _finished(message: _Object, where: _Object) -> _Object:
    reason = next((where[name] for name in _REASONS if isinstance(where.get(name), str)), None)
    return message | {"finish_reason": reason} if reason else message
