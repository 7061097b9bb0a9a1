"""Where the server asks for keys: who comes without one signs in, and then is where they wanted to be."""

import re
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.world import one
from tests.integration.issuing import make_key, start_with_keys

SESSION = "5ec2e700-0000-4000-8000-000000005ec2"


def test_a_key_opens_the_viewer(visit: Open, servers: ExitStack, tmp_path: Path) -> None:
    """The page for the key comes by itself, refuses a wrong one, leads back to what was asked for, till one leaves."""
    key = make_key(tmp_path, "admin")
    server = servers.enter_context(start_with_keys(tmp_path))
    headers = key.headers | {"content-type": "application/x-protobuf"}
    assert server.ask("/v1/traces", one(SESSION, "Who is there?", "It is me.").body, headers).status == 200
    page = visit("/?q=who", base=server.url, tolerated="401")
    expect(page).to_have_url(re.compile("/login"))
    page.get_by_label("Access key").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This key is not known here.")
    page.get_by_label("Access key").fill(key.token)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("q=who"))
    expect(page.get_by_role("link", name=SESSION)).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("sign out")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Access key")).to_be_visible()
    page.goto(f"{server.url}/?q=who")
    expect(page).to_have_url(re.compile("/login"))
    assert key.token not in page.evaluate("document.cookie + JSON.stringify(localStorage)")
