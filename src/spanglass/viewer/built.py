"""The viewer as it was built from ``viewer/`` of the repository: one page for all its addresses, and its files."""

import gzip
import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
"""On every answer: what slipped through would still not run, load or send anything."""
ADDRESSES: Final = ("/", "/overview", "/compare", "/login", "/find/{id:path}", "/sessions/{assistant}/{session}")
"""Where the page is served; what it shows there is its own affair (``viewer/src/app/router.tsx``)."""
FILES_AT: Final = "/viewer/"
PAGE: Final = "index.html"
_COMPRESSED: Final = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})
_UNBUILT: Final = "The viewer was not built into this installation: run `make setup` in the repository. /api works.\n"


class _File(NamedTuple):
    """A file's bytes as they are and, if that is smaller, as gzip; neither changes while the process runs."""

    media_type: str
    body: bytes
    gzipped: bytes | None


def routes() -> list[BaseRoute]:
    """Return the routes of the page and its files, which are read here, once."""
    there = _read(files(__package__) / "static")

    async def page(request: Request) -> Response:
        if PAGE not in there:
            return PlainTextResponse(_UNBUILT, 503)
        return _answer(request, there[PAGE], "no-cache")

    async def file(request: Request) -> Response:
        found = there.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("Not found\n", 404, HEADERS)
        hashed = request.path_params["name"].startswith("assets/")  # the name tells the content
        return _answer(request, found, "public, max-age=31536000, immutable" if hashed else "public, max-age=3600")

    return [*(Route(address, page) for address in ADDRESSES), Route(FILES_AT + "{name:path}", file)]


def _answer(request: Request, file: _File, caching: str) -> Response:
    headers = HEADERS | {"cache-control": caching, "vary": "accept-encoding"}
    if file.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.gzipped, headers=headers | {"content-encoding": "gzip"}, media_type=file.media_type)
    return Response(file.body, headers=headers, media_type=file.media_type)


def _read(folder: Traversable, prefix: str = "") -> dict[str, _File]:
    found: dict[str, _File] = {}
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir():
            found |= _read(entry, f"{prefix}{entry.name}/")
            continue
        media_type = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
        body = entry.read_bytes()
        gzipped = gzip.compress(body, mtime=0) if media_type in _COMPRESSED else None
        found[prefix + entry.name] = _File(media_type, body, gzipped)
    return found
