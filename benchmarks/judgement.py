"""How long the judgement takes: to learn it from the experiences that ship, to read it back, and to answer a question.

    python -m benchmarks.judgement [--questions 200] [--store FILE] [--ship]

With `--ship` what was learned from the shipped experiences becomes the judgement that ships. Questions are the
tasks and backbones of the experiences themselves, in turn; the first answers are not counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.known import known_experiences
from benchmarks.table import write_results
from knowledge.judgement import SHIPPED
from metapeft_core.selection.cases import described_cases
from metapeft_core.system import MetaPEFTSystem

WARM = 5
"""Answers before the clock counts."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--ship", action="store_true")
    chosen = parser.parse_args()
    if chosen.ship and chosen.store:
        parser.error("what ships is learned from what ships: leave out --store")
    experiences = known_experiences(chosen.store)
    system, fitting = timed(lambda: MetaPEFTSystem.fitted(experiences))
    print(f"learned in {fitting:.0f} s", file=sys.stderr, flush=True)
    if chosen.ship:
        system.save(SHIPPED)
    with tempfile.TemporaryDirectory() as folder:
        _, saving = timed(lambda: system.save(Path(folder)))
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        system, loading = timed(lambda: MetaPEFTSystem.load(Path(folder), experiences))
    answers = np.array(ask(system, chosen.questions))
    rows: list[dict[str, Any]] = [
        {"what": "learning all anew", "value": f"{fitting:.1f} s", "seconds": fitting},
        {"what": "writing what was learned", "value": f"{saving:.2f} s, {size / 1e6:.1f} MB", "seconds": saving},
        {"what": "reading it back", "value": f"{loading:.2f} s", "seconds": loading},
        *(
            {"what": f"an answer, {name}", "value": f"{1000 * seconds:.1f} ms", "seconds": seconds}
            for name, seconds in (
                ("median", float(np.median(answers))),
                ("95th percentile", float(np.percentile(answers, 95))),
            )
        ),
    ]
    told = {"experiences": len(experiences), "comparisons": len(system.known.cases), "questions": len(answers)}
    write_results("judgement", "How long the judgement takes", rows, {"what": "what", "value": "time"}, told)


Found = TypeVar("Found")


def timed(run: Callable[[], Found]) -> tuple[Found, float]:
    """What it returns, and its seconds."""
    began = time.perf_counter()
    found = run()
    return found, time.perf_counter() - began


def ask(system: MetaPEFTSystem, count: int) -> list[float]:
    """Seconds of each answer."""
    asked = [(case.characteristics, case.backbone) for case in described_cases(list(system.buffer))]
    known = [(task, backbone) for task, backbone in asked if task is not None]
    questions = islice(cycle(known), count + WARM)
    return [timed(lambda q=q: system.predict_optimal_method(*q))[1] for q in questions][WARM:]


if __name__ == "__main__":
    main()
