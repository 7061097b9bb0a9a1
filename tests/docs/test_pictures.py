"""The pictures of the documents: there is one of every view and state."""

from tests.browser.pictures import PICTURES
from tests.docs.pages import ROOT

DOCS = ROOT / "docs"


def test_every_view_is_shown() -> None:
    """The page of all views has each of them once, and nothing else is kept."""
    shown = (DOCS / "pictures.md").read_text()
    assert [name for name in PICTURES if shown.count(f"(images/views/{name}.webp)") != 1] == []
    assert {path.stem for path in (DOCS / "images/views").iterdir()} == PICTURES.keys()


def test_every_picture_is_used() -> None:
    """No document leads to a picture that is not there (``tests/docs`` holds that), and none is left over."""
    texts = "".join(path.read_text() for path in (*DOCS.glob("*.md"), DOCS.parent / "README.md"))
    assert [path.name for path in (DOCS / "images").glob("*.*") if f"images/{path.name})" not in texts] == []
