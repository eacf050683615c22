"""What a conversation does when its model does all that a model should not.

    python -m benchmarks.adversary [--turns 10000] [--seed 0]

The stand-in for the model answers with nonsense, with forms that fit no question, with far too much, or not at all;
questions of every kind come in any order, with and without data, and users say yes or no. Tools check their arguments
as ever, but answer at once with what they found before. Counted is what must never happen.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from advisor.chosen import Chosen, Leaning
from advisor.controller import Bounds, Controller
from advisor.plans import Call
from advisor.state import State
from benchmarks.table import write_results
from metapeft_core.errors import AdvisorError
from tools.registry import all_tools, get_tool
from tools.workbench import Workbench

TICKETS = Path(__file__).parents[1] / "examples" / "tickets.jsonl"
QUESTIONS = (
    "best PEFT for 500 legal QA examples",
    "and if I only have 8 GB?",
    "why not prefix tuning?",
    "compare lora and adalora for sentiment on 200 tweets",
    "what is p-tuning",
    "how long does lora take on qwen3-4b with 1000 rows",
    "give me the axolotl config for lora on qwen3-4b",
    "what is the weather tomorrow",
    "hello",
    "now run it",
    "I got 0.83 with lora",
    "show me similar past runs",
    "describe my data",
    "",
    "\x1b[31m500\x00 rows of [bold]spam[/bold] \u202e",
)
NEVER = (
    "calls of undeclared tools",
    "calls with invalid arguments",
    "turns without one end",
    "turns of too many steps",
    "lies shown",
)
MOST_STEPS = 4 + 2 * Bounds().calls


class Adversary:
    """A model that nothing can be expected of."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def choose(self, prompt: str, pattern: str, leaning: Leaning | None = None) -> Any:
        """Anything but what was asked for, most of the time."""
        kind = self.chance.randint(0, 7)
        if kind == 0:
            raise TimeoutError
        if kind == 1:
            return None
        if kind == 2:
            return Chosen("act: recommend\n" * 500)
        if kind == 3:
            return Chosen("act: run\nrm -rf /: rows\n", (1.0,))
        if kind == 4:
            return Chosen("".join(chr(self.chance.randint(0, 0x2FFF)) for _ in range(self.chance.randint(0, 200))))
        act = self.chance.choice(("recommend", "refine", "why", "run", "record", "export", "other", "describe", "cost"))
        tail = self.chance.choice(
            ("", "task: spam\n", "domain: legal\nlanguage: de\n", "500: rows\n", "task: nothing\n")
        )
        return Chosen(f"act: {act}\n{tail}", tuple(self.chance.random() for _ in range(self.chance.randint(0, 3))))

    def write(self, prompt: str, most: int, opening: str = "") -> str:
        """Lies, noise, or nothing for ever."""
        if self.chance.random() < 0.3:
            raise TimeoutError
        return self.chance.choice(
            ("", "LoRA " * 2000, "It will score 0.99999 for sure.", "\x1b[2J", "[bold]LoRA[/bold] 100%.")
        )


def findings(bench: Workbench) -> Mapping[str, Any]:
    """What tools really answer, so that thousands of turns need not wait for them."""
    task = {"rows": 100, "task_type": "sentiment"}
    arguments: Mapping[str, Mapping[str, Any]] = {
        "select_method": {"task": task},
        "compare_methods": {"task": task},
        "estimate_cost": {"method": "lora", "task": task},
        "explain_method": {"method": "lora"},
        "query_experiences": {"task": task, "count": 2},
        "characterize_dataset": {"data": TICKETS},
        "export_config": {"method": "lora"},
    }
    return {name: get_tool(name).call(told, bench) for name, told in arguments.items()}


def drive(bench: Workbench, turns: int, seed: int) -> Counter[str]:
    """Take turns, and count what happened."""
    chance, found = random.Random(seed), findings(bench)
    counted: Counter[str] = Counter(dict.fromkeys(NEVER, 0))

    def caller(call: Call, _: Workbench) -> Any:
        counted["calls"] += 1
        tool = all_tools().get(call.tool)
        if tool is None:
            counted["calls of undeclared tools"] += 1
            raise AdvisorError("no such tool")
        try:
            tool.arguments.model_validate(dict(call.arguments))
        except ValidationError:
            counted["calls with invalid arguments"] += 1
        if call.tool not in found:
            raise AdvisorError("not made here")
        return found[call.tool]

    controller = Controller(bench, Adversary(seed), confirm=lambda _: chance.random() < 0.5, caller=caller)
    state = State()
    for _ in range(turns):
        steps = []
        for step, after in controller.turn(state, chance.choice(QUESTIONS)):
            steps.append(step)
            state = after
        counted["turns"] += 1
        counted["turns without one end"] += sum(step.is_last for step in steps) != 1 or not steps[-1].is_last
        counted["turns of too many steps"] += len(steps) > MOST_STEPS
        counted["lies shown"] += any("0.99999" in step.text or "\x1b" in step.text for step in steps if step.is_last)
        counted["mistakes of the model"] += sum(step.kind == "mistake" for step in steps)
        counted["recommendations"] += any(step.recommendation is not None for step in steps)
        if chance.random() < 0.1:
            state = State(data=chance.choice((None, TICKETS)))
    return counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Workbench(Path(folder) / "experiences.sqlite") as bench:
        began = time.perf_counter()
        counted = drive(bench, chosen.turns, chosen.seed)
    rows = [{"what": name, "count": f"{count:,}"} for name, count in counted.items()]
    seconds = {"seconds": round(time.perf_counter() - began)}
    write_results("adversary", "A conversation with a hostile model", rows, {"what": "what", "count": "count"}, seconds)


if __name__ == "__main__":
    main()
