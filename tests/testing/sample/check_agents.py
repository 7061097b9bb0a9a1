"""Tests of a project that has installed Spanglass for its pytest plugin; run by ``tests/testing/test_installed.py``."""

import boto3
import pytest
from agents import failing_tools
from moto import mock_aws

from spanglass.testing import SCENARIOS, Session, Tool
from spanglass.testing.offline import Offline
from spanglass.testing.serving import Server


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sample")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sample")


def check_over_a_port(list_spans_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    session = SCENARIOS["tool_error"]()
    list_spans_server.add(session)
    monkeypatch.setenv("AWS_ENDPOINT_URL_QCONNECT", list_spans_server.endpoint_url)
    assert failing_tools(session.assistant_id, session.session_id) == ["find_order"]


def check_without_a_port(list_spans_offline: Offline) -> None:
    session = Session("mine")
    session.turn("Where is my order?").asks(Tool("find_order", error="unknown")).says("I don't know.")
    list_spans_offline.add(session)
    assert failing_tools(session.assistant_id, session.session_id) == ["find_order"]


@mock_aws
def check_together_with_moto(list_spans_offline: Offline) -> None:
    session = SCENARIOS["tool_error"]()
    list_spans_offline.add(session)
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="mine")
    assert failing_tools(session.assistant_id, session.session_id) == ["find_order"]
    assert [one["Name"] for one in boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"]] == ["mine"]


def check_a_client_made_before_moto_began(list_spans_offline: Offline) -> None:
    session = SCENARIOS["tool_error"]()
    list_spans_offline.add(session)
    client = list_spans_offline.client
    with mock_aws():
        page = client.list_spans(assistantId=session.assistant_id, sessionId=session.session_id)
    assert len(page["spans"]) == len(session.spans)
