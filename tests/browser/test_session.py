"""One session: what was said and what ran, side by side and linked; the tree, the time axis, the graph."""

import json
import re
import time

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NARROW, UNLAID, Open
from tests.browser.world import CONTACT, DEEP_ID, SUPPORT, Story, chat
from tests.integration.exports import place, said
from tests.integration.serving import Server

ADDRESS = "/sessions/{0.assistantId}/{0.sessionId}".format(place(CONTACT, SUPPORT))
DEEP = "/sessions/{0.assistantId}/{0.sessionId}".format(place(DEEP_ID, SUPPORT))


def rows(page: Page, text: str) -> Locator:
    return page.get_by_role("treeitem").filter(has_text=text)


def test_a_conversation_reads_as_people_read(visit: Open) -> None:
    """Customer and agent in turns, parallel calls with their results, reasoning folded, what guardrails did."""
    page = visit(ADDRESS)
    said = page.get_by_label("Turns")
    expect(said.locator(".turn-event")).to_have_count(2)
    expect(page.locator(UNLAID)).to_have_count(0)
    expect(said.get_by_text("My booking BX-2231 to Lisbon was cancelled")).to_be_in_viewport()
    assert said.evaluate("each => each.scrollTop") == 0, "it opens at its beginning"
    first = said.locator(".turn", has_text="I will look for flights")
    expect(first.locator(".said-tool")).to_have_count(2)
    expect(first.locator(".said-tool", has_text="find_flights")).to_contain_text("TP 561")
    expect(first.locator(".said-tool", has_text="get_booking")).to_contain_text("no such booking")
    expect(first.locator(".fold-body")).to_have_count(0)
    first.get_by_role("button", name=re.compile("Reasoning")).click()
    expect(first.locator(".said-reasoning .fold-body")).to_contain_text("Two things are asked for")
    answer = said.locator(".turn", has_text="Offers")
    expect(answer.locator("table")).to_be_visible()
    expect(answer.get_by_role("link", name="terms")).to_have_attribute("href", "https://example.com/terms")
    answer.get_by_role("button", name=re.compile("house rules masked the output")).click()
    expect(answer).to_contain_text("sensitive information pii")
    expect(said.locator(".turn-event", has_text="escalated")).to_be_visible()


def test_what_was_not_answered_says_why(visit: Open, server: Server) -> None:
    """Of what a call that failed had heard, the last message tells of the failure, and no other looks failed."""
    story = Story("fa11ed00-0000-4000-8000-0000000fa11e")
    heard = [said("user", "Hello?"), said("assistant", "Hello!"), said("user", "Book it.")]
    story.fail(story.tell("chat", chat(heard, [])), "Rate limit reached", "RateLimitError")
    server.export(story.body)
    page = visit(f"/sessions/{story.place.assistantId}/{story.place.sessionId}")
    turns = page.get_by_label("Turns").locator(".turn")
    expect(turns).to_have_count(3)
    expect(turns.filter(has_text="ERR")).to_have_count(1)
    expect(turns.last).to_contain_text("Rate limit reached")


def test_choosing_one_shows_the_other(visit: Open) -> None:
    """A turn leads to its span, a span to its turn, and the address holds which."""
    page = visit(ADDRESS)
    page.get_by_label("Turns").locator(".turn", has_text="My booking").get_by_role("button").first.click()
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("gpt-4.1-mini")
    expect(page.get_by_label("Span", exact=True)).to_contain_text("You book trips")
    rows(page, "get_booking").click()
    expect(page.locator(".turn-chosen")).to_contain_text("get_booking")
    expect(page).to_have_url(re.compile("span="))
    page.reload()
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("get_booking")


def test_the_flow_tells_what_went_wrong(visit: Open) -> None:
    """Failures, timeouts and escalations are marked with their description, durations stand at the right."""
    page = visit(ADDRESS)
    booking = rows(page, "get_booking")
    expect(booking.get_by_title("BookingError: no such booking: BX-2231").first).to_be_visible()
    expect(booking).to_contain_text("ERR")
    expect(rows(page, "refund").filter(has_text="8.00 s").first).to_contain_text("TIMEOUT")
    expect(page.get_by_role("treeitem").filter(has_text="ESC")).to_be_visible()
    expect(page.get_by_role("treeitem").filter(has_text="handoff")).to_be_visible()
    page.get_by_role("button", name="failing step").click()
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("get_booking")
    page.keyboard.press("e")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("TIMEOUT")


def test_every_span_has_its_bar(visit: Open) -> None:
    """Also what is no agent, model or tool is drawn, in a colour that can be told from the ground."""
    page = visit(f"{DEEP}?span=failing")
    bar = page.get_by_role("treeitem").filter(has_text="level 390").locator(".bar-span")
    assert bar.evaluate("el => getComputedStyle(el).backgroundColor") != "rgba(0, 0, 0, 0)"
    assert bar.evaluate("el => el.getBoundingClientRect().width") > 1


