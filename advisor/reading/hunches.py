"""What a question is likely to mean by its words and the pieces of them. Knows no order of words, no form, no model.

A linear model over grams, learned from the questions of the lessons (`python -m advisor.tuning.hunches`). It sees what
the language model may miss, words in many languages and misspelt ones, and errs where the order of words says it all;
so neither decides alone where there are both. It takes a millisecond, and needs no backbone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from advisor.reading.grams import letter_grams, word_grams
from advisor.reading.linear import Linear, kept_at

PLACE = Path(__file__).with_name("hunches.safetensors")
KEYS = ("act", "task", "domain")
"""The lines of a form of which there is a hunch."""
LEFT_OUT = ""
"""The value of a line that is not there."""
STATE = 0.5
"""What it weighs that there was a recommendation before, or that there is a file; all grams of a kind weigh one."""
Hunch = Mapping[str, Mapping[str, float]]
"""How likely each value of each line is, by the line's key."""
Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Features:
    """The grams that are known, in order of their numbers, with what each weighs; two kinds, one behind the other."""

    words: npt.NDArray[np.uint32]
    letters: npt.NDArray[np.uint32]
    rarity: Array
    """How much more a rare gram tells than one that stands everywhere."""

    def of(self, question: str, after_one: bool, with_data: bool) -> tuple[npt.NDArray[np.int64], Array]:
        """Which features a question has, and how much of each; the last two are of the state that it is asked in."""
        words = self._kind(word_grams(question), self.words, 0)
        letters = self._kind(letter_grams(question), self.letters, len(self.words))
        state = np.array([place for place, there in enumerate((after_one, with_data), len(self.rarity)) if there], int)
        places = np.concatenate((words[0], letters[0], state))
        return places, np.concatenate((words[1], letters[1], np.full(len(state), STATE, np.float32)))

    def _kind(
        self, grams: Counter[int], known: npt.NDArray[np.uint32], start: int
    ) -> tuple[npt.NDArray[np.int64], Array]:
        numbers = np.fromiter(grams.keys(), np.uint32, len(grams))
        counts = np.fromiter(grams.values(), np.float32, len(grams))
        places = np.minimum(np.searchsorted(known, numbers), max(len(known) - 1, 0))
        here = known[places] == numbers if len(known) else np.zeros(len(numbers), bool)
        found = places[here] + start
        much = (1 + np.log(counts[here])) * self.rarity[found]
        return found, (much / max(float(np.linalg.norm(much)), 1e-9)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Hunches:
    """What was learned: the features, and for each value of each line what they speak for and against it."""

    features: Features
    linear: Linear
    values: Mapping[str, Sequence[str]]

    def of(self, question: str, after_one: bool, with_data: bool) -> Hunch:
        """How likely each value of each line is."""
        chances = self.linear.chances(*self.features.of(question, after_one, with_data))
        found, start = {}, 0
        for key in KEYS:
            own = chances[start : start + len(self.values[key])]
            found[key] = dict(zip(self.values[key], (own / own.sum()).tolist(), strict=True))
            start += len(own)
        return found


@cache
def hunches() -> Hunches:
    """What the package was taught."""
    found, told = kept_at(PLACE)
    features = Features(found["words"], found["letters"], found["rarity"].astype(np.float32))
    values = {key: told[key].split("\n") for key in KEYS}
    return Hunches(features, Linear.of(found), values)
