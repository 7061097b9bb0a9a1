"""What ``make guides`` runs of the page of frameworks: every program there."""

import ast
import re

import pytest

from tests.docs.guides import FILE, PAGE, Guide, guides
from tests.docs.pages import blocks_of, sections


def test_every_section_with_a_program_is_run() -> None:
    """A section that shows a program names its packages, too."""
    shown = [title for title, text in sections(PAGE)[1:] if any(FILE.match(block.text) for block in blocks_of(text))]
    assert shown == [guide.title for guide in guides()]
    assert len(shown) > 5


@pytest.mark.parametrize("guide", guides(), ids=lambda guide: guide.slug)
def test_a_section_runs_what_it_shows(guide: Guide) -> None:
    """Each program is written to a file that a later command runs, and is Python where it says so."""
    assert guide.packages
    program, *rest = [block for block in guide.blocks if not block.text.startswith("# telemetry.py")]
    named = FILE.match(program.text)
    assert named
    assert re.search(rf"^(python|node) {re.escape(named[1])}$", rest[0].text, re.MULTILINE)
    if program.language == "python":
        ast.parse(program.text)
