"""CrewAI: ``crewai.*`` of OpenLLMetry's instrumentation, ``crew_*`` of OpenInference's.

CrewAI's spans tell of crews, tasks and agents; calls of models are other instrumentations'. So what a task asks and
what came of it is all that is said. Excluded, with reasons: ``gen_ai.operation.name``, which says ``invoke_agent`` of
crews and tasks, too; ids, which are new with each run; an agent's goal and backstory, which are in the prompts.
"""

from typing import Final

from spanglass.conventions.dialect import Dialect, Member, MemberTable
from spanglass.conventions.plain import Plain
from spanglass.conventions.readers import as_text, within
from spanglass.telemetry import Value


def as_task(value: Value) -> str | None:
    """Read a task's id: whatever has one is a step of a crew's."""
    return None if as_text(value) is None else "execute_task"


def as_crew(value: Value) -> str | None:
    """Read a crew's id: whatever has one is the work of all of its agents."""
    return None if as_text(value) is None else "invoke_workflow"


def as_asked(value: Value) -> Plain:
    """Read what is to be done as what a person says."""
    text = as_text(value)
    return None if text is None else [{"role": "user", "content": text}]


def as_said(value: Value) -> Plain:
    """Read what came of it as an answer."""
    text = as_text(value)
    return None if text is None else [{"role": "assistant", "content": text}]


MEMBERS: Final[MemberTable] = (
    Member("crewai.task.id", "operation", as_task),
    Member("crewai.crew.id", "operation", as_crew),
    Member("crewai.agent.role", "ai_agent_name", as_text, was=("crewai.task.agent",)),
    Member("crewai.agent.llm", "request_model", as_text),
    Member("crewai.task.description", "input_messages", as_asked),
    Member("crewai.crew.result", "output_messages", as_said),
    Member("crew_tasks", "input_messages", within(as_asked, "description")),
)

RECURRING: Final = ("crewai.agent.", "crewai.crew.", "crewai.task.")

DIALECT: Final = Dialect("CrewAI", MEMBERS, RECURRING)
