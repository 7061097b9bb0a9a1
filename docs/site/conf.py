"""The documents as a site, by Sphinx: ``make site`` builds it into ``site/``, which any web server serves.

The source is the repository's root, so links between its pages hold in the site as they do in the repository.
"""

from pathlib import Path
from typing import Final

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

project = "Spanglass"
project_copyright = "the authors of Spanglass"
extensions = ["myst_parser", "sphinx_copybutton"]
root_doc = "README"
include_patterns = ["*.md", "docs/**"]
exclude_patterns = ["docs/site"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = project
html_favicon = "../../viewer/public/favicon.svg"
html_additional_pages = {"index": "index.html"}
templates_path = ["."]
html_copy_source = False
html_show_sphinx = False
suppress_warnings = ["misc.highlighting_failure"]  # what varies in an output is an ellipsis, also in JSON

SECTIONS: Final = {
    "Guides": ["connect", "frameworks", "record", "viewer", "pictures", "cli", "testing", "migrating"],
    "Production": ["operations", "cassandra", "cluster", "security", "masking", "metrics", "performance"],
    "Programs": ["clients", "client", "reading", "api"],
    "Data": ["pull", "moving", "putspans"],
    "Reference": ["configuration", "listspans", "resources", "otlp"],
    "Mapping": ["mapping", "dialects", "explain", "recording"],
}
"""The list of contents: pages of ``docs/`` by what one comes for; what has no place here stands behind."""


def add_contents(app: Sphinx, name: str, source: list[str]) -> None:
    """Add the list of contents, which the pages themselves do not have, to the first page."""
    if name != app.config.root_doc:
        return
    sections = {title: [f"docs/{page}" for page in pages] for title, pages in SECTIONS.items()}
    placed = {page for pages in SECTIONS.values() for page in pages}
    others = sorted({path.stem for path in (Path(app.srcdir) / "docs").glob("*.md")} - placed)
    sections["More"] = [f"docs/{page}" for page in others]
    decisions = sorted(path.stem for path in (Path(app.srcdir) / "docs/decisions").glob("*.md"))
    sections["Project"] = ["ARCHITECTURE", "CONTRIBUTING", "CHANGELOG"]
    sections["Decisions"] = [f"docs/decisions/{name}" for name in decisions]
    for title, pages in sections.items():
        source[0] += "\n```{toctree}\n:hidden:\n:caption: " + title + "\n\n" + "\n".join(pages) + "\n```\n"


def setup(app: Sphinx) -> None:
    """Register what changes pages on reading."""
    app.connect("source-read", add_contents)
    StandaloneHTMLBuilder.supported_image_types += ["image/webp"]
