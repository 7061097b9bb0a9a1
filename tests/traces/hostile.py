"""A session whose every text is made to do something to whoever prints it."""

import uuid

from spanglass.mapping import received
from spanglass.store.interface import Store

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x08 \u202eevil\u202c [bold]markup[/bold] {style}\r\nlast"
ASSISTANT, SESSION, SPAN = (str(uuid.UUID(int=number, version=4)) for number in (1, 2, 3))


def hostile(store: Store) -> str:
    """Keep the session, and return what names it."""
    message = {
        "messageId": str(uuid.UUID(int=5, version=4)),
        "participant": "CUSTOMER",
        "timestamp": 1_795_000_000.0,
        "values": [{"text": {"value": HOSTILE}}],
    }
    span = {
        "spanId": SPAN,
        "assistantId": ASSISTANT,
        "sessionId": SESSION,
        "spanName": HOSTILE,
        "spanType": "CLIENT",
        "startTimestamp": 1_795_000_000.0,
        "endTimestamp": 1_795_000_001.5,
        "status": "ERROR",
        "statusDescription": HOSTILE,
        "requestId": str(uuid.UUID(int=4, version=4)),
        "attributes": {
            "operationName": "inference",
            "errorType": HOSTILE,
            "aiAgentName": HOSTILE,
            "requestModel": HOSTILE,
            "sessionName": HOSTILE,
            "inputMessages": [message],
        },
    }
    place = ASSISTANT, SESSION
    assert received.faults({"spans": [span]}, place) == []
    store.write([received.part([span], place)])
    return f"{ASSISTANT}/{SESSION}"
