"""Names of assistants and sessions on the wire: a lower-case UUID, or an ARN that holds it."""

import enum
import re
import uuid
from typing import Final

import msgspec

from spanglass.model.constraints import violations
from spanglass.model.patterns import UUID
from spanglass.model.place import parse_uuid

ASSISTANT: Final = "assistant"
SESSION: Final = "session"
_ARN: Final = re.compile(rf"arn:([a-z-]*):wisdom:([a-z0-9-]*):([0-9]{{12}}):([a-z-]*)/({UUID}(?:/{UUID}){{0,2}})")


class Arn(msgspec.Struct, frozen=True):
    """An ARN, ``arn:<partition>:wisdom:<region>:<account>:<kind>/<id>[/<id>[/<id>]]``; ``str`` writes it.

    ``ids`` lead from the outermost: an assistant's is its own, a session's are the assistant's and its own.
    """

    partition: str
    region: str
    account: str
    kind: str
    ids: tuple[uuid.UUID, ...]

    def __str__(self) -> str:
        return f"arn:{self.partition}:wisdom:{self.region}:{self.account}:{self.kind}/{'/'.join(map(str, self.ids))}"


def parse(text: str) -> Arn | None:
    """Read an ARN of the service without a qualifier; None for any other text."""
    if (match := _ARN.fullmatch(text)) is None:
        return None
    partition, region, account, kind, ids = match.groups()
    return Arn(partition, region, account, kind, tuple(map(uuid.UUID, ids.split("/"))))


class Misnomer(enum.Enum):
    """Why a label names no assistant or session."""

    UNMATCHED = enum.auto()
    """It does not match ``UuidOrArn``."""
    OTHER_KIND = enum.auto()
    """It matches, but is no UUID, nor an ARN of the kind that is asked for."""
    OTHER_ASSISTANT = enum.auto()
    """It is the ARN of a session of another assistant."""


def read_assistant(label: str) -> uuid.UUID | Misnomer:
    """Read which assistant a UUID or ARN names, whatever its partition, region and account."""
    ids = _read(label, ASSISTANT, 1)
    return ids if isinstance(ids, Misnomer) else ids[-1]


def read_session(label: str, assistant_id: uuid.UUID) -> uuid.UUID | Misnomer:
    """Read which session of the assistant a UUID or ARN names, likewise."""
    ids = _read(label, SESSION, 2)
    if isinstance(ids, Misnomer):
        return ids
    *parents, session_id = ids
    return session_id if parents in ([], [assistant_id]) else Misnomer.OTHER_ASSISTANT


def _read(label: str, kind: str, ids_in_arn: int) -> tuple[uuid.UUID, ...] | Misnomer:
    """Read the ids of an ARN of one kind, or the one id that a UUID is."""
    if violations("UuidOrArn", label):
        return Misnomer.UNMATCHED
    if (bare := parse_uuid(label)) is not None:
        return (bare,)
    arn = parse(label)
    return arn.ids if arn and arn.kind == kind and len(arn.ids) == ids_in_arn else Misnomer.OTHER_KIND
