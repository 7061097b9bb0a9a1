"""Keys made as people make them, by the command, and requests that show them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import boto3
from typer.testing import CliRunner

from spanglass.cli import cli
from tests.integration.serving import Process, Server, forked, start

Run: TypeAlias = Callable[[list[str], dict[str, str], Path], Process]
SECRET_FILE = "server.secret"  # noqa: S105 (the name of a file)


class Key(NamedTuple):
    """A key as it was shown when it was made."""

    key_id: str
    secret: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What shows the key over HTTP."""
        return {"authorization": f"Bearer {self.token}"}

    def client(self, server: Server, region: str = "us-east-1") -> Any:  # noqa: ANN401 (boto3 makes its classes)
        """Return a boto3 client that signs with the key."""
        session = boto3.Session(self.key_id, self.secret, region_name=region)
        return session.client("qconnect", endpoint_url=server.url)


def command(folder: Path, *arguments: str) -> str:
    """Run ``spanglass keys …`` on the store and secret of a folder, and return what it prints."""
    environment = {
        "SPANGLASS_STORE": f"sqlite:///{folder / 'spans.db'}",
        "SPANGLASS_SECRET_FILE": str(folder / SECRET_FILE),
    }
    result = CliRunner().invoke(cli, ["keys", *arguments], env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def make_key(folder: Path, role: str, *assistants: str) -> Key:
    """Make a key."""
    limits = [part for name in assistants for part in ("--assistant", name)]
    told = json.loads(command(folder, "create", "--role", role, *limits, "--json"))
    return Key(told["accessKeyId"], told["secretAccessKey"], told["bearerToken"])


def start_with_keys(folder: Path, *options: str, run: Run = forked, **environment: str) -> Server:
    """Start a server that asks for keys, on the store and secret of a folder."""
    settings = {"SPANGLASS_SECRET_FILE": str(folder / SECRET_FILE)} | environment
    return start(folder / "spans.db", "--auth", "keys", *options, environment=settings, run=run)
