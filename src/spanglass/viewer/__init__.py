"""The viewer: the pages for people as they were built, and the JSON API under /api that they read."""

from concurrent.futures import Executor

from starlette.routing import BaseRoute

from spanglass.access import Keys
from spanglass.config import Config
from spanglass.mapping.masking import NOTHING
from spanglass.masking import Masks
from spanglass.reading import Reader
from spanglass.store.interface import Store
from spanglass.viewer import api, built
from spanglass.viewer.put_spans import Record

__all__ = ["routes"]


def routes(
    reader: Reader,
    store: Store,
    record: Record | None,
    threads: Executor,
    config: Config,
    *,
    masks: Masks = NOTHING,
    keys: Keys | None = None,
) -> list[BaseRoute]:
    """Return the routes of the pages and of the API.

    ``record`` is the recorder's, None where nothing is recorded, ``threads`` are those that may wait for the store,
    ``masks`` what is masked on its way in, ``keys`` what knows those who log in, None if nobody has to.

    Raises:
        ConfigError: The file of prices cannot be used.
    """
    return api.routes(reader, store, record, threads, config, masks=masks, keys=keys) + built.routes()
