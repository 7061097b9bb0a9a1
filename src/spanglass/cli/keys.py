"""``spanglass keys``: make, list and revoke the keys that ``serve --auth keys`` lets in."""

import json
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from spanglass.access import Role
from spanglass.access.secrets import Secrets, new_key_id
from spanglass.app import open_store
from spanglass.config import Config, ConfigError
from spanglass.model.place import assistant_named
from spanglass.store.interface import KeyRecord, Store

keys = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Make, list and revoke access keys. What is done here holds at once, for servers that run, too.",
)

_Store = Annotated[
    str | None,
    typer.Option("--store", help="Where keys are kept, as for serve.", show_default="sqlite:///spanglass.db"),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@keys.command()
def create(
    *,
    role: Annotated[
        Role,
        typer.Option(
            help="reader: lists and searches; writer: sends spans, makes assistants and sessions, reads nothing;"
            " admin: everything, deleting included."
        ),
    ],
    assistant: Annotated[
        list[str] | None,
        typer.Option(
            help="Limit the key to this assistant, by its UUID or by the name of a service; may be given several"
            " times.",
            show_default="all",
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="What the key is for, to tell it from others.")] = "",
    store: _Store = None,
    as_json: _Json = False,
) -> None:
    """Make a key and print its secret, which is shown this once.

    The server's secret, from which it is derived, is the file SPANGLASS_SECRET_FILE; it is made if there is none.

    Example: spanglass keys create --role reader --assistant weather-bot
    """
    config = Config.from_environment({"store": store})
    if assistant and not all(map(str.strip, assistant)):
        raise ConfigError("keys create: an assistant has a UUID or a name")
    key = KeyRecord(
        key_id=new_key_id(),
        role=role,
        name=name,
        assistants=tuple(sorted({assistant_named(each)[0] for each in assistant})) if assistant else None,
        created_ns=time.time_ns(),
    )
    with closing(_opened(config)) as opened:
        secrets = Secrets.read_or_make(Path(config.secret_file))
        opened.add_key(key)
    secret, token = secrets.secret(key.key_id), secrets.token(key.key_id)
    if as_json:
        typer.echo(json.dumps(_told(key) | {"secretAccessKey": secret, "bearerToken": token}))
        return
    typer.echo(f"access key id      {key.key_id}")
    typer.echo(f"secret access key  {secret}")
    typer.echo(f"bearer token       {token}")
    typer.echo(f"role               {_role(key)}")
    typer.echo("The secret is not shown again.")


@keys.command("list")
def list_(*, store: _Store = None, as_json: _Json = False) -> None:
    """List all keys, revoked ones too, oldest first; none of it is secret."""
    with closing(_opened(Config.from_environment({"store": store}))) as opened:
        known = opened.keys()
    if as_json:
        typer.echo(json.dumps([_told(key) for key in known]))
        return
    for key in known:
        revoked = f"revoked {_moment(key.revoked_ns)}" if key.revoked_ns else "in use"
        typer.echo("  ".join((key.key_id, _moment(key.created_ns), revoked, _role(key), key.name)).rstrip())


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ACCESS_KEY_ID", help="As `keys list` shows it.")],
    *,
    store: _Store = None,
) -> None:
    """Revoke a key for ever: the next request with it is refused, on every server of the store."""
    with closing(_opened(Config.from_environment({"store": store}))) as opened:
        if not opened.revoke_key(key_id, time.time_ns()):
            raise ConfigError(f"keys revoke: {key_id} is no key in use")
    typer.echo(f"revoked {key_id}")


def _opened(config: Config) -> Store:
    return open_store(config)


def _assistants(key: KeyRecord) -> list[str] | None:
    return None if key.assistants is None else [str(uuid.UUID(bytes=each)) for each in key.assistants]


def _role(key: KeyRecord) -> str:
    return f"{key.role} of {', '.join(_assistants(key) or ['all assistants'])}"


def _told(key: KeyRecord) -> dict[str, Any]:
    return {
        "accessKeyId": key.key_id,
        "role": key.role,
        "name": key.name,
        "assistants": _assistants(key),
        "createdAt": _moment(key.created_ns),
        "revokedAt": _moment(key.revoked_ns) if key.revoked_ns else None,
    }


def _moment(ns: int) -> str:
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
