"""A session of 20,000 spans: its first rows come while others are read, no frame is blank, its ends are reached."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from bench.workload import Workload
from tests.browser.conftest import Open
from tests.integration.serving import Server, start

SPANS: Final = 20_000
WINDOW_MESSAGES: Final = 16
FRAMES: Final = 120
STEP_PX: Final = 900
"""A frame's way at a fast turn of the wheel."""
HEAP_BYTES_MAX: Final = 150_000_000
ELEMENTS_MAX: Final = 8_000

SCROLL: Final = """
([selector, row, frames, step]) => new Promise((resolve) => {
  const pane = document.querySelector(selector);
  const box = pane.getBoundingClientRect();
  const blank = [];
  let frame = 0;
  const draw = () => {
    pane.scrollTop += step;
    // what stands here now is what this frame shows: nothing else runs before it is painted
    for (let y = box.top + 20; y < box.bottom - 20; y += 40) {
      const found = document.elementsFromPoint(box.left + box.width / 3, y).some((each) => each.matches(row));
      if (!found) blank.push([frame, Math.round(y)]);
    }
    if (++frame < frames) requestAnimationFrame(draw);
    else resolve(blank);
  };
  requestAnimationFrame(draw);
})
"""
"""Turn a pane on, frame by frame, and return where which frame had nothing to show."""


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    """Return a server with one session of so many spans, and how many they are."""
    conversation = Workload(5).conversation(1, window=WINDOW_MESSAGES)
    with start(tmp_path_factory.mktemp("huge") / "spans.db") as server:
        spans = 0
        while spans < SPANS:
            batch = [conversation.turn() for _ in range(40)]
            server.export(b"".join(request.body for request in batch))  # serialised messages in a row are one
            spans += sum(request.spans for request in batch)
        yield server, spans


def opened(visit: Open, huge: tuple[Server, int]) -> Page:
    """Open the session by a click in the list."""
    server, _ = huge
    page = visit("/", base=server.url, tolerated="ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION")
    page.locator(".session-name").click()
    expect(page.get_by_role("treeitem").first).to_be_visible()
    return page


def measured(page: Page) -> float:
    """Return how many bytes the page's objects take once what is not needed is gone."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return float(used)


def rows_are(page: Page, count: int) -> None:
    """Wait until the flow has so many rows."""
    page.wait_for_function(
        """count => {
          const tree = document.querySelector("[role=tree]");
          const rows = tree.firstElementChild.offsetHeight / tree.querySelector("[role=treeitem]").offsetHeight;
          return Math.round(rows) === count;
        }""",
        arg=count,
    )


def test_the_flow_of_a_huge_session(visit: Open, huge: tuple[Server, int]) -> None:
    """Its beginning is there while the rest is read, it turns without a blank frame, and its last row is reached."""
    _, spans = huge
    page = opened(visit, huge)
    rows_are(page, spans)
    for _ in range(2):
        assert page.evaluate(SCROLL, ["[role=tree]", "[role=treeitem]", FRAMES, STEP_PX]) == []
    before = measured(page)
    page.get_by_role("tree").focus()
    page.get_by_role("treeitem").nth(20).click()
    page.keyboard.press("End")
    expect(page.get_by_role("treeitem", selected=True)).to_be_in_viewport()
    assert page.get_by_role("tree").evaluate("each => each.scrollHeight - each.clientHeight - each.scrollTop") < 2
    page.keyboard.press("Home")
    expect(page.get_by_role("treeitem", selected=True)).to_be_in_viewport()
    for _ in range(2):
        assert page.evaluate(SCROLL, ["[role=tree]", "[role=treeitem]", FRAMES, STEP_PX]) == []
    assert measured(page) < before * 1.5
    assert before < HEAP_BYTES_MAX
    assert page.evaluate("document.querySelectorAll('*').length") < ELEMENTS_MAX


def test_the_conversation_of_a_huge_session(visit: Open, huge: tuple[Server, int]) -> None:
    """Turns come as one scrolls, and those in sight are drawn, however far it went."""
    page = opened(visit, huge)
    expect(page.locator(".turn").first).to_be_visible()
    for _ in range(3):
        assert page.evaluate(SCROLL, ["[aria-label=Turns]", ".turn, li", FRAMES, STEP_PX / 3]) == []
    assert page.evaluate("document.querySelector('[aria-label=Turns]').scrollTop") > FRAMES * STEP_PX / 3
    assert page.evaluate("document.querySelectorAll('*').length") < ELEMENTS_MAX
    assert measured(page) < HEAP_BYTES_MAX
