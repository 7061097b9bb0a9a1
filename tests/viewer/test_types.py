"""The viewer's types are those of the API."""

import os
import subprocess
from pathlib import Path
from typing import Final

from tools.describe_api import description

ROOT: Final = Path(__file__).parents[2]
VIEWER: Final = ROOT / "viewer"


def test_types_are_made_of_todays_description(tmp_path: Path) -> None:
    """Else ``make types`` makes them anew."""
    assert (VIEWER / "openapi.json").read_text() == description()
    made = tmp_path / "schema.ts"
    command = [
        "node_modules/.bin/openapi-typescript",
        "openapi.json",
        "--default-non-nullable",
        "false",
        "-o",
        str(made),
    ]
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, cwd=VIEWER, check=True, capture_output=True, env=os.environ | {"PATH": path})
    assert made.read_text() == (VIEWER / "src/api/schema.ts").read_text()
