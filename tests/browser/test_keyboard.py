"""From anywhere to the failing step in three keystrokes and the id; every command by keys."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.world import CONTACT
from tests.integration.serving import Server


@pytest.mark.parametrize("address", ["/", "/overview", "/compare"])
def test_three_keystrokes_lead_to_the_failing_step(visit: Open, address: str) -> None:
    """Ctrl-K is two keys at once, the id is pasted or typed, Enter opens the step that failed first."""
    page = visit(address)
    page.keyboard.press("Control+k")
    page.keyboard.insert_text(CONTACT)
    page.keyboard.press("Enter")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("get_booking")
    expect(page.get_by_label("Span", exact=True)).to_contain_text("no such booking: BX-2231")


def test_any_id_is_found(visit: Open, server: Server) -> None:
    """Ids of a session, a span, an OpenTelemetry trace and span each lead to their session."""
    story = next(place for place in server.places() if place.sessionId == CONTACT)
    failing = next(span for span in server.spans(story) if span["status"] == "ERROR")
    trace = failing["requestId"].replace("-", "")
    for identifier in (failing["spanId"], trace, story.sessionId):
        page = visit(f"/find/{identifier}")
        expect(page.get_by_role("heading", name=CONTACT)).to_be_visible()
        expect(page.get_by_role("treeitem", selected=True)).to_be_visible()
    page = visit("/find/00000000-0000-4000-8000-000000000000")
    expect(page.get_by_text("Nothing has this id")).to_be_visible()


def test_the_palette_does_every_command(visit: Open) -> None:
    """Commands are found by their words; arrows choose, Enter does."""
    page = visit("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("overview")
    expect(page.get_by_role("option", name=re.compile("Go to overview"))).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_help_lists_the_keys_and_can_still_them(visit: Open) -> None:
    """Palette, keys and help are one list; single keys are turned off for who speaks to the computer."""
    page = visit("/")
    page.keyboard.press("Shift+?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Next step that failed")
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_keys_walk_the_list_and_change_the_theme(visit: Open) -> None:
    """J and k move, Enter opens, g and a letter goes; the theme is remembered."""
    page = visit("/")
    expect(page.locator(".session-name").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(".session-name").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(".session-name").nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tree")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("combobox", name="Query")).to_be_visible()
    page.keyboard.press("Shift+T")
    page.keyboard.press("Shift+T")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Query")).to_be_focused()
