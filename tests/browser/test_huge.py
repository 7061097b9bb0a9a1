"""A huge session: its first rows come while others are read, no frame is blank, its ends are reached."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import UNLAID, Open
from tests.browser.huge import (
    CONVERSATION,
    FLOW,
    FRAMES,
    STEP_PX,
    await_rows,
    blank_frames,
    elements,
    fill_huge,
    heap_bytes,
    jumps,
    late_pages,
    let_pages_be_late,
)
from tests.effort import EFFORT
from tests.integration.serving import Server, start

SPANS: Final = 5_000 * EFFORT
HEAP_BYTES_MAX: Final = 150_000_000
ELEMENTS_MAX: Final = 8_000
TURNS_BACK_MAX: Final = 20
"""How often the conversation is turned back to meet two pages that come late: six or seven times suffice."""


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    """Return a server with one session of so many spans, and how many they are."""
    with start(tmp_path_factory.mktemp("huge") / "spans.db") as server:
        yield server, fill_huge(server, SPANS)


def opened(visit: Open, huge: tuple[Server, int]) -> Page:
    """Open the session by a click in the list."""
    server, _ = huge
    page = visit("/", base=server.url)
    page.locator(".session-name").click()
    expect(page.get_by_role("treeitem").first).to_be_visible()
    return page


def test_the_flow_of_a_huge_session(visit: Open, huge: tuple[Server, int]) -> None:
    """Its beginning is there while the rest is read, it turns without a blank frame, and its last row is reached."""
    _, spans = huge
    page = opened(visit, huge)
    await_rows(page, spans)
    for _ in range(2):
        assert blank_frames(page, FLOW) == []
    before = heap_bytes(page)
    page.get_by_role("tree").focus()
    page.get_by_role("treeitem").nth(20).click()
    page.keyboard.press("End")
    expect(page.get_by_role("treeitem", selected=True)).to_be_in_viewport()
    assert page.get_by_role("tree").evaluate("each => each.scrollHeight - each.clientHeight - each.scrollTop") < 2
    page.keyboard.press("Home")
    expect(page.get_by_role("treeitem", selected=True)).to_be_in_viewport()
    for _ in range(2):
        assert blank_frames(page, FLOW) == []
    assert heap_bytes(page) < before * 1.5
    assert before < HEAP_BYTES_MAX
    assert elements(page) < ELEMENTS_MAX


def test_the_conversation_of_a_huge_session(visit: Open, huge: tuple[Server, int]) -> None:
    """Turns come as one scrolls, and those in sight are drawn, however far it went."""
    page = opened(visit, huge)
    expect(page.locator(".turn").first).to_be_visible()
    for _ in range(3):
        assert blank_frames(page, CONVERSATION, STEP_PX / 3) == []
    assert page.evaluate("document.querySelector('[aria-label=Turns]').scrollTop") > FRAMES * STEP_PX / 3
    assert elements(page) < ELEMENTS_MAX
    assert heap_bytes(page) < HEAP_BYTES_MAX


def chosen_far_down(page: Page) -> None:
    """Expect the chosen span's turn in sight, far from the beginning, and what was said before it a turn away."""
    expect(page.locator(".turn-chosen").first).to_be_in_viewport()
    expect(page.locator(UNLAID)).to_have_count(0)  # the code for Markdown comes once, and rows grow with it
    said = page.locator(CONVERSATION[0])
    for _ in range(3):
        assert jumps(page, (CONVERSATION[0], "li"), STEP_PX / 3) == []
    expect(page.locator(".turn-chosen")).not_to_be_in_viewport()
    assert said.evaluate("each => each.scrollTop") > 0
    assert blank_frames(page, CONVERSATION, STEP_PX / 3) == []


def choose_last(page: Page) -> str:
    """Choose the last row of the flow and return its id."""
    page.get_by_role("treeitem").nth(20).click()
    page.get_by_role("tree").press("End")
    last = page.get_by_role("treeitem", selected=True).get_attribute("id")
    assert last is not None
    return last


def test_a_span_far_down_and_its_turn(visit: Open, huge: tuple[Server, int]) -> None:
    """A span far down brings its turn into sight, also from a link, and a turn there its span; nothing jumps there."""
    server, spans = huge
    page = opened(visit, huge)
    await_rows(page, spans)
    last = choose_last(page)
    chosen_far_down(page)
    turns = page.locator(".turn .turn-who")
    turns.nth(turns.count() // 2).click()
    row = page.get_by_role("treeitem", selected=True)
    expect(row).to_be_in_viewport()
    assert row.get_attribute("id") != last
    expect(page.locator(".turn-chosen").first).to_be_in_viewport()
    page.get_by_role("tree").press("Home")
    expect(page.locator(".turn-chosen").first).to_be_in_viewport()
    expect(page.locator(".turn").first).to_be_in_viewport()
    linked = visit(f"{urlsplit(page.url).path}?span={last.removeprefix('row-')}", base=server.url)
    expect(linked.get_by_role("treeitem", selected=True)).to_be_in_viewport()
    chosen_far_down(linked)


def test_turns_that_come_when_their_beginning_is_in_sight(visit: Open, huge: tuple[Server, int]) -> None:
    """What was said before comes above what is in sight, which does not move, however fast one turns back."""
    _, spans = huge
    page = opened(visit, huge)
    await_rows(page, spans)
    choose_last(page)
    expect(page.locator(".turn-chosen").first).to_be_in_viewport()
    for left_px in (50, 600):
        let_pages_be_late(page, CONVERSATION, left_px)
        for _ in range(TURNS_BACK_MAX):
            assert jumps(page, (CONVERSATION[0], "li"), STEP_PX / 3) == []
            if late_pages(page) > 1:
                break
        else:
            pytest.fail("no page came")
