"""Bodies are undone within bounds, however they are packed."""

import contextlib
import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from spanglass.bodies import TooLargeError
from spanglass.otlp.bodies import decompressed
from spanglass.otlp.errors import BadRequestError, UnsupportedEncodingError

MIB = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-zlib.MAX_WBITS)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
}


@given(st.binary(max_size=100_000), st.lists(st.sampled_from(sorted(PACKERS)), max_size=2))
def test_any_two_encodings_are_undone_in_reverse(data: bytes, encodings: list[str]) -> None:
    """What Content-Encoding lists in the order of its application comes back as it was."""
    body = data
    for encoding in encodings:
        body = PACKERS[encoding](body)
    assert decompressed(body, ", ".join(encodings), MIB) == data


@given(st.binary(max_size=1000))
def test_deflate_without_its_wrapper_is_undone(data: bytes) -> None:
    """Bare deflate, which some clients take the word for, is understood."""
    assert decompressed(raw_deflate(data), "deflate", MIB) == data


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_members_are_joined(encoding: str) -> None:
    """Several gzip members or zstd frames make one body, across step borders too."""
    parts = [bytes([n % 251]) * n for n in range(400)]
    body = b"".join(PACKERS[encoding](part) for part in parts)
    assert decompressed(body, encoding, MIB) == b"".join(parts)


@pytest.mark.parametrize("spelling", ["", "identity", " GZIP ", "x-gzip", "identity, gzip"])
def test_spellings(spelling: str) -> None:
    """Case, blanks, ``identity`` and the old name of gzip make no difference."""
    body = gzip.compress(b"spans") if "gzip" in spelling.lower() else b"spans"
    assert decompressed(body, spelling, MIB) == b"spans"


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip, gzip"])
def test_what_nobody_undoes_is_named(encoding: str) -> None:
    """An unknown encoding, or a third layer, is the client's to change."""
    with pytest.raises(UnsupportedEncodingError):
        decompressed(b"x", encoding, MIB)


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_nothing_stays_nothing(encoding: str) -> None:
    """An empty body is empty under any encoding."""
    assert decompressed(b"", encoding, MIB) == b""


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_a_body_cut_off_is_bad(encoding: str) -> None:
    """A body that ends early is refused, not passed on in part."""
    whole = PACKERS[encoding](bytes(range(256)) * 20)
    for cut in {1, 5, len(whole) // 2, len(whole) - 1}:
        with pytest.raises(BadRequestError):
            decompressed(whole[:cut], encoding, MIB)


@pytest.mark.parametrize("encoding", sorted(PACKERS))
@pytest.mark.parametrize("tail", [b"garbage", b"\0"])
def test_a_tail_is_bad(encoding: str, tail: bytes) -> None:
    """What follows a body's end is refused, not dropped."""
    with pytest.raises(BadRequestError):
        decompressed(PACKERS[encoding](b"spans") + tail, encoding, MIB)


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_the_bound_is_exact(encoding: str) -> None:
    """A body of as many bytes as allowed is taken, with one more it is not."""
    assert len(decompressed(PACKERS[encoding](bytes(1000)), encoding, 1000)) == 1000
    with pytest.raises(TooLargeError):
        decompressed(PACKERS[encoding](bytes(1001)), encoding, 1000)


@pytest.fixture(scope="module")
def bombs() -> dict[str, bytes]:
    """1 GiB of zeros, packed."""

    def packed(stream: "zlib._Compress | zstd.ZstdCompressor") -> bytes:
        block = bytes(16 * MIB)
        return b"".join(stream.compress(block) for _ in range(64)) + stream.flush()

    return {
        "gzip": packed(zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)),
        "deflate": packed(zlib.compressobj(1)),
        "zstd": packed(zstd.ZstdCompressor(1)),
    }


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "gzip, gzip", "gzip, zstd"])
def test_a_bomb_costs_no_more_than_the_bound(encoding: str, bombs: dict[str, bytes]) -> None:
    """1 GiB out of a few kilobytes is refused at the bound, with little more than it in memory."""
    inner, _, outer = encoding.partition(", ")
    body = PACKERS[outer](bombs[inner]) if outer else bombs[inner]
    bound = 8 * MIB
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        decompressed(body, encoding, bound)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * bound + len(bombs[inner])


@given(st.binary(max_size=2000), st.sampled_from(sorted(PACKERS)))
def test_any_bytes_are_a_body_or_bad(body: bytes, encoding: str) -> None:
    """Whatever is no such encoding is the client's fault, never ours."""
    with contextlib.suppress(BadRequestError):
        decompressed(body, encoding, MIB)


def test_many_tiny_members_stay_cheap() -> None:
    """A body made of empty gzip members takes time in proportion to its length."""
    member = gzip.compress(b"")
    assert decompressed(member * 50_000, "gzip", MIB) == b""
