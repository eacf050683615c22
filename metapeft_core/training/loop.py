"""The training loop: steps, validation, early stopping, checkpoints. Knows no task files and records nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx import optimizers
from mlx.utils import tree_flatten, tree_unflatten

from metapeft_core import runtime
from metapeft_core.lanes import build_in_lanes, open_lanes, shares, weighted_sum
from metapeft_core.methods.adapted import Adapted
from metapeft_core.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from metapeft_core.training.judge import Verdict, batch_loss, judge
from metapeft_core.training.progress import Progress, Watch
from metapeft_core.training.rows import Batch, Row, endless_batches, make_batch
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import CurvePoint, Outcome

EXPLODED = 50.0
"""A loss this high, and ten times the first one, will not come back."""


class DivergedError(RuntimeError):
    """The loss is no longer a number, or far above where it began."""


class MemoryExceededError(RuntimeError):
    """More memory was taken than the budget allows."""


@dataclass(slots=True)
class State:
    """Where a training stands; all of it is in a checkpoint."""

    step: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    """Of all threads together: unlike the clock's, they hardly change when the machine is busy with other work."""
    tokens: int = 0
    first_loss: float = math.nan
    recent_loss: float = math.nan
    best_rank: tuple[float, float] = (-math.inf, -math.inf)
    best_step: int = 0
    worse: int = 0
    """Evaluations since the best one."""


