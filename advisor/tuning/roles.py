"""Teaches what numbers are by what stands around them, for `advisor.reading.roles`. Knows no benchmark.

    python -m advisor.tuning.roles [--out FILE] [--lessons 160000] [--seed 3]

The lessons are those of the small model, many more of them: four minutes on one core for all. The same seed gives the
same file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier

from advisor.reading.form import heard, open_numbers, parsed
from advisor.reading.number import Number
from advisor.reading.reader import numbers_beside_names
from advisor.reading.roles import PLACE
from advisor.reading.surroundings import BUCKETS, surroundings
from advisor.tuning.conversations import Example, conversations
from advisor.tuning.linear import given, shrunk
from metapeft_core.files import replaced_file

PENALTY, ROUNDS = 2e-5, 5
STRIDE = 4.0
"""How long what stands around a number is made while it is learned from: at length one five rounds are too few."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A number in a question, and what it is."""

    question: str
    number: Number
    role: str


@dataclass(frozen=True, slots=True)
class Learned:
    """Weights by bucket and role, before they are made small."""

    weights: Floats
    offsets: Floats
    roles: Sequence[str]


def main(words: Sequence[str] | None = None) -> None:
    chosen = given(__doc__, PLACE, words)
    save(learn(list(lessons(chosen.lessons, chosen.seed)), chosen.seed), chosen.out)


def lessons(count: int, seed: int) -> Iterator[Lesson]:
    """Those of so many questions of the small model's lessons: one for each number that could be several things."""
    for example in conversations(count, seed):
        yield from lessons_of(example)


def lessons_of(example: Example) -> Iterator[Lesson]:
    """What an example of the small model's says of numbers; of what is sent away it says nothing."""
    question = heard(example.prompt)[0]
    form = parsed(example.completion)
    for key, number in open_numbers(numbers_beside_names(question)).items():
        if key in form:
            yield Lesson(question, number, form[key])


def matrix_of(taught: Iterable[Lesson]) -> csr_matrix:
    """What stands around each number."""
    ends = [0]
    places: list[int] = []
    much: list[float] = []
    for lesson in taught:
        found = surroundings(lesson.number, lesson.question)
        places += found.keys()
        much += found.values()
        ends.append(len(places))
    return csr_matrix((np.array(much), np.array(places), np.array(ends)), shape=(len(ends) - 1, BUCKETS))


def learn(taught: Sequence[Lesson], seed: int) -> Learned:
    """A linear model for each role against all others."""
    line = SGDClassifier(loss="log_loss", alpha=PENALTY, max_iter=ROUNDS, tol=None, random_state=seed)
    line.fit(matrix_of(taught) * STRIDE, [lesson.role for lesson in taught])
    return Learned(line.coef_.T * STRIDE, line.intercept_, [str(role) for role in line.classes_])


def save(learned: Learned, place: Path) -> None:
    """Write what was learned, with weights of a byte."""
    tensors = shrunk(learned.weights, learned.offsets)
    with replaced_file(place) as fresh:
        save_file(tensors, fresh, {"roles": "\n".join(learned.roles)})


if __name__ == "__main__":
    main()
