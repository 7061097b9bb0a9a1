"""The documentation as a site: it is whole, and asks no other host for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT

pytestmark = pytest.mark.xdist_group("site")  # which is built but once


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site, built as ``make site`` builds it; a warning is an error."""
    target = tmp_path_factory.mktemp("site")
    options = ["-q", "-W", "--keep-going", "-c", str(ROOT / "docs/site"), "-d", str(target / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *options, str(ROOT), str(target / "site")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target / "site"


def test_every_document_is_in_the_site_and_its_contents(site: Path) -> None:
    """Each page is there, and the list of contents leads to it."""
    first = (site / "README.html").read_text()
    for page in PAGES:
        built = page.replace(".md", ".html")
        assert (site / built).is_file(), page
        assert f'href="{built}"' in first or page == "README.md", page


def test_the_site_asks_no_other_host(site: Path) -> None:
    """Scripts, styles, fonts and pictures are its own."""
    for page in site.rglob("*.html"):
        assert not re.findall(r"""<(?:script|img|iframe)[^>]*\ssrc=["']?(?:https?:)?//""", page.read_text()), page
        assert not re.findall(r"""<link[^>]*href=["']?(?:https?:)?//""", page.read_text()), page
    for style in site.rglob("*.css"):
        assert not re.findall(r"""(?:@import|url\()\s*["']?(?:https?:)?//""", style.read_text()), style
