"""What is shown when there is nothing, too much, something hostile, or no answer."""

import re
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LOW, NARROW, Held, Open
from tests.browser.world import BIG_CHARS, BIG_ID, CONTACT, HOSTILE_ID, RIGHT_TO_LEFT, RTL_ID, SUPPORT
from tests.integration.exports import place
from tests.integration.serving import start

CONTACT_AT = "/sessions/{0.assistantId}/{0.sessionId}".format(place(CONTACT, SUPPORT))
FINGER_PX = 40
HOSTILE_AT = "/sessions/{0.assistantId}/{0.sessionId}".format(place(HOSTILE_ID, SUPPORT))


def test_an_empty_store_waits_for_its_first_span(visit: Open, servers: ExitStack, tmp_path: Path) -> None:
    """The page tells how to send one; the command that it copies works as it is, and its session takes the place."""
    empty = servers.enter_context(start(tmp_path / "empty.db"))
    page = visit("/", base=empty.url)
    expect(page.get_by_text("Waiting for a first span")).to_be_visible()
    expect(page.get_by_text(f"OTEL_EXPORTER_OTLP_ENDPOINT={empty.url}")).to_be_visible()
    expect(page.get_by_label("Live", exact=True)).to_be_visible()
    page.get_by_role("button", name="Copy a curl command").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.startsWith('curl'))")
    command = page.evaluate("navigator.clipboard.readText()")
    subprocess.run(["sh", "-c", command], check=True, capture_output=True)  # noqa: S607 (as a person's shell runs it)
    expect(page.get_by_role("link", name="hello-spanglass")).to_be_visible()


def test_loading_is_shown_while_an_answer_takes_its_time(visit: Open) -> None:
    """Grey lines stand for what comes, and go when it is there."""
    page = visit("/login")
    held = Held(lambda route: route.continue_())
    page.route("**/api/sessions?*", held.take)
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_label("Loading sessions")).to_be_visible()
    held.let_go()
    expect(page.locator(".session-row", has_text="desk").first).to_be_visible()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/sessions/00000000-0000-4000-8000-000000000000/00000000-0000-4000-8000-000000000000", "no such"),
        ("/sessions/a/b", "cannot be read"),
    ],
)
def test_errors_are_told_in_the_servers_words(visit: Open, path: str, says: str) -> None:
    """A session that is not there, an address that is none."""
    page = visit(path, tolerated="40[04]")
    expect(page.locator(".notice")).to_contain_text(re.compile(says, re.IGNORECASE))
    expect(page.get_by_role("alert")).not_to_be_empty()


def test_a_server_that_is_gone_and_comes_back(visit: Open) -> None:
    """The page says so, and trying again mends it."""
    page = visit("/login", tolerated="ERR_FAILED")
    page.route("**/api/sessions?*", lambda route: route.abort())
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_text("The server does not answer").first).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    page.unroute("**/api/sessions?*")  # only now, since a session that comes in live would mend it, too
    expect(page.locator(".session-name").first).to_be_visible()


def test_an_address_that_leads_nowhere(visit: Open) -> None:
    """A span that is not in the session is said not to be there; the session still is."""
    page = visit(f"{CONTACT_AT}?span=00000000-0000-4000-8000-000000000000", tolerated="404")
    expect(page.get_by_role("treeitem").first).to_be_visible()
    expect(page.get_by_label("Span", exact=True).locator(".notice")).to_be_visible()


def test_hostile_text_is_shown_and_does_nothing(visit: Open) -> None:
    """Markup, scripts, escapes and overrides of direction stand there as text, wherever they came in."""
    page = visit(f"{HOSTILE_AT}?span=failing")
    expect(page.get_by_label("Turns")).to_contain_text("<script>window.ran=1</script>")
    expect(page.get_by_label("Turns")).to_contain_text("␛[31mred")
    expect(page.get_by_label("Turns")).to_contain_text("\\u202egnp.exe")
    page.get_by_role("treeitem").first.click()
    for tab in ("Details", "Raw", "Messages"):
        page.get_by_role("button", name=tab, exact=True).click()
        expect(page.get_by_label("Span", exact=True)).to_contain_text("<script>window.ran=1</script>")
    page.goto(f"{page.url.split('?', maxsplit=1)[0]}?view=graph")
    expect(page.locator(".actor").first).to_be_visible()
    assert page.evaluate("window.ran") is None
    assert page.locator("main img, main script, main iframe, main a[href^=javascript]").count() == 0


