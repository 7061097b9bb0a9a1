"""A server full of sessions, and Debian's Chromium on its pages.

Each page is watched: no error in its console, no request to another host, nothing that its policy had to stop.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

from tests.browser.world import fill
from tests.integration.serving import Server, start

Open: TypeAlias = Callable[..., Page]
CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
WIDE: Final = (1440, 900)
NARROW: Final = (390, 800)
LOW: Final = (640, 400)
"""A window of 1280 by 800 at a zoom of 200 %."""
UNLAID: Final = ".prose-plain[aria-pressed=false] + .big-text"
"""Markdown whose code is still to come."""
SECONDS_MAX: Final = 20.0
expect.set_options(timeout=SECONDS_MAX * 1000)


class Held:
    """Keeps requests waiting until they are let go; those that come after that go on at once."""

    def __init__(self, go_on: Callable[[Route], None]) -> None:
        self._go_on = go_on
        self._waiting: list[Route] | None = []

    def take(self, route: Route) -> None:
        """Keep a request, or let it go on."""
        if self._waiting is None:
            self._go_on(route)
        else:
            self._waiting.append(route)

    def let_go(self) -> None:
        """Let all go on."""
        waiting, self._waiting = self._waiting or [], None
        for route in waiting:
            self._go_on(route)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer ``--throttle``, where these tests are run by themselves: a slow machine shows what waits are unsound."""
    parser.addoption("--throttle", type=float, default=1, help="Slow the browser's pages down so many times.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all browser tests run in one worker: they share one server and one browser."""
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("browser"))


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a Chromium of this machine."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.fail("Chromium is needed: `make browser` installs it as root on Debian, else your system's packages do.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--enable-precise-memory-info", "--js-flags=--expose-gc"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a running Chromium; without one these tests fail, as what they promise is not shown to hold.

    It lasts for a module: while Playwright runs, no other test of the process can have an event loop.
    """
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server with the whole world in it."""
    with start(tmp_path_factory.mktemp("browser") / "spans.db") as server:
        fill(server)
        yield server


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    """Return what keeps servers of a test's own up until its windows are closed: none of them asks one that is not."""
    with ExitStack() as kept:
        yield kept


@pytest.fixture
def visit(
    browser: Browser,
    server: Server,
    servers: ExitStack,  # noqa: ARG001 (which are to end later)
    request: pytest.FixtureRequest,
) -> Iterator[Open]:
    """Return what opens an address in a new window, and hold each such window to what no page may do."""
    throttle = request.config.getoption("--throttle", default=1)
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def visit(
        path: str = "/",
        *,
        size: tuple[int, int] = WIDE,
        theme: str = "light",
        base: str = server.url,
        tolerated: str = "(?!)",
    ) -> Page:
        options: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": size[0], "height": size[1]}}
        context = browser.new_context(**options, permissions=["clipboard-read", "clipboard-write"])
        contexts.append(context)
        context.set_default_timeout(SECONDS_MAX * 1000)
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttle})

        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not re.search(tolerated, message.text):
                complaints.append(message.text)

        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(base) else complaints.append(request.url))
        page.goto(base + path)
        page.get_by_role("navigation").wait_for()
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []
