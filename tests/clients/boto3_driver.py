"""boto3 of any year: makes the calls that come in as JSON lines, answers each with one line (see sdks.py)."""

import json
import sys
import time
from datetime import datetime
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

session = boto3.Session()
time.sleep = lambda _: None  # between tries


def answer(call: dict[str, Any]) -> dict[str, Any]:
    client = session.client(
        "qconnect",
        endpoint_url=call["endpoint"],
        region_name=call["region"],
        aws_access_key_id=call["key"]["id"],
        aws_secret_access_key=call["key"]["secret"],
        aws_session_token=call["key"].get("token"),
    )
    operation, params = xform_name(call["operation"]), call["params"]
    try:
        if call.get("presign"):
            return {"url": client.generate_presigned_url(operation, params)}
        if call.get("paginate"):
            return {"pages": [plain(page) for page in client.get_paginator(operation).paginate(**params)]}
        return {"pages": [plain(getattr(client, operation)(**params))]}
    except ClientError as error:
        told = error.response["Error"]
        return {
            "error": {
                "code": told["Code"],
                "message": told["Message"],
                "class": type(error).__name__,
                "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
                "requestId": error.response["ResponseMetadata"].get("RequestId"),
                "members": {
                    name: member
                    for name, member in error.response.items()
                    if name not in {"Error", "ResponseMetadata", "message"}
                },
            }
        }
    except BotoCoreError as error:
        return {"error": {"class": type(error).__name__, "message": str(error)}}
    finally:
        client.close()


def plain(value: Any) -> Any:  # noqa: ANN401 (any output)
    """Return an output as the wire's JSON: times as seconds, a union's member that is not known as nothing."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {
            name: plain(member)
            for name, member in value.items()
            if name not in {"ResponseMetadata", "SDK_UNKNOWN_MEMBER"}
        }
    return value


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
