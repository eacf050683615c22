"""How fast one LoRA step is here, in peft on torch, and in mlx-lm's own tuner; and how much memory each takes.

    python -m benchmarks.training [--rounds 3] [--steps 8]

Every measurement is a process of its own, the peers taking turns, so that neither caches nor allocators are shared;
ratios are taken within a round. All read the same token ids from the same seed, with LoRA of rank 8 on queries and
values, AdamW, float32, and BERT's own classifier (MiniLM) or the loss over all tokens (SmolLM2). mlx-lm has no BERT.
It gets our choice of BLAS: as installed on Linux it would run on the reference BLAS, a hundred times slower.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.table import write_results

CASES = {
    "minilm-16x32": ("minilm", 16, 32),
    "minilm-16x64": ("minilm", 16, 64),
    "smollm2-8x64": ("smollm2", 8, 64),
}
PEERS = {"minilm": ("ours", "peft"), "smollm2": ("ours", "peft", "mlx-lm")}
RANK, ALPHA, RATE, CLASSES, WARMUP = 8, 16, 1e-3, 4, 2
Step = Callable[[], float]


def token_ids(rows: int, span: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The same ids for every peer."""
    return np.random.default_rng(0).integers(1000, 20000, (rows, span))


def labels(rows: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The same labels for every peer."""
    return np.random.default_rng(1).integers(0, CLASSES, rows)


def ours(model: str, rows: int, span: int) -> Step:
    """A step of our own training loop."""
    from metapeft_core.backbones.load import load_backbone
    from metapeft_core.lanes import open_lanes
    from metapeft_core.methods.adapted import Adapted, Head
    from metapeft_core.methods.lora import LoRASettings
    from metapeft_core.training.loop import Loop
    from metapeft_core.training.progress import watch_nothing
    from metapeft_core.training.rows import Row
    from metapeft_core.training.spec import Budget, TrainingSpec

    head = Head(CLASSES, "first") if model == "minilm" else None
    settings = LoRASettings(rank=RANK, alpha=ALPHA)
    adapted = Adapted(load_backbone(model), settings, head, seed=0)
    answer = 0 if head else span - 1
    data = [
        Row(tuple(ids.tolist()), int(label), answer)
        for ids, label in zip(token_ids(rows, span), labels(rows), strict=True)
    ]
    spec = TrainingSpec(settings, learning_rate=RATE, batch_size=rows, max_length=span, schedule="constant")
    loop = Loop(adapted, data, data, spec, Budget(steps=10**6), watch_nothing)

    def step() -> float:
        with open_lanes():
            loop.one_step(data)
        return loop.state.recent_loss

    return step


def peft(model: str, rows: int, span: int) -> Step:
    """A step of peft on torch, dropout off as in ours."""
    import peft as peft_library
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    from metapeft_core.backbones.packages import minilm_folder, smollm2_folder

    if model == "minilm":
        base = AutoModelForSequenceClassification.from_pretrained(minilm_folder(), num_labels=CLASSES)
        task, targets = "SEQ_CLS", ["query", "value"]
    else:
        base = AutoModelForCausalLM.from_pretrained(smollm2_folder(), dtype=torch.float32)
        task, targets = "CAUSAL_LM", ["q_proj", "v_proj"]
    config = peft_library.LoraConfig(task_type=task, r=RANK, lora_alpha=ALPHA, target_modules=targets)
    adapted = peft_library.get_peft_model(base, config)
    for module in adapted.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    adapted.train()
    trained = [p for p in adapted.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
    ids = torch.tensor(token_ids(rows, span))
    wanted = torch.tensor(labels(rows)) if model == "minilm" else ids

    def step() -> float:
        loss = adapted(input_ids=ids, attention_mask=torch.ones_like(ids), labels=wanted).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.item())

    return step


def mlx_lm(model: str, rows: int, span: int) -> Step:
    """A step as mlx-lm's trainer takes it: its layers, its loss, its padding, its optimiser."""
    assert model == "smollm2", "mlx-lm trains decoders only"
    from metapeft_core import runtime

    runtime.current()
    import mlx.core as mx
    import mlx.nn as nn
    from mlx import optimizers
    from mlx.utils import tree_map
    from mlx_lm.tuner.trainer import default_loss
    from mlx_lm.tuner.utils import linear_to_lora_layers
    from mlx_lm.utils import load_model

    from metapeft_core.backbones.packages import smollm2_folder

    tuned, _ = load_model(smollm2_folder())
    tuned.update(tree_map(lambda p: p.astype(mx.float32), tuned.parameters()))
    tuned.freeze()
    wanted = {"rank": RANK, "scale": ALPHA / RANK, "dropout": 0.0, "keys": ["self_attn.q_proj", "self_attn.v_proj"]}
    linear_to_lora_layers(tuned, len(tuned.layers), wanted)
    tuned.train()
    optimizer = optimizers.AdamW(learning_rate=RATE, weight_decay=0.0)
    # Its loss shifts the batch itself, so one more column makes the same number of learned tokens.
    ids = token_ids(rows, span)
    batch = mx.array(np.concatenate([ids, ids[:, :1]], axis=1))
    lengths = mx.array([[1, span]] * rows)
    differentiate = nn.value_and_grad(tuned, default_loss)

    def step() -> float:
        (loss, _), gradients = differentiate(tuned, batch, lengths)
        optimizer.update(tuned, gradients)
        mx.eval(loss, tuned.parameters(), optimizer.state)
        return float(loss.item())

    return step


NOTES = (
    "Tokens per second and memory are medians over the rounds; ratios are medians of the ratios within a round, so",
    "that a machine whose speed drifts does not decide. Memory is the peak of the whole process, libraries included.",
)
BUILDERS = {"ours": ours, "peft": peft, "mlx-lm": mlx_lm}


def measure(peer: str, case: str, steps: int) -> dict[str, float]:
    """Seconds a step and memory of one peer in this process."""
    model, rows, span = CASES[case]
    step = BUILDERS[peer](model, rows, span)
    losses = [step() for _ in range(WARMUP)]
    seconds = []
    for _ in range(steps):
        began = time.perf_counter()
        losses.append(step())
        seconds.append(time.perf_counter() - began)
    assert all(np.isfinite(losses)), losses
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "tokens_per_second": rows * span / statistics.median(seconds),
        "seconds": statistics.median(seconds),
        "peak_mib": peak / 2**20,
        "first_loss": losses[0],
    }


