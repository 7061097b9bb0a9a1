"""Ids that anybody can compute again."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from spanglass.mapping.identity import span_uuid, tool_use_id
from spanglass.model.place import NAMESPACE_SPAN, NAMESPACE_TOOL_USE


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8))
def test_span_ids_are_uuids_of_version_5(trace_id: bytes, span_id: bytes) -> None:
    """A span's id is the UUIDv5 of both OpenTelemetry ids in hex."""
    expected = uuid.uuid5(NAMESPACE_SPAN, trace_id.hex() + span_id.hex())
    assert span_uuid(trace_id, span_id) == expected.bytes


def test_tool_use_ids_are_the_emitters_or_derived_from_them() -> None:
    """A UUID stays, in lower case; any other text becomes its UUIDv5."""
    assert tool_use_id("call_1é") == str(uuid.uuid5(NAMESPACE_TOOL_USE, "call_1é"))
    given_id = str(uuid.uuid4())
    assert tool_use_id(given_id.upper()) == given_id
