"""The viewer: plain pages for people, and the JSON API under /api that they and the command line read."""

from concurrent.futures import Executor

from starlette.routing import BaseRoute

from spanglass.reading import Reader
from spanglass.viewer import api, built, pages

__all__ = ["routes"]


def routes(reader: Reader, threads: Executor) -> list[BaseRoute]:
    """Return the routes of the pages and of the API; ``threads`` are those that may wait for the reader's store."""
    return api.routes(reader, threads) + pages.routes(reader, threads) + built.routes()
