"""Experiences held in memory and drawn again, so that what is new does not drive out what is old. Knows no storage.

Whoever learns from one new experience at a time draws some old ones beside it: any of them, those that it predicts
worst (prioritised replay, Schaul et al. 2016), or as many of one family of tasks as of another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from metapeft_core.types import PEFTExperience, family_of

How = Literal["uniform", "prioritised", "balanced"]
Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
FIRST_SURPRISE = 1.0
"""Of an experience that comes before any surprise is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """Experiences to learn from, and how much each is to count."""

    experiences: tuple[PEFTExperience, ...]
    weights: Numbers
    """Above 0 and at most 1: what is drawn more often than its share counts less each time."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the experiences, in their order: by these their surprise is told afterwards."""
        return tuple(experience.id for experience in self.experiences)


@dataclass(slots=True)
class Held:
    """An experience in the buffer."""

    experience: PEFTExperience
    surprise: float
    arrival: int


class ExperienceBuffer:
    """Experiences by id. One that is there already is not added again, and changes nothing."""

    def __init__(
        self, capacity: int | None = None, *, alpha: float = 0.6, beta: float = 0.4, epsilon: float = 1e-3
    ) -> None:
        """`alpha`: from 0, where surprise is ignored, to 1. `beta`: how much of the bias the weights take back."""
        if capacity is not None and capacity < 1:
            raise ValueError(f"capacity is {capacity}: it must be at least 1, or None for no limit")
        for name, value in (("alpha", alpha), ("beta", beta)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}: it must be from 0 to 1")
        if not 0 < epsilon < math.inf:
            raise ValueError(f"epsilon is {epsilon}: it must be above 0, or what surprises nobody is never seen again")
        self._capacity, self._alpha, self._beta, self._epsilon = capacity, alpha, beta, epsilon
        self._held: dict[str, Held] = {}
        self._families: dict[str, list[str]] = {}
        self._greatest: float | None = None
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._held

    def __iter__(self) -> Iterator[PEFTExperience]:
        """Oldest first."""
        return (held.experience for held in self._held.values())

    def families(self) -> dict[str, int]:
        """How many experiences of each family are here."""
        return {family: len(members) for family, members in self._families.items()}

    def surprise_of(self, identifier: str) -> float:
        """What was last told of it, or what it was given when it came."""
        return self._held[identifier].surprise

    def add(self, experience: PEFTExperience, surprise: float | None = None) -> bool:
        """Take it in and tell whether it is new; without a known surprise it gets the greatest there has been.

        Where the buffer is full, one of the largest family makes room: the least surprising, of several the oldest.
        So no family is lost while another has several, and what has just come stays.
        """
        if surprise is not None:
            _check(experience.id, surprise)
        if experience.id in self._held:
            return False
        if surprise is None:
            surprise = FIRST_SURPRISE if self._greatest is None else self._greatest
        else:
            self._note(surprise)
        self._held[experience.id] = Held(experience, surprise, self._arrivals)
        self._families.setdefault(family_of(experience), []).append(experience.id)
        self._arrivals += 1
        if self._capacity is not None and len(self._held) > self._capacity:
            self._make_room(experience.id)
        return True

    def surprised(self, surprises: Mapping[str, float]) -> None:
        """Tell by id how surprising experiences were; what has made room for others meanwhile is passed over."""
        for identifier, surprise in surprises.items():
            _check(identifier, surprise)
            if identifier not in self._held and self._capacity is None:
                raise ValueError(f"{identifier} has never been added: tell the surprise of what was drawn")
        for identifier in surprises.keys() & self._held.keys():
            self._held[identifier].surprise = surprises[identifier]
            self._note(surprises[identifier])

    def draw(self, count: int, how: How, generator: np.random.Generator) -> Draw:
        """Draw `count` experiences; the same generator in the same state draws the same.

        Uniform and prioritised draws hold nothing twice while there are enough. Balanced draws choose each time
        anew, a family and then one of its members: a small family would be used up otherwise, and the balance lost.
        """
        if how not in get_args(How):
            raise ValueError(f"how is {how!r}: it must be one of {', '.join(get_args(How))}")
        if count < 1:
            raise ValueError(f"count is {count}: draw at least one")
        if not self._held:
            raise ValueError(f"there is nothing to draw {count} from: add experiences first")
        if how == "balanced":
            ids = self._balanced(count, generator)
            return Draw(tuple(self._held[i].experience for i in ids), np.ones(count))
        held = list(self._held.values())
        if how == "uniform":
            places, weights = generator.choice(len(held), count, replace=count > len(held)), np.ones(count)
        else:
            places, weights = self._prioritised(count, generator)
        return Draw(tuple(held[place].experience for place in places.tolist()), weights)

    def _prioritised(self, count: int, generator: np.random.Generator) -> tuple[Places, Numbers]:
        surprises = np.fromiter((held.surprise for held in self._held.values()), np.float64, len(self._held))
        # In logarithms no surprise is so small beside another that its probability becomes 0.
        chances = self._alpha * np.log(surprises + self._epsilon)
        if count > len(chances):
            shares = np.exp(chances - chances.max())
            places = generator.choice(len(chances), count, p=shares / shares.sum())
        else:
            # The largest sums of a chance's logarithm and Gumbel noise are draws without replacement, in their order.
            places = np.argsort(-(chances + generator.gumbel(size=len(chances))), kind="stable")[:count]
        # (N p)^-beta over the greatest of the drawn: N and the sum that makes chances probabilities cancel out.
        logarithms = -self._beta * chances[places]
        return places, np.exp(logarithms - logarithms.max())

    def _balanced(self, count: int, generator: np.random.Generator) -> list[str]:
        families = list(self._families.values())
        sizes = np.array([len(members) for members in families])
        chosen = generator.integers(0, len(families), count)
        within = generator.integers(0, sizes[chosen])
        return [families[family][place] for family, place in zip(chosen.tolist(), within.tolist(), strict=True)]

    def _make_room(self, newest: str) -> None:
        size = max(len(members) for members in self._families.values())
        largest = (members for members in self._families.values() if len(members) == size)
        candidates = [self._held[i] for members in largest for i in members if i != newest]
        gone = min(candidates, key=lambda held: (held.surprise, held.arrival)).experience
        family = family_of(gone)
        self._families[family].remove(gone.id)
        if not self._families[family]:
            del self._families[family]
        del self._held[gone.id]

    def _note(self, surprise: float) -> None:
        self._greatest = surprise if self._greatest is None else max(self._greatest, surprise)


def _check(identifier: str, surprise: float) -> None:
    if not 0 <= surprise < math.inf:
        raise ValueError(f"the surprise of {identifier} is {surprise}: it must be a number from 0 upwards")
