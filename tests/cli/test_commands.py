"""The command as a whole: what a shell completes."""

import subprocess
import sys
from pathlib import Path

from tests.cli.running import SECONDS_MAX, environment

COMMAND = Path(sys.executable).with_name("spanglass")
"""As a shell knows it: completion goes by the name."""


def completed(words: str) -> list[str]:
    """Return what bash is offered for the last word."""
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_SPANGLASS_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [COMMAND], env=environment(**asked), capture_output=True, text=True, timeout=SECONDS_MAX, check=True
    )
    return done.stdout.split()


def test_a_shell_completes_commands_and_options() -> None:
    """By their beginnings, also those of a command within a command."""
    assert completed("spanglass se") == ["serve", "sessions", "search"]
    assert completed("spanglass sessions --max") == ["--max-duration", "--max-tokens"]
    assert completed("spanglass keys cr") == ["create"]
