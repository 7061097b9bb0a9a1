"""``python -m recorder EMITTER``: records what a framework exports, and what really happened, case by case."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from recorder.emitter import Emitter
from recorder.emitters import EMITTERS
from recorder.environment import DRIVERS, interpreter_of, private_texts, variables
from recorder.recording import Recording
from recorder.server import serving

FOLDER: Final = Path(".recorder")
"""Where environments are kept, and recordings unless told otherwise."""
ENVIRONMENTS: Final = FOLDER / "environments"
CASE_SECONDS_MAX: Final = 180


class RecorderError(Exception):
    """A case could not be recorded; the message says why."""


def record(emitter: Emitter, case: str, interpreter: Path, into: Path) -> list[Path]:
    """Run a driver through one case; return the files written.

    Raises:
        RecorderError: The driver failed, took too long, or exported nothing.
    """
    recording = Recording()
    with serving(recording) as ends:
        command = [str(interpreter), str(DRIVERS / emitter.driver), emitter.name, case]
        try:
            done = subprocess.run(  # noqa: S603 (the driver is ours)
                command,
                env=variables(emitter, case, ends)
                | {"NODE_PATH": str(ENVIRONMENTS.resolve() / emitter.name / "node_modules")},
                capture_output=True,
                text=True,
                timeout=CASE_SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RecorderError(f"the driver took longer than {CASE_SECONDS_MAX} s") from None
    if done.returncode:
        raise RecorderError(f"the driver failed:\n{done.stderr[-2000:]}")
    about = {"emitter": emitter.name, "case": case}
    try:
        return recording.write(into / emitter.name, case, about, private_texts(FOLDER))
    except ValueError as error:
        raise RecorderError(f"{error}; the driver said:\n{done.stderr[-2000:]}") from None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m recorder", description=__doc__)
    parser.add_argument("emitter", nargs="?", help="which one; without it they are listed")
    parser.add_argument("case", nargs="*", help="which cases (default: all of the emitter's)")
    parser.add_argument("--into", type=Path, default=FOLDER / "recordings", help="folder (default: %(default)s)")
    parser.add_argument("--upgrade", action="store_true", help="take the newest packages")
    options = parser.parse_args()
    if options.emitter and options.emitter not in EMITTERS:
        parser.error(f"no emitter {options.emitter}: there are {', '.join(EMITTERS)}")
    return options


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Record what the options ask for; return the exit status."""
    options = _options()
    if not options.emitter:
        for emitter in EMITTERS.values():
            _say(f"{emitter.name:30} {' '.join(emitter.cases)}")
        return 0
    emitter = EMITTERS[options.emitter]
    if emitter.own_texts and not options.into.resolve().is_relative_to(FOLDER.resolve()):
        _say(f"{emitter.name} exports texts that the framework's authors wrote: its recordings stay in {FOLDER}")
        return 2
    _say(f"{emitter.name}: preparing {', '.join(emitter.packages)}")
    try:
        interpreter = interpreter_of(emitter, ENVIRONMENTS, upgrade=options.upgrade)
    except subprocess.CalledProcessError:
        _say(f"{emitter.name}: the packages cannot be installed")
        return 1
    failed = 0
    for case in options.case or emitter.cases:
        try:
            files = record(emitter, case, interpreter, options.into)
        except RecorderError as error:
            failed += 1
            _say(f"{emitter.name}/{case}: {error}")
        else:
            _say(f"{emitter.name}/{case}: {', '.join(f'{path.name} ({path.stat().st_size} B)' for path in files)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
