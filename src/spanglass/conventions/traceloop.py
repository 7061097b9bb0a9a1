"""Traceloop (OpenLLMetry): what it puts into the GenAI conventions' attributes that the conventions do not foresee.

Its LangChain instrumentation writes the framework's callbacks as a tool's arguments and result: the arguments under
``inputs``, the result as a serialised message under ``output``, in both the id of the call that the span itself does
not carry. Its Bedrock instrumentation writes content blocks that it does not know as the text of their JSON.
"""

from typing import Final

from spanglass.conventions.plain import Plain, read_json
from spanglass.conventions.readers import as_text

BLOCKS: Final = ('{"reasoningContent"', '[{"text"')
"""How the texts begin that are Bedrock's block of reasoning, or OpenAI's blocks of a summary."""


def open_text(text: str) -> Plain:
    """Return the content that a text is the JSON of, or else the text."""
    readable, content = read_json(text) if text.startswith(BLOCKS) else (False, None)
    return content if readable else text


def open_arguments(value: Plain) -> tuple[Plain, str] | None:
    """Return the arguments of a ``on_tool_start`` callback and the id of the call; None for anything else."""
    if not isinstance(value, dict) or not {"input_str", "inputs", "kwargs"} <= value.keys():
        return None
    kwargs = value["kwargs"]
    return value["inputs"], _id(kwargs)


def open_result(value: Plain) -> Plain:
    """Return the output of a ``on_tool_end`` callback; anything else as it is."""
    output = value.get("output") if isinstance(value, dict) else None
    return output if isinstance(output, dict) and "lc" in output else value


def _id(kwargs: Plain) -> str:
    return (as_text(kwargs.get("tool_call_id")) or "") if isinstance(kwargs, dict) else ""
