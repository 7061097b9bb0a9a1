"""axe-core has nothing to say of any view or state: in a wide window light, on a small screen dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import WIDE
from tests.browser.pictures import PICTURES, SIZES, shown
from tests.integration.serving import Server, start

AXE: Final = (Path(__file__).parents[2] / "viewer" / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Return the one page that goes through all views."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server with nothing in it."""
    with start(tmp_path_factory.mktemp("empty") / "spans.db") as server:
        yield server


@pytest.mark.parametrize("name", PICTURES)
def test_axe_finds_nothing(page: Page, server: Server, empty: Server, name: str) -> None:
    """WCAG 2 A and AA, and axe's best practices; nothing is wider than the window."""
    picture = PICTURES[name]
    _dress(page, WIDE, dark=False)
    page.unroute_all()
    with shown(page, (empty if picture.empty else server).url, picture):
        assert found(page) == [], "light and wide"
        _dress(page, SIZES["narrow"], dark=True)
        page.locator(picture.drawn).first.wait_for(state="attached")
        assert found(page) == [], "dark and small"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("[...document.querySelectorAll('main')].every(each => each.scrollWidth <= innerWidth)")


def _dress(page: Page, size: tuple[int, int], *, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size({"width": size[0], "height": size[1]})


def found(page: Page) -> list[tuple[str, list[str]]]:
    """Return the rules that are not kept, each with some elements that do not."""
    page.evaluate(AXE)
    violations = page.evaluate("axe.run(document).then(result => result.violations)")
    return [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in violations]
