"""The archive: sessions go round whole, and what is damaged is told by its place."""

import contextlib
import hashlib
import io
import json
from itertools import pairwise

import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings

from spanglass.config import Limits
from spanglass.formats import archive
from spanglass.formats.archive import MAGIC, ArchiveWriter, read_archive
from spanglass.formats.interface import Altered, FormatError, Piece, Refused
from spanglass.otlp.codec import decode_protobuf
from spanglass.otlp.encoder import encode_protobuf
from spanglass.telemetry import Span
from tests.captures import CAPTURES, mapper
from tests.formats.sessions import (
    PUT,
    Json,
    drawn_spans,
    of_capture,
    of_spans,
    of_telemetry,
    read,
    taken,
    wholes,
    write,
)
from tests.formats.test_lines import SPAN
from tests.mapping.test_restoring import NAMED_TWICE
from tests.telemetry import Wild, chat, said, span

ARCHIVE = (ArchiveWriter, read_archive)


@pytest.mark.parametrize("capture", CAPTURES)
def test_recorded_sessions_go_round(capture: str) -> None:
    """An archive that is read into a store is written from it again byte for byte, or it is told that it is not."""
    store = of_capture(capture)
    data, writer = write(store, ARCHIVE)
    pieces = read(data, ARCHIVE)
    again = taken(pieces)
    told = any(isinstance(piece, Altered) for piece in pieces)
    assert (list(wholes(again)) == list(wholes(store))) == (not told)
    assert (write(again, ARCHIVE)[0] == data) == (not told)
    assert not writer.losses


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(drawn_spans())
def test_spans_that_were_put_go_round(spans: list[Json]) -> None:
    """So do spans that were put."""
    store = of_spans(spans)
    data, _ = write(store, ARCHIVE)
    again = taken(read(data, ARCHIVE))
    second, _ = write(again, ARCHIVE)
    assert write(taken(read(second, ARCHIVE)), ARCHIVE)[0] == second


def receivable(seed: int) -> list[Span]:
    """Return spans as odd as a receiver may get them."""
    spans: list[Span] = []
    for one in Wild(seed).spans():
        one.start_ns, one.end_ns, one.kind = one.start_ns % 2**62, one.end_ns % 2**62, one.kind % 6
        for event in one.events:
            event.time_ns %= 2**62
        with contextlib.suppress(ValueError):  # a lone surrogate, say
            spans += decode_protobuf(encode_protobuf([one]), Limits()).spans
    return spans


def test_odd_telemetry_goes_round_or_is_told() -> None:
    """Whatever a receiver may get is the same again, or told; most of it is the same."""
    same = []
    for store in (of_telemetry(spans) for seed in range(250) if (spans := receivable(seed))):
        pieces = read(write(store, ARCHIVE)[0], ARCHIVE)
        same.append(list(wholes(taken(pieces))) == list(wholes(store)))
        assert same[-1] or any(isinstance(piece, Altered) for piece in pieces)
    assert same.count(True) > len(same) / 2


def test_what_comes_back_changed_is_told() -> None:
    """Spans whose messages are kept in a form that cannot be written again are told, with their places."""
    pieces = read(write(of_capture(NAMED_TWICE), ARCHIVE)[0], ARCHIVE)
    assert [piece.where[:14] for piece in pieces if isinstance(piece, Altered)] == ["block 0, line "] * 3


def test_it_is_a_file_of_zstd() -> None:
    """Whoever has zstd reads the lines: a session's name, then its spans as the JSON API has them."""
    store = of_capture("strands/openai_tools_refusal")
    lines = [json.loads(line) for line in zstd.ZstdFile(io.BytesIO(write(store, ARCHIVE)[0])).read().splitlines()]
    ((session, spans),) = wholes(store)
    assert lines[0] == {
        "assistantId": session.assistant_id,
        "sessionId": session.session_id,
        "name": session.name,
        "assistantName": session.assistant_name,
    }
    assert lines[1:] == spans


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """An archive of several blocks, of three sessions."""
    monkeypatch.setattr(archive, "BLOCK_BYTES", 3000)
    spans = [
        chat(n, [said("user", f"question {n}")], trace_id=bytes([n % 3 + 1]) * 16, start_ns=n * 10**9)
        for n in range(1, 31)
    ]
    return write(of_telemetry(spans), ARCHIVE)[0]


def notes(data: bytes) -> list[int]:
    """Return where the archive's notes begin."""
    return [at for at in range(len(data)) if data.startswith(MAGIC, at)]


def test_blocks_can_be_read_alone(many: bytes) -> None:
    """A session that goes on in another block is named there again, and the whole is what was written."""
    assert len(notes(many)) > 6
    for note, following in pairwise(notes(many)[1:]):
        block = many[note + 8 + int.from_bytes(many[note + 4 : note + 8], "little") : following]
        first, second, *_ = zstd.decompress(block).splitlines()
        assert "name" in json.loads(first)
        assert json.loads(first)["sessionId"] == json.loads(second)["sessionId"]
    assert sum(len(spans) for _, spans in wholes(taken(read(many, ARCHIVE)))) == 30


def collected(data: bytes) -> tuple[list[Piece], str]:
    """Return all that is read of a damaged archive, and what ended that."""
    pieces: list[Piece] = []
    try:
        pieces.extend(read_archive(io.BytesIO(data)))
    except FormatError as error:
        return pieces, str(error)
    return pieces, ""


