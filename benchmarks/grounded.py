"""Whether every number and every method in the reasons of recommendations stands in their evidence.

    python -m benchmarks.grounded [--count 200] [--seed 0] [--llm none] [--progress FILE]

Recommendations for tasks drawn at random (kind, subject, language, rows, classes, model, limits), explained by the
model that ships or by none. What a model wrote and was refused is counted; what is shown must hold. With the model it
takes the better part of an hour: with --progress the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from advisor.controller import Controller
from advisor.models import chosen_model
from advisor.plans import plan_for
from advisor.reading.reading import Act, Reading
from advisor.reasoning.check import faults
from advisor.state import State
from benchmarks.table import write_results
from knowledge.brief import TaskBrief
from metapeft_core.data.domain import DOMAINS
from metapeft_core.data.task_type import TASK_TYPES
from metapeft_core.files import replaced_file
from tools.workbench import Workbench

MODELS = (None, "minilm:3", "smollm2", "Qwen3-4B", "llama-3.2-1b", "bert-base", "mistral-7b", "Qwen2.5-0.5B")
COUNTED = (
    *("recommendations", "written by the model", "refused texts"),
    "shown with something that is not in the evidence",
)
LANGUAGES = (None, None, "en", "de", "fr", "zh")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--llm", default=None)
    parser.add_argument("--progress", type=Path, help="where to keep what was counted so far")
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    states = [drawn(chance) for _ in range(chosen.count)]
    counted = counted_before(chosen.progress)
    with tempfile.TemporaryDirectory() as folder, Workbench(Path(folder) / "experiences.sqlite") as bench:
        model = chosen_model(chosen.llm)
        writer = "ready sentences" if model is None else model.name
        controller = Controller(bench, model, can_ask=False)
        for state in states[counted["recommendations"] :]:
            count_one(controller, state, counted)
            if chosen.progress is not None:
                with replaced_file(chosen.progress) as fresh:
                    fresh.write_text(json.dumps(counted), encoding="utf-8")
    rows = [{"what": name, "count": count} for name, count in counted.items()]
    columns = {"what": "what", "count": "count"}
    write_results("grounded", "Reasons held against their evidence", rows, columns, {"explained by": writer})


def counted_before(progress: Path | None) -> Counter[str]:
    """What was counted before it was stopped; nothing yet where it begins."""
    if progress is not None and progress.exists():
        return Counter(json.loads(progress.read_text(encoding="utf-8")))
    return Counter(dict.fromkeys(COUNTED, 0))


def drawn(chance: random.Random) -> State:
    """A task that somebody may ask about."""
    task = TaskBrief(
        rows=round(10 ** chance.uniform(1, 5)),
        task_type=chance.choice((None, *TASK_TYPES)),
        domain=chance.choice((None, *DOMAINS)),
        language=chance.choice(LANGUAGES),
        classes=chance.choice((None, None, 2, 3, 10, 40)),
    )
    return State(
        task,
        backbone=chance.choice(MODELS),
        max_minutes=chance.choice((None, None, 1.0, 30.0)),
        max_memory_gb=chance.choice((None, None, 2.0, 24.0)),
    )


def count_one(controller: Controller, state: State, counted: Counter[str]) -> None:
    """Recommend and explain, and count what came of it."""
    call = plan_for(Reading(Act.RECOMMEND), state, can_ask=False).calls[0]
    found = controller.caller(call, controller.bench)
    *_, (step, _) = controller.answered(found, state, time.monotonic())
    counted["recommendations"] += 1
    counted["written by the model"] += step.result.by_model
    counted["refused texts"] += len(step.result.refused)
    wrong = faults(step.text, controller.facts(found, state))
    counted[COUNTED[-1]] += bool(wrong)


if __name__ == "__main__":
    main()