def test_a_step_that_runs_is_seen_to_end(visit: Open, server: Server) -> None:
    """A span is shown while it runs; its end, and what it said, come without a reload."""
    running = Story("0a0a0000-0000-4000-8000-000000000a0a", start_ns=time.time_ns())
    call = running.tell("chat", chat([said("user", "Still there?")], []))
    ended = call.end_time_unix_nano
    call.end_time_unix_nano = 0
    server.export(running.body)
    page = visit(f"/sessions/{running.place.assistantId}/{running.place.sessionId}")
    expect(page.get_by_label("Live", exact=True)).to_be_visible()
    page.get_by_role("treeitem").click()
    panel = page.get_by_label("Span", exact=True)
    expect(panel).to_contain_text("running")
    expect(page.get_by_role("treeitem")).to_contain_text("RUN")
    call.end_time_unix_nano = ended
    told = json.dumps([said("assistant", "I am.")])
    call.attributes.add(key="gen_ai.output.messages").value.string_value = told
    server.export(running.body)
    expect(panel).to_contain_text("I am.")
    expect(panel).not_to_contain_text("running")
    expect(page.get_by_label("Turns")).to_contain_text("I am.")
    expect(page.get_by_role("treeitem")).not_to_contain_text("RUN")


def test_the_tree_folds_and_is_walked_by_keys(visit: Open) -> None:
    """Arrows move, fold and unfold; what is folded tells how many are below and how many failed."""
    page = visit(ADDRESS)
    rows(page, "trip-planner").first.click()
    tree = page.get_by_role("tree")
    tree.focus()
    tree.press("ArrowLeft")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    expect(page.get_by_role("treeitem")).to_contain_text("7, 2 failed")
    expect(page).to_have_url(re.compile("fold="))
    tree.press("ArrowRight")
    expect(page.get_by_role("treeitem")).to_have_count(8)
    tree.press("ArrowDown")
    expect(page.get_by_role("treeitem", selected=True)).to_have_attribute("aria-level", "2")
    page.get_by_role("button", name="Fold all ([)", exact=True).click()
    expect(page.get_by_role("treeitem")).to_have_count(1)
    page.get_by_role("button", name="Unfold all").click()
    expect(page.get_by_role("treeitem")).to_have_count(8)


def test_the_time_axis_is_zoomed_by_key_and_by_hand(visit: Open) -> None:
    """The chosen span fills the axis, a drag over the small picture chooses a part, and a key shows all again."""
    page = visit(ADDRESS)
    rows(page, "find_flights").click()
    width = "el => el.getBoundingClientRect().width"
    bar = rows(page, "find_flights").locator(".bar-span")
    before = bar.evaluate(width)
    page.keyboard.press("z")
    expect(page).to_have_url(re.compile(r"zoom=\d+-\d+"))
    assert bar.evaluate(width) > 2 * before
    page.keyboard.press("0")
    expect(page).not_to_have_url(re.compile("zoom="))
    box = page.locator(".minimap").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 10)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"zoom=\d+-\d+"))


def test_the_graph_tells_who_called_whom(visit: Open) -> None:
    """Agents, models and tools with their calls; one opens its first failure."""
    page = visit(ADDRESS)
    page.get_by_role("button", name="Graph").click()
    expect(page).to_have_url(re.compile("view=graph"))
    sheet = page.get_by_label("Agents, models and tools")
    for name in ("Customer", "trip-planner", "refunds", "gpt-4.1-mini", "find_flights"):
        expect(sheet.locator(".actor", has_text=name).first).to_be_visible()
    expect(sheet.get_by_role("button", name=re.compile("handoff"))).to_be_visible()
    sheet.locator(".actor", has_text="get_booking").click()
    expect(page.get_by_label("Span", exact=True)).to_contain_text("no such booking: BX-2231")


def test_four_hundred_levels_stay_readable(visit: Open) -> None:
    """The deepest span is reached and named, its level told where no more room is to indent."""
    page = visit(f"{DEEP}?span=failing")
    chosen = page.get_by_role("treeitem", selected=True)
    expect(chosen).to_contain_text("level 399")
    expect(chosen).to_contain_text("DepthError: the bottom gave way")
    expect(chosen).to_be_in_viewport()


def test_a_phone_shows_one_at_a_time(visit: Open) -> None:
    """Conversation, flow and span are tabs, and nothing stands beyond the edge."""
    page = visit(ADDRESS, size=NARROW)
    expect(page.get_by_label("Turns")).to_be_visible()
    page.get_by_role("button", name="Flow", exact=True).click()
    rows(page, "get_booking").click()
    expect(page.get_by_label("Span", exact=True)).to_contain_text("no such booking")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
