"""One span: what is new in it first, all else a key away, and ways to take it elsewhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.world import CONTACT, MAPPED_ID, SUPPORT
from tests.integration.exports import place

AWS = Path(__file__).parents[2] / ".clients" / "awscli" / "bin" / "aws"
NEEDS_AWS = pytest.mark.skipif(not AWS.exists(), reason="the AWS CLI is not installed: make setup-clients")
ADDRESS = "/sessions/{0.assistantId}/{0.sessionId}".format(place(CONTACT, SUPPORT))


def second_call(visit: Open) -> Page:
    """Open the call that goes on from an earlier one."""
    page = visit(ADDRESS)
    page.get_by_role("treeitem").filter(has_text="gpt-4.1-mini").nth(1).click()
    return page


def test_what_is_new_stands_first(visit: Open) -> None:
    """Messages that repeat the call before are folded; a key shows the whole context, and the new ones stay marked."""
    page = second_call(visit)
    panel = page.get_by_label("Span", exact=True)
    expect(panel).to_contain_text("1 new of 3")
    old = panel.get_by_text("My booking BX-2231 to Lisbon was cancelled")
    expect(old).to_have_count(0)
    expect(panel).to_contain_text("TP 561")
    page.keyboard.press("n")
    expect(old).to_be_visible()
    expect(page).to_have_url(re.compile("context=all"))
    assert panel.locator(".message-new").count() == 1
    panel.get_by_role("button", name="Open that call").click()
    expect(panel).to_contain_text("I will look for flights")


def test_details_tell_tokens_parameters_and_what_was_not_understood(visit: Open) -> None:
    """Tokens by kind, members in words, ids, and the attributes that became no member."""
    page = second_call(visit)
    panel = page.get_by_label("Span", exact=True)
    panel.get_by_role("button", name="Details").click()
    expect(page).to_have_url(re.compile("show=details"))
    for text in ("Read from cache", "Request model", "gpt-4.1-mini", "Identity", "Span ID"):
        expect(panel).to_contain_text(text)
    expect(panel.get_by_text("Cost")).to_be_visible()


def test_the_mapping_tells_what_became_of_each_attribute(visit: Open) -> None:
    """Which attribute fills which member by which dialect, what was not used and why, and what nobody claims."""
    explained = "{0.assistantId}/{0.sessionId}".format(place(MAPPED_ID, SUPPORT))
    page = visit(f"/sessions/{explained}")
    page.get_by_role("treeitem").first.click()
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("show=mapping"))
    panel = page.get_by_label("Span", exact=True)
    for title, cells in (
        ("Became members", ("gen_ai.request.model", "request_model", "OpenTelemetry GenAI")),
        ("Part of others", ("event gen_ai.user.message", "gen_ai.events.input.messages", "OpenTelemetry GenAI")),
        (
            "Not used",
            (
                "gen_ai.usage.prompt_tokens",
                "gen_ai.usage.input_tokens stands before it as input_tokens",
                "OpenTelemetry GenAI",
            ),
        ),
        ("Claimed by nobody", ("app.note",)),
    ):
        group = panel.locator("section", has=page.get_by_role("heading", name=title))
        expect(group.get_by_role("row").filter(has_text=cells[0]).locator("th, td")).to_have_text(cells)
    panel.get_by_role("button", name="Mapping").press("Enter")
    page.keyboard.press("m")
    expect(page).not_to_have_url(re.compile("show=mapping"))


def test_raw_is_what_list_spans_gives(visit: Open) -> None:
    """The JSON of the span, to be copied whole."""
    page = second_call(visit)
    page.keyboard.press("r")
    panel = page.get_by_label("Span", exact=True)
    expect(panel).to_contain_text("As ListSpans gives it")
    panel.get_by_role("button", name="Copy the JSON").click()
    expect(panel.get_by_role("status").filter(has_text="Copied").first).to_be_attached()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["attributes"]["requestModel"] == "gpt-4.1-mini"
    assert "detail" not in copied


@pytest.mark.parametrize(
    ("label", "begins", "shell"),
    [
        ("Copy as Python with boto3", "import boto3", (sys.executable, "-c")),
        ("Copy as a curl command", "curl", ("sh", "-c")),
        pytest.param("Copy as a command of the AWS CLI", "aws", ("sh", "-c"), marks=NEEDS_AWS),
    ],
)
def test_it_is_copied_as_code_that_runs(visit: Open, label: str, begins: str, shell: tuple[str, str]) -> None:
    """What is pasted, as it is and without any setting, prints the span."""
    page = second_call(visit)
    page.get_by_title(label).first.click()
    page.wait_for_function("word => navigator.clipboard.readText().then(text => text.startsWith(word))", arg=begins)
    command = (*shell, page.evaluate("navigator.clipboard.readText()"))
    path = f"{AWS.parent}:{os.environ['PATH']}"
    printed = subprocess.run(command, env={"PATH": path, "no_proxy": "*"}, check=True, capture_output=True, text=True)
    span_id = re.search("span=([^&]+)", page.url)
    assert span_id
    assert span_id[1] in printed.stdout
    assert "gpt-4.1-mini" in printed.stdout


def test_its_link_is_its_address(visit: Open) -> None:
    """What is copied opens the same span."""
    page = second_call(visit)
    expect(page).to_have_url(re.compile("span="))
    page.get_by_title("Copy a link to this span").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text === location.href)")


def test_escape_closes_it(visit: Open) -> None:
    """The address forgets it, too."""
    page = second_call(visit)
    expect(page).to_have_url(re.compile("span="))
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("span="))
    expect(page.get_by_label("Span", exact=True)).to_have_count(0)
