"""Spanglass records what AI agents did and answers AWS QConnect's ListSpans, self-hosted."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from spanglass.client import AsyncClient, Client
    from spanglass.traces import open_traces as open  # noqa: A004 (read as spanglass.open)

    __version__: str

__all__ = ["AsyncClient", "Client", "__version__", "open"]

_PLACES: Final = {
    "AsyncClient": "spanglass.client:AsyncClient",
    "Client": "spanglass.client:Client",
    "open": "spanglass.traces:open_traces",
}
"""Where names of the package are that need more than it, maybe an extra; each is imported once somebody asks for it."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever is asked for)
    if name == "__version__":
        return import_module("importlib.metadata").version(__name__)  # takes as long as a quarter of the rest
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, found = _PLACES[name].partition(":")
    return getattr(import_module(module), found)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
