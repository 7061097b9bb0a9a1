"""The list of sessions: what a row tells, the query by clicks and by typing, the search, what arrives, endlessly."""

import random
import re
import time
from itertools import islice
from urllib.parse import urlencode

from playwright.sync_api import Route, expect

from tests.browser.conftest import NARROW, Held, Open
from tests.browser.world import CONTACT, MANY, one
from tests.integration.exports import Conversation, export
from tests.integration.serving import Server


def test_a_row_tells_what_happened(visit: Open) -> None:
    """Time, name, assistant, agents, models, figures, errors, a picture of its spans and what was said first."""
    page = visit("/?q=assistant:support-desk")
    row = page.locator(".session-row", has_text=CONTACT)
    expect(row).to_contain_text("trip-planner")
    expect(row).to_contain_text("gpt-4.1-mini")
    expect(row).to_contain_text("8 spans")
    expect(row.locator(".session-opening")).to_contain_text("My booking BX-2231 to Lisbon")
    expect(row).to_contain_text(re.compile(r"BookingError|timeout"))
    assert row.locator("svg rect").count() >= 3


def test_clicks_and_typing_are_one_query(visit: Open) -> None:
    """A click on a filter writes its condition, typing one presses the filter, and the address holds both."""
    page = visit("/")
    page.get_by_role("button", name="error", exact=True).click()
    expect(page).to_have_url(re.compile(r"q=status%3Aerror"))
    expect(page.get_by_role("combobox", name="Query")).to_have_value("status:error")
    expect(page.locator(".session-row", has_text=CONTACT)).to_be_visible()
    page.get_by_role("combobox", name="Query").fill("status:running")
    expect(page.get_by_role("button", name="running", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile(r"q=status%3Arunning"))
    page.reload()
    expect(page.get_by_role("combobox", name="Query")).to_have_value("status:running")


def test_several_assistants_are_one_list(visit: Open) -> None:
    """Sessions of any of the assistants that are named are listed, and of no other."""
    page = visit("/?q=assistant:support-desk assistant:desk-0")
    expect(page.locator(".session-row", has_text="desk-0").first).to_be_visible()
    expect(page.locator(".session-row", has_text="support-desk").first).to_be_visible()
    expect(page.locator(".session-row", has_text="vercel-ai")).to_have_count(0)


def test_conditions_are_completed(visit: Open) -> None:
    """The box offers the names of conditions, then values that sessions have, and what is unusable it names."""
    page = visit("/")
    box = page.get_by_role("combobox", name="Query")
    box.press_sequentially("ag")
    expect(page.get_by_role("option", name=re.compile("^agent:"))).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("agent:")
    box.press_sequentially("trip")
    page.get_by_role("option", name=re.compile("trip-planner")).click()
    expect(page).to_have_url(re.compile("q=agent%3Atrip-planner"))
    expect(box).to_have_value("agent:trip-planner ")
    expect(page.locator(".session-row:has(.session-name)")).to_have_count(1)
    box.fill("status:fine ")
    expect(page.locator("#query-problem")).to_contain_text("status")


def test_each_condition_is_completed_and_narrows(visit: Open) -> None:
    """What is offered for each condition is taken by a key, and lists the session that is like that."""
    page = visit("/")
    box = page.get_by_role("combobox", name="Query")
    for typed, offered, condition in (
        ("assistant:support", "support-desk", "assistant:support-desk"),
        ("model:gpt-4.1", "gpt-4.1-mini", "model:gpt-4.1-mini"),
        ("tool:find_f", "find_flights", "tool:find_flights"),
        ("error:Book", "BookingError", "error:BookingError"),
        ("status:tim", "timeout", "status:timeout"),
        ("status:error last:24", "24h", "status:error last:24h"),
        ("status:error dur", "duration>", "status:error duration>14s"),
        ("status:error tok", "tokens>", "status:error tokens>1k"),
        ("status:error fr", "from:", "status:error from:2026-01-01"),
        ("status:timeout to:", "", "status:timeout to:2099-01-01"),
    ):
        box.fill(typed)
        if offered:
            expect(page.get_by_role("option", name=re.compile(f"^{re.escape(offered)}"))).to_be_visible()
            box.press("ArrowDown")
            box.press("Enter")
        box.press_sequentially(condition.removeprefix(box.input_value().rstrip()))
        expect(page).to_have_url(re.compile(f"q={re.escape(urlencode({'': condition})[1:])}$"))
        expect(page.locator(".session-row", has_text=CONTACT)).to_be_visible()


def test_a_page_without_sessions_is_not_the_end(visit: Open) -> None:
    """A search that looked at many sessions in vain goes on by itself, and says meanwhile that it does."""
    page = visit("/login")
    held = Held(lambda route: route.continue_(url=route.request.url.replace("cursor=further", "")))

    def answer(route: Route) -> None:
        if "cursor=" in route.request.url:
            held.take(route)
        else:
            route.fulfill(json={"sessions": [], "nextCursor": "further"})

    page.route("**/api/sessions?*", answer)
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_text("Loading older sessions")).to_be_visible()
    held.let_go()
    expect(page.locator(".session-name").first).to_be_visible()


