"""``spanglass migrate``: make a store, or bring it up to date."""

from typing import Annotated

import msgspec
import typer

from spanglass.app import open_store
from spanglass.config import Config


def migrate(
    *,
    store: Annotated[
        str | None,
        typer.Option(help="sqlite:///PATH, or cassandra://HOST/KEYSPACE.", show_default="sqlite:///spanglass.db"),
    ] = None,
) -> None:
    """Make a store, or bring its schema up to date.

    Where it is up to date, nothing is changed. Servers do so by themselves when they start, unless a
    cluster's address has `migrate=never`.

    Example: spanglass migrate --store 'cassandra://10.0.0.1/spanglass?replication=3'
    """
    config = Config.from_environment({"store": store})
    before, separator, after = config.store.partition("migrate=never")
    open_store(msgspec.structs.replace(config, store=f"{before}migrate=auto{after}" if separator else before)).close()
    typer.echo("The store is up to date.")
