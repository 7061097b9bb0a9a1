"""The pytest plugin, in a project that installs the wheel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).with_name("sample")
CHECKS = 4


def test_a_project_uses_the_plugin_of_an_installed_wheel(tmp_path: Path) -> None:
    """A project elsewhere, with the wheel installed, gets the fixtures by itself, alone and together with moto."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    wheels, site, project = tmp_path / "wheels", tmp_path / "site", tmp_path / "project"
    build = [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    install = [*pip, "install", "--quiet", "--no-deps", "--target", str(site), *map(str, wheels.glob("*.whl"))]
    subprocess.run(install, check=True, capture_output=True)
    shutil.copytree(SAMPLE, project)
    options = ["-q", "-p", "no:cacheprovider", "-o", "python_files=check_*.py", "-o", "python_functions=check_*"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{CHECKS} passed" in run.stdout
    where = subprocess.run(
        [sys.executable, "-c", "import spanglass; print(spanglass.__file__)"],
        env=os.environ | {"PYTHONPATH": str(site)},
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(site))