class Loop:
    """One training of one adapted model."""

    def __init__(
        self,
        model: Adapted,
        train: Sequence[Row],
        valid: Sequence[Row],
        spec: TrainingSpec,
        budget: Budget,
        watch: Watch,
        checkpoint: Path | None = None,
        fingerprint: str = "",
    ) -> None:
        self.model, self.spec, self.budget = model, spec, budget
        self.state = State()
        self.curve: list[CurvePoint] = []
        self._train, self._valid = train, valid[: budget.evaluation_rows]
        self._watch, self._checkpoint, self._fingerprint = watch, checkpoint, fingerprint
        self._best: dict[str, mx.array] = {}
        # Without bias correction, MLX's default, the first steps are far shorter than in every other tool.
        self._optimizer = optimizers.AdamW(
            learning_rate=spec.rate(), weight_decay=spec.weight_decay, bias_correction=True
        )
        self._optimizer.init(model.trainable_parameters())
        model.adapter.plan(budget.steps)
        self._step_function = self._compiled_step()

    def run(self) -> Outcome:
        """Train until the budget, the patience or the steps end; the best weights are in the model afterwards."""
        self._resume()
        with open_lanes():
            outcome = self._steps()
        if self._best:
            self._put(self._best)
        self.model.adapter.settle()
        return outcome

    def _steps(self) -> Outcome:
        if self._is_worn_out():
            return "stopped_early"
        lengths = [len(row.ids) for row in self._train]
        order = endless_batches(lengths, self.spec.batch_size, self.spec.seed, skip=self.state.step)
        for chosen in islice(order, self.budget.steps - self.state.step):
            self.one_step([self._train[i] for i in chosen])
            verdict = self._evaluate() if self._is_evaluation_due() else None
            self._watch(self._progress(verdict))
            if verdict is not None and self._is_worn_out():
                return "stopped_early"
            if self.budget.seconds is not None and self.state.seconds >= self.budget.seconds:
                return self._out_of_time(verdict)
        return "completed"

    def _out_of_time(self, verdict: Verdict | None) -> Outcome:
        if verdict is None:
            self._evaluate()
        return "completed" if self.state.step >= self.budget.steps else "out_of_budget"

    def _progress(self, verdict: Verdict | None) -> Progress:
        state = self.state
        return Progress(state.step, self.budget.steps, state.recent_loss, state.seconds, state.tokens, verdict)

    def _is_worn_out(self) -> bool:
        return self.budget.patience is not None and self.state.worse >= self.budget.patience

    def _is_evaluation_due(self) -> bool:
        return self.state.step % self.budget.evaluate_every == 0 or self.state.step == self.budget.steps

    def one_step(self, rows: Sequence[Row]) -> None:
        """Learn from one batch of rows."""
        began, worked = time.perf_counter(), time.process_time()
        self.model.train()
        # Chance is tied to the step, so that a resumed training draws the same dropout as an uninterrupted one.
        runtime.seed_everything(self.spec.seed * 1_000_003 + self.state.step)
        self._optimizer.learning_rate = self._rate(self.state.step)
        loss, gradients = self._step_function(*self._parts(rows))
        mx.eval(loss, self.model.parameters(), self._optimizer.state)
        self.state.step += 1
        self.model.adapter.after_step(self.state.step, self.model.adapter.named(gradients["adapter"]))
        self.state.seconds += time.perf_counter() - began
        self.state.processor_seconds += time.process_time() - worked
        self.state.tokens += sum(len(row.ids) for row in rows)
        self._note(float(loss.item()))

    def _parts(self, rows: Sequence[Row]) -> list[tuple[mx.array | None, ...]]:
        """The arrays of every lane; widest rows together, so that each lane is padded to its own width."""
        ordered = sorted(rows, key=lambda row: len(row.ids))
        pad, limit = self.model.backbone.tokens.pad, self.spec.max_length
        batches = [make_batch(part, pad, limit) for part in shares(ordered)]
        return [(b.ids, b.lengths, b.labels, b.positions) for b in batches]

    def _compiled_step(self) -> Callable[..., Any]:
        model, optimizer, clip = self.model, self._optimizer, self.spec.clip_norm
        shared = [model.state, optimizer.state, mx.random.state]

        def loss_of(ids: mx.array, lengths: mx.array | None, labels: mx.array, positions: mx.array) -> mx.array:
            loss = batch_loss(model, Batch(ids, lengths, labels, positions, 0))
            penalty = model.adapter.penalty()
            return loss if penalty is None else loss + penalty

        differentiate = nn.value_and_grad(model, loss_of)

        @partial(runtime.compiled, inputs=shared, outputs=shared)
        def step(*parts: Any) -> tuple[mx.array, Any]:
            weights = [part[2].size for part in parts]
            found = build_in_lanes(lambda part: differentiate(*part), parts)
            loss, gradients = weighted_sum(found, [weight / sum(weights) for weight in weights])
            if clip:
                gradients, _ = optimizers.clip_grad_norm(gradients, clip)
            optimizer.update(model, gradients)
            return loss, gradients

        return step

    def _rate(self, step: int) -> float:
        """The learning rate of the step about to be taken."""
        peak, steps = self.spec.rate(), self.budget.steps
        warmup = round(self.spec.warmup_share * steps)
        if step < warmup:
            return peak * (step + 1) / (warmup + 1)
        left = (steps - step) / max(1, steps - warmup)
        if self.spec.schedule == "linear":
            return peak * left
        return peak if self.spec.schedule == "constant" else peak * 0.5 * (1 + math.cos(math.pi * (1 - left)))

    def _note(self, loss: float) -> None:
        state = self.state
        if math.isnan(state.first_loss):
            state.first_loss = loss
        state.recent_loss = loss if math.isnan(state.recent_loss) else 0.9 * state.recent_loss + 0.1 * loss
        if not math.isfinite(loss) or loss > max(EXPLODED, 10 * state.first_loss):
            raise DivergedError(f"the loss was {loss:.3g} at step {state.step}, after {state.first_loss:.3g} at first")
        taken = mx.get_peak_memory()
        if self.budget.memory_bytes is not None and taken > self.budget.memory_bytes:
            raise MemoryExceededError(f"{taken} bytes were taken where {self.budget.memory_bytes} are allowed")

    def _evaluate(self) -> Verdict:
        state = self.state
        verdict = judge(self.model, self._valid, 2 * self.spec.batch_size, self.spec.max_length)
        if not math.isfinite(verdict.loss):
            raise DivergedError(f"the validation loss was {verdict.loss} at step {state.step}")
        self.curve.append(CurvePoint(state.step, state.seconds, state.recent_loss, verdict.loss, verdict.metrics))
        if verdict.rank > state.best_rank:
            state.best_rank, state.best_step, state.worse = verdict.rank, state.step, 0
            self._best = self._tensors()
        else:
            state.worse += 1
        if self._checkpoint is not None:
            self._write(self._checkpoint)
        return verdict

    def _tensors(self) -> dict[str, mx.array]:
        return dict(tree_flatten(self.model.trainable_parameters()))

    def _put(self, tensors: dict[str, mx.array]) -> None:
        self.model.update(tree_unflatten(list(tensors.items())))

    def _write(self, path: Path) -> None:
        groups = {
            "model": self._tensors(),
            "best": self._best,
            "optimizer": dict(tree_flatten(self._optimizer.state)),
            "adapter": self.model.adapter.internals(),
        }
        values = {
            "fingerprint": self._fingerprint,
            "state": asdict(self.state),
            "curve": [asdict(point) for point in self.curve],
            "facts": dict(self.model.adapter.facts()),
        }
        write_checkpoint(path, Checkpoint(groups, values))

    def _resume(self) -> None:
        found = read_checkpoint(self._checkpoint, self._fingerprint) if self._checkpoint else None
        if found is None:
            return
        kept = found.values["state"]
        self.state = State(**{**kept, "best_rank": tuple(kept["best_rank"])})
        self.curve = [CurvePoint(**point) for point in found.values["curve"]]
        self._put(dict(found.groups["model"]))
        self._best = dict(found.groups.get("best", {}))
        self._optimizer.state = tree_unflatten(list(found.groups["optimizer"].items()))
        self.model.adapter.restore_internals(found.groups.get("adapter", {}))
        self.model.adapter.remember(found.values["facts"])
        self._step_function = self._compiled_step()
