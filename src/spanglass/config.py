"""Every setting and every limit, with its unit: read once from the environment, then passed on as one value."""

import ipaddress
import os
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self, TypeAlias, TypeVar

import msgspec

ENVIRONMENT_PREFIX: Final = "SPANGLASS_"
HEAD_BYTES_MAX: Final = 64 << 10
"""Bytes of a request line with its headers; no client of ours comes near, and a parser holds them all in memory."""


_Port: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=65535)]
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]


_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def listed(text: str) -> list[str]:
    """Return what a setting joins by commas."""
    return [each for part in text.split(",") if (each := part.strip())]


class ConfigError(ValueError):
    """A setting is not usable; the message names the setting and what it takes."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on everything that comes from outside."""

    body_bytes_max: _Count = 32 << 20
    """Bytes of a request body as sent; an OTLP exporter's batch is seldom above 4 MiB."""
    body_decoded_bytes_max: _Count = 64 << 20
    """Bytes of a request body once decompressed: what a zip bomb runs into. Decoding the oddest of bodies, nothing but
    empty spans, takes about 85 times as much memory."""
    body_seconds_max: _Seconds = 30.0
    """Seconds that a client may take to send one body."""
    queue_bytes_max: _Count = 256 << 20
    """Bytes of accepted bodies waiting to be written; beyond it a client is told to come back."""
    commit_bytes_max: _Count = 16 << 20
    """Bytes of bodies that one commit takes together: bounds how long the first waits for the last."""
    request_bytes_max: _Count = 4 << 20
    """Bytes of the body of a ``qconnect`` request; 50 of the longest values of a session's data take 2.4 MB."""
    client_token_seconds_max: _Seconds = 24 * 3600.0
    """Seconds for which a clientToken is remembered: longer than any client tries again."""
    target_bytes_max: _Count = 16 << 10
    """Bytes of a request's path and query; two ARNs and a nextToken take less than 8 KiB."""
    page_bytes_max: _Count = 4 << 20
    """Bytes of a ListSpans body at which a page ends."""
    page_spans_default: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100
    """Spans of a page when the client names no number; also the service model's maximum."""
    document_depth_max: _Count = 64
    """Levels of a JSON document (arguments, tool results); what lies deeper is kept as JSON text."""
    attribute_depth_max: _Count = 64
    """Levels of an attribute value that are read as structure."""
    memo_bytes_max: _Count = 64 << 20
    """Bytes of recently mapped messages held so that a repeated one is recognised."""
    known_fragments_max: _Count = 400_000
    """Fragments of recently written sessions whose ordinals are held in memory, about 100 bytes each."""
    recent_pages_bytes_max: _Count = 64 << 20
    """Bytes of ListSpans pages that were read lately, held compressed; a page of 370 kB takes about 18."""
    event_streams_max: _Count = 100
    """Streams of server-sent events at a time."""
    event_stream_seconds_max: _Seconds = 300.0
    """Seconds that one stream lasts; its client comes back by itself, and is asked again who it is."""
    clock_skew_seconds_max: _Seconds = 300.0
    """Seconds that a signature's time may be off, either way."""
    readers_max: _Count = 4
    """Threads that read the store at a time."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """How one process serves."""

    host: str = "127.0.0.1"
    port: _Port = 4318
    grpc_port: _Port = 4317
    """The port of OTLP/gRPC; 0 serves none."""
    store: str = "sqlite:///spanglass.db"
    cassandra_password: str = ""
    """The password of the user in a cluster's address."""
    cassandra_tls_ca: str = ""
    """The file (PEM) of the authorities that may vouch for a cluster's nodes; empty is those of the system."""
    cassandra_tls_certificate: str = ""
    """The file (PEM) of the certificate that a cluster knows us by; empty is none."""
    cassandra_tls_key: str = ""
    """The file (PEM) of its key, where that is another one."""
    auth: Literal["off", "keys"] = "off"
    allowed_hosts: str = ""
    """Names, joined by commas, that a request's Host may hold besides loopback's while ``auth`` is off."""
    secret_file: str = "spanglass.secret"  # noqa: S105 (the name of a file)
    """The file of the server's secret, which keys' secrets are derived from; all servers of one store share it."""
    signing_region: str = ""
    """The AWS region that signatures must be for; empty takes any."""
    login_seconds_max: _Seconds = 43_200.0
    """Seconds that a browser stays logged in."""
    throttle_requests_per_second: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """How often a key may call an operation in the long run; 0 is as often as it likes."""
    throttle_burst_requests: _Count = 20
    """Requests that a key may make of an operation at once, while there is a throttle."""
    otlp_origins: str = ""
    """Origins, joined by commas, whose pages may send OTLP from a browser."""
    region: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,32}$")] = "us-east-1"
    """The region in the ARNs of assistants and sessions."""
    account_id: Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")] = "000000000000"
    """The account in them, likewise."""
    full: bool = False
    """Whether ListSpans shows what lies beyond the service model's bounds, for clients that accept more."""
    keep_days: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Days that a session is kept after it was last heard of; 0 keeps all for ever."""
    workers: _Count = 1
    mapping_process: bool = True
    """Whether each worker has exports read and mapped by a process of its own, beside the one that serves and writes:
    more spans a second where there is a second processor, for about 45 MiB of memory."""
    session_attributes: str = ""
    """Attributes, joined by commas, of an application's own that name a session."""
    mask: str = ""
    """Rules, joined by commas, whose secrets are masked: ``cards``, ``emails``, ``keys``, ``phones``."""
    mask_patterns: str = ""
    """A file of patterns that are masked, too, ``name = pattern`` a line."""
    mask_content: bool = False
    """Whether nothing that was said is kept."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    shutdown_seconds_max: _Seconds = 30.0
    """Seconds that a shutdown waits for requests under way."""
    prices: str = ""
    """The path of a file of prices to use instead of the one that comes along."""
    limits: Limits = Limits()

    @classmethod
    def from_environment(
        cls, options: Mapping[str, object] | None = None, environment: Mapping[str, str] = os.environ
    ) -> Self:
        """Read ``SPANGLASS_<FIELD>`` for each field; an option that is not None overrides it.

        Raises:
            ConfigError: A value is not of its field's type, or out of range.
        """
        values = _told(cls, environment) | _given(options)
        config = _converted(values | {"limits": _told(Limits, environment)}, cls)
        if config.auth == "off" and not _is_loopback(config.host):
            raise ConfigError(
                f"host: {config.host} is not a loopback address, and without authentication only those serve"
            )
        return config

    @property
    def cassandra_secrets(self) -> dict[str, str]:
        """What a cluster's address does not say."""
        names = ("password", "tls_ca", "tls_certificate", "tls_key")
        return {name: getattr(self, f"cassandra_{name}") for name in names}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where commands and programs that read find sessions, and as whom they ask.

    A server's address stands before a store; without either it is the server of this machine.
    """

    endpoint: str = ""
    """The address of a server, ``http://HOST:PORT``."""
    store: str = ""
    """A store to open within the process instead: ``sqlite:///PATH``, a path, or ``cassandra://HOST/KEYSPACE``."""
    port: _Port = 4318
    """The port of this machine's server."""
    api_key: str = ""
    """The bearer token of a key."""
    sign: bool = False
    """Whether requests are signed as AWS's clients sign them, with the credentials that botocore finds."""
    profile: str = ""
    """The AWS profile whose credentials sign."""
    signing_region: str = ""
    """The AWS region that is signed for; empty is the profile's."""
    answer_seconds_max: _Seconds = 60.0
    """Seconds that a server may take to answer, or to go on with an answer."""

    @classmethod
    def from_environment(
        cls, options: Mapping[str, object] | None = None, environment: Mapping[str, str] = os.environ
    ) -> Self:
        """Read ``SPANGLASS_<FIELD>`` for each field; an option that is not None overrides it.

        An option that names a server, or a store, puts aside whatever the environment names.

        Raises:
            ConfigError: A value is not of its field's type, or the options name both a server and a store.
        """
        given = _given(options)
        if "endpoint" in given and "store" in given:
            raise ConfigError("endpoint, store: name one of them")
        values = _told(cls, environment)
        if "store" in given:
            values.pop("endpoint", None)
        return _converted(values | given, cls)

    @property
    def where(self) -> str:
        """The address of the server, or of the store."""
        return self.endpoint or self.store or f"http://127.0.0.1:{self.port}"


def _told(struct: type[msgspec.Struct], environment: Mapping[str, str]) -> dict[str, object]:
    """Return what the environment says of a struct's fields."""
    names = {name: environment.get(ENVIRONMENT_PREFIX + name.upper()) for name in struct.__struct_fields__}
    return {name: text for name, text in names.items() if text}


def _given(options: Mapping[str, object] | None) -> dict[str, object]:
    return {name: value for name, value in (options or {}).items() if value is not None}


def _converted(values: Mapping[str, object], struct: type[_Struct]) -> _Struct:
    try:
        return msgspec.convert(values, struct, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`").removeprefix("limits.")
        raise ConfigError(f"{ENVIRONMENT_PREFIX}{name.upper()} or its option: {reason}") from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
