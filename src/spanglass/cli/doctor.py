"""``spanglass doctor``: what a server and its readers need, looked at, and how to mend what is wrong."""

import contextlib
import difflib
import os
import platform
import shutil
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import apsw
import msgspec
import typer

from spanglass import __version__
from spanglass.access.secrets import Secrets
from spanglass.app import open_masks, open_store
from spanglass.cli.cluster import look_at_cluster
from spanglass.cli.finding import SKEW_SECONDS_MAX, Finding
from spanglass.cli.output import Output
from spanglass.cli.reading import FAILED, NOTHING, Endpoint, Json, Profile, Sign, Store
from spanglass.cli.visible import visible
from spanglass.config import ENVIRONMENT_PREFIX, Config, ConfigError, Limits, Target
from spanglass.connection import Connection, UnreachableError, connect
from spanglass.connection.connecting import CASSANDRA, SQLITE
from spanglass.store.interface import StoreError
from spanglass.viewer.prices import PriceList

FREE_BYTES_MIN: Final = 1 << 30
"""Free bytes of a disk below which it is soon full."""
FREE_BYTES_LEAST: Final = 64 << 20
"""Free bytes below which a server may have to refuse exports: one commit and its log."""
LOG_BYTES_MAX: Final = 1 << 30
"""Bytes of a write-ahead log above which something holds it open."""
MARKS: Final = {"fine": ("✓", "green"), "odd": ("!", "yellow"), "wrong": ("✗", "bold red")}


def doctor(
    *,
    endpoint: Endpoint = None,
    store: Store = None,
    profile: Profile = None,
    sign: Sign = None,
    as_json: Json = False,
) -> None:
    """Look at what a server and its readers need, and tell how to mend it.

    That is versions, settings, the store and its disk, the ports, and what answers there: whether it lets in, has this
    version, and tells the same time. The exit code is 1 where something is wrong.

    Examples:
      spanglass doctor

      spanglass doctor --endpoint https://traces.example --json
    """
    output = Output(json=as_json)
    given = {"endpoint": endpoint, "store": store, "profile": profile, "sign": sign}
    try:
        findings = list(_findings({name: value for name, value in given.items() if value is not None}))
    except KeyboardInterrupt:
        sys.exit(FAILED)
    if as_json:
        output.document({"findings": findings})
    else:
        columns = max(len(finding.what) for finding in findings)
        for finding in findings:
            mark, style = MARKS[finding.state]
            output.line((mark, style), f" {finding.what:<{columns}}  {visible(finding.found)}")
            if finding.mend:
                output.text(f"→ {finding.mend}", columns + 4)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(NOTHING)


def _findings(options: dict[str, object]) -> Iterator[Finding]:
    yield _versions()
    yield from _environment()
    config = None
    try:
        config = Config.from_environment(_url(options))
    except ConfigError as error:
        yield Finding("wrong", "settings", str(error), "`spanglass serve` will not start until it is mended")
    else:
        yield from _settings(config)
        yield from _store(config)
    try:
        target = msgspec.structs.replace(Target.from_environment(options), store="")
        asked = connect(target)
    except ConfigError as error:
        yield Finding("wrong", "reading", str(error), "see `spanglass sessions --help`")
        return
    answers = False
    with contextlib.closing(asked):
        for finding in _server(asked, target):
            answers = answers or (finding.what == "server" and finding.state != "wrong" and "answers" in finding.found)
            yield finding
    if config is not None and not target.endpoint:
        yield from _ports(config, answers=answers)


def _url(options: dict[str, object]) -> dict[str, object]:
    """Return the store of the options as a server takes it."""
    store = options.get("store")
    if store is None:
        return {}
    return {"store": store if "://" in str(store) else f"{SQLITE}{store}"}


def _versions() -> Finding:
    try:
        signing = f"botocore {version('botocore')}"
    except PackageNotFoundError:
        signing = "no botocore"
    told = (f"spanglass {__version__}", f"Python {platform.python_version()}", f"SQLite {apsw.sqlite_lib_version()}")
    return Finding("fine", "versions", ", ".join((*told, signing)))


def _environment() -> Iterator[Finding]:
    """Look for variables that are no setting: what is misspelt says nothing."""
    names = {*Config.__struct_fields__, *Limits.__struct_fields__, *Target.__struct_fields__} - {"limits"}
    known = {ENVIRONMENT_PREFIX + name.upper() for name in names}
    given = sorted(name for name in os.environ if name.startswith(ENVIRONMENT_PREFIX))
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            mend = f"did you mean {close[0]}?" if close else "docs/configuration.md lists them"
            yield Finding("odd", "environment", f"{name} is no setting", mend)
    if not set(given) - known:
        yield Finding("fine", "environment", ", ".join(given) or "sets nothing")


def _settings(config: Config) -> Iterator[Finding]:
    """Look at the files that settings name."""
    checks: dict[str, Callable[[], object]] = {}
    if config.prices:
        checks["prices"] = lambda: PriceList.load(config.prices)
    if config.mask or config.mask_patterns:
        checks["masking"] = lambda: open_masks(config)
    if config.auth == "keys":
        checks["secret"] = lambda: Secrets.read(Path(config.secret_file))
    for what, check in checks.items():
        try:
            check()
        except ConfigError as error:
            yield Finding("wrong", what, str(error), "`spanglass serve` will not start until it is mended")
            continue
        if what == "secret" and Path(config.secret_file).stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            mend = f"chmod 600 {config.secret_file}"
            yield Finding("wrong", what, f"{config.secret_file} can be read by others: they can make keys", mend)
        else:
            yield Finding("fine", what, "can be used")


