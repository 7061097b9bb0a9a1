"""What the documents name is there: links, files, functions, commands, tests."""

import importlib
import pkgutil
import re
from functools import reduce
from pathlib import Path

import pytest

import spanglass
from tests.docs.pages import PAGES, ROOT, anchors, blocks, code, links, prose, read

SOURCES = ROOT / "src" / "spanglass"
SUFFIXES = (".py", ".md", ".toml", ".sql")
_PATH = re.compile(r"\.?[\w.-]+(?:/[\w.-]+)*/?")
_NAME = re.compile(r"([\w/]+\.py):([\w.]+)")
_MEDIA_TYPE = re.compile(r"(application|text)/[\w.+-]+")


def made_by_tours() -> set[str]:
    """Return the files that the documents' snippets make."""
    snippets = (block.text for page in PAGES for block in blocks(page) if block.language == "python")
    return {text.partition("\n")[0].removeprefix("# ") for text in snippets}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Each relative link is a file, and its anchor a heading there."""
    for link in links(page):
        target, _, anchor = link.partition("#")
        if target.startswith("https://"):
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), link
        assert not anchor or anchor in anchors(path.resolve().relative_to(ROOT).as_posix()), link


@pytest.mark.parametrize("page", PAGES)
def test_files_exist(page: str) -> None:
    """Each path in back quotes is a file or folder of the repository, or of the package."""
    named = [name for name in code(page) if _PATH.fullmatch(name) and not _MEDIA_TYPE.fullmatch(name)]
    paths = [name for name in named if "/" in name or name.endswith(SUFFIXES)]
    missing = [name for name in paths if not (ROOT / name).exists() and not (SOURCES / name).exists()]
    assert set(missing) <= made_by_tours()


@pytest.mark.parametrize("page", PAGES)
def test_functions_and_classes_exist(page: str) -> None:
    """Each ``file.py:name``, in diagrams too, is a name of that module."""
    for path, name in _NAME.findall(read(page)):
        module = importlib.import_module(
            f"spanglass.{path.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")
        )
        assert reduce(getattr, name.split("."), module), (path, name)


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str) -> None:
    """Each ``make`` target is one of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", prose(page))) <= targets


def test_contributing_lists_every_command() -> None:
    """CONTRIBUTING names each of the Makefile's commands that ``make help`` lists."""
    listed = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    assert set(re.findall(r"`make ([a-z-]+)`", read("CONTRIBUTING.md"))) == listed


def test_architecture_names_every_part() -> None:
    """ARCHITECTURE's table of parts has each module and package of the top level, and the diagram each too."""
    parts = {module.name: f"{module.name}/" if module.ispkg else f"{module.name}.py" for module in top_level()}
    named = set(code("ARCHITECTURE.md"))
    assert set(parts.values()) <= named
    diagram = blocks("ARCHITECTURE.md")[0].text
    assert set(re.findall(r"\w+", diagram)) == parts.keys()


def top_level() -> list[pkgutil.ModuleInfo]:
    return list(pkgutil.iter_modules(spanglass.__path__))


def test_layers_are_those_that_are_enforced() -> None:
    """ARCHITECTURE's layers are import-linter's."""
    contract = (ROOT / "pyproject.toml").read_text().partition('name = "Imports run one way"')[2]
    enforced = re.findall(r'"([^"]+)",?\n', contract.partition("layers = [")[2].partition("\n]")[0] + "\n")
    diagram = " ".join(blocks("ARCHITECTURE.md")[0].text.split())
    assert diagram.split(" > ") == enforced


def test_every_page_is_reached_from_the_readme() -> None:
    """A reader who follows links from the README gets to every page, the decisions by their folder."""
    reached, waiting = set[str](), ["README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = ((ROOT / page).parent / link.partition("#")[0] for link in links(page) if "//" not in link)
        found = {Path(target).resolve().relative_to(ROOT).as_posix() for target in targets}
        waiting += sorted(name for name in found - reached if name.endswith(".md") and name not in waiting)
    decisions = {page for page in PAGES if page.startswith("docs/decisions/")}
    assert set(PAGES) - decisions <= reached


def test_changes_tell_of_this_version() -> None:
    """The changelog's newest heading is the package's version."""
    newest = re.search(r"^## \[([^\]]+)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == spanglass.__version__
