"""The experiences that a benchmark is about: those of a store, or those that ship. Knows no benchmark."""

from __future__ import annotations

from pathlib import Path

from knowledge.shipped import read_shipped
from knowledge.store import ExperienceStore
from metapeft_core.types import PEFTExperience


def known_experiences(store: Path | None) -> list[PEFTExperience]:
    """All of them."""
    if store is None:
        return [memory.experience for memory in read_shipped()]
    with ExperienceStore(store) as opened:
        return [memory.experience for _, memory in opened.select()]
