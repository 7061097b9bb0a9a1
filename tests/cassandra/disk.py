"""A disk of its own for a node, so small that it can be filled: needs root and the program mount."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

MEGABYTES: Final = 500


def undiskable() -> str | None:
    """Return why nodes have no disks of their own on this machine, or None."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return "disks of their own need root and the program mount, so full disks were NOT tested"
    return None


class Disk:
    """A disk, mounted at a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Take all the room that is left."""
        with self._ballast.open("ab") as file:
            while free := shutil.disk_usage(self._folder).free:
                with suppress(OSError):  # the node has taken some of it meanwhile
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free)

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Have a folder be a disk of its own to the end of the block."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "spanglass", folder], check=True)  # noqa: S607
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", folder], check=True)  # noqa: S607
