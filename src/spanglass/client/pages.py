"""ListSpansResponses read as botocore reads them, several times faster: what a botocore client's parser is spared.

botocore tells everybody who asks that it is about to parse a response, and takes from them what they have parsed. So a
client stays botocore's in all but this one step. A body that is not read here, whatever is wrong with it, is left to
botocore's own parser, which then says so in its own words.

The readers are made from the service model of the installed botocore, so they know the members that it knows.
"""

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import msgspec
from botocore.utils import ensure_boolean, parse_timestamp

Json: TypeAlias = Any
Page: TypeAlias = dict[str, Any]
"""A ListSpansResponse without its ``ResponseMetadata``."""

BEFORE_PARSE: Final = "before-parse.qconnect.ListSpans"
READ: Final[ContextVar[Callable[[bytes], Page] | None]] = ContextVar("spanglass_read", default=None)
"""What reads pages in place of the reader of dictionaries, while it is set."""
_LOG: Final = logging.getLogger("botocore.parsers")


class _Times(dict[Json, object]):
    """Times as they stand on the wire, each parsed once: the same ones recur, as messages do."""

    def __missing__(self, value: Json) -> object:
        self[value] = time = parse_timestamp(value)
        return time


_Read: TypeAlias = Callable[[Json, _Times], Json]
"""Turns decoded JSON into what botocore returns of it, maybe in place.

It may raise anything where botocore would raise something or return what only its own code knows.
"""


def _leave(value: Json, _times: _Times) -> Json:
    """Leave the response to botocore: its model has what no ListSpansResponse had when this was written."""
    raise NotImplementedError(value)


_SCALARS: Final[Mapping[str, _Read | None]] = {
    "boolean": lambda value, _: ensure_boolean(value),
    "double": lambda value, _: float(value),
    "float": lambda value, _: float(value),
    "integer": lambda value, _: int(value),
    "long": lambda value, _: int(value),
    "string": None,
    "timestamp": lambda value, times: times[value],
}
"""What reads values of a type, None where they stay as they are."""


def accelerate(client: Any) -> None:  # noqa: ANN401 (botocore has no types)
    """Have a ``qconnect`` client of boto3's or botocore's read ListSpans faster, and return the same as before."""
    read_page = _reader(client.meta.service_model.operation_model("ListSpans").output_shape, {}) or _leave

    def before_parse(response_dict: dict[str, Any], customized_response_dict: Page, **_told: object) -> None:
        if response_dict["status_code"] >= HTTPStatus.MULTIPLE_CHOICES:
            return  # an error, which botocore reads
        if (read := READ.get()) is not None:
            page = read(response_dict["body"])
        elif _LOG.isEnabledFor(logging.DEBUG):
            return  # botocore's parser shows the body to who debugs it
        else:
            try:
                page = read_page(msgspec.json.decode(response_dict["body"]), _Times())
            except Exception:  # noqa: BLE001 (whatever it is, botocore's parser tells it in its own words)
                return
        customized_response_dict.update(page)
        response_dict["body"] = b""

    client.meta.events.register(BEFORE_PARSE, before_parse)


def _reader(shape: Any, made: dict[str, _Read]) -> _Read | None:  # noqa: ANN401 (botocore has no types)
    """Return what reads values of a shape, None where they stay as they are; ``made`` are those of structures."""
    if shape.type_name == "list":
        return _list(_reader(shape.member, made))
    if shape.type_name != "structure":
        return _SCALARS.get(shape.type_name, _leave)
    if shape.is_document_type:
        return None
    if shape.name not in made:

        def read_itself(value: Json, times: _Times) -> Json:
            return made[shape.name](value, times)

        made[shape.name] = read_itself  # until it is made
        members = {
            name: _leave if {"location", "name"} & member.serialization.keys() else _reader(member, made)
            for name, member in shape.members.items()
        }
        made[shape.name] = (_union if shape.is_tagged_union else _structure)(members)
    return made[shape.name]


def _list(read_member: _Read | None) -> _Read:
    def read(value: Json, times: _Times) -> Json:
        if type(value) is not list:
            raise TypeError("botocore iterates over whatever it is")
        if read_member is None:
            return value
        return [None if member is None else read_member(member, times) for member in value]

    return read


def _structure(members: Mapping[str, _Read | None]) -> _Read:
    are_known = frozenset(members).issuperset
    changed = [(name, read_member) for name, read_member in members.items() if read_member is not None]

    def read(value: Json, times: _Times) -> Json:
        if not are_known(value) or None in value.values():
            value = {name: member for name, member in value.items() if name in members and member is not None}
        for name, read_member in changed:
            if name in value:
                value[name] = read_member(value[name], times)
        return value

    return read


def _union(members: Mapping[str, _Read | None]) -> _Read:
    def read(value: Json, times: _Times) -> Json:
        ((name, member),) = value.items()  # if there are others, botocore knows whether they count
        if member is None or name == "__type":
            raise ValueError("botocore knows what becomes of a union of nothing")
        if name not in members:
            return {"SDK_UNKNOWN_MEMBER": {"name": name}}
        read_member = members[name]
        return value if read_member is None else {name: read_member(member, times)}

    return read