def _store(config: Config) -> Iterator[Finding]:
    """Look at the store's file and its disk, or at its cluster."""
    if config.store.startswith(CASSANDRA):
        yield from look_at_cluster(config)
        return
    if not config.store.startswith(SQLITE):
        mend = "write sqlite:///PATH or cassandra://HOST/KEYSPACE"
        yield Finding("wrong", "store", f"{config.store!r} is no store's address", mend)
        return
    path = Path(config.store.removeprefix(SQLITE))
    if not path.parent.is_dir():
        yield Finding("wrong", "store", f"{path}: there is no folder {path.parent}", f"mkdir -p {path.parent}")
        return
    if path.exists():
        yield from _opened(config, path)
    else:
        yield Finding("fine", "store", f"{path} is not there yet; `spanglass serve` makes it")
    if not os.access(path if path.exists() else path.parent, os.W_OK) or not os.access(path.parent, os.W_OK):
        mend = f"give this user the right to write {path.parent} and what is in it, or name another with --store"
        yield Finding("wrong", "store", f"{path} cannot be written by this user", mend)
    disk = shutil.disk_usage(path.parent)
    free = f"{_bytes(disk.free)} of {_bytes(disk.total)} are free"
    if disk.free < FREE_BYTES_LEAST:
        yield Finding("wrong", "disk", f"{free}: a server has to refuse exports", "make room on it now")
    elif disk.free < FREE_BYTES_MIN:
        yield Finding("odd", "disk", free, "make room, or delete what is old: `spanglass delete --before 90d`")
    else:
        yield Finding("fine", "disk", free)


def _opened(config: Config, path: Path) -> Iterator[Finding]:
    try:
        with contextlib.closing(open_store(config, existing=True)) as opened:
            sessions = opened.totals().sessions
    except (StoreError, ConfigError) as error:
        yield Finding("wrong", "store", str(error), "name another file with --store, or serve it with its own version")
        return
    yield Finding("fine", "store", f"{path}, {sessions:,} sessions, {_bytes(path.stat().st_size)}")
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        mend = "end programs that keep the store open for reading"
        yield Finding("odd", "store", f"{log.name} has {_bytes(log.stat().st_size)}", mend)


def _server(asked: Connection, target: Target) -> Iterator[Finding]:
    """Look at what answers where commands read."""
    began = time.time()
    try:
        described = asked.ask("GET", "/api/openapi.json")
        took = time.time() - began
        told = msgspec.json.decode(described.body, type=_Description) if described.status == OK else None
    except UnreachableError as error:
        state: Literal["odd", "wrong"] = "wrong" if target.endpoint else "odd"
        yield Finding(state, "server", str(error), "start one with `spanglass serve`, or name one with --endpoint")
        return
    except (ValueError, RecursionError):
        told = None
    if told is None:
        mend = "name a Spanglass server with --endpoint, or serve on another port"
        yield Finding("wrong", "server", f"{asked.place} is none of Spanglass's: it answers {described.status}", mend)
        return
    same = told.info.version == __version__
    mend = "" if same else f"use the same version on both sides: here is {__version__}"
    found = f"{asked.place}, spanglass {told.info.version}, answers in {took * 1000:.0f} ms"
    yield Finding("fine" if same else "odd", "server", found, mend)
    yield _access(asked)
    if (date := described.headers.get("date")) is not None:
        yield _clock(parsedate_to_datetime(date).timestamp() - (began + took / 2))


OK: Final = 200


class _Info(msgspec.Struct):
    version: str


class _Description(msgspec.Struct):
    info: _Info


def _access(asked: Connection) -> Finding:
    answer = asked.ask("GET", "/api/sessions?limit=1")
    if answer.status == OK:
        return Finding("fine", "access", "lets this user read")
    reason = msgspec.json.decode(answer.body).get("error", "")
    mend = "set SPANGLASS_API_KEY to the bearer token of a reader's or admin's key, or sign with --profile"
    return Finding("wrong", "access", f"{answer.status}: {reason}", mend)


def _clock(ahead: float) -> Finding:
    if abs(ahead) <= SKEW_SECONDS_MAX:
        return Finding("fine", "clock", "the server's is this machine's, to a few seconds")
    side = "ahead of" if ahead > 0 else "behind"
    mend = "set both clocks by NTP: signatures are refused beyond SPANGLASS_CLOCK_SKEW_SECONDS_MAX"
    return Finding("wrong", "clock", f"the server's is {abs(ahead):.0f} s {side} this machine's", mend)


def _ports(config: Config, *, answers: bool) -> Iterator[Finding]:
    """Look whether a server could listen, where none answers."""
    for what, name, port in (("port", "port", config.port), ("gRPC port", "grpc-port", config.grpc_port)):
        if not port:
            yield Finding("fine", what, "none is served")
        elif _is_free(config.host, port):
            yield Finding("fine", what, f"{config.host}:{port} is free")
        elif answers:
            yield Finding("fine", what, f"{config.host}:{port} is served")
        else:
            mend = f"stop what listens there, or serve on another with --{name}"
            yield Finding("wrong", what, f"{config.host}:{port} is taken by something else", mend)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _bytes(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"
