"""A range of time at a glance, each figure with the sessions behind it."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.world import CONTACT
from tests.integration.exports import place


def test_figures_lead_to_their_sessions(visit: Open) -> None:
    """Sessions, failures, times, tokens, cost; a click on failures lists the sessions that failed."""
    page = visit("/overview?last=1y")
    for name in ("Sessions", "Failed", "Tokens", "Half take up to"):
        expect(page.locator(".figure", has_text=name).first).to_be_visible()
    page.locator(".figure", has_text="Failed").get_by_role("link").click()
    expect(page.get_by_role("combobox", name="Query")).to_have_value("last:1y status:error")
    expect(page.locator(".session-row", has_text=CONTACT)).to_be_visible()


def test_a_bar_leads_to_its_sessions(visit: Open) -> None:
    """Of all that is drawn over time, one bar lists the sessions that began in its part, and no others."""
    page = visit("/overview?last=1y")
    bar = page.get_by_role("list", name=re.compile("over time")).get_by_role(
        "link", name=re.compile(r": \d sessions?,")
    )
    told = re.search(r": (\d) sessions?, (\d) failed", bar.first.get_attribute("title") or "")
    assert told
    bar.first.click()
    expect(page.get_by_role("combobox", name="Query")).to_have_value(re.compile("^from:.* to:"))
    expect(page.locator(".session-row:has(.session-name)")).to_have_count(int(told[1]))
    expect(page.locator(".session-outcome .bad")).to_have_count(int(told[2]))


def test_models_agents_and_tools_are_ranked(visit: Open) -> None:
    """Tables sort by a click, and each name leads to its sessions."""
    page = visit("/overview?last=1y")
    tools = page.get_by_label("Tools", exact=True)
    header = tools.get_by_role("columnheader", name=re.compile("Calls"))
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    page.get_by_label("Agents", exact=True).get_by_role("link", name="trip-planner").click()
    expect(page.get_by_role("combobox", name="Query")).to_have_value("last:1y agent:trip-planner")
    expect(page.locator(".session-row", has_text=CONTACT)).to_be_visible()


def test_a_range_without_sessions_says_so(visit: Open) -> None:
    """The range is in the address."""
    page = visit(f"/overview?last=1y&assistant={place(CONTACT, 'desk-0').assistantId}")
    page.get_by_role("button", name="1h", exact=True).click()
    expect(page).to_have_url(re.compile("last=1h"))
    expect(page.get_by_text("No sessions in this time")).to_be_visible()
