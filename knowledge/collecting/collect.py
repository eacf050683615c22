"""A plan becomes experiences in the store: what is there is skipped, what comes is kept at once. Knows no screen.

A collection that was killed is continued by starting it again: runs are told apart by their keys, which follow from
the rows, the backbone, the settings, the seed and the budget, so nothing but the store has to be remembered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from knowledge.collecting.catalogue import catalogue, cut_to, read_listed
from knowledge.collecting.design import Block, Candidate, plan
from knowledge.collecting.estimate import Estimate, weight
from knowledge.collecting.jobs import Job, Prepared
from knowledge.records import Remembered, run_key_of
from knowledge.store import ExperienceStore
from metapeft_core.data.task import Task
from metapeft_core.errors import DataError
from metapeft_core.training.finetune import rows_digest

Runner = Callable[[Iterable[Job]], Iterator[Remembered]]
"""Takes jobs one by one as it has room for them, and yields what came of their runs."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One run has ended and is in the store."""

    memory: Remembered
    done: int
    """Runs of the plan that are in the store by now."""
    planned: int
    seconds_left: float | None


class Collection:
    """One plan over folders of tasks, and the store that it fills."""

    def __init__(self, folders: Sequence[Path], store: ExperienceStore, runs: int) -> None:
        self._store = store
        self._listed = {listed.name: listed for listed in catalogue(folders)}
        self.unreadable: dict[str, str] = {}
        self._tasks = self._read()
        if not self._tasks:
            reasons = "; ".join(self.unreadable.values())
            raise DataError(f"none of the {len(self._listed)} tasks can be run: {reasons}")
        blocks = list(_blocks(self._tasks, runs))
        self.planned = sum(len(block.runs) for block in blocks)
        self._jobs = self._missing(blocks)
        self._weights = {job.key(run): weight(job, run) for job in self._jobs for run in job.runs}

    @property
    def there(self) -> int:
        """Runs of the plan that the store had already."""
        return self.planned - len(self._weights)

    def _read(self) -> dict[str, Task]:
        tasks = {}
        for name, listed in self._listed.items():
            try:
                tasks[name] = read_listed(listed)
            except DataError as fault:
                self.unreadable[name] = str(fault)
        return tasks

    def _missing(self, blocks: Sequence[Block]) -> list[Job]:
        known = self._store.run_keys()
        jobs = (self._job(block) for block in blocks)
        return [left for job in jobs if (left := job.without(known)).runs]

    def _job(self, block: Block) -> Job:
        task = cut_to(self._tasks[block.task], block.size)
        return Job(self._listed[block.task], task, rows_digest(task), block.backbone, block.runs)

    def run(self, runner: Runner, estimate: Estimate) -> Iterator[Happened]:
        """Make what is missing."""
        done = self.there
        left = dict(self._weights)
        estimate.begin(time.monotonic(), left.values())
        for memory in runner(self._prepared()):
            self._store.add(memory)
            done += 1
            spent = left.pop(run_key_of(memory.experience), None)
            yield Happened(memory, done, self.planned, estimate.after(time.monotonic(), spent))

    def _prepared(self) -> Iterator[Job]:
        """The jobs as a runner takes them, with what is known by then of their rows."""
        for job in self._jobs:
            twin = self._store.of_rows(job.rows)
            known = twin and twin.experience.characteristics
            yield replace(job, prepared=Prepared(known, twin.vector)) if twin and known else job


def _blocks(tasks: dict[str, Task], runs: int) -> Iterator[Block]:
    """The plan's beginning, `runs` runs long."""
    candidates = [Candidate(name, task.objective, len(task.train)) for name, task in tasks.items()]
    for block in plan(candidates):
        if runs <= 0:
            return
        yield replace(block, runs=block.runs[:runs])
        runs -= len(block.runs)
