"""Whether questions are understood: the right action with the right arguments, with and without each part.

    python -m benchmarks.controller [--readers "no model: words"] [--part test]

The questions were written apart from the program's prompts, word lists and training conversations. Every fourth of
questions.jsonl and all of questions_dev.jsonl are for looking at what goes wrong (`--part dev`); figures are of the
others, which nobody looks at. How far a second careful reader agrees with the labels: `python -m benchmarks.agreement`.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from advisor.instructions import instructions
from advisor.llm import LanguageModel
from advisor.models import TUNED
from advisor.plans import plan_for
from advisor.reading.by_model import ModelReader
from advisor.reading.by_words import WordReader
from advisor.reading.form import SILENT, Before, asked, pattern_of
from advisor.reading.leaning import WEIGHT
from advisor.reading.names import OWN
from advisor.reading.number import Role
from advisor.reading.numbers import numbers_in
from advisor.reading.reader import checked, numbers_beside_names, read, understood
from advisor.reading.reading import Act, Reading
from advisor.state import State
from benchmarks.table import write_results
from metapeft_core.backbones.packages import SMOLLM2
from metapeft_core.backbones.well_known import well_known
from metapeft_core.errors import ToolError
from metapeft_core.types import MethodRecommendation
from tools.registry import get_tool
from tools.workbench import Workbench

QUESTIONS = Path(__file__).with_name("questions.jsonl")
MORE_TO_LOOK_AT = Path(__file__).with_name("questions_dev.jsonl")
TICKETS = Path(__file__).parents[1] / "examples" / "tickets.jsonl"
Question = Mapping[str, Any]
Read = Callable[[str, Before | None, bool], Reading]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--readers", nargs="+", default=list(READERS))
    parser.add_argument("--show", action="store_true", help="tell what was misread")
    chosen = parser.parse_args()
    questions = part_of(chosen.part)
    rows = [row_of(name, questions, chosen.show) for name in chosen.readers]
    if chosen.part == "dev" or chosen.show:
        for row in rows:
            print(json.dumps(row, indent=1))
        return
    write_results(
        "controller",
        "Whether questions are understood",
        rows,
        {
            "reader": "read by",
            "right": "action and arguments right",
            "act": "action right",
            "refused": "refused what is not its business",
            "kept": "kept what is",
            "valid": "valid forms and calls",
        },
        {"questions": len(questions)},
    )


def part_of(part: str) -> list[Question]:
    """The questions to look at, or those to count."""
    every = questions_of(QUESTIONS)
    if part == "test":
        return [question for question in every if question["id"] % 4]
    return [*(question for question in every if question["id"] % 4 == 0), *questions_of(MORE_TO_LOOK_AT)]


def questions_of(place: Path) -> list[Question]:
    """What stands in a file, a question a line."""
    return [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]


def row_of(name: str, questions: Sequence[Question], show: bool) -> dict[str, Any]:
    """How one reader does."""
    reader = READERS[name]()
    by_kind: dict[str, list[bool]] = defaultdict(list)
    acts, refused, kept, valid = [], [], [], []
    for question in questions:
        found = reader(question["question"], before_of(question), question["data"])
        wrong = mistakes(question, found)
        by_kind[question["kind"]].append(not wrong)
        acts.append("act" not in wrong)
        valid.append(found is not INVALID and calls_are_valid(found, question))
        (refused if question["act"] == "other" else kept).append(
            (found.act is Act.OTHER) == (question["act"] == "other")
        )
        if wrong and show:
            print(f"{question['id']} {question['question']!r}\n    {wrong}")
    right = [hit for hits in by_kind.values() for hit in hits]
    return {
        "reader": name,
        **{
            key: f"{sum(hits) / len(hits):.1%}"
            for key, hits in (("right", right), ("act", acts), ("refused", refused), ("kept", kept), ("valid", valid))
        },
        "by_kind": {kind: f"{sum(hits)}/{len(hits)}" for kind, hits in by_kind.items()},
    }


def before_of(question: Question) -> Before | None:
    """The turn before, as the form tells it."""
    told = question["before"]
    return None if told is None else Before(told["method"], told.get("task_type"), told.get("domain"), told.get("rows"))


@cache
def recommended() -> MethodRecommendation:
    """A recommendation that follow-ups can follow."""
    with tempfile.TemporaryDirectory() as folder, Workbench(Path(folder) / "experiences.sqlite") as bench:
        found: MethodRecommendation = get_tool("select_method").call({"task": {"rows": 500}}, bench)
    return found


def calls_are_valid(found: Reading, question: Question) -> bool:
    """Whether the tools that would be called exist and take the arguments that they would be called with."""
    before = None if question["before"] is None else recommended()
    state = State(data=TICKETS if question["data"] else None, recommendation=before).after(found)
    if found.act is Act.OTHER:
        return True
    try:
        for call in plan_for(found, state, can_ask=False).calls:
            get_tool(call.tool).arguments.model_validate(dict(call.arguments))
    except (ValidationError, ToolError):
        return False
    return True


def mistakes(question: Question, found: Reading) -> dict[str, tuple[Any, Any]]:
    """What was read otherwise than it is meant: (read, meant) by name."""
    wrong: dict[str, tuple[Any, Any]] = {}
    if found.act != question["act"]:
        wrong["act"] = (str(found.act), question["act"])
    if question["act"] in SILENT:
        return wrong
    meant = question["expect"]
    task = found.task
    for key in ("task_type", "domain", "language"):
        value = getattr(task, key)
        if value not in meant.get(key, [None]):
            wrong[key] = (value, meant.get(key))
    if {str(method) for method in found.methods} != set(meant.get("methods", [])):
        wrong["methods"] = ([str(method) for method in found.methods], meant.get("methods"))
    numbers = {
        **{name: getattr(task, name) for name in ("rows", "classes", "tokens")},
        **{name: getattr(found, name) for name in ("memory_gb", "minutes", "steps", "score", "parameters")},
    }
    for key, value in numbers.items():
        if not _same(value, None if meant.get(key) == "ask" else meant.get(key)):
            wrong[key] = (value, meant.get(key))
    if _model(found.model) != _model(meant.get("model")):
        wrong["model"] = (found.model, meant.get("model"))
    if found.target != meant.get("target"):
        wrong["target"] = (found.target, meant.get("target"))
    return wrong


def _same(value: float | None, meant: float | None) -> bool:
    if value is None or meant is None:
        return value is None and meant is None
    return abs(value - meant) <= 0.05 * abs(meant)


def _model(name: str | None) -> str | None:
    """A model's name as it is compared."""
    if name is None:
        return None
    card = well_known(name)
    own = OWN.fullmatch(name)
    if own:
        return "smollm2" if name.startswith("smol") else name
    return card.name if card else re.sub(r"[\W_]", "", name.lower())


