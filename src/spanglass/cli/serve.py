"""``spanglass serve``: receive spans, answer ListSpans."""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
import uvicorn

from spanglass.access.secrets import Secrets
from spanglass.app import open_masks, open_store
from spanglass.config import ENVIRONMENT_PREFIX, Config, ConfigError
from spanglass.heads import HeadBoundedProtocol
from spanglass.logs import configure_logging
from spanglass.viewer.prices import PriceList


def serve(
    *,
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; without authentication only loopback.", show_default="127.0.0.1"),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of HTTP: OTLP, ListSpans, /api.", show_default="4318")] = None,
    grpc_port: Annotated[int | None, typer.Option(help="Port of OTLP/gRPC; 0: none.", show_default="4317")] = None,
    store: Annotated[
        str | None,
        typer.Option(
            help="Where spans are kept: sqlite:///PATH, or cassandra://HOST/KEYSPACE.",
            show_default="sqlite:///spanglass.db",
        ),
    ] = None,
    auth: Annotated[
        Literal["off", "keys"] | None,
        typer.Option(
            help="Who may do what: off: anyone on this machine, everything; keys: see `spanglass keys`.",
            show_default="off",
        ),
    ] = None,
    full: Annotated[
        bool | None,
        typer.Option(
            "--full", help="Have ListSpans show what is beyond the service model's bounds.", show_default=False
        ),
    ] = None,
    keep_days: Annotated[
        float | None,
        typer.Option(help="Delete sessions so many days after they were last heard of; 0: never.", show_default="0"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that share the ports and the store.", show_default="1")
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        typer.Option(help="Least level to log.", show_default="info"),
    ] = None,
) -> None:
    """Serve until SIGINT or SIGTERM; then finish what was accepted and stop.

    Every option can stand in the environment as SPANGLASS_OPTION, for example SPANGLASS_PORT.

    Example: spanglass serve --store sqlite:///traces.db
    """
    options = {
        "host": host,
        "port": port,
        "grpc_port": grpc_port,
        "store": store,
        "auth": auth,
        "full": full,
        "keep_days": keep_days,
        "workers": workers,
        "log_level": log_level,
    }
    config = Config.from_environment(options)
    open_store(config).close()
    if config.auth == "keys":
        Secrets.read(Path(config.secret_file))
    PriceList.load(config.prices)
    open_masks(config)
    _check_port(config)
    os.environ |= {ENVIRONMENT_PREFIX + k.upper(): str(v) for k, v in options.items() if v is not None}
    configure_logging(config.log_level)
    # uvicorn raises a SIGTERM again once it has stopped for it: a stop that was asked for is a success.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "spanglass.app:from_environment",
        factory=True,
        host=config.host,
        port=config.port,
        workers=config.workers,
        loop="uvloop",
        http=HeadBoundedProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=int(config.shutdown_seconds_max),
    )


def _check_port(config: Config) -> None:
    """Tell in one line, before anything starts, that a port cannot be had."""
    if config.port == config.grpc_port != 0:
        raise ConfigError(f"grpc-port: {config.port} is the port of HTTP already")
    for name, port in (("port", config.port), ("grpc-port", config.grpc_port)):
        family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((config.host, port))
            except OSError as error:
                raise ConfigError(f"{name}: {config.host}:{port} cannot be listened on: {error.strerror}") from None
