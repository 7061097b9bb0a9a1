"""``make guides``: the programs of `docs/frameworks.md`, run to the letter, each with the packages that it names.

Every section has an environment of its own, made from its ``pip install`` or ``npm install``. The model is the
recorder's stand-in, the server is a real one, and boto3 tells whether the session is whole. It takes minutes and
gigabytes, so it is no part of ``make test``.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from recorder.emitter import Emitter
from recorder.environment import interpreter_of, variables
from recorder.recording import Recording
from recorder.server import Ends, serving
from tests.docs.pages import Block, blocks_of, sections
from tests.integration.serving import Server, start

PAGE: Final = "docs/frameworks.md"
ENVIRONMENTS: Final = Path(".recorder/guides")
SESSION: Final = "trip-7"
SECONDS_MAX: Final = 300
FILE: Final = re.compile(r"(?:#|//) (\S+)\n")


class Guide(NamedTuple):
    """A section with a program: its packages, and its blocks in order."""

    title: str
    installer: str
    packages: tuple[str, ...]
    blocks: list[Block]

    @property
    def slug(self) -> str:
        """Return what its environment is called."""
        return re.sub(r"\W+", "-", self.title.lower())


def guides() -> list[Guide]:
    """Return the sections that install something; what stands before the first of them, each needs as well."""
    found = []
    (_, before), *rest = sections(PAGE)
    common = [block for block in blocks_of(before) if block.language == "python"]
    for title, text in rest:
        own = blocks_of(text)
        install = next((block for block in own if re.match(r"(pip|npm) install ", block.text)), None)
        if install:
            installer, _, *packages = shlex.split(install.text)
            kept = [block for block in own if block is not install]
            found.append(Guide(title, installer, tuple(packages), [*common, *kept]))
    return found


def follow(guide: Guide, server: Server, ends: Ends) -> None:
    """Do in an empty folder what a section says."""
    emitter = Emitter(guide.slug, "", guide.packages if guide.installer == "pip" else (), ())
    python = interpreter_of(emitter, ENVIRONMENTS.absolute(), upgrade=False)
    environment = variables(emitter, "", ends) | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.url,
        "PATH": f"{python.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with tempfile.TemporaryDirectory() as folder:
        if guide.installer == "npm":
            install = f"npm install --silent --no-audit --no-fund {shlex.join(guide.packages)}"
            _shell(install, folder, environment | os.environ)
        for block in guide.blocks:
            if named := FILE.match(block.text):
                (Path(folder) / named[1]).write_text(block.text)
            elif block.language == "sh":
                _shell(block.text, folder, environment)


def _shell(text: str, folder: str, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-e", "-c", text],  # noqa: S607 (the shell of whoever reads the page)
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{text}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def lacking(server: Server) -> Iterator[str]:
    """Tell what the session lacks of what a user expects of it."""
    names = [session["name"] for session in server.ask("/api/sessions").json()["sessions"]]
    if names != [SESSION]:
        yield f"the sessions are {names}"
        return
    spans = [span["attributes"] for span in server.spans(server.places()[0])]
    calls = [span for span in spans if span.get("operationName") == "inference"]
    tools = [span for span in spans if span.get("operationName") == "execute_tool"]
    if not calls:
        yield f"no call of a model among {[span.get('operationName') for span in spans]}"
    for call in calls:
        for member in ("requestModel", "inputMessages", "outputMessages", "usageInputTokens", "usageOutputTokens"):
            if not call.get(member):
                yield f"a call of a model has no {member}"
    if "toolUse" in str([call.get("outputMessages") for call in calls]) and not tools:
        yield "no call of the tool"
    for tool in tools:
        if "toolUse" not in str(tool.get("inputMessages")) or "toolResult" not in str(tool.get("outputMessages")):
            yield "the tool's call lacks its arguments or its result"


def main() -> None:
    """Follow the sections that are named, or all."""
    parser = argparse.ArgumentParser(prog="make guides", description=__doc__)
    known = {guide.slug: guide for guide in guides()}
    parser.add_argument("guide", nargs="*", help=f"which of {', '.join(known)} (default: all)")
    chosen = parser.parse_args().guide or list(known)
    bad = 0
    for slug in chosen:
        with (
            tempfile.TemporaryDirectory() as folder,
            serving(Recording()) as ends,
            start(Path(folder) / "spans.db") as server,
        ):
            follow(known[slug], server, ends)
            wrong = list(lacking(server))
        bad += bool(wrong)
        print(f"{slug:24} {'; '.join(dict.fromkeys(wrong)) or 'whole'}")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
