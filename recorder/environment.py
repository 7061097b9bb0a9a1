"""An emitter's own environment: its packages, and the variables that its driver runs under."""

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from recorder.conversation import INSTRUCTIONS, SESSION, questions
from recorder.emitter import Emitter
from recorder.server import Ends

DRIVERS: Final = Path(__file__).parent / "drivers"
OURS: Final = Path(sys.executable).parent
"""Where this project's own programs are, Node among them."""
_KEYS: Final = {
    "OPENAI_API_KEY": "sk-scripted",
    "ANTHROPIC_API_KEY": "sk-ant-scripted",
    "GOOGLE_API_KEY": "scripted",
    "LANGFUSE_PUBLIC_KEY": "pk-scripted",
    "LANGFUSE_SECRET_KEY": "sk-scripted",
    "AWS_ACCESS_KEY_ID": "AKIASCRIPTEDSCRIPTED",
    "AWS_SECRET_ACCESS_KEY": "scripted",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "OPENAI_AGENTS_DISABLE_TRACING": "0",
    "AGNO_TELEMETRY": "false",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_TRACING_ENABLED": "false",
}
"""Keys that no provider knows: a driver that would reach one for real is refused."""
_KEPT: Final = ("PATH", "HOME", "LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""Variables of ours that a driver gets."""


def interpreter_of(emitter: Emitter, folder: Path, *, upgrade: bool) -> Path:
    """Return what runs an emitter's driver; its environment below a folder is made now if it is not there.

    Raises:
        subprocess.CalledProcessError: The packages cannot be had.
    """
    home, ready = folder / emitter.name, folder / emitter.name / "ready"
    interpreter = OURS / "node" if emitter.is_node else home / "bin" / "python"
    made_for = hashlib.sha256("\n".join(emitter.installed).encode()).hexdigest()
    if upgrade or not ready.exists() or ready.read_text() != made_for:
        command: list[str | Path]
        if emitter.is_node:
            home.mkdir(parents=True, exist_ok=True)
            command = [OURS / "npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", home]
        else:
            venv.create(home)
            command = [_installer(folder), "pip", "install", "--quiet", "--upgrade", "--python", interpreter]
        path = os.pathsep.join((str(OURS), os.environ["PATH"]))  # npm looks for node there
        subprocess.run([*command, *emitter.installed], env=os.environ | {"PATH": path}, check=True)  # noqa: S603 (those of the table)
        ready.write_text(made_for)
    return interpreter


def _installer(folder: Path) -> Path:
    """Return uv, which finds versions that go together where pip of Python 3.11 tries them for minutes."""
    home = folder / "uv"
    uv = home / "bin" / "uv"
    if not uv.exists():
        venv.create(home, with_pip=True)
        command = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"]
        subprocess.run(command, check=True)  # noqa: S603 (uv is no outsider)
    return uv


def variables(emitter: Emitter, case: str, ends: Ends) -> dict[str, str]:
    """Return the variables under which a driver runs a case."""
    words = {"", *case.split("_")}
    chosen = [told for word, told in emitter.variables.items() if word in words]
    found = {name: os.environ[name] for name in _KEPT if name in os.environ}
    found |= _KEYS | {
        "RECORDER_QUESTIONS": json.dumps(questions(case)),
        "RECORDER_INSTRUCTIONS": INSTRUCTIONS,
        "RECORDER_SESSION": SESSION,
        "RECORDER_URL": ends.url,
        "RECORDER_GRPC": ends.grpc_address,
        "OPENAI_BASE_URL": f"{ends.url}/v1",
        "ANTHROPIC_BASE_URL": ends.url,
        "GOOGLE_GEMINI_BASE_URL": ends.url,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": ends.url,
        "OTEL_SERVICE_NAME": emitter.name,
        "OTEL_EXPORTER_OTLP_ENDPOINT": ends.url,
        "OTEL_NODE_RESOURCE_DETECTORS": "env",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for told in chosen:
        found |= told
    return found


def private_texts(folder: Path) -> tuple[str, ...]:
    """Return texts of this machine that no recording may keep: the longest first, as one may lie in another."""
    places = {str(folder.resolve()), str(DRIVERS.resolve()), sys.base_prefix, str(Path.home())}
    names = {os.uname().nodename} - {"localhost"}
    return tuple(sorted({text for text in places | names if len(text) > 1}, key=len, reverse=True))
