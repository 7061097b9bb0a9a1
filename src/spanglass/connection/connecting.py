"""From where people say that their sessions are, to what asks there."""

from typing import Final

from spanglass.config import Config, ConfigError, Target
from spanglass.connection.authorizing import Authorize, Signer, bearer, nobody
from spanglass.connection.interface import Connection

WEB: Final = ("http://", "https://")
SQLITE: Final = "sqlite:///"
CASSANDRA: Final = "cassandra://"


def connect(target: Target, *, writable: bool = False, recording: bool = False) -> Connection:
    """Connect to a server, or open a store within this process; nothing is asked of a server yet.

    A store has to exist: none is made, brought up to date or changed by opening it. Only with ``writable`` may it be
    told to delete; over HTTP that depends on the key. Only with ``recording`` it takes spans, and is made if need be.

    Raises:
        ConfigError: The target names neither a server nor a store, or there are no credentials as it wants them.
        StoreError: The store cannot be opened.
    """
    where = target.where
    if where.startswith(WEB):
        from spanglass.connection.remote import Remote  # noqa: PLC0415 (an HTTP client is not imported for a file)

        return Remote(where, _authorization(target), answer_seconds_max=target.answer_seconds_max)
    url = where if "://" in where else SQLITE + where
    if not url.startswith((SQLITE, CASSANDRA)):
        raise ConfigError(
            f"{where!r} is neither a server's address, http://…, nor a store's: sqlite:///PATH, PATH or"
            " cassandra://HOST/KEYSPACE"
        )
    return _opened(url, writable=writable or recording, recording=recording)


def _authorization(target: Target) -> Authorize:
    if target.api_key:
        return bearer(target.api_key)
    if target.sign or target.profile:
        return Signer(target.profile, target.signing_region)
    return nobody


def _opened(url: str, *, writable: bool, recording: bool) -> Connection:
    from spanglass.access import Role  # noqa: PLC0415 (nothing of a server is imported to ask another)
    from spanglass.app import opened  # noqa: PLC0415
    from spanglass.connection.inside import Inside  # noqa: PLC0415

    config = Config.from_environment({"store": url, "auth": "off", "host": "127.0.0.1"})
    return Inside(opened(config, Role.ADMIN if writable else Role.READER, recording=recording), url)
