"""A double without a port: botocore asks it instead of the network, through an event of its own.

Before botocore sends a request it asks those who listen to ``before-send`` for an answer. While a double is offline in
a block, every ``qconnect`` client that is made there has it among them, before anyone else who answers for all
services, as moto does. Sessions of boto3 know who listens when they are made, so the default one is made anew.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import boto3
import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from spanglass.client.answering import EVENT, answered
from spanglass.connection.inside import Inside
from spanglass.testing.double import Double
from spanglass.testing.serving import KEYS, REGION


class Offline:
    """A double that clients reach without a port; ``client`` is one of them."""

    def __init__(self, double: Double) -> None:
        self.double: Final = double
        self.faults: Final = double.faults
        self.add: Final = double.add
        self._inside: Final = Inside(contextlib.nullcontext(double), "offline")

    def attach(self, client: Any) -> None:  # noqa: ANN401 (boto3's clients have no type)
        """Answer a client that was made before."""
        client.meta.events.register_first(EVENT, self.answer)

    @property
    def client(self) -> Any:  # noqa: ANN401 (boto3's clients have no type)
        """A new boto3 client; it needs no credentials of the environment."""
        return boto3.client("qconnect", region_name=REGION, **KEYS)

    def answer(self, request: AWSPreparedRequest, **_told: object) -> AWSResponse:
        """Answer a request that botocore is about to send."""
        return answered(self._inside, request)

    def close(self) -> None:
        """End the thread that answers."""
        self._inside.close()


@contextlib.contextmanager
def offline(double: Double | None = None) -> Iterator[Offline]:
    """Have all ``qconnect`` clients that are made in the block ask a double, a new one if none is given."""
    served = double or Double()
    asked = Offline(served)
    entry = (EVENT, asked.answer)
    default, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, None
    botocore.handlers.BUILTIN_HANDLERS.insert(0, entry)
    try:
        yield asked
    finally:
        botocore.handlers.BUILTIN_HANDLERS.remove(entry)
        boto3.DEFAULT_SESSION = default
        asked.close()
        if double is None:
            served.close()