def by_words() -> Read:
    """No model that writes at all."""
    return lambda question, before, with_data: read(question, WordReader(), before, with_data)


def taught() -> Read:
    """The small model as it ships, held to the form and to the text, and hearing what the words lean to."""
    return _by(LanguageModel(SMOLLM2, TUNED))


def taught_alone() -> Read:
    """The same without what the words lean to."""
    return _by(LanguageModel(SMOLLM2, TUNED), weight=0)


def as_it_comes() -> Read:
    """The same model before it was taught, told what a form is; what the words lean to was taught, so it is silent."""
    return _by(LanguageModel(SMOLLM2, system=instructions()), weight=0)


def _by(model: LanguageModel, weight: float = WEIGHT) -> Read:
    reader = ModelReader(model, weight)
    return lambda question, before, with_data: read(question, reader, before, with_data)


def unheld() -> Read:
    """The taught model writes what it likes; what is no form counts as nothing understood."""
    model = LanguageModel(SMOLLM2, TUNED)

    def reader(question: str, before: Before | None, with_data: bool) -> Reading:
        numbers = numbers_beside_names(question)
        form = "".join(model.write(asked(question, before, with_data), FREE_TOKENS)).strip() + "\n"
        if re.fullmatch(pattern_of(before is not None, with_data, numbers), form) is None:
            return INVALID
        values, roles = understood(form, numbers)
        return checked(question, numbers, values, roles)

    return reader


def unchecked() -> Read:
    """The taught model's form taken at its word: numbers as digits, and no look at the text."""
    model = LanguageModel(SMOLLM2, TUNED)

    def reader(question: str, before: Before | None, with_data: bool) -> Reading:
        numbers = tuple(replace(number, roles=tuple(Role), vague=False) for number in numbers_in(question))
        pattern = pattern_of(before is not None, with_data, numbers)
        form = model.choose(asked(question, before, with_data), pattern).text
        values, roles = understood(form, numbers)
        plain = tuple(replace(number, value=_digits(number.text)) for number in numbers)
        return checked(ANY_TEXT, plain, values, roles)

    return reader


def _digits(text: str) -> float:
    found = re.search(r"\d+(?:\.\d+)?", text)
    return float(found[0]) if found else 0.0


FREE_TOKENS = 80
ANY_TEXT = "steps tokens"
"""Rules nothing out and names nothing."""
INVALID = Reading(Act.HELP)
READERS: Mapping[str, Callable[[], Read]] = {
    "the model, taught": taught,
    "taught, without the words' leaning": taught_alone,
    "the model as it comes": as_it_comes,
    "taught, not held to the form": unheld,
    "taught, without the checks": unchecked,
    "no model: words": by_words,
}


if __name__ == "__main__":
    main()
