"""Teaches the hunches of `advisor.reading`: which grams speak for which act, task and domain. Knows no benchmark.

    python -m advisor.tuning.hunches [--out FILE] [--lessons 160000] [--seed 3]

The lessons are those of the small model, many more of them, since a linear model learns from each in no time: five
minutes on one core for all. The same seed gives the same file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier

from advisor.reading.form import SILENT, heard, parsed
from advisor.reading.grams import letter_grams, word_grams
from advisor.reading.hunches import KEYS, LEFT_OUT, PLACE, Features
from advisor.reading.reading import Act
from advisor.tuning.conversations import Example, conversations
from advisor.tuning.linear import given, shrunk
from metapeft_core.files import replaced_file

FEWEST = 8, 12
"""In how many lessons a gram of words, and one of letters, has to stand: what stands in fewer is learned by heart."""
KEPT = 80_000
"""Grams that are kept in the end, those that tell most: a file of six megabytes."""
PENALTY, ROUNDS = 1e-6, 5
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question, the state that it is asked in, and what each line of its form says."""

    question: str
    after_one: bool
    with_data: bool
    told: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Learned:
    """Weights by feature and value, before they are made small."""

    features: Features
    weights: Floats
    offsets: Floats
    values: Mapping[str, Sequence[str]]


def main(words: Sequence[str] | None = None) -> None:
    chosen = given(__doc__, PLACE, words)
    taught = list(lessons(chosen.lessons, chosen.seed))
    every = features_of([lesson.question for lesson in taught], FEWEST)
    telling = kept(learn(taught, every, chosen.seed), KEPT)
    save(learn(taught, telling, chosen.seed), chosen.out)


def lessons(count: int, seed: int) -> Iterator[Lesson]:
    """So many, from the questions that the small model learns from."""
    return map(lesson_of, conversations(count, seed))


def lesson_of(example: Example) -> Lesson:
    """What an example of the small model's says here."""
    form = parsed(example.completion)
    return Lesson(*heard(example.prompt), {key: form.get(key, LEFT_OUT) for key in KEYS})


def learn(taught: Sequence[Lesson], features: Features, seed: int) -> Learned:
    """A linear model for each line; from questions of which nothing else is asked only the act is learned."""
    seen = matrix_of(features, taught)
    weights, offsets, values = [], [], {}
    for key in KEYS:
        talks = [place for place, one in enumerate(taught) if key == "act" or Act(one.told["act"]) not in SILENT]
        line = SGDClassifier(loss="log_loss", alpha=PENALTY, max_iter=ROUNDS, tol=None, random_state=seed)
        line.fit(seen[talks], [taught[place].told[key] for place in talks])
        weights.append(line.coef_)
        offsets.append(line.intercept_)
        values[key] = [str(value) for value in line.classes_]
    return Learned(features, np.concatenate(weights).T, np.concatenate(offsets), values)


def features_of(questions: Sequence[str], fewest: tuple[int, int]) -> Features:
    """The grams that stand in enough of the questions, and how rare each is."""
    known, rarity = [], []
    kinds: Sequence[Callable[[str], Counter[int]]] = (word_grams, letter_grams)
    for grams, least in zip(kinds, fewest, strict=True):
        counted: Counter[int] = Counter()
        for question in questions:
            counted.update(grams(question).keys())
        numbers = sorted(number for number, count in counted.items() if count >= least)
        known.append(np.array(numbers, np.uint32))
        often = np.array([counted[number] for number in numbers], float)
        rarity.append(np.log((1 + len(questions)) / (1 + often)) + 1)
    return Features(known[0], known[1], np.concatenate(rarity).astype(np.float32))


def matrix_of(features: Features, taught: Sequence[Lesson]) -> csr_matrix:
    """What each question has of each feature."""
    ends, places, much = [0], [], []
    for lesson in taught:
        found = features.of(lesson.question, lesson.after_one, lesson.with_data)
        places.append(found[0])
        much.append(found[1])
        ends.append(ends[-1] + len(found[0]))
    shape = len(taught), len(features.rarity) + 2
    return csr_matrix((np.concatenate(much), np.concatenate(places), np.array(ends)), shape=shape)


def kept(learned: Learned, most: int) -> Features:
    """The features that tell most; what is left is learned again, since a question's grams weigh one in all."""
    features, told = learned.features, telling(learned)[:-2]
    stays = np.zeros(len(told), bool)
    stays[np.argsort(-told, kind="stable")[:most]] = True
    words, letters = stays[: len(features.words)], stays[len(features.words) :]
    return Features(features.words[words], features.letters[letters], features.rarity[stays])


def telling(learned: Learned) -> Floats:
    """How much each feature tells of all lines; each line counts the same, however many values it has."""
    ends = np.cumsum([len(values) for values in learned.values.values()])
    lines = np.split(learned.weights**2, ends[:-1], axis=1)
    return np.asarray(sum(line.sum(axis=1) / line.sum() for line in lines))


def save(learned: Learned, place: Path) -> None:
    """Write what was learned, with weights of a byte."""
    features = learned.features
    tensors = shrunk(learned.weights, learned.offsets)
    tensors |= {"words": features.words, "letters": features.letters, "rarity": features.rarity.astype(np.float16)}
    with replaced_file(place) as fresh:
        save_file(tensors, fresh, {key: "\n".join(values) for key, values in learned.values.items()})


if __name__ == "__main__":
    main()
