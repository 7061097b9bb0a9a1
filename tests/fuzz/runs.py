"""A run of generated requests against a real server on a store of its own that has something to tell."""

import json
from pathlib import Path

from spanglass.app import open_store
from spanglass.config import Limits
from tests.clients.spans import ASSISTANT, SESSIONS, arn, written
from tests.fuzz.driving import Fuzz
from tests.integration.serving import start


def fuzzed(folder: Path, requests: int, seed: int) -> tuple[Fuzz, list[str]]:
    """Return a finished run, and what the server logged of errors."""
    path = folder / "spans.db"
    store = open_store(f"sqlite:///{path}", Limits())
    store.write([written(*session) for session in SESSIONS])
    store.close()
    known = [
        {"assistantId": ASSISTANT, "assistantArn": arn("assistant", ASSISTANT)},
        *({"sessionId": session, "sessionArn": arn("session", ASSISTANT, session)} for session, _ in SESSIONS),
    ]
    with start(path) as server:
        document = json.loads(server.ask("/api/openapi.json").body)
        fuzz = Fuzz(server.port, document, None, seed, known)
        fuzz.run(requests)
        logged = [line for line in server.logged().splitlines() if '"error"' in line or "Traceback" in line]
    return fuzz, logged
