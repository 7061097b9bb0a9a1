"""The address of a cluster: ``cassandra://user@host1,host2:port/keyspace?dc=…``, and what can be said in it."""

from typing import Annotated, Final, Literal, TypeAlias
from urllib.parse import parse_qsl, unquote

import msgspec

from spanglass.store.interface import StoreError

PORT: Final = 9042
FORM: Final = "cassandra://HOST[,HOST…][:PORT]/KEYSPACE[?OPTION=VALUE&…]"
Consistency: TypeAlias = Literal["ONE", "LOCAL_ONE", "LOCAL_QUORUM", "QUORUM", "EACH_QUORUM", "ALL"]
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=600)]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands after the question mark of an address."""

    dc: str = ""
    """The data centre whose nodes are asked; empty is that of the first host that answers."""
    consistency: Consistency = "LOCAL_QUORUM"
    """How many replicas each statement waits for."""
    serial: Literal["LOCAL_SERIAL", "SERIAL"] = "LOCAL_SERIAL"
    """Among which replicas a compare-and-set is decided: those of the data centre, or of all."""
    timeout_seconds: _Seconds = 10.0
    """Seconds after which a statement is given up."""
    speculate_seconds: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.5
    """Seconds after which a statement that may run twice is sent to another replica, too; 0: never."""
    replication: str = ""
    """For a keyspace that is made: the number of replicas, or ``dc1:3,dc2:3``."""
    compaction: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.]*$")] = ""
    """For tables that are made: the class of the compaction of ``blocks`` and ``spans``."""
    migrate: Literal["auto", "never"] = "auto"
    """Whether opening makes the keyspace and brings its tables up to date, or leaves that to ``spanglass migrate``."""
    tls: bool = False
    """Whether nodes are spoken to by TLS, see ``Credentials``."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What does not stand in an address: the password, and the files of TLS (PEM); empty is none."""

    password: str = ""
    tls_ca: str = ""
    tls_certificate: str = ""
    tls_key: str = ""

    def __repr__(self) -> str:
        return "Credentials(…)"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a store is, and how it is spoken to."""

    hosts: tuple[str, ...]
    port: int = PORT
    keyspace: str
    user: str = ""
    options: Options = Options()


_KEYSPACE: Final = msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,47}$")
_PORT: Final = msgspec.Meta(ge=1, le=65535)


def parse(text: str) -> Address:
    """Read what stands after ``cassandra://``.

    Raises:
        StoreError: It is no address; the message tells what is wrong.
    """
    place, _, query = text.partition("?")
    authority, _, keyspace = place.partition("/")
    user, _, hosts = authority.rpartition("@")
    if ":" in user:
        raise StoreError("store: a password does not belong into an address; set SPANGLASS_CASSANDRA_PASSWORD")
    names, port = _port(hosts)
    if not all(names):
        raise StoreError(f"store: there is a host missing; write {FORM}")
    return Address(
        hosts=names,
        port=port,
        keyspace=_valid(keyspace, Annotated[str, _KEYSPACE], "the keyspace"),
        user=unquote(user),
        options=_options(query),
    )


def _port(hosts: str) -> tuple[tuple[str, ...], int]:
    """Split hosts and the port, which stands once for all; an IPv6 address stands in brackets."""
    before, colon, port = hosts.rpartition(":")
    if not colon or "]" in port:
        return tuple(_bare(host) for host in hosts.split(",")), PORT
    return tuple(_bare(host) for host in before.split(",")), int(_valid(port, Annotated[int, _PORT], "the port"))


def _bare(host: str) -> str:
    return host.strip().removeprefix("[").removesuffix("]")


def _options(query: str) -> Options:
    given = dict(parse_qsl(query, keep_blank_values=True))
    try:
        return msgspec.convert(given, Options, strict=False)
    except msgspec.ValidationError as error:
        raise StoreError(f"store: an option of the address: {error}") from None


def _valid(text: str, form: object, name: str) -> str:
    try:
        return str(msgspec.convert(text, form, strict=False))
    except msgspec.ValidationError as error:
        raise StoreError(f"store: {name} of the address, {text!r}: {error}") from None
