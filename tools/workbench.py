"""What the tools work with: the store, the judgement, and data that was described. Knows no tool.

Everything is opened when it is first asked for and kept: a question needs the judgement, a cost needs neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from knowledge.brief import TaskBrief, stand_ins
from metapeft_core.backbones.load import describe_backbone
from metapeft_core.data.record import shown
from metapeft_core.errors import BackboneError
from metapeft_core.types import Backbone, Objective, PEFTExperience, TaskCharacteristics

if TYPE_CHECKING:
    from knowledge.base import KnowledgeBase
    from knowledge.judgement import Judgement
    from knowledge.records import Vector
    from metapeft_core.data.readers import ReadResult

DEFAULT_BACKBONES: dict[Objective, str] = {"classification": "minilm", "generation": "smollm2"}
FITTING = 0.9
"""Of the best likeness, from which on a known task gives its vector to one of which only words are known."""
SPLIT_SEED = 0
"""Rows are split the same way whatever a run's seed, so that runs of different seeds are judged on the same rows."""
State = tuple[tuple[Path, int, int], ...]
"""Files, their sizes, and when they were changed."""


class Workbench:
    """One user's knowledge and what was found out about data so far. Use it on one thread."""

    def __init__(self, store: Path | None = None, read: Callable[[Path], ReadResult] | None = None) -> None:
        """`store`: another one than the user's own. `read`: how data files are read, where columns have to be named."""
        self._store = store
        self._read = read
        self._data: dict[State, tuple[ReadResult, TaskCharacteristics]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all files."""
        if "knowledge" in self.__dict__:
            self.knowledge.close()
            del self.knowledge

    @cached_property
    def knowledge(self) -> KnowledgeBase:
        """The store and its index."""
        from knowledge.base import KnowledgeBase

        return KnowledgeBase(self._store)

    @cached_property
    def judgement(self) -> Judgement:
        """What was learned from the store."""
        from knowledge.judgement import open_judgement

        return open_judgement(self.knowledge, self.experiences)

    @cached_property
    def experiences(self) -> dict[str, PEFTExperience]:
        """All that are known, by id."""
        from knowledge.judgement import known_experiences

        return known_experiences(self.knowledge)

    def data(self, path: Path) -> tuple[ReadResult, TaskCharacteristics]:
        """A data file as it was read, and its description; a file that did not change is read once."""
        from metapeft_core.data.characterize import characterize
        from metapeft_core.data.readers import read_with_report

        path = Path(path)
        key = _state_of(path)
        if key not in self._data:
            found = (self._read or (lambda place: read_with_report(place, seed=SPLIT_SEED)))(path)
            self._data[key] = (found, characterize(found.task))
        return self._data[key]

    def backbone(self, name: str | None, objective: Objective) -> Backbone:
        """The numbers of a model; of the one that comes with the package where none is named."""
        try:
            return describe_backbone(name or DEFAULT_BACKBONES[objective])
        except (OSError, RuntimeError) as fault:
            # A name too long for a file, or the home folder of a user that does not exist.
            raise BackboneError(
                f"{shown(name)} names no model: give a folder, or a hub id such as owner/model"
            ) from fault

    def known(self, task: TaskBrief | TaskCharacteristics, data: Path | None = None) -> Known:
        """What is known of a task: one description where there is data, else several that it may be."""
        if isinstance(task, TaskCharacteristics):
            return Known((task,), task.objective, ())
        if data is not None:
            found = self.data(data)[1]
            told = found if task.rows is None else replace(found, dataset_size=task.rows)
            return Known((told,), told.objective, ())
        likely = stand_ins(task, self.experiences.values())
        names = tuple(one.task for one in likely)
        return Known(tuple(one.characteristics for one in likely), task.asked_objective(), names)

    def vector(self, task: TaskBrief, data: Path | None) -> Vector:
        """The vector of a task: of its texts where there is data, else of the words about it."""
        # The core's encoder gives the same vectors and is there in a second, where importing torch takes several.
        from knowledge.embed import centroid, task_vector
        from metapeft_core.backbones.sentence import embed_texts

        if data is not None:
            return task_vector(self.data(data)[0].task, embed_texts)
        likely = stand_ins(task, self.experiences.values())
        if (task.task_type is None and task.domain is None) or not likely[0].likeness:
            words: Vector = embed_texts([task.in_words()])[0]
            return words
        # Names of kinds and subjects lie near no texts; the texts of the known tasks that fit them best do.
        nearest = sorted({one.task for one in likely if one.likeness >= FITTING * likely[0].likeness})
        known = {memory.experience.task: memory.vector for _, memory in self.knowledge.store.select()}
        return centroid(np.stack([known[name] for name in nearest]))

    def remember(self, experience: PEFTExperience, data: Path | None, task: TaskBrief | None = None) -> float | None:
        """Keep a run and learn from it at once; returns how surprising it was, None where it teaches nothing."""
        from knowledge.judgement import learn, teaches
        from knowledge.records import Remembered

        vector = self.vector(task or TaskBrief(), data)
        # Opened before the run is kept: opened after it, it would have learned the run and be surprised by nothing.
        system = self.judgement.system if teaches(experience) else None
        if not self.knowledge.remember([Remembered(experience, vector)]):
            return None
        self.experiences[experience.id] = experience
        return None if system is None else learn(self.knowledge, system, [experience])[0]


@dataclass(frozen=True, slots=True)
class Known:
    """What a task is, or may be."""

    tasks: tuple[TaskCharacteristics, ...]
    objective: Objective
    stand_ins: tuple[str, ...]
    """Known tasks that stand in for one of which only words are known; none where its data is at hand."""


def _state_of(path: Path) -> State:
    try:
        files = [path.resolve(), *(sorted(path.iterdir()) if path.is_dir() else ())]
        return tuple((file, status.st_size, status.st_mtime_ns) for file in files for status in (file.stat(),))
    except (OSError, ValueError, RuntimeError):
        # Whatever is wrong with the path, whoever reads it says so best.
        return ((path, 0, 0),)


@cache
def default_workbench() -> Workbench:
    """The user's own, for calls that name none."""
    return Workbench()
