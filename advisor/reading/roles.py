"""What a number in a question is likely to be, by what stands around it. Knows no order of roles, no form, no model.

A linear model over `surroundings`, learned from the questions of the lessons (`python -m advisor.tuning.roles`). Two
numbers of a question know nothing of each other: which of them holds is decided where the form is held to its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from advisor.reading.linear import Linear, kept_at
from advisor.reading.number import Number, Role
from advisor.reading.surroundings import surroundings

PLACE = Path(__file__).with_name("roles.safetensors")
LEAST = 1e-4
"""No role that a number can have is less likely: its words are not all that there is."""


@dataclass(frozen=True, slots=True)
class Roles:
    """What was learned: for each role what each bucket speaks for and against it."""

    linear: Linear
    roles: Sequence[Role]

    def of(self, number: Number, question: str) -> Mapping[str, float]:
        """How likely each role is of those that a number can have."""
        found = surroundings(number, question)
        places, much = np.fromiter(found, int, len(found)), np.fromiter(found.values(), np.float32, len(found))
        chances = dict(zip(self.roles, self.linear.chances(places, much).tolist(), strict=True))
        own = {str(role): max(chances.get(role, 0.0), LEAST) for role in number.roles}
        whole = sum(own.values())
        return {role: chance / whole for role, chance in own.items()}


@cache
def roles() -> Roles:
    """What the package was taught."""
    tensors, told = kept_at(PLACE)
    return Roles(Linear.of(tensors), [Role(name) for name in told["roles"].split("\n")])
