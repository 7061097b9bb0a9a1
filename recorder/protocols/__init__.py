"""Providers' APIs, one a file: a request read as the script needs it, an answer written as the provider writes it."""

from typing import Final

from recorder.protocols import anthropic_messages, bedrock_converse, gemini, openai_chat, openai_responses
from recorder.protocols.protocol import Protocol

PROTOCOLS: Final[tuple[Protocol, ...]] = (
    openai_chat.PROTOCOL,
    openai_responses.PROTOCOL,
    anthropic_messages.PROTOCOL,
    bedrock_converse.PROTOCOL,
    bedrock_converse.STREAM,
    gemini.PROTOCOL,
    gemini.STREAM,
)