def one_round(case: str, steps: int) -> dict[str, dict[str, float]]:
    """Every peer once, each in a process of its own."""
    found = {}
    for peer in PEERS[CASES[case][0]]:
        command = [sys.executable, "-m", "benchmarks.training", "--worker", peer, "--case", case, "--steps", str(steps)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[peer] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def compare(rounds: int, steps: int) -> list[dict[str, Any]]:
    """All cases; ratios are medians over the rounds of ours against each peer of the same round."""
    rows = []
    for case in CASES:
        measured = [one_round(case, steps) for _ in range(rounds)]
        for peer in measured[0]:
            row: dict[str, Any] = {"case": case, "peer": peer}
            for figure in ("tokens_per_second", "seconds", "peak_mib", "first_loss"):
                row[figure] = statistics.median(found[peer][figure] for found in measured)
            speed = [found["ours"]["tokens_per_second"] / found[peer]["tokens_per_second"] for found in measured]
            memory = [found["ours"]["peak_mib"] / found[peer]["peak_mib"] for found in measured]
            row |= {"speed_ratio": statistics.median(speed), "speed_ratios": [round(s, 3) for s in speed]}
            row["memory_ratio"] = statistics.median(memory)
            rows.append(row)
            print(f"{case:14} {peer:7} {row['tokens_per_second']:8.0f} tokens/s  {row['peak_mib']:6.0f} MiB")
    return rows


def main() -> None:
    """Run the comparison, or be one of its processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--worker", choices=BUILDERS)
    parser.add_argument("--case", choices=CASES)
    asked = parser.parse_args()
    if asked.worker:
        print(json.dumps(measure(asked.worker, asked.case, asked.steps)))
        return
    rows = compare(asked.rounds, asked.steps)
    columns = {
        "case": "case",
        "peer": "peer",
        "tokens_per_second": "tokens/s",
        "peak_mib": "peak MiB (process)",
        "speed_ratio": "ours / peer, tokens/s",
        "memory_ratio": "ours / peer, memory",
    }
    write_results("training", "One LoRA step against its peers", rows, columns, notes=NOTES)


if __name__ == "__main__":
    main()
