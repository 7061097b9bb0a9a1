"""Lists that were flattened into indexed attributes."""

import pytest

from spanglass.conventions.indexed import gathered, is_indexed
from spanglass.telemetry import Attributes, Value


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"a.0.b": 1, "a.1.b": 2}, [{"b": 1}, {"b": 2}]),
        ({"a.10": "z", "a.2": "y", "a.7": "w"}, ["y", "w", "z"]),
        ({"a.0.b.1.c": 1, "a.0.b.0.c": 2}, [{"b": [{"c": 2}, {"c": 1}]}]),
        ({"a.0.b.x.y": 1}, [{"b": {"x": {"y": 1}}}]),
        ({"a.0.b": "text", "a.0.b.c": 1}, [{"b": {"": "text", "c": 1}}]),
        ({"a.0.b.c": 1, "a.0.b": "text"}, [{"b": {"": "text", "c": 1}}]),
        ({"a.0.b": None, "a.0.b.c": 1}, [{"b": {"c": 1}}]),
        ({"a.0": {"b": [1]}}, [{"b": [1]}]),
        ({"a.0." + "x." * 40 + "y": 1}, None),
    ],
)
def test_structure_is_put_together(attributes: Attributes, told: list[Value] | None) -> None:
    """Indices make lists, in their order and without gaps, other names objects; nothing is lost, however deep."""
    found = gathered(attributes, tuple(attributes), "a.")
    assert found == told if told is not None else str(found).count("{") == 16


@pytest.mark.parametrize(
    ("key", "indexed"),
    [("a.0", True), ("a.12.b", True), ("a.b", False), ("a.", False), ("a.0b", False), ("a.²", False), ("b.0", False)],
)
def test_only_indices_make_a_list(key: str, indexed: bool) -> None:  # noqa: FBT001
    """What goes on otherwise is an attribute of its own; so is what no list can be long enough for."""
    assert is_indexed(key, "a.") is indexed
    assert not is_indexed("a." + "9" * 10, "a.")
