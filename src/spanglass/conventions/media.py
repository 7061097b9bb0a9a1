"""Images and other content that is no text, as what it is: ``[image/png, 12 kB, sha256 …]``, ``[file file-1]``.

Read are the parts of the conventions, of the providers' APIs and of the frameworks: bytes as base64 or as a ``data:``
URL, an address, a file's id or name. What is shown refers to the content; the content is kept with the message.
"""

import base64
import binascii
import hashlib
from typing import Final

from spanglass.conventions.plain import Plain, clean, encode

_Object = dict[str, Plain]

WRAPPINGS: Final = ("image_url", "image", "input_audio", "audio", "video", "document", "file", "source", "bytes")
"""Fields whose value is what the part is about, in one API or another."""
LEVELS_MAX: Final = 4
TYPES: Final = ("mime_type", "media_type", "mediaType", "modality", "type")
DATA: Final = ("data", "bytes", "file_data", "content")
PLACES: Final = ("uri", "url", "file_id", "file_uri", "image_url", "filename", "name", "content", "text")
BINARY: Final = frozenset({"blob", "binary", "base64"})
"""Types of a part whose ``content`` is base64."""
DATA_URL: Final = "data:"


def described(part: _Object) -> str:
    """Say in brackets what a part is that cannot be shown as text."""
    flat = _flattened(part)
    kind = _subtype(part, flat) or _written(next((told for name in TYPES if (told := flat.get(name))), "part"))
    is_binary = any(one in BINARY for one in (part.get("type"), flat.get("type")) if isinstance(one, str))
    names = DATA if is_binary else DATA[:-1]
    data = next((told for name in names if isinstance(told := flat.get(name), str) and told), "")
    where = next((told for name in PLACES if (told := flat.get(name))), None)
    address = data or (where if isinstance(where, str) else "")
    if address.startswith(DATA_URL):
        head, _, data = address.removeprefix(DATA_URL).partition(",")
        kind = clean(head.partition(";")[0]) or kind
    if data:
        decoded = _decoded(data)
        return f"[{kind}, {_size(len(decoded))}, sha256 {hashlib.sha256(decoded).hexdigest()}]"
    return f"[{kind} {_written(where)}]" if where else f"[{kind}]"


def _written(value: Plain) -> str:
    return clean(value) if isinstance(value, str) else encode(value).decode()


def _flattened(part: _Object) -> _Object:
    """Return a part's fields with those of what it wraps, which say more of the content."""
    flat = part
    for _ in range(LEVELS_MAX):
        name = next((name for name in WRAPPINGS if isinstance(flat.get(name), dict)), None)
        if name is None:
            break
        inner = flat[name]
        flat = {key: value for key, value in flat.items() if key != name} | (inner if isinstance(inner, dict) else {})
    return flat


def _subtype(part: _Object, flat: _Object) -> str:
    """Return the media type that Bedrock and OpenAI tell by a format: ``{"image": {"format": "png"}}``."""
    form = flat.get("format")
    if not isinstance(form, str):
        return ""
    about = next((name for name in ("image", "video", "audio") if any(name in key for key in part)), "application")
    return f"{about}/{form}"


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return clean(content).encode()


def _size(size: int) -> str:
    return f"{size} B" if size < 1000 else f"{round(size / 1000)} kB"  # noqa: PLR2004 (the unit itself)
