"""What a model that was not taught to fill in forms is told about them, once, before every question. Knows no model."""

from __future__ import annotations

from advisor.reading.form import SUBJECTS, TASKS
from advisor.reading.number import Role
from advisor.reading.reading import Act
from tools.registry import all_tools

MEANINGS = {
    Act.RECOMMEND: "asks which method or settings to use for a task",
    Act.REFINE: "changes something of the question before",
    Act.COMPARE: "puts methods side by side",
    Act.WHY: "asks for the reasons of the recommendation before",
    Act.EXPLAIN: "asks what a method is",
    Act.COST: "asks for time or memory of a run",
    Act.EVIDENCE: "asks for past runs",
    Act.DESCRIBE: "asks to describe the data file",
    Act.RUN: "wants a run to be made now",
    Act.EXPORT: "wants settings for another tool, or a command",
    Act.RECORD: "tells how a run went",
    Act.HELP: "a greeting, thanks, or what can be asked",
    Act.OTHER: "anything that is not about fine-tuning with LoRA, AdaLoRA, prompt tuning, prefix tuning or P-tuning",
}
EXAMPLES = (
    (
        "sentiment of German hotel reviews, 1.5k of them, 3 classes",
        "recommend",
        "sentiment",
        "travel",
        "1.5k: rows",
    ),
    ("what is the tallest mountain", "other", "", "", ""),
)


def instructions() -> str:
    """The text."""
    acts = "\n".join(f"- {act}: {meaning}" for act, meaning in MEANINGS.items())
    tools = "\n".join(f"- {tool.name}: {tool.summary}" for tool in all_tools().values())
    return (
        "You read questions put to an advisor on parameter-efficient fine-tuning of language models. It has tools:\n"
        f"{tools}\n\nFor each question fill in a form, one line each, and nothing else:\n"
        "act: what is wanted\ntask: kind of task (left out if not said)\ndomain: what the texts are about (left out if "
        "not said)\nand for each number of the question a line with the number and what it is.\n\n"
        f"acts:\n{acts}\ntasks: {', '.join(TASKS)}\ndomains: {', '.join(SUBJECTS)}\n"
        f"numbers: {', '.join(Role)}\n\n"
        + "\n".join(map(_example, EXAMPLES))
        + "\n\nWhen you are asked to write the reasons of a recommendation, write four to eight plain sentences that "
        "use the facts you are given and no other fact, number or method. Say what speaks against the choice, and on "
        "what it rests.\n"
    )


def _example(told: tuple[str, ...]) -> str:
    question, act, task, domain, number = told
    lines = [f"act: {act}"]
    lines += [f"{key}: {value}" for key, value in (("task", task), ("domain", domain)) if value]
    return "\n".join([f"question: {question}", *lines, *filter(None, [number])])
