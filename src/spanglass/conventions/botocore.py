"""Bedrock's events as the botocore instrumentation writes them: what the Converse API says in blocks, it says twice.

A call of a tool stands in a message's ``content`` as a block and once more in its ``tool_calls``; a tool's answer is a
``gen_ai.tool.message`` and once more a block of the user's message that follows. The block tells more (whether the tool
failed), so it is the block that stays.
"""

from collections.abc import Iterator

from spanglass.conventions.plain import Plain


def said_once(messages: list[Plain]) -> list[Plain]:
    """Return messages, in the form of the Chat Completions API, without what their blocks say as well."""
    used, answered = set(_ids(messages, "toolUse")), set(_ids(messages, "toolResult"))
    if not used and not answered:
        return messages
    return [_without_calls(one, used) for one in messages if _text(one, "tool_call_id") not in answered]


def _text(told: Plain, key: str) -> str:
    value = told.get(key) if isinstance(told, dict) else None
    return value if isinstance(value, str) else ""


def _ids(messages: list[Plain], kind: str) -> Iterator[str]:
    for message in messages:
        blocks = message.get("content") if isinstance(message, dict) else None
        for block in blocks if isinstance(blocks, list) else ():
            told = block.get(kind) if isinstance(block, dict) else None
            if call := _text(told, "toolUseId"):
                yield call


def _without_calls(message: Plain, used: set[str]) -> Plain:
    if not isinstance(message, dict) or not isinstance(calls := message.get("tool_calls"), list):
        return message
    return message | {"tool_calls": [call for call in calls if _text(call, "id") not in used]}
