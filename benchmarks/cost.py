"""How near the foretold memory and seconds of a run come to its own; and the fit of what they are foretold by.

    python -m benchmarks.cost [--seed 2] [--runs 44] [--only minilm]
    python -m benchmarks.cost --fit [--seed 1] [--each 12]

Runs of all five methods on backbones of several sizes, on synthetic texts of varied lengths drawn from the seed. Each
is foretold twice, from shapes alone and after a probe, then made; its peak memory and training seconds are its own.
The fit draws other models, settings and lengths from another seed.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.cost_fit import fit
from benchmarks.table import write_results
from metapeft_core.backbones.load import describe_backbone, load_backbone
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.data.task import Example, Task
from metapeft_core.methods.registry import make_settings
from metapeft_core.training.cost import CostEstimate, predict
from metapeft_core.training.cost_probe import ProbeRows, probe
from metapeft_core.training.cost_workload import workload_of_rows, workload_of_task
from metapeft_core.training.finetune import finetune
from metapeft_core.training.rows import encode
from metapeft_core.training.spec import Budget, TrainingSpec

SENTENCES = (
    "the report says that delivery was late again and nobody answered when we called about it yesterday so please send "
    "a new one to our office before friday or return what has been paid with thanks for your help"
)
LABELS = ("complaint", "question", "thanks")
VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lora", {"rank": 4}),
    ("lora", {"rank": 16, "targets": ("attention",)}),
    ("lora", {"rank": 8, "targets": ("all",), "dropout": 0.05}),
    ("lora", {"rank": 8, "layers": 1}),
    ("lora", {"rank": 8, "dora": True}),
    ("adalora", {"initial_rank": 8, "target_rank": 4}),
    ("adalora", {"targets": ("query", "value", "feed_forward")}),
    ("prompt_tuning", {"virtual_tokens": 16}),
    ("prompt_tuning", {"virtual_tokens": 64, "initialisation": "random"}),
    ("prefix_tuning", {"virtual_tokens": 12}),
    ("prefix_tuning", {"virtual_tokens": 30, "projection": True}),
    ("p_tuning", {"virtual_tokens": 12}),
    ("p_tuning", {"virtual_tokens": 8, "encoder": "lstm"}),
)
BACKBONES = (("minilm:2", 13), ("minilm:3", 13), ("minilm", 13), ("smollm2", 5))
"""Backbones and how many of every 44 runs they get."""
MEMORY_WITHIN, SECONDS_WITHIN = 0.15, 0.25


@dataclass(frozen=True, slots=True)
class Case:
    """One run to foretell and to make."""

    task: Task
    spec: TrainingSpec
    budget: Budget


def synthetic_task(generator: np.random.Generator, median: int, writes: bool) -> Task:
    """Texts whose lengths scatter about the median as those of messages do."""

    def text(length: int) -> str:
        return " ".join(generator.choice(SENTENCES.split(), max(1, length)).tolist())

    def row() -> Example:
        length = int(np.clip(generator.lognormal(np.log(median), 0.5), 2, 400))
        return Example(text(length), text(int(generator.integers(3, 16))) if writes else str(generator.choice(LABELS)))

    train, valid, test = (tuple(row() for _ in range(n)) for n in (192, 32, 16))
    return Task("synthetic", "generation" if writes else "classification", train, valid, test, () if writes else LABELS)


def draw(name: str, number: int, seed: int) -> Case:
    """The case of this number on a backbone."""
    small = name == "smollm2"
    generator = np.random.default_rng((seed, number, len(name)))
    method, values = VARIANTS[(number * 5 if small else number) % len(VARIANTS)]
    writes = small and number % 5 != 4
    median = int(generator.choice((10, 20, 40, 70)))
    steps = int(generator.integers(10, 14) if small else generator.integers(14, 31))
    spec = TrainingSpec(
        make_settings(method, values),
        batch_size=int(generator.choice((4, 8) if small else (4, 8, 16, 32))),
        max_length=int(generator.choice((32, 64) if small else (16, 32, 64, 128))),
        pooling="first" if not small and number % 4 == 3 else None,
        seed=number,
    )
    budget = Budget(steps=steps, evaluate_every=10, patience=None, generated_rows=4, generated_tokens=8)
    return Case(synthetic_task(generator, median, writes), spec, budget)


def compare(name: str, case: Case, backbone: FrozenModel) -> dict[str, Any]:
    """Foretell, foretell again after a probe, and run."""
    task, spec, budget = case.task, case.spec, case.budget
    told = predict(workload_of_task(task, backbone.tokens), describe_backbone(name), spec, budget)
    train, valid, test = (
        encode(rows, task, backbone.tokens, spec.max_length) for rows in (task.train, task.valid, task.test)
    )
    rows = ProbeRows(train, valid, test, len(task.labels))
    first = predict(workload_of_rows(train, valid, test, rows.classes), backbone.card, spec, budget)
    began = time.perf_counter()
    probed = probe(rows, backbone, first)
    probe_seconds = time.perf_counter() - began
    gc.collect()
    began = time.perf_counter()
    run = finetune(task, backbone, spec, budget)
    whole = time.perf_counter() - began
    facts = {"backbone": name, "settings": f"{spec.method}", "batch": spec.batch_size, "length": spec.max_length}
    measured = {
        "steps": run.steps,
        "outcome": run.outcome,
        "memory": run.peak_memory_bytes / 2**20,
        "seconds": run.training_seconds,
        "total_seconds": whole,
        "probe_seconds": probe_seconds,
    }
    return {**facts, **measured, **_against("shapes", told, measured), **_against("probe", probed, measured)}


def _against(basis: str, told: CostEstimate, measured: dict[str, Any]) -> dict[str, Any]:
    memory = told.peak_memory_bytes / 2**20
    return {
        f"{basis}_memory": memory,
        f"{basis}_told_seconds": told.seconds,
        f"{basis}_told_total_seconds": told.total_seconds,
        f"{basis}_memory_off": memory / measured["memory"] - 1,
        f"{basis}_seconds_off": told.seconds / measured["seconds"] - 1,
        f"{basis}_total_off": told.total_seconds / measured["total_seconds"] - 1,
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Shares of runs within the promised distance, and typical distances."""
    told: dict[str, Any] = {"runs": len(rows)}
    for basis in ("shapes", "probe"):
        for what, within in (("memory", MEMORY_WITHIN), ("seconds", SECONDS_WITHIN), ("total", SECONDS_WITHIN)):
            off = [abs(row[f"{basis}_{what}_off"]) for row in rows]
            share = sum(o <= within for o in off) / len(off)
            worst = f"median off {statistics.median(off):.1%}, nine of ten {np.quantile(off, 0.9):.1%}"
            told[f"{what} within {within:.0%}, {basis}"] = f"{share:.0%} of runs ({worst})"
    told["probe seconds, median"] = statistics.median(row["probe_seconds"] for row in rows)
    told["probe's share of all training seconds"] = (
        f"{sum(row['probe_seconds'] for row in rows) / sum(row['seconds'] for row in rows):.1%}"
    )
    return told


