"""The operations on tags of assistants and sessions, and what tags must be beyond the service model."""

from collections.abc import Mapping
from typing import Final

from spanglass.model.constraints import Violation
from spanglass.qconnect import resources
from spanglass.qconnect.exchange import Answer, Backing, Operation, Request, answered
from spanglass.qconnect.inputs import read_input, refuse
from spanglass.registry import TAGS_MAX, Settings

RESERVED: Final = "aws:"
"""How no key of a user's tag begins. The model's pattern says so, too, but it is searched for, so it lets them pass."""


def bounded(said: Settings) -> Settings:
    """Return the settings of a resource that is to be made.

    Raises:
        ValidationError: Among them are too many tags, or reserved ones.
    """
    tags = said.get("tags", {})
    if len(tags) > TAGS_MAX:
        refuse([Violation("tags", f"Member must have length less than or equal to {TAGS_MAX}")])
    _refuse_reserved(tags)
    return said


def _refuse_reserved(tags: Mapping[str, str]) -> None:
    constraint = f"Member must not begin with '{RESERVED}'"
    refuse([Violation("tags.key", constraint, f"'{key}'") for key in tags if key.startswith(RESERVED)])


def _tag(backing: Backing, request: Request) -> Answer:
    tags = read_input("TagResource", request)["tags"]
    ids = resources.tagged(request)
    _refuse_reserved(tags)
    backing.registry.tag(*ids, tags)
    return Answer(b"{}")


def _untag(backing: Backing, request: Request) -> Answer:
    keys = read_input("UntagResource", request)["tagKeys"]
    backing.registry.untag(*resources.tagged(request), keys)
    return Answer(b"{}")


def _list(backing: Backing, request: Request) -> Answer:
    read_input("ListTagsForResource", request)
    return answered({"tags": backing.registry.tags(*resources.tagged(request))})


OPERATIONS: Final = (
    Operation("TagResource", _tag),
    Operation("UntagResource", _untag),
    Operation("ListTagsForResource", _list),
)
