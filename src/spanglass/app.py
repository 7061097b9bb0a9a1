"""The only place where the parts are put together: configuration in, an ASGI application out."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from spanglass import health, qconnect, viewer
from spanglass.access import Anyone, Caller, Callers, Gate, Keys, Role
from spanglass.access.secrets import Secrets
from spanglass.access.sites import Sites
from spanglass.access.throttle import Throttle
from spanglass.access.web import refuse
from spanglass.config import Config, ConfigError, listed
from spanglass.heads import CLOSING
from spanglass.logs import configure_logging, quiet
from spanglass.mappers import MappingApart, MappingHere
from spanglass.mapping import Mapper
from spanglass.masking import RULES, Masks, read_patterns
from spanglass.otlp import http
from spanglass.otlp.grpc import serve_grpc
from spanglass.qconnect.service import Service
from spanglass.reading import Reader
from spanglass.recording import Recorder
from spanglass.registry import Registry
from spanglass.retention import Retention
from spanglass.store.interface import Store
from spanglass.store.sqlite import SqliteStore

_WEB: Final = "*"
"""Where ``create`` keeps what answers all paths that are no other face's; no path is so."""


def open_store(config: Config, *, existing: bool = False) -> Store:
    """Open the store that the configuration names: ``sqlite:///PATH`` or ``cassandra://HOST/KEYSPACE``.

    ``existing`` opens one that is there as it is: nothing is made or brought up to date.

    Raises:
        ConfigError: The URL names no kind of store.
        StoreError: The store cannot be opened.
    """
    for prefix, opened in _STORES.items():
        if config.store.startswith(prefix) and config.store != prefix:
            return opened(config.store.removeprefix(prefix), config, existing)
    raise ConfigError(
        f"store: {config.store!r} is no store's address; write sqlite:///PATH or cassandra://HOST/KEYSPACE"
    )


def _open_sqlite(path: str, config: Config, existing: bool) -> Store:  # noqa: FBT001 (called from the table alone)
    return SqliteStore(Path(path), known_fragments_max=config.limits.known_fragments_max, existing=existing)


def _open_cassandra(address: str, config: Config, existing: bool) -> Store:  # noqa: FBT001 (called from the table alone)
    from spanglass.store.cassandra import open_cassandra  # noqa: PLC0415 (its driver is loaded where it is used alone)

    known_max = config.limits.known_fragments_max
    return open_cassandra(address, config.cassandra_secrets, known_fragments_max=known_max, existing=existing)


_STORES: Final[dict[str, Callable[[str, Config, bool], Store]]] = {
    "sqlite:///": _open_sqlite,
    "cassandra://": _open_cassandra,
}


