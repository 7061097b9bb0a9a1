"""The project's documents as their tests read them: fenced blocks, tables, links, names in code."""

import re
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = tuple(
    sorted(page.relative_to(ROOT).as_posix() for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))
)
"""All documents, from the repository's root."""

_FENCED: Final = r"^```{}\n(.*?)^```$"
_BLOCK: Final = re.compile(
    _FENCED.format(r"(\w*)") + rf"(?:\n\n{_FENCED.format('(?:text|json)')})?", re.MULTILINE | re.DOTALL
)
_CODE: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block; ``output`` is that of the ``text`` or ``json`` block right behind it, or None."""

    language: str
    text: str
    output: str | None


def read(page: str) -> str:
    """Return a page's text."""
    return (ROOT / page).read_text()


def blocks(page: str) -> list[Block]:
    """Return a page's fenced blocks."""
    return blocks_of(read(page))


def blocks_of(text: str) -> list[Block]:
    """Return the fenced blocks of a part of a page."""
    return [Block(*match.groups()) for match in _BLOCK.finditer(text)]


def sections(page: str) -> list[tuple[str, str]]:
    """Return a page's sections of the second level, each as its heading and text; first what stands before them."""
    before, *parts = re.split(r"^## ", read(page), flags=re.MULTILINE)
    return [("", before), *((title, text) for title, _, text in (part.partition("\n") for part in parts))]


def prose(page: str) -> str:
    """Return a page without its fenced blocks."""
    return _BLOCK.sub("", read(page))


def code(page: str) -> list[str]:
    """Return what stands in back quotes in a page's prose."""
    return _CODE.findall(prose(page))


def links(page: str) -> list[str]:
    """Return the targets of a page's links."""
    return _LINK.findall(prose(page))


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the tables under a heading, without the tables' own heads."""
    section = re.split(r"^#+ ", prose(page).partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    ruled = [number for number, line in enumerate(lines) if set(line) <= set("|- ")]
    heads = {number - 1 for number in ruled} | set(ruled)
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for number, line in enumerate(lines)
        if number not in heads
    ]
