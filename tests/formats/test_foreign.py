"""What Phoenix 20 and MLflow 3 exported of a session that was written for this."""

import json

import pytest

from spanglass.formats.interface import Refused, Telemetry
from tests.captures import DATA
from tests.formats.sessions import Json, listed, taken, wholes
from tests.formats.test_otlp import read

EXPORTS = DATA.parent / "exports"
ALL = sorted(path.name for path in EXPORTS.glob("*.json"))


def exported(name: str) -> bytes:
    return (EXPORTS / name).read_bytes()


def by_name(spans: list[Json]) -> dict[str, Json]:
    return {span["spanName"]: span for span in spans}


@pytest.mark.parametrize("name", ALL)
def test_exports_are_read(name: str) -> None:
    """The agent, its call of a model and its tool, in their places, with what was said, asked and answered."""
    store = taken(read(exported(name)))
    ((session, spans),) = wholes(store)
    assert session.name == "umbrella-7" or name == "mlflow_spans.json"
    operations = {span["attributes"]["operationName"]: span for span in spans}
    assert operations.keys() == {"invoke_agent", "inference", "execute_tool"}
    agent, call, tool = (operations[each] for each in ("invoke_agent", "inference", "execute_tool"))
    assert call["parentSpanId"] == agent["spanId"]
    assert "parentSpanId" not in agent
    assert call["attributes"]["requestModel"] == "gpt-5" or call["attributes"]["responseModel"] == "gpt-5"
    assert call["attributes"]["usageTotalTokens"] == 43
    asked = call["attributes"]["inputMessages"][0]
    assert asked["participant"] == "CUSTOMER"
    assert asked["values"] == [{"text": {"value": "Do I need an umbrella in Paris?"}}]
    use = call["attributes"]["outputMessages"][0]["values"][0]["toolUse"]
    assert (use["name"], use["arguments"]) == ("get_weather", {"city": "Paris"})
    assert tool["attributes"]["inputMessages"][0]["values"][0]["toolUse"]["arguments"] == {"city": "Paris"}
    assert tool["status"] == "ERROR"
    assert tool["detail"]["events"][0]["attributes"]["exception.type"] == "ValueError"
    assert len(listed(store)) == 3


def test_a_form_of_one_span_is_that_of_the_other() -> None:
    """Phoenix's two forms of one span say the same, but for what one of them leaves out."""
    first, second = (
        {whole["spanId"]: whole for _, spans in wholes(taken(read(exported(name)))) for whole in spans}
        for name in ("phoenix_otlp.json", "phoenix_spans.json")
    )
    assert first.keys() == second.keys()
    for span_id, whole in first.items():
        ours, theirs = (one["attributes"] for one in (whole, second[span_id]))
        assert ours == theirs


def test_a_span_that_cannot_be_read_is_told() -> None:
    """The others are read; lists of several traces, and lines of them, too."""
    told = json.loads(exported("mlflow_trace.json"))
    told["data"]["spans"][1]["span_id"] = "?"
    refused, rest = read(json.dumps(told).encode())
    assert isinstance(refused, Refused)
    assert refused.where == "line 1, span 2"
    assert isinstance(rest, Telemetry)
    assert rest.spans == 2
    lines = b"".join(exported(name).strip() + b"\n" for name in ("mlflow_spans.json", "phoenix_spans.json"))
    assert [piece.where for piece in read(lines) if isinstance(piece, Telemetry)] == ["line 1", "line 2"]


def test_values_of_all_types_are_read() -> None:
    """As Phoenix tells them: the member that is set, among others that are null."""
    values = {
        "int_value": ("7", 7),
        "bool_value": (False, False),
        "double_value": (0.5, 0.5),
        "bytes_value": ("AP8=", {"bytes": "AP8="}),
        "array_value": ({"values": [{"string_value": "a"}, {"int_value": 1, "string_value": None}]}, ["a", 1]),
        "kvlist_value": ({"values": [{"key": "k", "value": {}}]}, {"k": None}),
    }
    span = json.loads(exported("phoenix_otlp.json"))["data"][0]
    span["attributes"] = [
        {"key": name, "value": {"string_value": None, name: value}} for name, (value, _) in values.items()
    ]
    span["links"] = [{"trace_id": "ab" * 16, "span_id": "cd" * 8, "attributes": None}]
    ((_, (whole,)),) = wholes(taken(read(json.dumps({"data": [span]}).encode())))
    assert whole["detail"]["attributes"] == {name: told for name, (_, told) in values.items()}
    assert whole["detail"]["links"] == [{"traceId": "ab" * 16, "spanId": "cd" * 8}]
