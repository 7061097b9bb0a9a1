"""A run of generated requests against a real server on a store of its own that has something to tell."""

import json
import urllib.request
from pathlib import Path

from tests.clients.conftest import put_sessions
from tests.clients.sdks import Key
from tests.clients.spans import ASSISTANT, SESSIONS, arn
from tests.fuzz.driving import Fuzz
from tests.integration.issuing import make_key, start_with_keys


def fuzzed(folder: Path, requests: int, seed: int) -> tuple[Fuzz, list[str]]:
    """Return a finished run, and what the server logged of errors."""
    key = make_key(folder, "admin")
    known = [
        {"assistantId": ASSISTANT, "assistantArn": arn("assistant", ASSISTANT)},
        *({"sessionId": session, "sessionArn": arn("session", ASSISTANT, session)} for session, _ in SESSIONS),
    ]
    with start_with_keys(folder) as server:
        asked = urllib.request.Request(f"{server.url}/api/openapi.json", headers=key.headers)  # noqa: S310
        with urllib.request.urlopen(asked) as response:  # noqa: S310 (of the server under test)
            document = json.load(response)
        signing = Key(key.key_id, key.secret)
        put_sessions(server.url, signing)
        fuzz = Fuzz(server.port, document, signing, seed, known)
        fuzz.run(requests)
        logged = [line for line in server.logged().splitlines() if '"error"' in line or "Traceback" in line]
    return fuzz, logged
