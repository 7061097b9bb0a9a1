"""System instructions: what is shown, and the rest."""

import json

import pytest

from spanglass.mapping.instructions import Instructions
from spanglass.telemetry import Value


def instructions() -> Instructions:
    """Return instructions that remember nothing yet."""
    return Instructions(1 << 20, 64)


def texts(value: Value, among: tuple[bytes, ...] = ()) -> list[list[str]]:
    """Return the texts of each fragment."""
    fragments, _ = instructions().map(value, among)
    return [[one["text"]["value"] for one in json.loads(fragment.json)] for fragment in fragments]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, []),
        ("[]", []),
        ("Be brief.", ["Be brief."]),
        ('"Be brief."', ["Be brief."]),
        ('[{"type":"text","content":"Be brief."},"Please."]', ["Be brief.", "Please."]),
        ('[{"role":"system","parts":[{"type":"text","content":"Be brief."}]}]', ["Be brief."]),
        ([{"type": "text", "content": "Be \ud800brief."}], ["Be \ufffdbrief."]),
    ],
)
def test_instructions_come_in_several_forms(value: Value, shown: list[str]) -> None:
    """Parts, whole messages, plain text; as structure or as its text."""
    assert texts(value) == ([shown] if shown else [])


def test_what_the_inputs_repeat_counts_once() -> None:
    """A system message that the attribute says, too, is not said twice; another one follows."""
    among = (b'{"text":{"value":"Be brief."}}', b'{"text":{"value":"Please."}}')
    assert texts("Be brief.", among) == [["Be brief.", "Please."]]
    assert texts(None, among) == [["Be brief.", "Please."]]


def test_long_instructions_end_in_a_marker_and_go_on() -> None:
    """Ten values are shown, the tenth saying how much follows; the second fragment has the rest, so nothing is lost."""
    text = "word " * 10_000
    (*shown, marker), rest = texts(text)
    assert len(shown) == 9
    assert marker == "[4 more values follow, 13,220 bytes of JSON]"
    assert "".join([*shown, *rest]) == text


def test_instructions_tell_whether_they_are_whole() -> None:
    """A part that cannot be shown makes them less than whole; remembered ones tell the same."""
    known = instructions()
    told = '[{"type":"uri","uri":"https://a/b"}]'
    assert [known.map(told, ())[1] for _ in range(2)] == [False, False]
    assert known.map("Be brief.", ())[1]
