"""The recorder's command: what it lists, records and refuses."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from recorder.__main__ import RecorderError, record
from recorder.conversation import TRIP
from recorder.emitter import Emitter
from recorder.emitters import EMITTERS
from recorder.environment import DRIVERS, OURS, variables
from recorder.server import Ends
from tests.truth import expected

ENDS = Ends("http://127.0.0.1:1", "127.0.0.1:2")
DRIVER = f"""
import json, os, sys, urllib.request
sys.path.insert(0, {str(DRIVERS)!r})
from common import PARAMETERS, QUESTIONS, Telemetry, note, run_tool, trace

telemetry = Telemetry()
with trace.get_tracer("by hand").start_as_current_span("chat"):
    note(user=QUESTIONS[0])
    body = {{"model": "m", "messages": [{{"role": "user", "content": QUESTIONS[0]}}],
            "tools": [{{"function": {{"name": name}}}} for name in PARAMETERS]}}
    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), {{"content-type": "application/json"}})
    calls = json.load(urllib.request.urlopen(request))["choices"][0]["message"]["tool_calls"]
    for call in calls:
        run_tool(call["function"]["name"], json.loads(call["function"]["arguments"]))
    run_tool("get_exchange_rate", {{"base": "EUR", "quote": "XYZ"}})
telemetry.close()
"""


def _emitter(tmp_path: Path, script: str) -> Emitter:
    driver = tmp_path / "driver.py"
    driver.write_text(script)
    return Emitter("by-hand", str(driver), (), ("tools",))


def test_a_case_leaves_its_export_and_a_truth_that_tests_can_read(tmp_path: Path) -> None:
    """A driver's export lies beside the truth: the call with its tokens, the tools with results and errors."""
    files = record(_emitter(tmp_path, DRIVER), "tools", Path(sys.executable), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in files] == ["by-hand/tools.pb", "by-hand/tools.truth.json"]
    assert b"by hand" in files[0].read_bytes()
    truth = expected(files[-1])
    assert [(call.model, call.status) for call in truth.calls] == [("m", "OK")]
    assert [(run.name, run.result, run.error) for run in truth.tools] == [
        ("get_weather", "18 C, cloudy in Paris", None),
        ("calculate", "391", None),
        ("get_exchange_rate", None, "unknown currency XYZ"),
    ]


def test_a_driver_that_fails_tells_why(tmp_path: Path) -> None:
    """What the driver said last is in the error."""
    with pytest.raises(RecorderError, match="no such thing"):
        record(_emitter(tmp_path, "raise SystemExit('no such thing')"), "tools", Path(sys.executable), tmp_path)


def test_a_driver_that_exports_nothing_is_told(tmp_path: Path) -> None:
    """An empty recording is an error, not a file."""
    with pytest.raises(RecorderError, match="nothing was exported"):
        record(_emitter(tmp_path, ""), "tools", Path(sys.executable), tmp_path)


def test_variables_follow_the_words_of_a_case() -> None:
    """A case's words switch an instrumentation's settings; keys are none that a provider knows."""
    emitter = EMITTERS["openai--genai"]
    content = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    assert variables(emitter, "chat_tools_span", ENDS)[content] == "span_only"
    assert variables(emitter, "chat_tools_event", ENDS)[content] == "event_only"
    assert variables(emitter, "chat_tools_event", ENDS)["OPENAI_API_KEY"] == "sk-scripted"


@pytest.mark.parametrize(
    ("case", "turns"), [("chat_tools", 3), ("tools_refusal", 2), ("stream_error", 1), ("chat_many", 30)]
)
def test_a_case_tells_drivers_of_any_language_what_is_asked(case: str, turns: int) -> None:
    """The trip, the refusal and the riddle, but for cases in which something else alone is said."""
    told = variables(EMITTERS["vercel-ai"], case, ENDS)
    assert len(json.loads(told["RECORDER_QUESTIONS"])) == turns
    assert told["RECORDER_INSTRUCTIONS"]


def test_a_driver_may_be_for_node(tmp_path: Path) -> None:
    """It runs with modules of its own, under the variables that any driver has."""
    driver = tmp_path / "driver.cjs"
    driver.write_text("""
const post = (path, body) =>
  fetch(process.env.RECORDER_URL + path, { method: "POST", headers: { "content-type": "application/json" }, body });
const [question] = JSON.parse(process.env.RECORDER_QUESTIONS);
post("/note", JSON.stringify({ user: question }))
  .then(() => post("/v1/traces", JSON.stringify({ resourceSpans: [] })));
""")
    emitter = Emitter("by-hand", str(driver), (), ("tools",))
    assert "@opentelemetry/sdk-node" in emitter.installed
    files = record(emitter, "tools", OURS / "node", tmp_path)
    assert [path.name for path in files] == ["tools.json", "tools.truth.json"]
    assert json.loads(files[1].read_text())["sequence"] == [{"user": TRIP}]


def test_every_emitter_has_a_driver() -> None:
    """The table names files that are there, and every driver is of some emitter."""
    named = {emitter.driver for emitter in EMITTERS.values()}
    assert named == {path.name for path in DRIVERS.glob("*.*")} - {"common.py"}


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "recorder", *arguments], capture_output=True, text=True, check=False)


def test_without_an_emitter_they_are_listed() -> None:
    """A newcomer sees what can be recorded."""
    listed = _command()
    assert listed.returncode == 0
    assert [re.split(r"\s+", line)[0] for line in listed.stdout.splitlines()] == list(EMITTERS)


def test_frameworks_own_texts_stay_out_of_the_project() -> None:
    """Recordings that hold a framework's own prompts are refused a place among the tests' data."""
    refused = _command("smolagents--openinference", "--into", "tests/data/otlp")
    assert refused.returncode == 2
    assert "stay" in refused.stdout
    assert _command("nobody").returncode == 2
