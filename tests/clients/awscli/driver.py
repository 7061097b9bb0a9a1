"""The AWS CLI v1: runs the command for each call that comes in as a JSON line (see sdks.py).

The commands run one after another in one process, each from its own command line: starting Python each time would take
most of the time.
"""

import contextlib
import io
import json
import os
import re
import sys
import time
from typing import Any

from awscli.botocore import xform_name
from awscli.clidriver import create_clidriver

REFUSED = re.compile(r"An error occurred \((\w+)\) when calling the \w+ operation(?: \([^)]*\))?: (.*)", re.DOTALL)
time.sleep = lambda _: None  # between tries


def answer(call: dict[str, Any]) -> dict[str, Any]:
    params, paging = dict(call["params"]), []
    if not call.get("paginate"):
        paging = ["--no-paginate"]
    elif "maxResults" in params:
        paging = ["--page-size", str(params.pop("maxResults"))]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": call["key"]["id"],
        "AWS_SECRET_ACCESS_KEY": call["key"]["secret"],
        "AWS_SESSION_TOKEN": call["key"].get("token", ""),
    }
    arguments = [
        "qconnect",
        xform_name(call["operation"], "-"),
        *("--endpoint-url", call["endpoint"]),
        *("--region", call["region"]),
        *("--output", "json"),
        *("--cli-input-json", json.dumps(params)),
        *paging,
    ]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = create_clidriver().main(arguments)
    if code == 0:
        return {"pages": [json.loads(out.getvalue() or "{}", object_hook=known)]}
    refused = REFUSED.search(err.getvalue())
    if refused is None:
        return {"error": {"class": "CLI", "message": err.getvalue().strip()}}
    return {"error": {"code": refused[1], "message": refused[2].rstrip("\n")}}


def known(value: dict[str, Any]) -> dict[str, Any]:
    """Return a structure; a union's member that is not known is nothing."""
    return {name: member for name, member in value.items() if name != "SDK_UNKNOWN_MEMBER"}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