def test_wherever_it_is_cut_off_that_is_told(many: bytes) -> None:
    """The blocks before are read, and the place is told."""
    for at in range(0, len(many), 97):
        pieces, error = collected(many[:at])
        assert error.startswith(f"the archive is cut off: it ends at byte {at}, within ")
        assert not [piece for piece in pieces if isinstance(piece, Refused)]
    before_the_end = notes(many)[-1]
    pieces, error = collected(many[:before_the_end])
    assert error == f"the archive is cut off: it ends at byte {before_the_end}, within a block's note or its end"
    assert sum(len(spans) for _, spans in wholes(taken(pieces))) == 30


def test_a_damaged_block_is_told_and_the_others_are_read(many: bytes) -> None:
    """Its number and place are told, and so is that the whole is not what it was."""
    start = notes(many)[2]
    block = start + 8 + int.from_bytes(many[start + 4 : start + 8], "little")
    broken = bytearray(many)
    broken[block + 20] ^= 1
    pieces, error = collected(bytes(broken))
    assert error == ""
    refused = [piece for piece in pieces if isinstance(piece, Refused)]
    assert refused == [
        Refused(f"block 1 at byte {block}", "it is damaged: its checksum differs"),
        Refused("the whole archive", "its checksum differs: a block was changed, taken away or put in"),
    ]
    left = taken(piece for piece in pieces if not isinstance(piece, Refused))
    assert 0 < sum(len(spans) for _, spans in wholes(left)) < 30


def test_a_block_that_was_taken_away_is_missed(many: bytes) -> None:
    """Every block that is there is whole, but the archive is not."""
    second, third = notes(many)[2:4]
    pieces, error = collected(many[:second] + many[third:])
    assert error == ""
    assert [piece.where for piece in pieces if isinstance(piece, Refused)] == ["the whole archive"]


def note(told: object) -> bytes:
    text = json.dumps(told).encode()
    return MAGIC + len(text).to_bytes(4, "little") + text


OPENING = {"format": "spanglass-archive", "version": 1}
GARBLED = b"no frame of zstd"
BLOCK = {"block": 0, "bytes": len(GARBLED), "sha256": hashlib.sha256(GARBLED).hexdigest()}


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"PAR1" + bytes(90), "byte 0: here should be its opening; the archive is damaged from here on"),
        (note({"format": "other", "version": 1}), "byte 0: this is no spanglass-archive, but 'other'"),
        (note(OPENING | {"version": 2}), "this archive is of version 2; this Spanglass reads up to 1"),
        (
            note({"format": "spanglass-archive"}),
            "byte 39: the note before it is damaged: Object missing required field `version`",
        ),
        (MAGIC + b"\x01\x00\x00\x00{", "byte 0: its opening is damaged: Input data was truncated"),
        (MAGIC + b"\xff\xff\xff\xff", "byte 8: its opening says that it has 4294967295 bytes; at most 65536 are read"),
        (note(OPENING) + note({"block": 0, "bytes": -1, "sha256": ""}), "byte 100: block 0 says that it has -1 bytes"),
    ],
)
def test_what_is_no_archive_is_told(data: bytes, error: str) -> None:
    """The place and the reason are told."""
    assert collected(data)[1].startswith(error)


def test_a_block_that_is_no_zstd_is_told() -> None:
    """Its hash may be right all the same."""
    pieces, error = collected(note(OPENING) + note(BLOCK) + GARBLED)
    (refused,) = pieces
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("it cannot be read")
    assert error.startswith("the archive is cut off")


@pytest.mark.parametrize("line", [b"{", b'"\xff"', b"[" * 100_000])
def test_a_block_whose_lines_are_no_json_is_told(line: bytes) -> None:
    """Its hash and its compression may be right all the same."""
    block = zstd.compress(line + b"\n")
    told = {"block": 0, "bytes": len(block), "sha256": hashlib.sha256(block).hexdigest()}
    (refused,), _ = collected(note(OPENING) + note(told) + block)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("it cannot be read")


def test_what_follows_the_end_is_told(many: bytes) -> None:
    """An archive ends with its totals."""
    pieces, _ = collected(many + b"!")
    assert pieces[-1] == Refused(f"byte {len(many)}", "something follows the archive's end")


def test_a_session_of_both_kinds_is_whole() -> None:
    """Spans that were put among spans that came over OTLP, in one session: each goes back the way that it came."""
    put = SPAN | {"startTimestamp": 2.5, "endTimestamp": 3.0}
    before = SPAN | {"sessionId": "aaaa0000-0000-4000-8000-00000000ffff"}
    store, known = of_spans([put, before]), mapper()
    for number in (1, 2, 3):
        told: Json = {"session.id": PUT[1], "spanglass.assistant.id": PUT[0]} if number == 3 else {}
        store.write(known.parts([span(number, told)]), known.relate)
    again = taken(read(write(store, ARCHIVE)[0], ARCHIVE))
    assert [len(spans) for _, spans in wholes(store)] == [1, 4]
    assert list(wholes(again)) == list(wholes(store))


def test_traces_that_others_placed_come_back_to_their_session() -> None:
    """Where a key's limit or an application's own attribute placed a trace, one of its spans says where it belongs."""
    spans = [span(n, trace_id=bytes([n]) * 16) for n in (1, 2)]
    elsewhere = of_telemetry([span(3, {"session.id": "s", "spanglass.assistant.id": "another"})])
    ((session, _),) = wholes(elsewhere)
    writer_file = io.BytesIO()
    writer = ArchiveWriter(writer_file)
    placed = [
        one | {"assistantId": session.assistant_id, "sessionId": session.session_id}
        for _, found in wholes(of_telemetry(spans))
        for one in found
    ]
    writer.write(session, placed)
    writer.close()
    ((back, found),) = wholes(taken(read(writer_file.getvalue(), ARCHIVE)))
    assert back == session
    assert [one["detail"]["attributes"] for one in found] == [
        {"spanglass.assistant.id": "another", "spanglass.session.id": "s"}
    ] * 2
