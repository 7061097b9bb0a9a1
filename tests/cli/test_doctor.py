"""``spanglass doctor``: what it finds where something is not as it has to be."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from spanglass.store.sqlite.database import open_writer, schema_scripts
from tests.cli.running import on_terminal, plain, run
from tests.integration.issuing import make_key, start_with_keys
from tests.integration.serving import Server, free_port

QUIET = {"SPANGLASS_GRPC_PORT": "0"}


def _findings(folder: Path, *arguments: str, code: int, **settings: str) -> dict[str, dict[str, Any]]:
    """Return what the doctor finds, by what was looked at; of several findings the worst."""
    settings = (
        {"SPANGLASS_PORT": str(free_port()), "SPANGLASS_STORE": f"sqlite:///{folder}/spans.db"} | QUIET | settings
    )
    done = run("doctor", "--json", *arguments, **settings)
    assert (done.code, done.err) == (code, "")
    worst: dict[str, dict[str, Any]] = {}
    for finding in json.loads(done.out)["findings"]:
        if finding["what"] not in worst or finding["state"] != "fine":
            worst[finding["what"]] = finding
    return worst


def test_a_server_that_is_well_is_found_so(recorded: Server, store: Path) -> None:
    """Versions, store, disk, server, access, clock and ports are told, one a line, and nothing is wrong."""
    done = on_terminal(100, "doctor", "--store", str(store), SPANGLASS_PORT=str(recorded.port), SPANGLASS_GRPC_PORT="0")
    assert done.code == 0
    lines = plain(done.out).splitlines()
    looked = [line.split()[1] for line in lines if line.startswith(("✓", "!"))]
    assert [each for each in looked if each != "disk"] == [
        *("versions", "environment", "store", "server", "access", "clock", "port", "gRPC")
    ]
    assert f"{store.name}, 2 sessions" in next(line for line in lines if line.startswith("✓ store"))
    assert any(line.startswith(f"✓ server       http://127.0.0.1:{recorded.port}, spanglass") for line in lines)


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    """Before the first server there is no store, which is fine, and none afterwards."""
    found = _findings(tmp_path, code=0)
    assert "is not there yet" in found["store"]["found"]
    assert (found["server"]["state"], found["port"]["state"]) == ("odd", "fine")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "what", "state", "mend"),
    [
        ({"SPANGLASS_STOER": "x"}, "environment", "odd", "did you mean SPANGLASS_STORE?"),
        ({"SPANGLASS_PORT": "many"}, "settings", "wrong", "will not start"),
        ({"SPANGLASS_HOST": "0.0.0.0"}, "settings", "wrong", "will not start"),  # noqa: S104 (refused)
        ({"SPANGLASS_PRICES": "nowhere.json"}, "prices", "wrong", "will not start"),
        ({"SPANGLASS_MASK": "secrets"}, "masking", "wrong", "will not start"),
        ({"SPANGLASS_AUTH": "keys", "SPANGLASS_SECRET_FILE": "nowhere"}, "secret", "wrong", "will not start"),
        ({"SPANGLASS_STORE": "sqlite:///nowhere/spans.db"}, "store", "wrong", "mkdir -p nowhere"),
        ({"SPANGLASS_ENDPOINT": "ftp://x"}, "reading", "wrong", "see `spanglass sessions --help`"),
    ],
)
def test_settings_that_cannot_be_are_found(
    tmp_path: Path, settings: dict[str, str], what: str, state: str, mend: str
) -> None:
    """Each is told with how to mend it; what is wrong is exit code 1."""
    finding = _findings(tmp_path, code=1 if state == "wrong" else 0, **settings)[what]
    assert finding["state"] == state
    assert mend in finding["mend"]


def test_files_that_cannot_be_used_are_found(tmp_path: Path) -> None:
    """A store of another version, and a secret that others can read, are told."""
    open_writer(tmp_path / "spans.db", schema_scripts()[:1]).close()
    assert "has schema version 1" in _findings(tmp_path, code=1)["store"]["found"]
    secret = tmp_path / "secret"
    secret.write_text("0" * 64)
    secret.chmod(0o644)
    found = _findings(tmp_path, code=1, SPANGLASS_AUTH="keys", SPANGLASS_SECRET_FILE=str(secret))
    assert found["secret"]["mend"] == f"chmod 600 {secret}"


def test_what_answers_instead_is_found(tmp_path: Path) -> None:
    """Another program on the port, a server that does not let in, and one whose clock differs are told."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        found = _findings(tmp_path, code=1, SPANGLASS_PORT=port, SPANGLASS_ANSWER_SECONDS_MAX="0.1")
        assert "--port" in found["port"]["mend"]
    make_key(tmp_path, "reader")
    with start_with_keys(tmp_path) as server:
        found = _findings(tmp_path, "--endpoint", server.url, code=1)
        assert "SPANGLASS_API_KEY" in found["access"]["mend"]
    odd = HTTPServer(("127.0.0.1", 0), _Odd)
    thread = threading.Thread(target=odd.serve_forever)
    thread.start()
    try:
        found = _findings(tmp_path, "--endpoint", f"http://127.0.0.1:{odd.server_port}", code=1)
    finally:
        odd.shutdown()
        thread.join()
        odd.server_close()
    assert found["server"]["found"].endswith("spanglass 9.9.9, answers in 0 ms") or found["server"]["state"] == "odd"
    assert "use the same version" in found["server"]["mend"]
    assert "behind this machine's" in found["clock"]["found"]


class _Odd(BaseHTTPRequestHandler):
    """Answers as a Spanglass of another version does, whose clock stands still."""

    def do_GET(self) -> None:
        body = b'{"info": {"version": "9.9.9"}, "sessions": []}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 (the base class's)
        return "Thu, 01 Jan 2026 00:00:00 GMT"

    def log_message(self, *_: object) -> None:
        pass
