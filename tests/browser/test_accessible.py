"""axe-core has nothing to say of any view, light or dark, wide or narrow."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NARROW, Open
from tests.browser.world import CONTACT, HOSTILE_ID, SUPPORT
from tests.integration.exports import place

AXE: Final = (Path(__file__).parents[2] / "viewer" / "node_modules" / "axe-core" / "axe.min.js").read_text()
A: Final = "{0.assistantId}/{0.sessionId}".format(place(CONTACT, SUPPORT))
B: Final = "{0.assistantId}/{0.sessionId}".format(place(HOSTILE_ID, SUPPORT))
VIEWS: Final = {
    "sessions": ("/?q=assistant:support-desk", ".session-name"),
    "session": (f"/sessions/{A}?span=failing", ".span-header h2"),
    "details": (f"/sessions/{A}?span=failing&show=details", ".span-header h2"),
    "mapping": (f"/sessions/{A}?span=failing&show=mapping", ".claims"),
    "graph": (f"/sessions/{A}?view=graph&side=flow", ".actor"),
    "compare": (f"/compare?a={A}&b={B}", ".pair"),
    "compare said": (f"/compare?a={A}&b={B}&show=said", ".difference"),
    "choose": (f"/compare?a={A}", ".picker-list li"),
    "overview": ("/overview?last=1y", ".table td"),
    "login": ("/login", "#key"),
}


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(visit: Open, view: str) -> None:
    """WCAG 2 A and AA, and axe's best practices."""
    path, shown = VIEWS[view]
    page = visit(path)
    page.locator(shown).first.wait_for(state="attached")
    assert found(page) == [], "light and wide"
    page.emulate_media(color_scheme="dark")
    assert found(page) == [], "dark and wide"
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    page.locator(shown).first.wait_for(state="attached")
    assert found(page) == [], "dark and narrow"


def found(page: Page) -> list[tuple[str, list[str]]]:
    """Return the rules that are not kept, each with some elements that do not."""
    page.evaluate(AXE)
    violations = page.evaluate("axe.run(document).then(result => result.violations)")
    return [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in violations]


@pytest.mark.parametrize("keys", ["Control+k", "Shift+?"])
def test_axe_finds_nothing_in_dialogs(visit: Open, keys: str) -> None:
    """The palette and the help."""
    for theme in ("light", "dark"):
        page = visit("/", theme=theme)
        page.locator(".session-name").first.wait_for()
        page.keyboard.press(keys)
        page.get_by_role("dialog").wait_for()
        assert found(page) == []
