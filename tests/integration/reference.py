"""What the server should answer, from the same parts put together without network, processes and disk."""

import uuid
from collections.abc import Iterable, Iterator

import msgspec

from spanglass.config import Limits
from spanglass.otlp.codec import decode_protobuf
from spanglass.reading import Reader
from spanglass.store.interface import Store
from spanglass.store.memory import MemoryStore
from tests.captures import mapper
from tests.integration.serving import Place

LIMITS = Limits()


def written(bodies: Iterable[bytes]) -> MemoryStore:
    """Return a store to which requests in protobuf were written once each, in order."""
    store, mapping = MemoryStore(), mapper()
    for body in bodies:
        store.write(mapping.parts(decode_protobuf(body, LIMITS).spans), mapping.relate)
    return store


def pages(store: Store, place: Place) -> Iterator[bytes]:
    """Return the bodies of all of ListSpans's pages."""
    reader, token = Reader(store, LIMITS), None
    while True:
        body = reader.list_spans(
            uuid.UUID(place.assistantId).bytes, uuid.UUID(place.sessionId).bytes, max_results=100, next_token=token
        ).body
        yield body
        if (token := msgspec.json.decode(body).get("nextToken")) is None:
            return
