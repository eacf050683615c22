"""How far two readers agree on what the questions mean: whether the labels leave room for the figure that is asked for.

    python -m benchmarks.agreement

questions_again.jsonl holds the labels of a second reader, who was told what the labels mean and saw none of the first
one's. Of what the second held for right, only the first choice counts here, as it does for the program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advisor.reading.reading import Act, Reading
from benchmarks.controller import mistakes, part_of, questions_of
from benchmarks.table import write_results
from knowledge.brief import TaskBrief
from metapeft_core.types import PEFTMethod

AGAIN = Path(__file__).with_name("questions_again.jsonl")
OF_THE_TASK = ("rows", "task_type", "domain", "language", "classes", "tokens")
OF_THE_REST = ("model", "parameters", "memory_gb", "minutes", "steps", "score", "target")
PARTS = {"test": "those that count", "dev": "those that may be looked at"}


def main() -> None:
    labels = {told["id"]: reading_of(told) for told in questions_of(AGAIN)}
    write_results(
        "agreement",
        "How far a second reader agrees on what is asked",
        [row_of(part, labels) for part in PARTS],
        {
            "part": "questions",
            "count": "how many",
            "right": "wholly agreed",
            "act": "on the action",
            "apart": "apart on",
        },
    )


def reading_of(told: Mapping[str, Any]) -> Reading:
    """The second reader's labels, as if the program had read them."""
    return Reading(
        Act(told["act"]),
        TaskBrief(**{key: told.get(key) for key in OF_THE_TASK}),
        tuple(PEFTMethod(name) for name in told.get("methods", ())),
        **{key: told.get(key) for key in OF_THE_REST},
    )


def row_of(part: str, labels: Mapping[int, Reading]) -> dict[str, Any]:
    """The agreement on one part."""
    wrong = [mistakes(question, labels[question["id"]]) for question in part_of(part)]
    apart = Counter(key for one in wrong for key in one)
    return {
        "part": PARTS[part],
        "count": len(wrong),
        "right": f"{sum(not one for one in wrong) / len(wrong):.1%}",
        "act": f"{sum('act' not in one for one in wrong) / len(wrong):.1%}",
        "apart": ", ".join(f"{key} {count}" for key, count in apart.most_common()),
    }


if __name__ == "__main__":
    main()
