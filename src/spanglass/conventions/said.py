"""What was said, in one form for all dialects: messages of parts. ``mapping`` writes them as the wire has them."""

from typing import Literal, TypeAlias, final

import msgspec

from spanglass.conventions.plain import Plain

Role: TypeAlias = Literal["SYSTEM", "CUSTOMER", "AGENT", "BOT"]
"""Who speaks: ``AGENT`` is a person, ``BOT`` the model or a tool answering it."""


@final
class Text(msgspec.Struct, gc=False):
    """Something said, or a description in brackets of what cannot be shown as text.

    ``beside`` are members of the wire's value beside the text (``citations``).
    """

    text: str
    beside: bytes = b""


@final
class Reasoning(msgspec.Struct, gc=False):
    """Something thought."""

    text: str


@final
class ToolUse(msgspec.Struct):
    """A call of a tool; ``id`` is the emitter's, empty if it has none."""

    id: str
    name: str
    arguments: Plain


@final
class ToolResult(msgspec.Struct):
    """What a tool answered, as texts; ``error`` says why it failed, None if it did not.

    ``beside`` are members of the wire's values beside the texts, one for each, or none at all.
    """

    id: str
    texts: list[str]
    error: str | None = None
    beside: tuple[bytes, ...] = ()


Part: TypeAlias = Text | Reasoning | ToolUse | ToolResult


class Message(msgspec.Struct):
    """One message; ``whole`` is false when the parts leave out something that came in."""

    role: Role
    parts: list[Part]
    finish_reason: str = ""
    whole: bool = True
