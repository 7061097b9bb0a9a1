"""Masking reaches every text of telemetry, and nothing else."""

import json
from typing import Any

import pytest

from spanglass.masking import RULES, Masker, Masks
from spanglass.telemetry import Event, Link, LogRecord, Resource, Scope, Span, Value

ADDRESS = "bob@mail.example"


@pytest.fixture
def masker() -> Masker:
    return Masker(Masks(tuple(RULES)))


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        (ADDRESS, "[email]"),
        (ADDRESS.encode() + b"\xff", b"[email]\xff"),
        ([1, [ADDRESS]], [1, ["[email]"]]),
        ({"a": {"b": ADDRESS}}, {"a": {"b": "[email]"}}),
        ({ADDRESS: 1}, {"[email]": 1}),
        (4111111111111111, "[card]"),
        ({"password": "x", "n": 1}, {"password": "[key]", "n": 1}),
        ({"password": 5, "api_key": ["x"]}, {"password": "[key]", "api_key": "[key]"}),
    ],
)
def test_values_are_masked_at_any_depth(masker: Masker, value: Value, masked: Value) -> None:
    """Texts, bytes, numbers that are a card's, names, and values whose name says secret."""
    assert masker.value(value) == masked
    assert masker.value(masked) == masked


@pytest.mark.parametrize(
    "value",
    [None, True, 1.5, 17, 10**13, b"\xff", "hi", ["hi", 1], {"a": ["hi"]}, {"password": None, "token": ""}, "\ud800"],
)
def test_what_holds_no_secret_is_the_same_object(masker: Masker, value: Value) -> None:
    """Nothing is copied where nothing is masked."""
    assert masker.value(value) is value
    assert masker.counts.total() == 0


@pytest.mark.parametrize(
    ("told", "masked"),
    [
        ([{"content": f"line\n{ADDRESS}"}], [{"content": "line\n[email]"}]),
        ({"card": 4111111111111111}, {"card": "[card]"}),
        ({"headers": {"Authorization": "x"}}, {"headers": {"Authorization": "[key]"}}),
        ({"arguments": json.dumps({"to": f"\t{ADDRESS}"})}, {"arguments": '{"to":"\\t[email]"}'}),
        (ADDRESS, "[email]"),
    ],
)
def test_json_within_text_is_masked_as_what_it_says(masker: Masker, told: Any, masked: Any) -> None:  # noqa: ANN401
    """Escapes, numbers, names and JSON within JSON are seen through, and what comes out is JSON."""
    assert json.loads(masker.text(json.dumps(told))) == masked


def test_escaped_secrets_are_found(masker: Masker) -> None:
    """A secret that JSON writes with escapes is one all the same; JSON without a secret stays letter by letter."""
    assert masker.text('{"to": "bob\\u0040mail.example"}') == '{"to":"[email]"}'
    untouched = '{ "to" : "a\\u0041" }'
    assert masker.text(untouched) is untouched


def test_what_lies_too_deep_is_masked_as_text(masker: Masker) -> None:
    """Nothing is too deep to be looked into, though it may lose its structure."""
    deep: Value = [ADDRESS]
    clean: Value = ["hi"]
    for _ in range(250):
        deep, clean = [deep], [clean]
    assert ADDRESS not in repr(masker.value(deep))
    assert "[email]" in repr(masker.value(deep))
    assert masker.value(clean) is clean


def test_broken_json_is_a_text(masker: Masker) -> None:
    """What only begins as JSON is masked as it stands."""
    assert masker.text('{"to": "' + ADDRESS) == '{"to": "[email]'


def test_names_that_say_secret_need_the_rule() -> None:
    """Without the rule for keys a name decides nothing."""
    assert Masker(Masks(("emails",))).value({"password": "x"}) == {"password": "x"}


@pytest.mark.parametrize(
    "name",
    ["http.request.header.authorization", "password", "llm.api_key", "LANGSMITH_API_KEY", "dbPassword", "x-api-key"],
)
def test_names_that_say_secret(masker: Masker, name: str) -> None:
    """Whatever stands under such a name is masked, once."""
    assert masker.attributes({name: "abc"}) == {name: "[key]"}
    assert masker.counts == {"keys": 1}


@pytest.mark.parametrize("name", ["gen_ai.usage.input_tokens", "keyboard", "token_count", "author"])
def test_names_that_do_not(masker: Masker, name: str) -> None:
    """Tokens of a model are no secrets."""
    assert masker.attributes({name: "abc"}) == {name: "abc"}


def test_sessions_named_by_a_secret_stay_apart(masker: Masker) -> None:
    """A hash follows the mark in what names a session or an assistant, the same for the same name."""
    names = [masker.attributes({"session.id": name})["session.id"] for name in (ADDRESS, "eve@mail.example", ADDRESS)]
    assert all(str(name).startswith("[email] ") and len(str(name)) == 24 for name in names)
    assert names[0] == names[2] != names[1]


def everywhere(text: str) -> Span:
    """Return a span that has a text in every field that can hold one."""
    attributes: dict[str, Value] = {"a": text}
    return Span(
        b"t" * 16,
        b"s" * 8,
        Resource(attributes, text),
        Scope(text, text, attributes, text),
        text,
        attributes=attributes,
        events=[Event(text, 1, attributes)],
        links=[Link(b"t" * 16, b"s" * 8, text, attributes)],
        status_message=text,
        trace_state=text,
    )


def test_every_field_of_a_span_is_masked(masker: Masker) -> None:
    """No field that can hold a text is forgotten."""
    (masked,) = masker.spans([everywhere(ADDRESS)])
    assert ADDRESS not in repr(masked)
    assert repr(masked) == repr(everywhere("[email]"))


def test_every_field_of_a_log_record_is_masked(masker: Masker) -> None:
    """Nor of a log record."""

    def record(text: str) -> LogRecord:
        resource, scope = Resource({"a": text}, text), Scope(text, text, {"a": text}, text)
        return LogRecord(b"t" * 16, b"s" * 8, resource, scope, text, 1, 2, {"a": text}, {"content": text}, 9, text)

    (masked,) = masker.logs([record(ADDRESS)])
    assert repr(masked) == repr(record("[email]"))


def test_resources_and_scopes_stay_shared(masker: Masker) -> None:
    """Spans of one resource and scope have one each after masking, so they are mapped once."""
    first = everywhere(ADDRESS)
    second = Span(b"t" * 16, b"u" * 8, first.resource, first.scope)
    masked = masker.spans([first, second])
    assert masked[0].resource is masked[1].resource
    assert masked[0].scope is masked[1].scope


def test_names_are_remembered_within_bounds(masker: Masker) -> None:
    """A flood of names is masked like any, though not all are remembered."""
    for number in range(10_050):
        assert masker.attributes({f"n{number}": f"v{number}"}) == {f"n{number}": f"v{number}"}
    assert len(masker._names) <= 10_000
    assert len(masker._clean) <= 10_000
