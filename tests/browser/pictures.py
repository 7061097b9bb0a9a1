"""Takes a picture of every view and state, light and dark, from 360 px to 4K, into `.pictures`: `make pictures`.

People look at them; no test compares them. What is for the documents is in `.pictures/documents`, to be copied to
`docs/images`: of each view the light and wide one, and a sheet of light and dark, wide and narrow ones side by side.
"""

import base64
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser, Error, Page, Route, expect

from tests.browser.conftest import UNLAID, WIDE, launched
from tests.browser.world import BIG_ID, CONTACT, DEEP_ID, HOSTILE_ID, MAPPED_ID, RTL_ID, SUPPORT, fill
from tests.integration.exports import place
from tests.integration.serving import start

TARGET: Final = Path(".pictures")
SINGLE: Final = TARGET / "documents"
SHEETS: Final = SINGLE / "views"
THEMES: Final = ("light", "dark")
NARROW: Final = (360, 740)
SIZES: Final = {"wide": WIDE, "narrow": NARROW, "4k": (3840, 2160)}
SHEET_SCALE: Final = 0.75
SHEET_GAP: Final = 24
QUALITY: Final = 80
SHEET: Final = """
<style>
  body {{ margin: 0; padding: {gap}px; background: #888; display: grid; gap: {gap}px; zoom: {scale};
          grid-template-columns: repeat(2, max-content); width: max-content }}
</style>
"""

_HELD: Final[list[Route]] = []
"""Requests that are not answered until the picture is taken."""


def _at(session: str, assistant: str = SUPPORT) -> str:
    return "{0.assistantId}/{0.sessionId}".format(place(session, assistant))


def _nothing(_page: Page) -> None:
    """Leave the page as it opens."""


def _press(keys: str) -> Callable[[Page], None]:
    return lambda page: page.keyboard.press(keys)


def _answering(answer: Callable[[Route], None]) -> Callable[[Page], None]:
    """Answer the list of sessions otherwise, from a page that did not ask for it yet."""

    def act(page: Page) -> None:
        page.route("**/api/sessions?*", answer)
        page.get_by_role("link", name="Sessions", exact=True).click()

    return act


def _refuse(route: Route) -> None:
    route.fulfill(status=403, json={"error": "This key may not read this assistant."})


def _hold(route: Route) -> None:
    _HELD.append(route)


def _palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.insert_text("booking")
    page.locator("[role=option]").nth(1).wait_for()


def _open_first(page: Page) -> None:
    page.get_by_role("treeitem").first.click()


def _two_spans(page: Page) -> None:
    page.locator(".pair", has_text="gemini-scripted-1").first.click()


TRIP: Final = "11111111-2222-4333-8444-555555555555"
"""One conversation as recorded with two instrumentations."""
TWO: Final = f"/compare?a={_at(TRIP, 'google-adk')}&b={_at(TRIP, 'google-adk--openinference')}"


class Picture(NamedTuple):
    """A view or state: its address, what is done there, and what is there once it is drawn."""

    path: str
    drawn: str
    act: Callable[[Page], None] = _nothing
    empty: bool = False
    """Whether the server has nothing in it."""


