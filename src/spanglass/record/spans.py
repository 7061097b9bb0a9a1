"""What an agent's spans are: the work of an agent, a call of a model, a run of a tool, an escalation, a barge-in."""

import inspect
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Literal, TypeVar

from opentelemetry.trace import SpanKind

from spanglass.model.guardrail import GuardrailAction, GuardrailPolicyType, GuardrailSource
from spanglass.model.span import AIAgentType, AIPromptType, InteractionMode, ReturnReason
from spanglass.record.attributes import FIRST_CHUNK, as_json, quiet
from spanglass.record.messages import Message, Part, as_parts, bot
from spanglass.record.recording import CONTENT, Recording

T = TypeVar("T")

BARGED_IN: Final = "Abandoning due to barge-in"
"""How AWS describes a call of a model that was given up when the customer spoke."""


class Agent(Recording):
    """The work of an agent."""

    @quiet
    def hands_over(self, target_agent_id: str, *, mode: InteractionMode = "HANDOFF") -> None:
        """Tell that another agent takes over, or with ``DELEGATE`` does a part; the id is a UUID."""
        self.set(interaction_mode=mode, target_agent_id=target_agent_id)

    @quiet
    def returns(self, reason: ReturnReason = "COMPLETE") -> None:
        """Tell why the agent has ended."""
        self.set(return_reason=reason)


class Inference(Recording):
    """A call of a model."""

    def __init__(self, name: str, kind: SpanKind = SpanKind.CLIENT, **members: object) -> None:
        super().__init__(name, kind, **members)
        self._answer: list[Part] = []
        self._assessments: list[dict[str, Any]] = []
        self._is_streaming = False

    @quiet
    def instructions(self, *parts: str | Part) -> None:
        """Tell what the model was told to be."""
        self._say(system_instructions=as_parts(parts))

    @quiet
    def input(self, *messages: Message) -> None:
        """Tell all that was said before, as ``customer``, ``bot`` and ``human`` make it."""
        self._say(input_messages=messages)

    @quiet
    def answers(self, *parts: str | Part, finish_reason: str | None = None) -> None:
        """Tell what the model answered, or with another call more of it."""
        self._answer += as_parts(parts)
        message = bot(*self._answer) | ({"finish_reason": finish_reason} if finish_reason else {})
        self._say(output_messages=[message])
        if finish_reason:
            self.set(response_finish_reasons=[finish_reason])

    @quiet
    def usage(
        self,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        *,
        cache_read: int | None = None,
        cache_write: int | None = None,
    ) -> None:
        """Tell how many tokens were read, those of the cache included, and written."""
        self.set(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=cache_read,
            cache_write_tokens=cache_write,
        )

    @quiet
    def first_token(self) -> None:
        """Tell that a streamed answer begins; only the first time counts."""
        if not self._is_streaming:
            self._is_streaming = True
            self._span.set_attribute(FIRST_CHUNK, time.monotonic() - self.begun_s)

    def stream(self, chunks: Iterable[T]) -> Iterator[T]:
        """Pass on the pieces of a streamed answer, and note when the first came."""
        for chunk in chunks:
            self.first_token()
            yield chunk

    async def astream(self, chunks: AsyncIterable[T]) -> AsyncIterator[T]:
        """Do the same for pieces that are waited for."""
        async for chunk in chunks:
            self.first_token()
            yield chunk

    @quiet
    def guardrail(
        self,
        id: str,  # noqa: A002 (what it is)
        name: str,
        source: GuardrailSource,
        action: GuardrailAction,
        policies: Sequence[tuple[GuardrailPolicyType, GuardrailAction, str]] = (),
    ) -> None:
        """Tell what a guardrail made of the call's input or output; a policy is its type, action and details."""
        told = [
            {"policyType": kind, "action": did} | ({"details": details} if CONTENT["kept"] else {})
            for kind, did, details in policies
        ]
        assessed = {"guardrailId": id, "guardrailName": name, "source": source, "action": action}
        self._assessments.append(assessed | ({"policies": told} if told else {}))
        self.set(guardrail_assessments=as_json(self._assessments))

    @quiet
    def interrupted(self) -> None:
        """Tell that the call was given up because the customer spoke."""
        self.failed("barge_in", BARGED_IN)


class Tool(Recording):
    """A run of a tool; of a function that is decorated, arguments and result are taken."""

    @quiet
    def arguments(self, arguments: object) -> None:
        """Tell what the tool was asked."""
        self._say(tool_arguments=arguments)

    @quiet
    def returns(self, result: object) -> None:
        """Tell what the tool answered."""
        if CONTENT["kept"]:
            self.set(tool_result=result if isinstance(result, str) else as_json(result))

    @quiet
    def called_with(self, function: Callable[..., object], args: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Take the arguments."""
        self.arguments(dict(inspect.signature(function).bind(*args, **options).arguments))

    @quiet
    def returned(self, result: object) -> None:
        """Take the result."""
        self.returns(result)


def agent(
    name: str,
    *,
    id: str | None = None,  # noqa: A002 (what it is)
    arn: str | None = None,
    type: AIAgentType | None = None,  # noqa: A002 (what it is)
    version: int | None = None,
    use_case: str | None = None,
) -> Agent:
    """Record the work of an agent; ``id`` is a UUID, ``use_case`` such as ``Connect.SelfService``."""
    return Agent(
        f"invoke_agent {name}",
        operation="invoke_agent",
        ai_agent_name=name,
        ai_agent_id=id,
        ai_agent_arn=arn,
        ai_agent_type=type,
        ai_agent_version=version,
        ai_agent_orchestrator_use_case=use_case,
    )


def inference(
    model: str,
    *,
    provider: str | None = None,
    response_model: str | None = None,
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    prompt_id: str | None = None,
    prompt_arn: str | None = None,
    prompt_name: str | None = None,
    prompt_type: AIPromptType | None = None,
    prompt_version: int | None = None,
) -> Inference:
    """Record a call of a model; the prompt's members are those of the AI prompt that the call was made from."""
    return Inference(
        f"chat {model}",
        operation="chat",
        request_model=model,
        provider_name=provider,
        response_model=response_model,
        request_max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        prompt_id=prompt_id,
        prompt_arn=prompt_arn,
        prompt_name=prompt_name,
        prompt_type=prompt_type,
        prompt_version=prompt_version,
    )


def tool(name: str, *, call_id: str | None = None) -> Tool:
    """Record a run of a tool; ``call_id`` is that of the model's call."""
    return Tool(f"execute_tool {name}", operation="execute_tool", tool_name=name, tool_call_id=call_id)


def escalation() -> None:
    """Record that the contact goes to a person."""
    _moment("escalate_agent")


def barge_in() -> None:
    """Record that the customer spoke before the agent had answered."""
    _moment("barge_in")


def _moment(operation: Literal["escalate_agent", "barge_in"]) -> None:
    with Recording(operation, operation=operation):
        pass