def test_what_the_query_holds_can_be_taken_away_by_a_click(visit: Open) -> None:
    """A value that is not among the most frequent stands among the filters as long as it is asked for."""
    page = visit("/?q=assistant:support-desk tool:nothing_like_it")
    for group, value in (("Assistant", "support-desk"), ("Tool", "nothing_like_it")):
        page.get_by_role("group", name=group, exact=True).get_by_role("button", name=value, pressed=True).click()
    expect(page.get_by_role("combobox", name="Query")).to_have_value("")


def test_what_is_typed_stays_as_the_address_follows(visit: Open) -> None:
    """A pause between two words takes nothing of them away, and a completion is gone on with at once."""
    page = visit("/")
    box = page.get_by_role("combobox", name="Query")
    box.press_sequentially("status:error ")
    expect(page).to_have_url(re.compile("q=status%3Aerror$"))
    page.keyboard.type("ag")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("trip-planner x", delay=120)
    expect(page).to_have_url(re.compile(r"q=status%3Aerror\+agent%3Atrip-planner\+x$"))
    expect(box).to_have_value("status:error agent:trip-planner x")


def test_words_that_were_said_are_found_and_marked(visit: Open) -> None:
    """A hit shows the piece of the message with the words marked, and opens on the session."""
    page = visit("/?q=Lisbon cancelled")
    row = page.locator(".session-row", has_text=CONTACT)
    expect(row.locator("mark").first).to_have_text(re.compile("cancelled|Lisbon"))
    row.get_by_role("link", name=re.compile("cancelled")).click()
    expect(page.get_by_role("heading", name=CONTACT)).to_be_visible()
    expect(page.locator(".turn-chosen").first).to_contain_text("was cancelled")
    marked = "[...(CSS.highlights.get('sought') ?? [])].map(String)"
    page.wait_for_function(f"{marked}.length > 0")
    assert set(page.evaluate(marked)) == {"Lisbon", "cancelled"}


def test_nothing_found_says_so(visit: Open) -> None:
    """The way back stands beside it."""
    page = visit("/?q=agent:nobody")
    expect(page.get_by_text("No session is like that")).to_be_visible()
    page.get_by_role("button", name="All sessions").click()
    expect(page.get_by_role("combobox", name="Query")).to_have_value("")


def test_the_list_goes_on_as_one_scrolls(visit: Open) -> None:
    """Rows are drawn as they come in sight, and pages asked for as they are needed."""
    page = visit("/")
    first = page.locator(".session-row:has(.session-name)").first
    expect(first).to_be_visible()
    assert page.locator(".session-row:has(.session-name)").count() < MANY
    page.locator(".sessions-scroll").hover()
    last = (
        "Math.max(...Array.from(document.querySelectorAll('.sessions-scroll [data-index]'), row => row.dataset.index))"
    )
    seen = page.evaluate(last)
    while seen < MANY:
        page.mouse.wheel(0, 1200)
        page.wait_for_function(f"seen => {last} > seen", arg=seen)
        seen = page.evaluate(last)


def test_a_session_that_arrives_is_seen_without_reload(visit: Open, server: Server) -> None:
    """A new session appears in the open list, and grows in it; what it has becomes a filter."""
    page = visit("/")
    expect(page.get_by_label("Live", exact=True)).to_be_visible()
    tools = page.get_by_role("group", name="Tool", exact=True)
    expect(tools.get_by_role("button").first).to_be_visible()
    tools.get_by_role("button", name=re.compile("more$")).click()
    story = one("11fe0000-0000-4000-8000-0000000011fe", "Is anybody there?", "Here I am.", start_ns=time.time_ns())
    server.export(story.body)
    row = page.locator(".session-row", has_text="11fe0000")
    expect(row).to_contain_text("1 span")
    story.tell("execute_tool look", {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look"})
    server.export(story.body)
    expect(row).to_contain_text("2 spans")
    expect(tools.get_by_role("button", name=re.compile("^look"))).to_be_visible()


def test_filters_fold_away_on_a_phone(visit: Open) -> None:
    """A narrow window shows the list first, the filters at a tap, and nothing beyond its edge."""
    page = visit("/", size=NARROW)
    expect(page.get_by_role("button", name="error", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("button", name="error", exact=True).click()
    expect(page.locator(".session-row", has_text=CONTACT)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_more_conversations_are_whole(server: Server) -> None:
    """The world under these tests has what they count on."""
    conversation = Conversation(random.Random(0), words=12)  # noqa: S311
    (turn, *_) = islice(conversation.turns(1), 1)
    assert export(*turn).ids
    assert len(server.places()) > MANY
