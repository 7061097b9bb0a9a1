"""Sessions come home from AWS, whatever happens on the way."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from starlette.types import Receive, Scope, Send

from spanglass.testing.double import Double
from spanglass.testing.serving import Server, serve
from spanglass.traces import open_traces
from tests.cli.running import Done, environment, within
from tests.moving.aws import ASSISTANT, CREDENTIALS, Failing, Json, pull, session_id, span

Run: TypeAlias = Callable[..., Done]
SECONDS_MAX = 90
POLL_SECONDS = 0.01


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Return what runs the command in an empty folder, and returns exit code, output and complaints."""
    monkeypatch.chdir(tmp_path)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)

    return within(monkeypatch, capsys)


@pytest.fixture
def aws() -> Iterator[Server]:
    """What stands in for AWS."""
    with serve() as server:
        yield server


def fill(double: Double, sessions: int, spans: int) -> list[str]:
    """Add sessions of so many spans each, and return their ids."""
    for number in range(sessions):
        double.add_spans(ASSISTANT, session_id(number), [span(number, each) for each in range(spans)])
    return [session_id(number) for number in range(sessions)]


def pulled(store: str | Path) -> dict[str, list[Json]]:
    """Return what a store has, by session."""
    with open_traces(store) as traces:
        return {each.session_id: list(traces.listed_spans(each)) for each in traces.sessions()}


def expected(sessions: int, spans: int) -> dict[str, list[Json]]:
    return {session_id(number): [span(number, each) for each in range(spans)] for number in range(sessions)}


def test_ten_thousand_spans_through_failures(run: Run) -> None:
    """A service that fails one request in five is read to its end: nothing is missing, nothing is there twice."""
    with serve(Failing(5)) as aws:
        names = fill(aws.double, 10, 1_000)
        code, out, err = run(*pull(aws.endpoint_url, "traces.db", "--json", *names))
        assert isinstance(aws.double, Failing)
        assert aws.double.failed > 20
    assert (code, err) == (0, "")
    assert json.loads(out) == {"sessions": 10, "skipped": 0, "spans": 10_000, "refused": 0, "failed": 0}
    assert pulled("traces.db") == expected(10, 1_000)


def test_killed_and_resumed(run: Run, tmp_path: Path) -> None:
    """Killed in the middle, the same command goes on from there, and ends with the same as if it had not been."""
    with serve(Failing(5)) as aws:
        names = fill(aws.double, 10, 1_000)
        arguments = pull(aws.endpoint_url, "traces.db", *names)
        process = subprocess.Popen(
            [sys.executable, "-m", "spanglass", *arguments], env=environment(**CREDENTIALS), cwd=tmp_path
        )
        deadline = time.monotonic() + SECONDS_MAX
        while len(aws.double.requests) < 25:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLL_SECONDS)
            assert process.returncode is None
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS_MAX)
        before = len(aws.double.requests)
        code, out, _ = run(*arguments, "--json")
        asked = len(aws.double.requests) - before
    assert code == 0
    assert 0 < json.loads(out)["spans"] < 10_000
    assert asked < before + 100
    assert pulled("traces.db") == expected(10, 1_000)


def test_what_has_settled_is_not_read_again(run: Run, aws: Server) -> None:
    """A session that was read a day after its last span is left alone, others are read for what has changed."""
    fill(aws.double, 2, 150)
    late = span(1, 7, endTimestamp=time.time())
    aws.double.add_spans(ASSISTANT, session_id(1), [late])
    arguments = pull(aws.endpoint_url, "traces.db", "--json", session_id(0), session_id(1))
    assert json.loads(run(*arguments)[1]) == {"sessions": 2, "skipped": 0, "spans": 300, "refused": 0, "failed": 0}
    more = [span(number, 200, endTimestamp=time.time()) for number in (0, 1)]
    for one in more:
        aws.double.add_spans(ASSISTANT, one["sessionId"], [one])
    aws.double.requests.clear()
    told = json.loads(run(*arguments)[1])
    assert (told["sessions"], told["skipped"], told["spans"]) == (2, 1, 151)
    assert not [request for request in aws.double.requests if session_id(0) in request]
    assert len(pulled("traces.db")[session_id(1)]) == 151
    assert json.loads(run(*arguments, "--again")[1])["spans"] == 302
    assert {each: len(spans) for each, spans in pulled("traces.db").items()} == {session_id(0): 151, session_id(1): 151}
    assert json.loads(run(*arguments, "--settled-after", "0")[1])["skipped"] == 2


