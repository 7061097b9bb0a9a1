"""Content that is no text."""

import base64
import hashlib

import pytest

from spanglass.conventions.media import described
from spanglass.conventions.plain import Plain

PNG = base64.b64encode(b"\x89PNG").decode()
HASH = hashlib.sha256(b"\x89PNG").hexdigest()
BYTES = f"[image/png, 4 B, sha256 {HASH}]"


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ({"type": "blob", "mime_type": "image/png", "content": PNG}, BYTES),
        ({"type": "binary", "media_type": "image/png", "content": PNG}, BYTES),
        ({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}, BYTES),
        ({"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}, BYTES),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}, BYTES),
        ({"image": {"format": "png", "source": {"bytes": PNG}}}, BYTES),
        ({"image": {"format": "png", "source": {"bytes": {"bytes": PNG}}}}, BYTES),
        ({"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}}, f"[audio/wav, 4 B, sha256 {HASH}]"),
        (
            {"document": {"format": "pdf", "name": "a", "source": {"bytes": PNG}}},
            f"[application/pdf, 4 B, sha256 {HASH}]",
        ),
        ({"type": "image_url", "image_url": {"url": "https://x/a.png"}}, "[image_url https://x/a.png]"),
        ({"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}, "[url https://x/a.png]"),
        ({"type": "uri", "mime_type": "image/png", "uri": "gs://x"}, "[image/png gs://x]"),
        ({"type": "file", "file_id": "file-1"}, "[file file-1]"),
        ({"type": "audio", "content": "a text"}, "[audio a text]"),
        ({"type": "blob", "modality": "image", "content": "no base64"}, None),
        ({"type": "compaction", "content": {"a": 1}}, '[compaction {"a":1}]'),
        ({"type": "blob", "content": 3}, "[blob 3]"),
        ({"image": {"image": {"image": {"image": {"image": {"image": {}}}}}}}, "[part]"),
        ({}, "[part]"),
    ],
)
def test_content_is_shown_as_what_it_is(part: dict[str, Plain], shown: str | None) -> None:
    """With size and hash where the bytes are there, by its address or name else, whatever API the part is of."""
    if shown is None:
        shown = f"[image, 9 B, sha256 {hashlib.sha256(b'no base64').hexdigest()}]"
    assert described(part) == shown


def test_large_content_is_measured_in_kilobytes() -> None:
    """A size is for people."""
    assert described({"type": "blob", "content": base64.b64encode(bytes(12_300)).decode()}).startswith("[blob, 12 kB,")
