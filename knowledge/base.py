"""What has been learned, behind one door: the store, its index, and what ships. Knows no tool and no screen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

from knowledge.index import Neighbour, TaskIndex
from knowledge.records import EVERYTHING, Filter, Remembered, Vector
from knowledge.shipped import supply
from knowledge.store import ExperienceStore, store_path


class KnowledgeBase:
    """One user's experiences: what ships, what was imported and what was measured here."""

    def __init__(self, path: Path | None = None) -> None:
        self.store = ExperienceStore(store_path() if path is None else path)
        try:
            supply(self.store)
        except BaseException:
            self.store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all files."""
        if "index" in self.__dict__:
            self.index.close()
        self.store.close()

    @cached_property
    def index(self) -> TaskIndex:
        """Opened when it is first asked for: many questions need no search."""
        return TaskIndex(self.store, self.store.path.with_name(f"{self.store.path.stem}-index"))

    def remember(self, memories: Sequence[Remembered]) -> int:
        """Keep experiences; returns how many are new."""
        return self.store.add(*memories)

    def nearest(self, vector: Vector, count: int, wanted: Filter = EVERYTHING) -> list[Neighbour]:
        """The experiences on the tasks that are most alike."""
        return self.index.nearest(vector, count, wanted)
