"""Reading what agents did, of a server or of a store: ``spanglass.open``, for programs and for the command line."""

from os import PathLike, fspath

from spanglass.config import Target
from spanglass.connection import connect
from spanglass.connection.connecting import WEB
from spanglass.traces.errors import AmbiguousError, DeniedError, NotFoundError, ReadError
from spanglass.traces.filters import Filters
from spanglass.traces.traces import Changed, Traces

__all__ = [
    "AmbiguousError",
    "Changed",
    "DeniedError",
    "Filters",
    "NotFoundError",
    "ReadError",
    "Traces",
    "open_traces",
]


def open_traces(
    where: str | PathLike[str] | None = None,
    *,
    api_key: str | None = None,
    sign: bool | None = None,
    profile: str | None = None,
    writable: bool = False,
) -> Traces:
    """Open a server, or a store, to read what agents did.

    Args:
        where: A server's address (``http://127.0.0.1:4318``), a store's (``sqlite:///traces.db``,
            ``cassandra://HOST/KEYSPACE``) or its path; if none is given, what ``SPANGLASS_ENDPOINT`` or
            ``SPANGLASS_STORE`` names, else the server of this machine.
        api_key: The bearer token of a key, instead of ``SPANGLASS_API_KEY``.
        sign: Whether requests are signed with the AWS credentials that botocore finds (``spanglass[client]``).
        profile: The AWS profile whose credentials sign.
        writable: Whether a store that is opened here may be told to delete. Reading changes nothing of it.

    Raises:
        spanglass.config.ConfigError: It names neither, or there are no credentials.
        spanglass.store.interface.StoreError: The store is not there, or cannot be opened.
    """
    options: dict[str, object] = {"api_key": api_key, "sign": sign, "profile": profile}
    if where is not None:
        text = fspath(where)
        options["endpoint" if text.startswith(WEB) else "store"] = text
    return Traces(connect(Target.from_environment(options), writable=writable))