def open_masks(config: Config) -> Masks:
    """Return what is to be masked.

    Raises:
        ConfigError: A rule is unknown, or the file of patterns cannot be used.
    """
    rules = listed(config.mask)
    if unknown := set(rules) - set(RULES):
        raise ConfigError(f"mask: there is no rule {min(unknown)}; there are {', '.join(sorted(RULES))}")
    patterns: tuple[tuple[str, str], ...] = ()
    if config.mask_patterns:
        try:
            patterns = read_patterns(Path(config.mask_patterns).read_text("utf-8"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigError(f"mask-patterns: {config.mask_patterns}: {reason}") from None
    return Masks(tuple(rules), patterns, config.mask_content)


def from_environment() -> ASGIApp:
    """Build the application of one worker process from ``SPANGLASS_…``."""
    config = Config.from_environment()
    configure_logging(config.log_level)
    return create(config)


def create(config: Config) -> ASGIApp:
    """Build the application.

    Its lifespan opens the store; on shutdown it drains what was accepted, then closes the store.
    """
    faces: dict[str, ASGIApp] = {}
    return _by_path(faces, Starlette(lifespan=lambda web: _lifespan(web, config, faces)))


def _by_path(faces: dict[str, ASGIApp], web: Starlette) -> ASGIApp:
    web.router.redirect_slashes = False  # a redirect would lead where the request's Host says

    async def face(scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the face that has its path or first path segment, anything else to the web's routes."""
        if scope["type"] != "http":
            await web(scope, receive, send)
            return
        path = scope["path"]
        answer = faces.get(path) or faces.get(path.removeprefix("/").partition("/")[0]) or faces[_WEB]
        await answer(scope, receive, send)

    return face


@asynccontextmanager
async def opened(config: Config, role: Role = Role.READER, *, recording: bool = False) -> AsyncIterator[ASGIApp]:
    """Open a store for the program itself: the JSON API and QConnect's, for one of a role.

    The store has to be there, and is not brought up to date. Only with ``recording`` it is, made if need be, and spans
    are taken, also over OTLP.

    Raises:
        ConfigError, StoreError: As ``open_store``, or the file of prices cannot be used.
    """
    quiet()
    limits, caller = config.limits, Caller(role=role)
    masks = open_masks(config) if recording else Masks()
    store = open_store(config, existing=not recording)
    threads = ThreadPoolExecutor(limits.readers_max, thread_name_prefix="spanglass-reader")
    recorder = Recorder(store, MappingHere(_mapper_maker(config, masks)()), limits) if recording else None
    try:
        reader = Reader(store, limits, full=config.full)
        record = None if recorder is None else recorder.record
        web = Starlette(routes=viewer.routes(reader, store, record, threads, config, masks=masks))
        faces: dict[str, ASGIApp] = {_WEB: web}
        if recorder is not None:
            faces |= {path: http.receiver(recorder, limits, codecs) for path, codecs in http.SIGNALS.items()}
        service = _qconnect(config, store, reader, threads)
        face = _by_path(faces | dict.fromkeys(qconnect.FIRST_SEGMENTS, service), web)

        async def of_the_role(scope: Scope, receive: Receive, send: Send) -> None:
            await face({**scope, "state": {"caller": caller}}, receive, send)

        yield of_the_role
    finally:
        if recorder is not None:
            recorder.close()
        threads.shutdown()
        store.close()


def _mapper_maker(config: Config, masks: Masks) -> Callable[[], Mapper]:
    return functools.partial(
        Mapper,
        memo_bytes_max=config.limits.memo_bytes_max,
        document_depth_max=config.limits.document_depth_max,
        masks=masks,
        sessions=tuple(listed(config.session_attributes)),
    )


def _qconnect(config: Config, store: Store, reader: Reader, threads: Executor) -> Service:
    backing = qconnect.Backing(reader, Registry(store, config.limits), config.region, config.account_id)
    return qconnect.app(backing, threads, config.limits)


@asynccontextmanager
async def _lifespan(web: Starlette, config: Config, faces: dict[str, ASGIApp]) -> AsyncIterator[dict[str, object]]:
    limits = config.limits
    store = open_store(config)
    threads = ThreadPoolExecutor(limits.readers_max, thread_name_prefix="spanglass-reader")
    lookups = ThreadPoolExecutor(1, thread_name_prefix="spanglass-keys")  # nobody waits at the gate for others' pages
    masks = open_masks(config)
    make_mapper = _mapper_maker(config, masks)
    mapping = MappingApart(make_mapper) if config.mapping_process else MappingHere(make_mapper())
    recorder = Recorder(store, mapping, limits)
    retention = Retention(store, config.keep_days, recorder.counts) if config.keep_days else None
    try:
        reader = Reader(store, limits, full=config.full)
        keys = _keys(config, store, lookups)
        callers: Callers = keys or Anyone(_throttle(config))
        web.router.routes += viewer.routes(reader, store, recorder.record, threads, config, masks=masks, keys=keys)
        web.router.routes += health.routes(store, recorder, threads)
        gate = Gate(Sites(None if keys else listed(config.allowed_hosts)), callers)
        service = _qconnect(config, store, reader, threads)
        web.router.default = service  # what is no path at all is no operation either, and is told so as by AWS
        faces[_WEB] = gate.before(web, refuse, visitors=True)
        origins = listed(config.otlp_origins)
        for path, codecs in http.SIGNALS.items():
            faces[path] = gate.before(http.receiver(recorder, limits, codecs), http.refuse, origins=origins)
        faces |= dict.fromkeys(qconnect.FIRST_SEGMENTS, gate.before(service, service.refuse))
        grpc = await serve_grpc(recorder, callers, limits, config.host, config.grpc_port)
        yield {CLOSING: asyncio.Event()}
        await grpc.stop(config.shutdown_seconds_max)
    finally:
        if retention is not None:
            retention.close()
        recorder.close()
        threads.shutdown()
        lookups.shutdown()
        store.close()


def _keys(config: Config, store: Store, threads: Executor) -> Keys | None:
    """Return what knows callers by their keys, None if anyone may come in."""
    if config.auth == "off":
        return None
    return Keys(store, Secrets.read(Path(config.secret_file)), config, threads, _throttle(config))


def _throttle(config: Config) -> Throttle | None:
    rate = config.throttle_requests_per_second
    return Throttle(rate, config.throttle_burst_requests) if rate else None
