"""The built viewer as it is served: whole, small, and under a policy that lets nothing else run."""

import gzip
import re
from pathlib import Path
from typing import Final

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from spanglass.viewer import built

STATIC: Final = Path(built.__file__).parent / "static"
JAVASCRIPT_BYTES_MAX: Final = 400_000
POLICY_NAME: Final = "content-security-policy"


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=built.routes()))


@pytest.mark.parametrize(
    "address", ["/", "/overview", "/sessions/a/b", "/compare?a=1/2", "/login", "/find/an id/of any kind"]
)
def test_each_address_is_the_one_page(client: TestClient, address: str) -> None:
    """A link to any view answers with the page, which is asked for anew each time."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.text == (STATIC / "index.html").read_text()
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-encoding"] == "gzip"


def test_the_policy_lets_only_own_files_run(client: TestClient) -> None:
    """Page, files and errors are under a policy without any ``unsafe-``, other host, frame or inline code."""
    for path in ("/overview", "/viewer/favicon.svg", "/viewer/none.js"):
        headers = client.get(path).headers
        policy = headers[POLICY_NAME]
        assert "unsafe" not in policy
        assert "//" not in policy
        assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=|https?://", page)


def test_all_files_that_the_page_names_are_there_for_a_year(client: TestClient) -> None:
    """Files whose names tell their content may be kept; each has its type."""
    names = re.findall(r'(?:src|href)="(/viewer/assets/[^"]+)"', (STATIC / "index.html").read_text())
    assert names
    for name in names:
        answer = client.get(name)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].split(";")[0] in {"text/javascript", "text/css"}


def test_a_client_without_gzip_is_answered_plainly(client: TestClient) -> None:
    """The body is then as it was built."""
    answer = client.get("/overview", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == (STATIC / "index.html").read_bytes()


def test_a_missing_file_is_not_found(client: TestClient) -> None:
    """No path leads out of the folder."""
    for name in ("none.js", "assets/", "../built.py", "%2e%2e/built.py"):
        assert client.get(f"/viewer/{name}").status_code == 404


def test_an_installation_without_the_viewer_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where it was not built, the page tells what to do instead of an empty answer."""
    monkeypatch.setattr(built, "files", lambda _package: tmp_path)
    answer = TestClient(Starlette(routes=built.routes())).get("/overview")
    assert answer.status_code == 503
    assert "make setup" in answer.text


def test_all_javascript_together_is_small() -> None:
    """Compressed, all that the viewer could ever load stays under its bound."""
    scripts = [path.read_bytes() for path in STATIC.rglob("*.js")]
    assert scripts
    assert sum(len(gzip.compress(script)) for script in scripts) < JAVASCRIPT_BYTES_MAX
