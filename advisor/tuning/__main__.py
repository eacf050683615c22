"""Teaches the small model that comes with the package to fill in forms and to write reasons, in the project's lab.

    python -m advisor.tuning --out advisor/tuned [--reading 14000] [--writing 1200] [--seed 0] [--checkpoint FILE]
                             [--begin FOLDER [--since 10502]]

An hour on two cores. The adapter is saved in half precision: it is merged into the weights before it is used.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

from advisor.tuning.conversations import Example, conversations
from advisor.tuning.explanations import explanations
from advisor.tuning.halves import save_halves
from metapeft_core.backbones.load import load_backbone
from metapeft_core.data.task import Example as Row
from metapeft_core.data.task import Task
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.methods.storage import saved_tensors
from metapeft_core.training.finetune import finetune
from metapeft_core.training.progress import Progress
from metapeft_core.training.spec import Budget, TrainingSpec

HELD = 16
"""Examples of each kind that are kept for looking at the loss while it learns."""
TARGETS = ("all",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--reading", type=int, default=14_000)
    parser.add_argument("--writing", type=int, default=1_200)
    parser.add_argument("--rank", type=int, default=12)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--begin", type=Path, help="an adapter that was taught before and is to be taught further")
    parser.add_argument("--since", type=int, default=0, help="of the written questions learn only those behind so many")
    chosen = parser.parse_args()
    task = made_task(chosen.reading, chosen.writing, chosen.seed, chosen.since)
    steps = len(task.train) // chosen.batch_size
    settings = LoRASettings(rank=chosen.rank, alpha=2.0 * chosen.rank, targets=TARGETS)
    spec = TrainingSpec(settings, chosen.learning_rate, chosen.batch_size, max_length=320, seed=chosen.seed)
    budget = Budget(steps, evaluate_every=max(1, steps // 4), patience=None, evaluation_rows=2 * HELD, generated_rows=0)
    began = time.perf_counter()

    def watch(progress: Progress) -> None:
        if progress.verdict is not None or progress.step % 20 == 0:
            judged = f", held out {progress.verdict.loss:.4f}" if progress.verdict else ""
            spent = time.perf_counter() - began
            print(f"{progress.step}/{steps}: {progress.loss:.4f}{judged}, {spent:.0f} s", file=sys.stderr, flush=True)

    backbone = load_backbone(chosen.model)
    run = finetune(
        task,
        backbone,
        spec,
        budget,
        out=chosen.out,
        checkpoint=chosen.checkpoint,
        watch=watch,
        refuse=False,
        begin=chosen.begin,
    )
    print(f"{run.outcome}: held-out loss {run.performance.get('valid_loss', float('nan')):.4f}, {run.steps} steps")
    save_halves(saved_tensors(chosen.out), chosen.out)


def made_task(reading: int, writing: int, seed: int, since: int = 0) -> Task:
    """Questions and reasons mixed; those that are held out were made from another seed."""
    own = [*conversations(reading, seed, since), *explanations(writing, seed)]
    random.Random(seed).shuffle(own)
    held = [*conversations(HELD, seed + 1), *explanations(HELD, seed + 1)]
    rows = tuple(map(_row, held))
    return Task("conversations", "generation", tuple(map(_row, own)), rows, rows)


def _row(example: Example) -> Row:
    return Row(example.prompt, example.completion)


if __name__ == "__main__":
    main()