def test_text_from_right_to_left_runs_that_way(visit: Open) -> None:
    """Hebrew and Arabic have their own direction and side, emoji stay whole."""
    at = "/sessions/{0.assistantId}/{0.sessionId}".format(place(RTL_ID, SUPPORT))
    page = visit(at)
    text = page.get_by_label("Turns").get_by_text(RIGHT_TO_LEFT).first
    expect(text).to_be_visible()
    assert text.evaluate("el => el.matches(':dir(rtl)')")
    right = text.evaluate("""el => {
      const range = document.createRange();
      range.selectNodeContents(el);
      return el.closest("article").getBoundingClientRect().right - range.getBoundingClientRect().right;
    }""")
    assert 0 < right < 20


def test_fingers_have_room(visit: Open) -> None:
    """Where there is no finer pointer, what is pressed is 40 px high; where there is room, filters need no button."""
    page = visit("/")
    pressed = page.locator(".facet-value, .segments > button, .bar-find, .icon-button")
    expect(page.locator(".facet-value").nth(10)).to_be_visible()
    expect(page.get_by_role("button", name="Filters")).to_be_hidden()
    page.context.new_cdp_session(page).send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    assert min(pressed.evaluate_all("els => els.map((el) => el.offsetHeight)")) >= FINGER_PX


def test_five_megabytes_are_folded_and_opened(visit: Open) -> None:
    """A message of that size opens at once, and whole on demand, with the page alive."""
    at = "/sessions/{0.assistantId}/{0.sessionId}".format(place(BIG_ID, SUPPORT))
    page = visit(at)
    more = page.get_by_label("Turns").get_by_role("button", name=re.compile("Show all"))
    more.first.click()
    expect(page.get_by_label("Turns").get_by_role("button", name="Show less").first).to_be_visible()
    shown = page.get_by_label("Turns").evaluate("el => el.textContent.length")
    assert shown > 0.95 * BIG_CHARS


def test_who_may_not_is_told(visit: Open) -> None:
    """A refusal says that a key does not open this, and what to do."""
    page = visit("/login", tolerated="403")
    refusal = {"status": 403, "json": {"error": "This key may not read this assistant."}}
    page.route("**/api/sessions?*", lambda route: route.fulfill(**refusal))
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_text("Not allowed")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("This key may not read")


def test_a_phone_can_sign_in(visit: Open) -> None:
    """The page for the key fits a narrow window."""
    page = visit("/login", size=NARROW)
    expect(page.get_by_label("Access key")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


BOTH = f"a={CONTACT_AT.removeprefix('/sessions/')}&b={HOSTILE_AT.removeprefix('/sessions/')}"


@pytest.mark.parametrize(
    ("path", "pane", "part"),
    [
        (CONTACT_AT, "[aria-label=Turns]", ".turn"),
        (f"{CONTACT_AT}?side=flow", "[role=tree]", "[role=treeitem]"),
        (f"{CONTACT_AT}?span=failing", ".span", ".message"),
        (f"/compare?{BOTH}", ".compare-lines", ".pair"),
        (f"/compare?{BOTH}&show=said", ".compare-lines", ".difference"),
    ],
)
def test_a_low_window_leaves_room_to_read(visit: Open, path: str, pane: str, part: str) -> None:
    """At a zoom of 200 % what is read has near half of the window's height at least, down to its end."""
    page = visit(path, size=LOW)
    page.locator(part).first.wait_for()
    page.locator(pane).evaluate("each => each.scrollTo(0, each.scrollHeight)")
    page.locator(part).last.scroll_into_view_if_needed()
    expect(page.locator(part).last).to_be_in_viewport(ratio=0.2)
    page.locator(pane).evaluate("each => each.scrollIntoView({ block: 'end' })")
    box = page.locator(pane).bounding_box()
    assert box is not None
    assert min(box["y"] + box["height"], LOW[1]) - max(box["y"], 0) > 0.4 * LOW[1]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
