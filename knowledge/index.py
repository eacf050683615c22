"""Which experiences lie near a task: Chroma over task vectors, derived from the store. Knows no text and no model.

The index holds each distinct task vector once, however many runs were made on that task, and the store says which
experiences belong to it. So a task with a hundred runs does not crowd out its neighbours in the search graph, and what
is found is ordered the same way whoever built the index. It can be lost at any time: see `image.py` for how it is kept,
and `_renew` for how it comes back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from knowledge.facets import where
from knowledge.graph import Opened
from knowledge.image import CURRENT, Image, private_copy, publish, read_image
from knowledge.passing import Passing
from knowledge.records import EVERYTHING, Filter, Remembered, Vector
from knowledge.store import ExperienceStore

FORMAT = 1
"""Part of the published facts: an image of another format is built anew."""
LOCK_SECONDS = 5.0
"""A process that cannot have the lock for so long uses an index of its own and publishes nothing."""
FEW = 8_192
"""Vectors that are compared one by one: that takes less time than Chroma needs to begin."""
RARE = 1 / 16
"""Of the vectors that pass a filter, the share below which Chroma filters by itself.

It then reads its table of facets from the disk. Where more pass, looking through some near ones is faster.
"""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An experience and how alike its task is: the cosine between the task vectors."""

    memory: Remembered
    similarity: float


class TaskIndex:
    """The index of one store. Use it on one thread, as the store."""

    def __init__(self, store: ExperienceStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._opened: Opened | None = None
        self._last = -1
        self._passing: dict[Filter, Passing] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the private copy."""
        if self._opened is not None:
            self._opened.remove()
            self._opened = None

    def nearest(self, vector: Vector, count: int, wanted: Filter = EVERYTHING) -> list[Neighbour]:
        """The `count` experiences whose tasks are most alike; of one task, those that came first."""
        opened = self.refresh()
        if not opened.size or count < 1:
            return []
        alike = self._alike(opened, vector, count, wanted) if wanted.given() else opened.query(vector, count)
        chosen = self._store.places(alike, wanted)
        chosen.sort(key=lambda place: (-alike[place.vector], place.sequence))
        memories = self._store.at([place.sequence for place in chosen[:count]])
        return [Neighbour(memory, alike[place.vector]) for place, memory in zip(chosen, memories, strict=False)]

    def _alike(self, opened: Opened, vector: Vector, count: int, wanted: Filter) -> dict[str, float]:
        """The `count` nearest vectors with an experience that is wanted, or all of those, and how alike they are."""
        if wanted not in self._passing:
            self._passing[wanted] = Passing(self._store, wanted)
        passing = self._passing[wanted]
        if len(passing.digests) <= FEW:
            return passing.nearest(vector, count)
        share = len(passing.digests) / opened.size
        condition = where(wanted) if share < RARE else None
        fetched = math.ceil((count + 3 * math.sqrt(count)) / (share if condition is None else 1))
        while True:
            found = opened.query(vector, fetched, condition)
            alike = {digest: likeness for digest, likeness in found.items() if digest in passing.digests}
            if len(alike) >= min(count, len(passing.digests)) or fetched >= opened.size:
                return alike
            fetched *= 4

    def refresh(self) -> Opened:
        """The index, opened and as new as the store."""
        last = self._store.last()
        if self._opened is None or self._last != last:
            self.close()
            self._opened = self._renew(last)
            self._last = last
            self._passing.clear()
        return self._opened

    def rebuild(self) -> int:
        """Build it again from the store, whatever there is; returns how many task vectors it holds."""
        self.close()
        with self._turn():
            (self._folder / CURRENT).unlink(missing_ok=True)
        return self.refresh().size

    def _renew(self, last: int) -> Opened:
        with self._turn() as may_publish:
            image = read_image(self._folder) if may_publish else None
            opened = self._from_image(image, last) if image else None
            if opened is None:
                opened, image = Opened(private_copy(self._folder, None)), None
            behind = image is None or image.facts["last"] < last
            if behind:
                opened.add(self._store, 0 if image is None else image.facts["last"])
                opened.close()
                if may_publish:
                    publish(self._folder, opened.folder, self._facts(last))
                opened = Opened(opened.folder)
        return opened

    def _from_image(self, image: Image, last: int) -> Opened | None:
        """The published index, unless it is another store's or Chroma will not have it."""
        then = image.facts.get("last")
        if not isinstance(then, int) or then > last or image.facts != self._facts(then):
            return None
        opened = None
        try:
            opened = Opened(private_copy(self._folder, image))
        except Exception:
            # Whatever Chroma finds fault with, what it fails on can be made again.
            if opened is not None:
                opened.remove()
            return None
        return opened

    def _facts(self, last: int) -> dict[str, Any]:
        return {"format": FORMAT, "store": self._store.identity, "last": last, "last_id": self._store.id_at(last)}

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """This process's turn with the folder; false where another one keeps it too long."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._folder / "lock", timeout=LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()
