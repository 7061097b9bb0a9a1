"""Addresses of clusters: what they say, and what is wrong with those that are none."""

import msgspec
import pytest

from spanglass.store.cassandra.address import Address, Credentials, Options, parse
from spanglass.store.interface import StoreError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("h/ks", Address(hosts=("h",), keyspace="ks")),
        ("a, b:9142/ks", Address(hosts=("a", "b"), port=9142, keyspace="ks")),
        ("u%40x@[::1]:9142/ks", Address(hosts=("::1",), port=9142, keyspace="ks", user="u@x")),
        ("[::1]/ks", Address(hosts=("::1",), keyspace="ks")),
        (
            "h/ks?dc=dc1&consistency=QUORUM&serial=SERIAL&tls=true&timeout_seconds=2.5&migrate=never",
            Address(
                hosts=("h",),
                keyspace="ks",
                options=Options(
                    dc="dc1", consistency="QUORUM", serial="SERIAL", tls=True, timeout_seconds=2.5, migrate="never"
                ),
            ),
        ),
    ],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    """Hosts, port, keyspace, user and options are what the address says, with defaults for what it does not."""
    assert parse(text) == address


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("u:secret@h/ks", "SPANGLASS_CASSANDRA_PASSWORD"),
        ("/ks", "host missing"),
        ("a,/ks", "host missing"),
        ("h:x/ks", "the port"),
        ("h:70000/ks", "the port"),
        ("h", "the keyspace"),
        ("h/KS", "the keyspace"),
        ("h/ks; DROP KEYSPACE ks", "the keyspace"),
        ("h/ks?consistency=MOST", "consistency"),
        ("h/ks?compaction='", "compaction"),
        ("h/ks?color=red", "color"),
    ],
)
def test_what_is_no_address_is_told(text: str, told: str) -> None:
    """Each mistake is told with where it is, and no password is repeated."""
    with pytest.raises(StoreError, match=told) as error:
        parse(text)
    assert "secret" not in str(error.value)


def test_credentials_are_not_shown() -> None:
    """A password is in no text that a log may hold."""
    assert "secret" not in repr(Credentials(password="secret"))  # noqa: S106 (the point)
    assert "secret" not in str(msgspec.structs.replace(Credentials(), password="secret"))  # noqa: S106
