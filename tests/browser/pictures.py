"""Takes a picture of every view and state, light and dark, from 360 px to 4K, into `.pictures`: `make pictures`.

People look at them; no test compares them. Those of the documents are some of them, with fewer colours.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Error, Page, Route, expect

from tests.browser.conftest import NARROW, UNLAID, WIDE, launched
from tests.browser.world import BIG_ID, CONTACT, DEEP_ID, HOSTILE_ID, MAPPED_ID, RTL_ID, SUPPORT, fill
from tests.integration.exports import place
from tests.integration.serving import start

TARGET: Final = Path(".pictures")
THEMES: Final = ("light", "dark")
SIZES: Final = {"wide": WIDE, "narrow": NARROW, "small": (360, 740), "4k": (3840, 2160)}

_HELD: Final[list[Route]] = []
"""Requests that are not answered until the picture is taken."""


def _at(session: str) -> str:
    return "{0.assistantId}/{0.sessionId}".format(place(session, SUPPORT))


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
    page.locator(".pair", has_text="gpt-4.1-mini").nth(1).click()


class Picture(NamedTuple):
    """A view or state: its address, what is done there, and what is there once it is drawn."""

    path: str
    drawn: str
    act: Callable[[Page], None] = _nothing
    empty: bool = False
    """Whether the server has nothing in it."""


PICTURES: Final[Mapping[str, Picture]] = {
    "sessions": Picture("/", ".session-name"),
    "hits": Picture("/?q=assistant:support-desk%20status:error%20flight", "mark"),
    "no-hits": Picture("/?q=agent:nobody", ".notice"),
    "session": Picture(f"/sessions/{_at(CONTACT)}?span=failing", ".span-header h2"),
    "conversation": Picture(f"/sessions/{_at(CONTACT)}", ".turn"),
    "graph": Picture(f"/sessions/{_at(CONTACT)}?view=graph&side=flow", ".actor"),
    "flow": Picture(f"/sessions/{_at(CONTACT)}?side=flow", "[role=treeitem]"),
    "span": Picture(f"/sessions/{_at(CONTACT)}?span=failing&show=details", ".span-header h2"),
    "mapping": Picture(f"/sessions/{_at(MAPPED_ID)}?show=mapping&side=flow", ".claims", _open_first),
    "raw": Picture(f"/sessions/{_at(CONTACT)}?span=failing&show=raw", ".span-header h2"),
    "compare": Picture(f"/compare?a={_at(CONTACT)}&b={_at(RTL_ID)}", ".pair"),
    "compare-said": Picture(f"/compare?a={_at(CONTACT)}&b={_at(RTL_ID)}&show=said", ".difference"),
    "compare-spans": Picture(f"/compare?a={_at(CONTACT)}&b={_at(CONTACT)}", ".compare-spans", _two_spans),
    "choose": Picture(f"/compare?a={_at(CONTACT)}", ".picker-list li"),
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


def main(names: Sequence[str]) -> None:
    """Take the pictures that are named, or all."""
    TARGET.mkdir(exist_ok=True)
    with _world() as (full, empty), launched() as browser:
        for name, theme, size in product(names or PICTURES, THEMES, SIZES):
            picture = PICTURES[name]
            target = TARGET / f"{name}-{theme}-{size}.png"
            _take(browser, empty if picture.empty else full, picture, theme=theme, size=size, target=target)


if __name__ == "__main__":
    main(sys.argv[1:])
