"""A program that reads spans, as somebody may have it: it knows nothing of Spanglass."""

import boto3


def failing_tools(assistant: str, session: str) -> list[str]:
    """Return the names of the tools that failed in a session."""
    client = boto3.client("qconnect", region_name="us-east-1")
    pages = client.get_paginator("list_spans").paginate(assistantId=assistant, sessionId=session)
    return [
        value["toolUse"]["name"]
        for page in pages
        for span in page["spans"]
        if span["status"] == "ERROR" and span["attributes"]["operationName"] == "execute_tool"
        for message in span["attributes"]["inputMessages"]
        for value in message["values"]
    ]