COLUMNS = {
    "backbone": "backbone",
    "settings": "settings",
    "batch": "batch",
    "length": "length",
    "steps": "steps",
    "memory": "MiB",
    "shapes_memory": "from shapes",
    "probe_memory": "after probe",
    "seconds": "seconds",
    "shapes_told_seconds": "from shapes ",
    "probe_told_seconds": "after probe ",
    "probe_seconds": "probe took",
}


def main() -> None:
    """Read the options, then fit or compare."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--fit", action="store_true")
    options.add_argument("--seed", type=int)
    options.add_argument("--each", type=int, default=12, help="samples a random model when fitting")
    options.add_argument("--runs", type=int, default=44)
    options.add_argument("--only", help="one backbone; writes no results")
    chosen = options.parse_args()
    if chosen.fit:
        fit(1 if chosen.seed is None else chosen.seed, chosen.each, lambda line: print(line, flush=True))
        return
    seed = 2 if chosen.seed is None else chosen.seed
    rows = []
    for name, share in BACKBONES:
        if chosen.only in (None, name):
            rows += _on_backbone(name, round(share * chosen.runs / 44), seed)
    if chosen.only is None:
        told = {"seed": seed, **summary(rows)}
        write_results("cost", "Foretold and measured cost of fine-tuning runs", rows, COLUMNS, told)
    else:
        print(summary(rows))


def _on_backbone(name: str, count: int, seed: int) -> list[dict[str, Any]]:
    backbone = load_backbone(name)
    rows = []
    for number in range(count):
        row = compare(name, draw(name, number, seed), backbone)
        rows.append(row)
        off = {key: f"{row[key]:+.0%}" for key in row if key.endswith("_off")}
        print(
            name,
            row["settings"],
            row["batch"],
            row["length"],
            f"{row['memory']:.0f} MiB {row['seconds']:.2f} s",
            off,
            flush=True,
        )
    del backbone
    gc.collect()
    return rows


if __name__ == "__main__":
    main()
