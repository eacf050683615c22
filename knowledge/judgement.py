"""What was learned from the experiences: the judgement that ships, and the user's own once it has learned on.

Knows where they are kept and whether they are in step with the store; how anything is learned or judged lies below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge.base import KnowledgeBase
from knowledge.shipped import FOLDER
from metapeft_core.errors import SelectionError
from metapeft_core.score import SUCCESSES, score_of
from metapeft_core.selection.storage import read_learned
from metapeft_core.system import MetaPEFTSystem
from metapeft_core.types import PEFTExperience

SHIPPED = FOLDER / "judgement"
AT_ONCE = 3
"""New experiences that are learned while somebody waits for an answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """A system, and how many experiences of the store it has not learned from."""

    system: MetaPEFTSystem
    behind: int


def own_folder(base: KnowledgeBase) -> Path:
    """Where what was learned from this store is kept."""
    return base.store.path.with_name(f"{base.store.path.stem}-judgement")


def open_judgement(base: KnowledgeBase, known: Mapping[str, PEFTExperience] | None = None) -> Judgement:
    """The judgement that knows most of the store, learned on where little is new; learned anew only on request.

    `known` is what the store holds, where it was read already.
    """
    experiences = known_experiences(base) if known is None else known
    places = [place for place in (own_folder(base), SHIPPED) if place.is_dir()]
    found = [opened for place in places if (opened := _opened(place, experiences))]
    if not found:
        return Judgement(relearn(base), 0)
    system = min(found, key=lambda one: len(fresh(one, experiences)))
    unknown = fresh(system, experiences)
    if unknown and len(unknown) <= AT_ONCE:
        learn(base, system, unknown)
        return Judgement(system, 0)
    return Judgement(system, len(unknown))


def relearn(base: KnowledgeBase) -> MetaPEFTSystem:
    """Learn all anew from everything in the store, and keep it: a minute or two."""
    system = MetaPEFTSystem.fitted(known_experiences(base).values())
    system.save(own_folder(base))
    return system


def learn(base: KnowledgeBase, system: MetaPEFTSystem, experiences: list[PEFTExperience]) -> list[float]:
    """Learn from a few experiences, one at a time, and keep it; returns how surprising each was."""
    surprises = [system.learn_from_experience(experience) for experience in experiences]
    system.save(own_folder(base))
    return surprises


def known_experiences(base: KnowledgeBase) -> dict[str, PEFTExperience]:
    """Everything in the store by its id."""
    return {memory.experience.id: memory.experience for _, memory in base.store.select()}


def fresh(system: MetaPEFTSystem, experiences: Mapping[str, PEFTExperience]) -> list[PEFTExperience]:
    """Experiences that could be learned from and were not."""
    figures = {figure.id for figure in system.figures}
    return [
        one
        for identifier, one in experiences.items()
        if identifier not in system.buffer and identifier not in figures and teaches(one)
    ]


def teaches(experience: PEFTExperience) -> bool:
    """Whether it is a run that was judged, on data that is described."""
    told = experience.outcome in SUCCESSES and score_of(experience) is not None
    return experience.provenance != "published" and told and experience.characteristics is not None


def _opened(folder: Path, experiences: Mapping[str, PEFTExperience]) -> MetaPEFTSystem | None:
    """None for one that is damaged, of another version, or learned from what is not here: it can be made again."""
    try:
        return MetaPEFTSystem.load(folder, experiences.values())
    except SelectionError:
        return None


def runs_of(folder: Path) -> frozenset[str]:
    """Ids of the runs that a judgement was learned from."""
    return frozenset(read_learned(folder)["runs"])
