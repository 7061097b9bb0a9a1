"""Members that a newer service model has survive a pull."""

import json
from typing import Any, TypeAlias

import pytest

from spanglass.mapping.received import faults
from spanglass.moving.newer import known
from tests.moving.aws import ASSISTANT, session_id, span

Json: TypeAlias = Any
PLACE = (ASSISTANT, session_id(0))
TEXT = {"text": {"value": "Hi"}}


def message(*values: Json) -> Json:
    return {"messageId": ASSISTANT, "participant": "BOT", "timestamp": 1.5, "values": list(values)}


def of(attributes: Json) -> Json:
    return span(0, 0, attributes=attributes)


@pytest.mark.parametrize(
    ("attributes", "kept", "told"),
    [
        ({"operationName": "x", "new": 7}, {"operationName": "x"}, ["attributes.new"]),
        ({"aiAgentType": "DREAMING", "temperature": 0.5}, {"temperature": 0.5}, ["attributes.aiAgentType"]),
        (
            {"inputMessages": [message(TEXT, {"image": {"uri": "s3://x"}})]},
            {"inputMessages": [message(TEXT, {"text": {"value": '{"image":{"uri":"s3://x"}}'}})]},
            ["attributes.inputMessages.1.member.values.2.member"],
        ),
        (
            {
                "systemInstructions": [TEXT, {"image": {}}],
                "outputMessages": [message({"text": {"value": "", "new": 1}})],
            },
            None,
            None,
        ),
        (
            {"systemInstructions": [{"image": {}}]},
            {"systemInstructions": [{"text": {"value": '{"image":{}}'}}]},
            ["attributes.systemInstructions.1.member"],
        ),
    ],
)
def test_what_is_newer_is_left_out_or_written_and_told(attributes: Json, kept: Json, told: list[str] | None) -> None:
    """The span is one of the service model afterwards, with all else as it was."""
    found, unknown = known(of(attributes), PLACE)
    assert faults({"spans": [found]}, PLACE) == []
    if kept is not None:
        assert found == of(kept)
        assert unknown == told


def test_a_long_value_is_cut_into_texts() -> None:
    """Joined they are its JSON."""
    value = {"image": {"bytes": "x" * 9_000}}
    found, _ = known(of({"outputMessages": [message(value)]}), PLACE)
    texts = [each["text"]["value"] for each in found["attributes"]["outputMessages"][0]["values"]]
    assert len(texts) == 3
    assert json.loads("".join(texts)) == value


@pytest.mark.parametrize(
    "wrong", [{"status": "PAUSED"}, {"attributes": 7}, {"spanId": "?"}, {"attributes": {"inputMessages": [7]}}]
)
def test_what_is_wrong_is_left_as_it_is(wrong: Json) -> None:
    """Whoever takes it refuses it, and says why."""
    assert known(span(0, 0, **wrong), PLACE) == (span(0, 0, **wrong), [])


def test_what_is_known_is_left_as_it_is() -> None:
    """Most spans are."""
    assert known(of({"temperature": 1}), PLACE) == (of({"temperature": 1}), [])
