"""The AWS clients under test: each a small driver that makes the calls it is told, in an environment of its own.

A driver reads one call a line, as JSON, and answers each with one line:

    {"operation": "ListSpans", "params": {…}, "endpoint": URL, "region": …, "key": {"id", "secret", "token"?},
     "http": {"method", "uri", "query": [names]}, "paginate"?: true, "presign"?: true}

    {"pages": [output, …]}                        one output, or all pages if it was to paginate
    {"url": …}                                    if it was to presign
    {"error": {"class", "code", "message", "status", "requestId", "members"}}

Outputs are the client's own values as the wire's JSON: times in seconds, a union's member that it does not know as
nothing. What ``error`` has no member for, the client does not tell; one that never reached the server has no code.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, TypeAlias

import botocore.session

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
INSTALLED: Final = ROOT / ".clients"
REGION: Final = "us-east-1"
LATER: Final = frozenset(
    {
        "guardrailAssessments",
        "interactionMode",
        "originRequestId",
        "reasoning",
        "returnReason",
        "statusDescription",
        "targetAgentId",
        "timeToFirstTokenMs",
    }
)
"""Members of ListSpans that the service model did not have yet when it first had ListSpans, in December 2025."""
DATA: Final = "MessageData.data"
"""A value of a message in ListMessages; members of this name elsewhere are older."""
LATEST: Final = frozenset(
    {DATA, "interactionMode", "lastModifiedRegion", "lastModifiedTime", "returnReason", "targetAgentId"}
)
"""Members that came last, in August 2026."""

Json: TypeAlias = Any


class Sdk(NamedTuple):
    """A client; ``needs`` is the program that must be there, and what the client is then."""

    name: str
    command: tuple[str | Path, ...]
    needs: str = ""
    lacks: frozenset[str] = frozenset()
    """Members that its service model does not have."""
    tells: frozenset[str] = frozenset({"code", "message", "class", "status", "requestId", "members"})
    """What it tells of an error."""
    does: frozenset[str] = frozenset()
    """What it can do beside calling and paginating: ``presign``."""
    tries: int = 3
    """How often it makes a call that keeps failing, unless told otherwise."""


SDKS: Final = {
    sdk.name: sdk
    for sdk in (
        Sdk("boto3", (sys.executable, HERE / "boto3_driver.py"), does=frozenset({"presign"})),
        Sdk(
            "boto3_2025",
            (INSTALLED / "boto3_2025/bin/python", HERE / "boto3_driver.py"),
            lacks=LATER | LATEST,
            does=frozenset({"presign"}),
            tries=5,
        ),
        Sdk(
            "awscli",
            (INSTALLED / "awscli/bin/python", HERE / "awscli/driver.py"),
            lacks=LATEST,
            tells=frozenset({"code", "message"}),
            tries=5,
        ),
        Sdk(
            "javascript",
            (Path(sys.executable).with_name("node"), HERE / "javascript/driver.js"),
            lacks=frozenset({DATA}),
        ),
        Sdk(
            "go",
            (INSTALLED / "go/driver",),
            needs="go",
            tells=frozenset({"code", "message", "status", "requestId", "members"}),
            does=frozenset({"presign"}),
        ),
        Sdk(
            "java",
            ("java", "-XX:TieredStopAtLevel=1", "-cp", INSTALLED / "java/*", HERE / "java/Driver.java"),
            needs="mvn",
            lacks=LATER | LATEST,
            tries=4,
        ),
    )
}


class RefusedError(Exception):
    """A call failed; ``told`` is what the client tells of it."""

    def __init__(self, told: Json) -> None:
        super().__init__(json.dumps(told))
        self.told = told


class Key(NamedTuple):
    """Credentials."""

    id: str = "AKIDEXAMPLE"
    secret: str = "a secret"  # noqa: S105 (of nothing)
    token: str | None = None


class Client:
    """A running driver; as a context it lasts to the end of the block."""

    def __init__(self, sdk: Sdk, endpoint: str, key: Key) -> None:
        self.sdk = sdk
        self._endpoint = endpoint
        self._key = key
        model = botocore.session.Session().get_service_model("qconnect")
        self._operations = {name: model.operation_model(name) for name in model.operation_names}
        self._driver = subprocess.Popen(
            sdk.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=_environment(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._driver:
            assert self._driver.stdin is not None
            self._driver.stdin.close()

    def call(self, operation: str, *, key: Key | None = None, endpoint: str | None = None, **params: Json) -> Json:
        """Return what an operation answers.

        Raises:
            RefusedError: The client says that it failed.
        """
        [page] = self._ask(operation, params, key=key, endpoint=endpoint)["pages"]
        return page

    def paginate(self, operation: str, result: str, **params: Json) -> Json:
        """Return all of a list's items, read with the client's own paginator; ``maxResults`` is the pages' size."""
        return [item for page in self._ask(operation, params, paginate=True)["pages"] for item in page[result]]

    def presign(self, operation: str, **params: Json) -> str:
        """Return a URL that answers as the operation does."""
        url = self._ask(operation, params, presign=True)["url"]
        assert isinstance(url, str)
        return url

    def known(self, value: Json) -> Json:
        """Return what this client can know of an answer's JSON."""
        if isinstance(value, list):
            return [self.known(each) for each in value]
        if isinstance(value, dict):
            return {
                name: member if name == "arguments" else self.known(member)
                for name, member in value.items()
                if name not in self.sdk.lacks
            }
        return value

    def _ask(
        self,
        operation: str,
        params: Mapping[str, Json],
        key: Key | None = None,
        endpoint: str | None = None,
        **how: Json,
    ) -> Json:
        model = self._operations[operation]
        members = model.input_shape.members.items() if model.input_shape else ()
        call = {
            "operation": operation,
            "params": params,
            "endpoint": endpoint or self._endpoint,
            "region": REGION,
            "key": {name: text for name, text in (key or self._key)._asdict().items() if text is not None},
            "http": {
                "method": model.http["method"],
                "uri": model.http["requestUri"],
                "query": [name for name, shape in members if shape.serialization.get("location") == "querystring"],
            },
        } | how
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        self._driver.stdin.write(json.dumps(call) + "\n")
        self._driver.stdin.flush()
        line = self._driver.stdout.readline()
        assert line, f"the driver of {self.sdk.name} ended"
        answer = json.loads(line)
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer


def missing(sdk: Sdk) -> str | None:
    """Return why a client cannot be had on this machine, or None."""
    if sdk.needs and shutil.which(sdk.needs) is None:
        return f"{sdk.needs} is not installed, so the client {sdk.name!r} was NOT tested"
    return None


def install(sdk: Sdk) -> None:
    """Install what a client runs with, if that was not done."""
    subprocess.run(["make", "--silent", f"client-{sdk.name}"], cwd=ROOT, check=True, env=_environment())  # noqa: S607


def _environment() -> dict[str, str]:
    """Return this environment without what would change clients, or the make that this one runs under."""
    ours = {
        name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS", "PYTHON"))
    }
    nowhere = str(HERE / "no-such-file")
    return ours | {
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }
