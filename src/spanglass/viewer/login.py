"""Logging in with a browser: a key's token is exchanged for a signed cookie that no script can read."""

import time
import uuid
from typing import Any, Final, Literal

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from spanglass.access import Caller, Keys, Role, caller
from spanglass.access.errors import AccessError
from spanglass.access.identity import COOKIE
from spanglass.access.web import refusal
from spanglass.answers import Answer, Problem
from spanglass.bodies import BodyError, read_body
from spanglass.config import Config
from spanglass.store.interface import StoreError
from spanglass.viewer.openapi import described
from spanglass.viewer.operations import json

LOGIN_PATH: Final = "/api/login"
LOGOUT_PATH: Final = "/api/logout"
IDENTITY_PATH: Final = "/api/identity"


class Login(Answer, forbid_unknown_fields=True):
    """What logging in takes: a key's bearer token, as ``spanglass keys create`` printed it."""

    key: str


class Identity(Answer):
    """Whether keys are asked for, and whose was shown; without a role nobody is logged in.

    ``assistants`` are those that the key is limited to, null for all.
    """

    auth: Literal["off", "keys"]
    access_key_id: str | None
    role: Role | None
    assistants: list[str] | None


def routes(keys: Keys | None, config: Config) -> list[Route]:
    """Return ``/api/login``, ``/api/logout`` and ``/api/identity``; without keys there is nobody to tell apart."""

    async def login(request: Request) -> Response:
        if keys is None:
            return _problem("This server asks for no key.")
        try:
            body = await read_body(request.headers, request.receive, config.limits)
            who = await keys.of_token(msgspec.json.decode(body, type=Login).key)
        except (ValueError, RecursionError):  # msgspec's errors and those of Unicode are ValueErrors
            return _problem('the body is not {"key": "…"}')
        except (AccessError, BodyError, StoreError) as error:
            return refusal(error)
        except ClientDisconnect:
            return Response()
        answer = json(_told(who, keys))
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
        answer = Response(status_code=204, headers={"cache-control": "no-store"})
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    async def identity(request: Request) -> Response:
        return json(_told(caller(request.scope), keys))

    return [
        Route(LOGIN_PATH, login, methods=["POST"]),
        Route(LOGOUT_PATH, logout, methods=["POST"]),
        Route(IDENTITY_PATH, identity, methods=["GET"]),
    ]


def _problem(error: str) -> Response:
    return json(msgspec.json.encode(Problem(error=error)), 400)


def _told(who: Caller, keys: Keys | None) -> bytes:
    identity = Identity(
        auth="off" if keys is None else "keys",
        access_key_id=who.key_id or None,
        role=who.role,
        assistants=None if who.assistants is None else sorted(str(uuid.UUID(bytes=each)) for each in who.assistants),
    )
    return msgspec.json.encode(identity)


TYPES: Final = (Login, Identity)
"""The types that ``PATHS`` refer to."""
PATHS: Final[dict[str, dict[str, Any]]] = {
    LOGIN_PATH: {
        "post": described(
            "logIn",
            "Exchange a key's bearer token for the cookie of a login",
            {200: Identity, **dict.fromkeys((400, 401, 403, 408, 413, 503), Problem)},
            takes=Login,
        )
    },
    LOGOUT_PATH: {"post": described("logOut", "Take the cookie of a login away", {204: None, 403: Problem})},
    IDENTITY_PATH: {
        "get": described("getIdentity", "Tell who is logged in", {200: Identity, 403: Problem, 503: Problem})
    },
}
"""The routes' part of the OpenAPI description."""
