"""What a mapper made is the same on the other side of a pipe, and no fragment goes over it twice."""

from spanglass.model.record import Fragment, Kind, Members, SpanRecord, fragment
from spanglass.packing import Mapped, Packer, Unpacker
from spanglass.store.samples import message, part, span

FULL = SpanRecord(
    span_id=b"s" * 16,
    parent_span_id=b"p" * 16,
    request_id=b"t" * 16,
    start_ns=1,
    end_ns=2,
    recurring=fragment(Kind.MEMBERS, b'"spanName":"chat"\n'),
    own=Members(b'"status":"OK"', b'"usageInputTokens":7'),
    inputs=(message("one"), message("two"), message("one")),
    outputs=(message("three", Kind.BOT),),
    system=(message("be kind", Kind.SYSTEM),),
    details=(fragment(Kind.DETAIL, b'{"resource":{}}'),),
    own_detail=b'{"spanId":"73"}',
    inputs_shown_from=1,
    outputs_shown_from=2,
)


def texts(record: SpanRecord) -> list[bytes]:
    return [one.json for one in (record.recurring, *record.inputs, *record.outputs, *record.system, *record.details)]


def test_every_member_arrives() -> None:
    """A record with all its members, claims, counts and errors come out as they went in."""
    plain = SpanRecord(b"", b"", b"", 0, 0, FULL.recurring)
    for name in SpanRecord.__struct_fields__:
        assert getattr(FULL, name) != getattr(plain, name) or name == "recurring", f"{name} is not tried here"
    requests: list[Mapped | bytes] = [
        Mapped([part(FULL, span(1)), part(span(2), session=None)], 3, 1, "too odd"),
        b"an error",
        Mapped([]),
    ]
    unpacked = Unpacker().unpack(Packer(1 << 20).pack(requests))
    assert unpacked == requests
    arrived = unpacked[0]
    assert isinstance(arrived, Mapped)
    assert texts(arrived.parts[0].spans[0]) == texts(FULL)


def test_a_fragment_goes_over_once() -> None:
    """What both ends have is not sent again, and is the same object wherever it stands."""
    packer, unpacker = Packer(1 << 20), Unpacker()
    said = message("x" * 5000)
    sent = [packer.pack([Mapped([part(span(n, inputs=(said,)))])]) for n in range(2)]
    assert len(sent[0]) > 5000 > len(sent[1])
    spans = [one.parts[0].spans[0] for data in sent for one in unpacker.unpack(data) if isinstance(one, Mapped)]
    assert spans[0].inputs[0] is spans[1].inputs[0]


def test_both_ends_forget_together() -> None:
    """Beyond the bound both begin anew, so neither grows and none refers to what the other has not."""
    packer, unpacker = Packer(2000), Unpacker()
    for number in range(100):
        request = Mapped([part(span(number, inputs=(message("again"), message(f"{number}" * 200))))])
        assert unpacker.unpack(packer.pack([request])) == [request]
    held = unpacker._fragments
    assert len(held) < 20
    assert all(isinstance(one, Fragment) for one in held)
