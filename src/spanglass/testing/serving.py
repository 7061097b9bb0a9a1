"""A double on a loopback port, in this process."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

import boto3
import uvicorn
from botocore.config import Config

from spanglass.testing.double import Double

HOST: Final = "127.0.0.1"
REGION: Final = "us-east-1"
KEYS: Final = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
"""Credentials that no service knows."""


class Server:
    """A served double: ``add`` sessions to it, break it by its ``faults``, read it with ``client``."""

    def __init__(self, double: Double, endpoint_url: str) -> None:
        self.double: Final = double
        self.endpoint_url: Final = endpoint_url
        self.faults: Final = double.faults
        self.add: Final = double.add
        self.client: Final = self.new_client()

    def new_client(self, **config: Any) -> Any:  # noqa: ANN401 (boto3's clients have no type)
        """Return another boto3 client, with settings of ``botocore.config.Config``."""
        return boto3.client(
            "qconnect", endpoint_url=self.endpoint_url, region_name=REGION, config=Config(**config), **KEYS
        )


@contextlib.contextmanager
def serve(double: Double | None = None) -> Iterator[Server]:
    """Serve a double, a new one if none is given, on a port of the system's choice until the block is left."""
    served = double or Double()
    listener = socket.create_server((HOST, 0))
    server = uvicorn.Server(uvicorn.Config(served, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="spanglass-double")
    thread.start()  # connections wait in the listener's queue until the server takes them
    try:
        yield Server(served, f"http://{HOST}:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        if double is None:
            served.close()