def test_what_was_deleted_is_pulled_again(run: Run, aws: Server) -> None:
    """A session, or all that it was pulled into: how far a pull was does not hide that it is gone."""
    fill(aws.double, 2, 3)
    arguments = pull(aws.endpoint_url, "traces.db", "--json", session_id(0), session_id(1))
    assert json.loads(run(*arguments)[1])["spans"] == 6
    with open_traces("traces.db", writable=True) as traces:
        traces.delete(f"{ASSISTANT}/{session_id(1)}")
    assert json.loads(run(*arguments)[1]) == {"sessions": 2, "skipped": 1, "spans": 3, "refused": 0, "failed": 0}
    for path in Path().glob("traces.db*"):
        if path.suffix != ".pull":
            path.unlink()
    assert json.loads(run(*arguments)[1])["spans"] == 6
    assert pulled("traces.db") == expected(2, 3)


def test_credentials_that_expire_on_the_way(run: Run) -> None:
    """What was pulled is kept, what to do is told, and the same command goes on afterwards."""

    class Expiring(Double):
        expired = threading.Event()

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if len(self.requests) == 7:
                self.faults.expired_token(times=1_000)
            await super().__call__(scope, receive, send)

    with serve(Expiring()) as aws:
        names = fill(aws.double, 3, 500)
        code, out, err = run(*pull(aws.endpoint_url, "traces.db", *names))
        assert (code, out) == (2, "")
        first, second = err.splitlines()
        assert first.startswith("spanglass: the credentials have expired; renew them and run the same command again")
        assert second.startswith("spanglass: ")
        assert second.endswith("spans; the same command goes on from there")
        kept = sum(map(len, pulled("traces.db").values()))
        assert kept >= 300
        aws.double.faults.clear()
        code, out, err = run(*pull(aws.endpoint_url, "traces.db", "--json", *names))
    assert (code, err) == (0, "")
    assert json.loads(out)["spans"] <= 1_500 - kept + 300
    assert pulled("traces.db") == expected(3, 500)


