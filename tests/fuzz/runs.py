"""A run of generated requests against a real server on a store of its own that has something to tell."""

import json
import urllib.request
from pathlib import Path

from spanglass.app import open_store
from spanglass.config import Limits
from tests.clients.sdks import Key
from tests.clients.spans import ASSISTANT, SESSIONS, arn, written
from tests.fuzz.driving import Fuzz
from tests.integration.issuing import make_key, start_with_keys


def fuzzed(folder: Path, requests: int, seed: int) -> tuple[Fuzz, list[str]]:
    """Return a finished run, and what the server logged of errors."""
    key = make_key(folder, "admin")
    store = open_store(f"sqlite:///{folder / 'spans.db'}", Limits())
    store.write([written(*session) for session in SESSIONS])
    store.close()
    known = [
        {"assistantId": ASSISTANT, "assistantArn": arn("assistant", ASSISTANT)},
        *({"sessionId": session, "sessionArn": arn("session", ASSISTANT, session)} for session, _ in SESSIONS),
    ]
    with start_with_keys(folder) as server:
        asked = urllib.request.Request(f"{server.url}/api/openapi.json", headers=key.headers)  # noqa: S310
        with urllib.request.urlopen(asked) as response:  # noqa: S310 (of the server under test)
            document = json.load(response)
        fuzz = Fuzz(server.port, document, Key(key.key_id, key.secret), seed, known)
        fuzz.run(requests)
        logged = [line for line in server.logged().splitlines() if '"error"' in line or "Traceback" in line]
    return fuzz, logged
