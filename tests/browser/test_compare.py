"""Two sessions, or two spans, beside each other."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from playwright.sync_api import expect

from tests.browser.conftest import NARROW, Open
from tests.browser.world import CONTACT, RTL_ID, SUPPORT, Story, chat
from tests.integration.exports import place, said
from tests.integration.serving import Server, start

LONG_ID: Final = "10a00000-0000-4000-8000-00000000000a"

A = "{0.assistantId}/{0.sessionId}".format(place(CONTACT, SUPPORT))
B = "{0.assistantId}/{0.sessionId}".format(place(RTL_ID, SUPPORT))


def test_two_sessions_are_chosen_and_aligned(visit: Open) -> None:
    """From a session one key leads here, an id chooses the other; figures and steps stand in line."""
    page = visit(f"/sessions/{A}")
    expect(page.get_by_role("treeitem").first).to_be_visible()
    page.keyboard.press("c")
    newest = page.get_by_label("Newest sessions").get_by_role("button")
    expect(newest.filter(has_text="google-adk--openinference")).to_contain_text("What is the weather in Paris")
    page.get_by_label("Id", exact=True).fill(RTL_ID)
    page.get_by_role("button", name="Choose").click()
    expect(page.get_by_role("heading", name="Two sessions")).to_be_visible()
    for side, session in zip("AB", (CONTACT, RTL_ID), strict=True):
        named = page.locator(".compare-sides > div").filter(has=page.get_by_role("link", name=side, exact=True))
        expect(named).to_contain_text(session)
        expect(named).to_contain_text(SUPPORT)
    figures = page.get_by_label("Figures")
    expect(figures).to_contain_text("Spans")
    expect(figures.get_by_role("row").nth(3)).to_contain_text("\u22127")
    steps = page.get_by_label("Steps of both sessions")
    expect(steps.locator(".pair-removed", has_text="get_booking")).to_be_visible()
    expect(page).to_have_url(re.compile(r"a=.*&b="))
    page.get_by_role("button", name="Swap").click()
    expect(steps.locator(".pair-added", has_text="get_booking")).to_be_visible()


def test_what_was_said_is_aligned(visit: Open) -> None:
    """Turns of both in line, the rest alone; only differences on demand."""
    page = visit(f"/compare?a={A}&b={B}&show=said")
    lines = page.get_by_label("What was said in both sessions")
    expect(lines.locator(".difference").first).to_contain_text("My booking BX-2231")
    expect(lines.locator(".difference").first).to_contain_text("שלום")
    expect(lines).to_contain_text("took over")
    offers = lines.locator(".difference-a", has_text="# Offers")
    assert offers.locator(".big-text").evaluate("el => getComputedStyle(el).whiteSpace") == "pre-wrap"
    page.goto(page.url.replace(f"b={B}", f"b={A}"))
    page.get_by_role("button", name="Only differences").click()
    expect(page.get_by_text("No differences.")).to_be_visible()


def test_on_a_phone_the_sides_keep_their_names(visit: Open) -> None:
    """What both said stands there once, what one said under its name."""
    page = visit(f"/compare?a={A}&b={A}&show=said", size=NARROW)
    both = page.get_by_label("What was said in both sessions").locator(".difference").first
    expect(both.get_by_text("My booking BX-2231")).to_have_count(2)
    expect(both.get_by_text("My booking BX-2231").nth(1)).not_to_be_visible()
    named = "el => getComputedStyle(el, '::before').content"
    assert both.locator(".message-who").first.evaluate(named) == '"A, B · "'
    page.goto(page.url.replace(f"b={A}", f"b={B}"))
    apart = page.get_by_label("What was said in both sessions").locator(".difference").first.locator(".message-who")
    expect(apart).to_have_count(2)
    assert [side.evaluate(named) for side in apart.all()] == ['"A · "', '"B · "']


def test_two_spans_are_compared_message_by_message(visit: Open) -> None:
    """Prompts, parameters, messages and tokens; words that changed are marked."""
    page = visit(f"/compare?a={A}&b={A}")
    steps = page.get_by_label("Steps of both sessions")
    steps.locator(".pair", has_text="gpt-4.1-mini").first.click()
    expect(page.get_by_role("heading", name="Two spans")).to_be_visible()
    both = page.get_by_label("Both spans")
    for title in ("Parameters", "System instructions", "Input", "Output"):
        expect(both.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(both.get_by_label("Figures")).to_contain_text("same")


def test_of_long_conversations_the_first_turns_are_compared(visit: Open, servers: ExitStack, tmp_path: Path) -> None:
    """What differs after them is not called the same: the page says that it is not compared."""
    server = servers.enter_context(start(tmp_path / "long.db"))
    at = [_long(server, LONG_ID, "first"), _long(server, RTL_ID, "other")]
    page = visit(f"/compare?a={at[0]}&b={at[1]}&show=said&same=hide", base=server.url)
    expect(page.get_by_text("No differences.")).to_be_visible()
    expect(page.get_by_role("note")).to_contain_text("The first 2,000 turns of each are compared")
    page.get_by_role("button", name="Steps").click()
    expect(page.get_by_text("No differences.")).to_be_visible()
    expect(page.get_by_role("note")).to_have_count(0)


def _long(server: Server, session: str, last: str) -> str:
    """Export a session of more turns than are compared, the last of which is its own; return its place."""
    story = Story(session)
    for number in range(1_001):
        answer = last if number == 1_000 else f"Answer {number}."
        story.tell("chat", chat([said("user", f"Question {number}?")], [said("assistant", answer)]))
    server.export(story.body)
    return f"{story.place.assistantId}/{story.place.sessionId}"
