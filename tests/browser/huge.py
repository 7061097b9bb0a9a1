"""A huge session in the browser: how it is made, turned and measured.

Tests hold one of some thousand spans to what is promised; ``EFFORT=4 python -m tests.browser.huge`` measures one of
100,000.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect

from bench.workload import Workload
from tests.browser.conftest import WIDE, launched
from tests.effort import EFFORT
from tests.integration.serving import Server, start

SPANS: Final = 100_000
STARTS: Final = 3
OTHERS: Final = 180
WINDOW_MESSAGES: Final = 24
FRAMES: Final = 30 * EFFORT
STEP_PX: Final = 900
"""A frame's way at a fast turn of the wheel."""
FLOW: Final = ("[role=tree]", "[role=treeitem]")
CONVERSATION: Final = ("[aria-label=Turns]", ".turn, li")
WAIT_MS: Final = 120_000

_SCROLL: Final = """
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

_SCROLL_BACK: Final = """
([selector, row, frames, step]) => new Promise((resolve) => {
  const pane = document.querySelector(selector);
  const box = pane.getBoundingClientRect();
  const top = (each) => each.getBoundingClientRect().top;
  const inSight = () => [...pane.querySelectorAll(row)].find((each) => top(each) > box.top + box.height / 3);
  const jumps = [];
  let frame = 0, before = Infinity, watched, stood;
  const draw = () => {
    const took = performance.now() - before;
    const moved = watched?.isConnected ? top(watched) - stood : 0;
    if (Math.abs(moved) > 2) jumps.push([frame, Math.round(moved), Math.round(took)]);
    pane.scrollTop -= step;
    pane.dispatchEvent(new Event("scroll"));  // told before the frame is drawn, as a wheel's is
    watched = inSight();
    stood = watched && top(watched);
    before = performance.now();
    if (++frame < frames) requestAnimationFrame(draw);
    else resolve(jumps);
  };
  requestAnimationFrame(draw);
})
"""
"""Turn a pane back, frame by frame, and return in which frames what stood in sight was moved by something else.

Each with how far, in pixels, and after how many ms.
"""

_LATE: Final = """
([selector, left]) => {
  const pane = document.querySelector(selector);
  const asked = (window.askedAtOnce ??= window.fetch);
  window.late = 0;
  window.fetch = async (...request) => {
    const answer = await asked(...request);
    if (!/cursor=/.test(String(request[0].url ?? request[0]))) return answer;
    while (pane.scrollTop > left) await new Promise((resolve) => setTimeout(resolve));
    window.late += 1;
    return answer;
  };
}
"""
"""Let no further page come before a pane was turned back to so many pixels from its beginning; count those that did."""

_WATCH: Final = """
() => {
  window.seen = {};
  addEventListener("click", () => {
    const begun = performance.now();
    const look = () => {
      for (const selector of ["[role=treeitem]", ".turn"])
        if (!(selector in seen) && document.querySelector(selector)) seen[selector] = performance.now() - begun;
      if (Object.keys(seen).length < 2) requestAnimationFrame(look);
    };
    look();
  }, { capture: true, once: true });
}
"""
"""Note how many milliseconds after the next click the first row of the flow and the first turn stand there."""


def fill_huge(server: Server, spans: int) -> int:
    """Export one session of at least so many spans; return how many they are."""
    conversation = Workload(5).conversation(1, window=WINDOW_MESSAGES)
    told = 0
    while told < spans:
        batch = [conversation.turn() for _ in range(40)]
        server.export(b"".join(request.body for request in batch))  # serialised messages in a row are one
        told += sum(request.spans for request in batch)
    return told


def blank_frames(page: Page, pane: tuple[str, str], step_px: float = STEP_PX) -> list[Any]:
    """Turn a pane on for a while and return the places in frames that showed nothing."""
    blank: list[Any] = page.evaluate(_SCROLL, [*pane, FRAMES, step_px])
    return blank


def jumps(page: Page, pane: tuple[str, str], step_px: float) -> list[Any]:
    """Turn a pane back for a while and return the frames in which rows jumped, and how far."""
    jumped: list[Any] = page.evaluate(_SCROLL_BACK, [*pane, FRAMES, step_px])
    return jumped


def let_pages_be_late(page: Page, pane: tuple[str, str], left_px: float) -> None:
    """Let what comes before all that a pane has come only when it was turned back to so near its beginning."""
    page.evaluate(_LATE, [pane[0], left_px])


def late_pages(page: Page) -> int:
    """Return how many of the late pages have come."""
    return int(page.evaluate("late"))


def heap_bytes(page: Page) -> float:
    """Return how many bytes the page's objects take once what is not needed is gone."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return float(used)


def elements(page: Page) -> int:
    """Return how many elements the page has."""
    return int(page.evaluate("document.querySelectorAll('*').length"))


def await_rows(page: Page, count: int) -> None:
    """Wait until the flow has so many rows."""
    page.wait_for_function(
        """count => {
          const tree = document.querySelector("[role=tree]");
          const rows = tree.firstElementChild.offsetHeight / tree.querySelector("[role=treeitem]").offsetHeight;
          return Math.round(rows) === count;
        }""",
        arg=count,
    )


def _measure(browser: Browser, url: str, spans: int) -> Iterator[tuple[str, float]]:
    """Open the huge session as a person does, turn it to and fro, and yield what that took."""
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    begun = time.monotonic()
    page.goto(f"{url}/?q=tokens>10m")
    page.locator(".session-name").wait_for()
    yield "address to list, s", time.monotonic() - begun
    page.evaluate(_WATCH)
    page.locator(".session-name").click()
    page.wait_for_function("() => Object.keys(window.seen).length === 2")
    clicked = time.monotonic()
    for selector, ms in page.evaluate("seen").items():
        yield f"click to {selector}, ms", ms
    await_rows(page, spans)
    yield "then to all rows, s", time.monotonic() - clicked
    for pane, step in ((FLOW, STEP_PX), (CONVERSATION, STEP_PX / 3)):
        yield f"blank places in {FRAMES} frames of {pane[0]}", len(blank_frames(page, pane, step))
    page.get_by_role("treeitem").nth(20).click()
    page.get_by_role("tree").focus()
    page.keyboard.press("End")
    begun = time.monotonic()
    expect(page.locator(".turn-chosen").first).to_be_in_viewport(timeout=WAIT_MS)
    yield "last span chosen to its turn, s", time.monotonic() - begun
    yield "heap, MB", heap_bytes(page) / 1e6
    yield "elements", elements(page)
    context.close()


def main() -> None:
    """Measure, each time with a server that was just started and a new window."""
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        store = Path(folder) / "spans.db"
        with start(store) as server:
            workload = Workload(7)
            for number in range(OTHERS):
                server.export(workload.conversation(number).turn().body)
            spans = fill_huge(server, SPANS)
            server.stop()
        sys.stdout.write(f"{spans} spans, a file of {store.stat().st_size / 1e6:.0f} MB\n")
        for _ in range(STARTS):
            with start(store) as server:
                for name, value in _measure(browser, server.url, spans):
                    sys.stdout.write(f"{name:<48} {value:.4g}\n")


if __name__ == "__main__":
    main()