def test_an_interrupted_pull_tells_how_far_it_came(run: Run, aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """By Ctrl-C, say; what was begun is ended, and a later pull goes on from there."""
    (name,) = fill(aws.double, 1, 3)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("spanglass.moving.pulling.wait", interrupted)
        code, out, err = run(*pull(aws.endpoint_url, "traces.db", name))
    assert (code, out) == (130, "")
    assert err.endswith("; the same command goes on from there\n")
    assert run(*pull(aws.endpoint_url, "traces.db", name))[0] == 0
    assert pulled("traces.db") == expected(1, 3)


def test_tokens_that_are_of_no_use(run: Run, aws: Server) -> None:
    """A token that is answered to itself is asked for anew; one that is known no more has the session read anew."""
    (name,) = fill(aws.double, 1, 350)
    aws.faults.shrinking_page(10).duplicate_token(2)
    assert run(*pull(aws.endpoint_url, "traces.db", name))[0] == 0
    assert pulled("traces.db") == expected(1, 350)
    aws.faults.shrinking_page(10).duplicate_token(10)
    code, _, err = run(*pull(aws.endpoint_url, "other.db", name))
    assert code == 1
    assert "is answered with the token that it was asked for with" in err
    aws.faults.clear()
    aws.faults.error("ValidationException", 400, "no such token")
    assert run(*pull(aws.endpoint_url, "other.db", name))[0] == 0
    assert pulled("other.db") == expected(1, 350)


def test_what_cannot_be_read_is_told_and_the_rest_is_pulled(run: Run, aws: Server) -> None:
    """A session that is not there fails alone."""
    (name,) = fill(aws.double, 1, 3)
    code, out, err = run(*pull(aws.endpoint_url, "traces.db", "--json", session_id(9), name))
    assert code == 1
    assert json.loads(out) == {"sessions": 1, "skipped": 0, "spans": 3, "refused": 0, "failed": 1}
    assert err.startswith(f"spanglass: {ASSISTANT}/{session_id(9)}: ResourceNotFoundException")


def test_members_of_a_newer_service_are_left_out_and_told(run: Run) -> None:
    """AWS adds members now and then; what is known of such a span is kept."""

    class Newer(Double):
        async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
            one = span(0, 0)
            one["attributes"]["newMember"] = 7
            broken = span(0, 1, status="PAUSED")
            body = json.dumps({"spans": [one, broken]}).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    with serve(Newer()) as aws:
        code, _, err = run(*pull(aws.endpoint_url, "traces.db", session_id(0)))
    assert code == 1
    told = err.splitlines()
    assert told[0].endswith("attributes.newMember: newer than this version")
    assert "status: Member must satisfy enum value set" in told[1]
    assert pulled("traces.db") == expected(1, 1)


@pytest.mark.parametrize("name", ["all.jsonl", "all.spanglass"])
def test_into_a_file(run: Run, aws: Server, name: str) -> None:
    """The file has all that was pulled, also by earlier pulls, and is the same whether it came at once or not."""
    names = fill(aws.double, 2, 120)
    assert run(*pull(aws.endpoint_url, name, names[0])) == (0, "", "")
    assert run(*pull(aws.endpoint_url, name, *names)) == (0, "", "")
    assert run(*pull(aws.endpoint_url, f"once-{name}", *names))[0] == 0
    assert Path(name).read_bytes() == Path(f"once-{name}").read_bytes()
    assert run("import", name, "--store", "back.db")[0] == 0
    assert pulled("back.db") == expected(2, 120)


def test_the_ways_to_name_sessions(run: Run, aws: Server) -> None:
    """ARNs, both ids, a file of them, and names that SearchSessions finds, which may be those of contacts."""
    fill(aws.double, 4, 2)
    client = aws.client
    client.update_session(assistantId=ASSISTANT, sessionId=session_id(3))
    made = client.create_session(assistantId=ASSISTANT, name="contact-7")["session"]["sessionId"]
    aws.double.add_spans(ASSISTANT, made, [span(8, 1, sessionId=made)])
    Path("some.txt").write_text(f"# of yesterday\n\n{session_id(2)}\n  {session_id(2)}  \n")
    arn = f"arn:aws:wisdom:us-east-1:123456789012:session/{ASSISTANT}/{session_id(0)}"
    arguments = pull(aws.endpoint_url, "traces.db", arn, f"{ASSISTANT}/{session_id(1)}", "--from-file", "some.txt")
    assert run(*arguments, "--contact", "contact-7") == (0, "", "")
    assert set(pulled("traces.db")) == {session_id(0), session_id(1), session_id(2), made}
    code, _, err = run(*pull(aws.endpoint_url, "traces.db", "--name", "nobody"))
    assert (code, err) == (1, "spanglass: name nobody: no session has it\n")


def test_contacts_of_an_instance(run: Run) -> None:
    """Amazon Connect tells the session of a contact."""

    class WithConnect(Double):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if not scope["path"].startswith("/contacts/"):
                await super().__call__(scope, receive, send)
                return
            arn = f"arn:aws:wisdom:us-east-1:123456789012:session/{ASSISTANT}/{session_id(0)}"
            known = scope["path"] == "/contacts/inst/c1"
            body = json.dumps({"Contact": {"WisdomInfo": {"SessionArn": arn}} if known else {}}).encode()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})

    with serve(WithConnect()) as aws:
        fill(aws.double, 1, 2)
        arguments = pull(aws.endpoint_url, "traces.db", "--instance", "inst")
        code, _, err = run(*arguments, "--contact", "c1", "--contact", "c2")
    assert (code, err) == (1, "spanglass: contact c2: has no session\n")
    assert pulled("traces.db") == expected(1, 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "pull: name sessions"),
        (("nonsense",), "'nonsense' is no session's ARN, ASSISTANT/SESSION or UUID"),
        (("--from-file", "missing.txt"), "from-file: missing.txt: "),
        (("--instance", "i", session_id(0)), "instance: it knows contacts"),
        (("--assistant", "me", session_id(0)), "assistant: 'me' is no assistant's UUID or ARN"),
        (("--profile", "nobody", session_id(0)), "pull: The config profile (nobody) could not be found"),
        (("--state", "no/where", session_id(0)), "no/where: the state of the pull cannot be kept there"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(run: Run, aws: Server, arguments: tuple[str, ...], told: str) -> None:
    """No traceback, and nothing was asked for."""
    code, _, err = run(*pull(aws.endpoint_url, "traces.db", *arguments))
    assert code == 2
    assert err.startswith(f"spanglass: {told}")
    assert err.count("\n") == 1
    assert aws.double.requests == []


def test_without_credentials(run: Run, aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there are none is told."""
    fill(aws.double, 1, 1)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    code, _, err = run(*pull(aws.endpoint_url, "traces.db", session_id(0)))
    assert code == 2
    assert err.startswith("spanglass: there are no AWS credentials")


def test_without_boto3(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """How to install it is told."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    code, _, err = run(*pull("http://127.0.0.1:9", "traces.db", session_id(0)))
    assert (code, err) == (2, "spanglass: pull: boto3 asks AWS; install it with: pip install 'spanglass[aws]'\n")
