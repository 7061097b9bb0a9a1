"""What can be recorded: each emitter's packages, its driver and its cases."""

from typing import Final

from recorder.emitter import Emitter

_CONTENT: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_LATEST: Final = {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"}
_GENAI: Final = {
    "": _LATEST,
    "span": {_CONTENT: "span_only"},
    "event": {_CONTENT: "event_only", "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true"},
    "both": {_CONTENT: "span_and_event", "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true"},
    "nocontent": {_CONTENT: "no_content"},
}
"""How OpenTelemetry's own instrumentations are told where content goes."""
_ADK: Final = {
    "": {_CONTENT: "span_only"},
    "event": {_CONTENT: "event_only"},
    "v1": {"ADK_TELEMETRY_SCHEMA_VERSION_OPT_IN": "1"},
}
"""ADK tells no content unless asked; its first version of telemetry, that of ADK 1, is there until 2027."""
_LANGSMITH: Final = {
    "": {
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_OTEL_ENABLED": "true",
        "LANGSMITH_OTEL_ONLY": "true",
        "LANGSMITH_API_KEY": "scripted",
    }
}
_TRACELOOP: Final = {"": {"TRACELOOP_TRACE_CONTENT": "true"}}

EMITTERS: Final = {
    emitter.name: emitter
    for emitter in (
        Emitter(
            "openai--genai",
            "openai_sdk.py",
            ("openai", "opentelemetry-instrumentation-genai-openai"),
            ("chat_tools_span", "chat_stream_tools_span", "chat_tools_event", "chat_tools_both", "chat_error_span"),
            _GENAI,
        ),
        Emitter(
            "openai--openinference",
            "openai_sdk.py",
            ("openai", "openinference-instrumentation-openai"),
            ("chat_tools", "chat_stream_tools", "responses_tools", "chat_error", "chat_timeout", "chat_many"),
        ),
        Emitter(
            "openai--traceloop",
            "openai_sdk.py",
            ("openai", "opentelemetry-instrumentation-openai"),
            ("chat_tools", "responses_tools", "chat_error", "chat_timeout"),
            _TRACELOOP,
        ),
        Emitter(
            "openai--v2",
            "openai_sdk.py",
            ("openai<2", "opentelemetry-instrumentation-openai-v2", "opentelemetry-util-genai<1"),
            ("chat_tools", "chat_tools_latest_span", "chat_stream_tools", "chat_error"),
            {"": {_CONTENT: "true"}, "latest": _LATEST | {_CONTENT: "span_only"}},
        ),
        Emitter(
            "anthropic--genai",
            "anthropic_sdk.py",
            ("anthropic", "opentelemetry-instrumentation-genai-anthropic"),
            ("tools_span", "stream_tools_span", "error_span"),
            _GENAI,
        ),
        Emitter(
            "anthropic--openinference",
            "anthropic_sdk.py",
            ("anthropic", "openinference-instrumentation-anthropic"),
            ("tools", "stream_tools", "error"),
        ),
        Emitter(
            "anthropic--traceloop",
            "anthropic_sdk.py",
            ("anthropic", "opentelemetry-instrumentation-anthropic"),
            ("tools", "error"),
            _TRACELOOP,
        ),
        Emitter(
            "bedrock--botocore",
            "bedrock_sdk.py",
            ("boto3", "opentelemetry-instrumentation-botocore"),
            ("tools", "stream_tools", "error"),
            {"": {_CONTENT: "true"}},
        ),
        Emitter(
            "bedrock--genai",
            "bedrock_sdk.py",
            ("boto3", "opentelemetry-instrumentation-genai-bedrock"),
            ("tools_span", "stream_tools_span", "error_span"),
            _GENAI,
        ),
        Emitter(
            "bedrock--openinference",
            "bedrock_sdk.py",
            ("boto3", "openinference-instrumentation-bedrock"),
            ("tools", "stream_tools", "error"),
        ),
        Emitter(
            "bedrock--traceloop",
            "bedrock_sdk.py",
            ("boto3", "opentelemetry-instrumentation-bedrock"),
            ("tools", "stream_tools", "error"),
            _TRACELOOP,
        ),
        Emitter(
            "strands",
            "strands_agent.py",
            ("strands-agents[openai]",),
            ("bedrock_tools_refusal", "openai_tools_refusal", "openai_grpc_think", "bedrock_latest_tools_refusal"),
            {"latest": _LATEST},
        ),
        Emitter(
            "pydantic-ai",
            "pydantic_agent.py",
            ("pydantic-ai-slim[openai]",),
            ("chat_v2", "chat_v6", "chat_error_v6", "responses_v6"),
        ),
        Emitter(
            "openai-agents--openinference",
            "openai_agents_sdk.py",
            ("openai-agents", "openinference-instrumentation-openai-agents"),
            ("responses_tools_refusal", "chat_stream_tools_refusal", "responses_handoff", "responses_guardrail"),
        ),
        Emitter(
            "openai-agents--genai",
            "openai_agents_sdk.py",
            (
                "openai-agents",
                "opentelemetry-instrumentation-genai-openai",
                "opentelemetry-instrumentation-genai-openai-agents",
            ),
            ("responses_tools_refusal_span", "responses_handoff_span"),
            _GENAI,
        ),
        Emitter(
            "openai-agents--v2",
            "openai_agents_sdk.py",
            ("openai-agents", "opentelemetry-instrumentation-openai-agents-v2"),
            ("responses_tools_refusal", "responses_handoff"),
            {"": {_CONTENT: "span_and_event"}},
        ),
        Emitter(
            "openai-agents--traceloop",
            "openai_agents_sdk.py",
            ("openai-agents", "opentelemetry-instrumentation-openai-agents"),
            ("responses_tools_refusal", "responses_handoff"),
            _TRACELOOP,
        ),
        Emitter(
            "langchain--openinference",
            "langchain_agent.py",
            ("langchain", "langchain-openai", "langgraph", "openinference-instrumentation-langchain"),
            ("tools_refusal", "error"),
        ),
        Emitter(
            "langchain--genai",
            "langchain_agent.py",
            ("langchain", "langchain-openai", "langgraph", "opentelemetry-instrumentation-genai-langchain"),
            ("tools_refusal_span", "error_span"),
            _GENAI,
        ),
        Emitter(
            "langchain--langsmith",
            "langchain_agent.py",
            ("langchain", "langchain-openai", "langgraph", "langsmith[otel]"),
            ("tools_refusal", "error"),
            _LANGSMITH,
        ),
        Emitter(
            "langchain--traceloop",
            "langchain_agent.py",
            ("langchain", "langchain-openai", "langgraph", "opentelemetry-instrumentation-langchain"),
            ("tools_refusal", "error"),
            _TRACELOOP,
        ),
        Emitter(
            "agno--genai",
            "agno_agent.py",
            (
                "agno",
                "openai",
                "opentelemetry-instrumentation-genai-agno",
                "opentelemetry-instrumentation-genai-openai",
            ),
            ("tools_refusal_span", "error_span"),
            _GENAI,
        ),
        Emitter(
            "agno--traceloop",
            "agno_agent.py",
            ("agno", "openai", "opentelemetry-instrumentation-agno"),
            ("tools_refusal", "error"),
            _TRACELOOP,
        ),
        Emitter(
            "agno--openinference",
            "agno_agent.py",
            ("agno", "openai", "openinference-instrumentation-agno"),
            ("tools_refusal", "error"),
        ),
        Emitter(
            "agent-framework",
            "agent_framework_agent.py",
            ("agent-framework-core", "agent-framework-openai"),
            ("tools_refusal", "events_tools_refusal", "error"),
            {"": _LATEST, "events": {"OTEL_SEMCONV_STABILITY_OPT_IN": ""}},
        ),
        Emitter(
            "llama-index--genai",
            "llama_index_agent.py",
            (
                "llama-index-core",
                "llama-index-llms-openai-like",
                "opentelemetry-instrumentation-genai-llama-index",
                "opentelemetry-instrumentation-genai-openai",
            ),
            ("tools_refusal_span", "error_span"),
            _GENAI,
        ),
        Emitter(
            "llama-index--openinference",
            "llama_index_agent.py",
            ("llama-index-core", "llama-index-llms-openai-like", "openinference-instrumentation-llama-index"),
            ("tools_refusal", "stream_tools_refusal", "error"),
        ),
        Emitter(
            "google-adk",
            "google_adk_agent.py",
            ("google-adk",),
            ("tools_refusal", "event_tools_refusal", "v1_tools_refusal", "error"),
            _ADK,
        ),
        Emitter(
            "google-adk--openinference",
            "google_adk_agent.py",
            ("google-adk", "openinference-instrumentation-google-adk"),
            ("tools_refusal", "error"),
            _ADK,
        ),
        Emitter(
            "vercel-ai",
            "vercel_ai.cjs",
            ("ai@7", "@ai-sdk/openai@4", "@ai-sdk/otel@1", "zod"),
            ("chat_tools_refusal", "chat_stream_tools_refusal", "responses_tools", "chat_error"),
        ),
        Emitter(
            "vercel-ai-6",
            "vercel_ai.cjs",
            ("ai@6", "@ai-sdk/openai@3", "zod"),
            ("chat_tools_refusal", "chat_stream_tools_refusal", "responses_tools", "chat_error"),
        ),
        Emitter(
            "llama-index--traceloop",
            "llama_index_agent.py",
            ("llama-index-core", "llama-index-llms-openai-like", "opentelemetry-instrumentation-llamaindex"),
            ("tools_refusal", "error"),
            _TRACELOOP,
        ),
        Emitter(
            "semantic-kernel",
            "semantic_kernel_agent.py",
            ("semantic-kernel",),
            ("tools_refusal", "error"),
            {"": {"SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE": "true"}},
        ),
        Emitter("langfuse", "langfuse_sdk.py", ("langfuse", "openai"), ("tools_refusal", "error")),
        Emitter(
            "crewai--openinference",
            "crewai_crew.py",
            ("crewai", "openai", "openinference-instrumentation-crewai", "openinference-instrumentation-openai"),
            ("tools",),
            own_texts=True,
        ),
        Emitter(
            "crewai--traceloop",
            "crewai_crew.py",
            ("crewai", "openai", "opentelemetry-instrumentation-crewai", "opentelemetry-instrumentation-openai"),
            ("tools",),
            _TRACELOOP,
            own_texts=True,
        ),
        Emitter(
            "smolagents--openinference",
            "smolagents_agent.py",
            ("smolagents[openai]", "openinference-instrumentation-smolagents"),
            ("tools",),
            own_texts=True,
        ),
    )
}
