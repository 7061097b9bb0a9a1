"""How a session is named: by its ids, an ARN, or a text that has to be looked up."""

from typing import TypeAlias

from spanglass.answers import Session
from spanglass.model import arn
from spanglass.model.place import parse_uuid

Name: TypeAlias = str | Session
"""A session that was read, its UUID, ``ASSISTANT/SESSION``, ARN or name, or the id of a contact."""


def read(name: str) -> tuple[str, str] | None:
    """Return the ids of assistant and session of ``ASSISTANT/SESSION`` or an ARN, or None if it has to be looked up."""
    if (known := arn.parse(name)) is not None and known.kind == arn.SESSION and len(known.ids) == len(("of", "own")):
        return str(known.ids[0]), str(known.ids[1])
    ids = [parse_uuid(part) for part in name.split("/")]
    if len(ids) == len(("of", "own")) and None not in ids:
        return str(ids[0]), str(ids[1])
    return None
