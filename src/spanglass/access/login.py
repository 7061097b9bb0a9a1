"""Logging in with a browser: a key's token is exchanged for a signed cookie that no script can read."""

import time
import uuid
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from spanglass.access.caller import Caller, caller
from spanglass.access.errors import AccessError
from spanglass.access.identity import COOKIE, Keys
from spanglass.access.web import refusal
from spanglass.bodies import BodyError, read_body
from spanglass.config import Config
from spanglass.store.interface import StoreError

_HEADERS: Final = {"cache-control": "no-store"}


class Login(msgspec.Struct, forbid_unknown_fields=True):
    """What ``POST /api/login`` takes: a key's bearer token, as ``spanglass keys create`` printed it."""

    key: str


def routes(keys: Keys | None, config: Config) -> list[BaseRoute]:
    """Return ``/api/login``, ``/api/logout`` and ``/api/identity``; without keys there is nobody to tell apart."""

    async def login(request: Request) -> Response:
        if keys is None:
            return JSONResponse({"error": "This server asks for no key."}, 400, _HEADERS)
        try:
            body = await read_body(request.headers, request.receive, config.limits)
            who = await keys.of_token(msgspec.json.decode(body, type=Login).key)
        except msgspec.DecodeError:
            return JSONResponse({"error": 'the body is not {"key": "…"}'}, 400, _HEADERS)
        except (AccessError, BodyError, StoreError) as error:
            return refusal(error)
        answer = JSONResponse(_told(who, keys), headers=_HEADERS)
        seconds = int(config.login_seconds_max)
        answer.set_cookie(
            COOKIE,
            keys.secrets.login(who.key_id, int(time.time()) + seconds),
            max_age=seconds,
            httponly=True,
            samesite="strict",
            secure=request.headers.get("origin", "").startswith("https://"),
        )
        return answer

    async def logout(_request: Request) -> Response:
        answer = Response(status_code=204, headers=_HEADERS)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    async def identity(request: Request) -> Response:
        return JSONResponse(_told(caller(request.scope), keys), headers=_HEADERS)

    return [
        Route("/api/login", login, methods=["POST"]),
        Route("/api/logout", logout, methods=["POST"]),
        Route("/api/identity", identity, methods=["GET"]),
    ]


def _told(who: Caller, keys: Keys | None) -> dict[str, object]:
    """Return whether keys are asked for, and whose was shown; without a role nobody is logged in."""
    return {
        "auth": "off" if keys is None else "keys",
        "accessKeyId": who.key_id or None,
        "role": who.role,
        "assistants": None if who.assistants is None else sorted(str(uuid.UUID(bytes=each)) for each in who.assistants),
    }