PICTURES: Final[Mapping[str, Picture]] = {
    "sessions": Picture("/", ".session-opening:not(:empty)"),
    "hits": Picture("/?q=assistant:support-desk%20status:error%20flight", "mark"),
    "no-hits": Picture("/?q=agent:nobody", ".notice"),
    "session": Picture(f"/sessions/{_at(CONTACT)}?span=failing", ".span-header h2"),
    "conversation": Picture(f"/sessions/{_at(CONTACT)}", ".turn"),
    "graph": Picture(f"/sessions/{_at(CONTACT)}?view=graph&side=flow", ".actor"),
    "flow": Picture(f"/sessions/{_at(CONTACT)}?side=flow", "[role=treeitem]"),
    "span": Picture(f"/sessions/{_at(CONTACT)}?span=failing&show=details", ".span-header h2"),
    "mapping": Picture(f"/sessions/{_at(MAPPED_ID)}?show=mapping&side=flow", ".claims", _open_first),
    "raw": Picture(f"/sessions/{_at(CONTACT)}?span=failing&show=raw", ".span-header h2"),
    "compare": Picture(TWO, ".pair"),
    "compare-said": Picture(f"{TWO}&show=said", ".difference"),
    "compare-spans": Picture(TWO, ".compare-spans", _two_spans),
    "choose": Picture(f"/compare?a={_at(CONTACT)}", ".session-opening:not(:empty)"),
    "overview": Picture("/overview?last=1y", ".table td"),
    "palette": Picture("/", "dialog", _palette),
    "help": Picture("/", "dialog", _press("Shift+?")),
    "login": Picture("/login", "#key"),
    "empty": Picture("/", ".notice", empty=True),
    "loading": Picture("/login", "[aria-label='Loading sessions']", _answering(_hold)),
    "error": Picture("/login", ".notice", _answering(lambda route: route.abort())),
    "not-allowed": Picture("/login", ".notice", _answering(_refuse)),
    "missing": Picture("/sessions/a/b", ".notice"),
    "huge": Picture(f"/sessions/{_at(BIG_ID)}", "text=Show all"),
    "deep": Picture(f"/sessions/{_at(DEEP_ID)}?span=failing", ".span-header h2"),
    "right-to-left": Picture(f"/sessions/{_at(RTL_ID)}", ".turn"),
    "hostile": Picture(f"/sessions/{_at(HOSTILE_ID)}", ".turn"),
}


@contextmanager
def _world() -> Iterator[tuple[str, str]]:
    """Return the addresses of a server with the whole world in it, and of one with nothing."""
    with (
        tempfile.TemporaryDirectory() as place,
        start(Path(place) / "full.db") as full,
        start(Path(place) / "empty.db") as empty,
    ):
        fill(full)
        yield full.url, empty.url


@contextmanager
def shown(page: Page, url: str, picture: Picture) -> Iterator[None]:
    """Bring a page into a state, as long as it is needed."""
    page.goto(url + picture.path)
    page.get_by_role("navigation").wait_for()
    if picture.path == "/":
        page.locator(".session-name, .notice").first.wait_for()
    picture.act(page)
    page.locator(picture.drawn).first.wait_for(state="attached")
    expect(page.locator(UNLAID)).to_have_count(0)
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    yield
    while _HELD:
        with suppress(Error):  # given up since: a page that was refused asks again, whenever it likes
            _HELD.pop().abort()


def _take(browser: Browser, url: str, picture: Picture, *, theme: str, size: str, target: Path) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        has_touch=width <= NARROW[0],
    )
    page = context.new_page()
    with shown(page, url, picture):
        page.screenshot(path=target, animations="disabled")
    context.close()


def _compose(browser: Browser, taken: Sequence[Path], target: Path, *, scale: float, gap: int) -> None:
    """Put pictures on a sheet, two of them in a row, small enough for a document."""
    context = browser.new_context()
    page = context.new_page()
    images = [f'<img src="data:image/png;base64,{base64.b64encode(each.read_bytes()).decode()}">' for each in taken]
    page.set_content(SHEET.format(gap=gap, scale=scale) + "".join(images))
    box: Any = page.locator("body").bounding_box()
    taken_as = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": box | {"scale": 1}}
    sheet: dict[str, str] = context.new_cdp_session(page).send("Page.captureScreenshot", taken_as)
    target.write_bytes(base64.b64decode(sheet["data"]))
    context.close()


def main(names: Sequence[str]) -> None:
    """Take the pictures that are named, or all, and put them on sheets."""
    SHEETS.mkdir(parents=True, exist_ok=True)
    with _world() as (full, empty), launched() as browser:
        for name in names or PICTURES:
            picture = PICTURES[name]
            for theme, size in product(THEMES, SIZES):
                target = TARGET / f"{name}-{theme}-{size}.png"
                _take(browser, empty if picture.empty else full, picture, theme=theme, size=size, target=target)
            kinds = ("light-wide", "light-narrow", "dark-wide", "dark-narrow")
            sheet = [TARGET / f"{name}-{kind}.png" for kind in kinds]
            _compose(browser, sheet[:1], SINGLE / f"{name}.webp", scale=1, gap=0)
            _compose(browser, sheet, SHEETS / f"{name}.webp", scale=SHEET_SCALE, gap=SHEET_GAP)


if __name__ == "__main__":
    main(sys.argv[1:])
