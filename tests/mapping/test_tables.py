"""What all dialects say of attributes and events."""

from spanglass.conventions.dialect import Dialect, Member, View
from spanglass.conventions.readers import as_raw
from spanglass.mapping.tables import Tables
from spanglass.telemetry import Attributes, Event, Span


def nothing(_span: Span, _keys: tuple[str, ...]) -> Attributes:
    """Make no attributes."""
    return {}


LISTED = View((), nothing, of=("a.list.", "a.alone"))
TOLD = View((), nothing, events=frozenset({"x", "y"}))
TABLES = Tables(
    [
        Dialect("a", (Member("a.one", "m", as_raw, was=("a.two",)),), ("a.state.", "a.same"), (LISTED,)),
        Dialect("b", (Member("a.two", "n", as_raw),), (), (TOLD,)),
    ]
)


def test_attributes_fill_members_by_rank() -> None:
    """In the order of dialects, then of their tables, then of spellings."""
    assert [(rank, member) for rank, member, _ in TABLES.claims("a.two")] == [(1, "m"), (2, "n")]
    assert TABLES.claims("a.three") == ()


def test_attributes_recur_by_name_or_by_what_they_begin_with() -> None:
    """A prefix ends at a dot."""
    names = ["a.same", "a.same.x", "a.state.x.y", "a.state", "a.statement.x", "none"]
    assert [TABLES.recurs(name) for name in names] == [True, False, True, False, False, False]


def test_views_are_found_by_what_they_are_of() -> None:
    """An attribute alone, elements of a list, events; each view once, with the attributes that it is made of."""
    keys = ("a.list.0.b", "a.list.b", "a.alone", "a.list.1", "a.other.0.b", "a.list.1x")
    assert TABLES.views_of_keys(keys) == ((LISTED, ("a.list.0.b", "a.alone", "a.list.1")),)
    assert TABLES.views_of_keys(("c",)) == ()
    assert TABLES.views_of_events([Event("x"), Event("y"), Event("z")]) == ((TOLD, ()),)
    assert TABLES.views_of_events([Event("z")]) == ()
