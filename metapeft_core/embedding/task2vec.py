"""A task as the vector of what it asks of a frozen encoder's units. Knows training rows, neither method nor outcome.

After Achille et al., Task2Vec (2019): the diagonal Fisher information of a probe network says which of its units a
task leans on. The network is the first three layers of MiniLM, on which most runs are made; with six, tasks of one
family were told from others no better (.79 of triplets, with three .81) at twice the cost. What is done differently:

- Units have gains in place of every weight (fisher.py), and labels are weighed rather than drawn (probe.py).
- The Fisher is measured twice on the same texts: under the probe that knows the labels, and under a trivial one, whose
  likelihood pulls the mean state in all directions alike. The trivial one over that of the package's own sentences is
  what the texts excite; the first over the trivial one is what the labels add. The two are the halves of the vector.
  In one ratio the texts would drown the labels.
- Ratios are taken as logarithms and standardised within each linear layer, so that neither the number of rows or
  classes nor the depth at which gradients are large decides the vector, but which units stand out from their like.
- Units of a layer have no order, so averages over neighbours would mix what has nothing in common: they told tasks
  apart less than sums with random signs, which keep cosines on average. The signs are the same on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from metapeft_core.backbones.load import load_backbone
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.data.domain import DESCRIPTIONS
from metapeft_core.data.task import Example, Task, stratified
from metapeft_core.embedding.fisher import Floats, Place, fisher, mean_states, places
from metapeft_core.embedding.probe import Probe
from metapeft_core.errors import DataError, SettingsError

PROBE = "minilm:3"
NUMBERS = 64
"""Sums that are kept of a linear layer for either half, 768 in all. All 5,760 units in place of sums would tell tasks
of one family from others in .87 of triplets; 768 sums do in .85 and 576 in .84, give or take .02 with the signs."""
LABELS_WEIGHT = 0.5
"""How long the labels' half is where the texts' half is 1: it holds more chance."""
FLOOR = 0.1
"""Added to a unit's share of its layer's mean before the logarithm: units without any would decide everything."""
CHARACTERS = 1500
"""Of a text that are handed to the tokenizer; they hold more tokens than are read."""
VERSION = 1


@dataclass(frozen=True, slots=True)
class Fishers:
    """The mean squared gradient of every unit, under the trivial probe and under the one that knows the labels."""

    trivial: Floats
    labelled: Floats
    """Zero everywhere where there is nothing to tell apart: one class, one row, or texts that are all the same."""


@dataclass(frozen=True, slots=True)
class Task2VecEmbedding:
    """How a task is embedded: with how much of it, and with which seed's draw of rows and signs."""

    rows: int = 128
    """Training rows that are read at most, drawn with every class's share."""
    tokens: int = 48
    """Tokens that are read of a text."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rows < 1 or self.tokens < 3:
            raise SettingsError(
                f"{self.rows} rows of {self.tokens} tokens cannot be embedded: at least one row of three is needed"
            )

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return 2 * len(places(_encoder())) * NUMBERS

    @property
    def text_numbers(self) -> int:
        """How many of them, the first ones, are of the texts; the others are of the labels."""
        return len(places(_encoder())) * NUMBERS

    @property
    def fingerprint(self) -> str:
        """The same for embeddings that make the same vectors, bar rounding. Those of another are not to be mixed in."""
        told = hashlib.sha256("\n".join(_own_sentences()).encode()).hexdigest()[:8]
        read = f"{self.rows} rows of {self.tokens} tokens"
        return f"task2vec {VERSION}: {self.dimension} numbers, {PROBE}, {read}, seed {self.seed}, {told}"

    def embed(self, task: Task) -> npt.NDArray[np.float32]:
        """The vector of a task, of length 1, from its training rows. Their order does not matter."""
        found = self.fishers(task)
        texts = _summed(_log_ratio(found.trivial, _of_own_sentences(self.tokens)), "texts")
        labels = np.zeros(self.dimension - self.text_numbers)
        if found.labelled.any():
            labels = LABELS_WEIGHT * _summed(_log_ratio(found.labelled, found.trivial), "labels")
        vector = np.concatenate([texts, labels])
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)

    def fishers(self, task: Task) -> Fishers:
        """Both diagonals of a task, a number a unit, as they are measured."""
        if not task.train:
            raise DataError(f"{task.name} has no training rows to embed: add rows")
        encoder = _encoder()
        rows = self._drawn(task)
        texts = [_read_of(row, task) for row in rows]
        ids = _ids(encoder, texts, self.tokens)
        width = encoder.card.width
        trivial, states = fisher(encoder, ids, _signs(texts, f"trivial {self.seed}", width))
        probe = Probe.on(states)
        if task.objective == "classification":
            names = {label: number for number, label in enumerate(sorted({row.target for row in rows}))}
            labels = np.array([names[row.target] for row in rows], dtype=np.int64)
            directions = probe.towards_labels(labels, _signs(texts, f"labels {self.seed}", len(names)))
        else:
            # An encoder writes nothing, but it can foretell what the answer is about.
            answers = mean_states(encoder, _ids(encoder, [row.target for row in rows], self.tokens))
            directions = probe.towards_vectors(answers, _signs(texts, f"labels {self.seed}", width))
        if not directions.any():
            return Fishers(trivial, np.zeros_like(trivial))
        # Gradients of a sure probe are small beyond what single precision squares; their scale says nothing here.
        return Fishers(trivial, fisher(encoder, ids, directions / np.abs(directions).max())[0])

    def _drawn(self, task: Task) -> tuple[Example, ...]:
        return stratified(tuple(sorted(task.train, key=lambda row: (row.text, row.target))), self.rows, self.seed)


def _read_of(row: Example, task: Task) -> str:
    """Bare text has no prompt, and what is read is then what is written; but a label is never read."""
    return row.text if task.objective == "classification" else row.text or row.target


@cache
def _encoder() -> FrozenModel:
    return load_backbone(PROBE)


def _own_sentences() -> list[str]:
    return [sentence for sentences in DESCRIPTIONS.values() for sentence in sentences]


@cache
def _of_own_sentences(tokens: int) -> Floats:
    """The trivial task on the package's own sentences, about anything: what every other task is compared with."""
    texts = _own_sentences()
    encoder = _encoder()
    return fisher(encoder, _ids(encoder, texts, tokens), _signs(texts, "trivial", encoder.card.width))[0]


def _ids(encoder: FrozenModel, texts: Sequence[str], tokens: int) -> list[list[int]]:
    # Half a surrogate pair, which a file may hold, is no text to a tokenizer.
    readable = (text[:CHARACTERS].encode("utf-8", "replace").decode("utf-8") for text in texts)
    return encoder.tokens.encode(list(readable), tokens)


def _signs(texts: Sequence[str], name: str, count: int) -> Floats:
    """1 and -1 for every text, from its own words: they stay with a row wherever it stands, in every version."""
    return np.stack([_bits(f"{name}\n{text}", count) for text in texts])


def _bits(name: str, count: int) -> Floats:
    stream = hashlib.shake_128(name.encode("utf-8", "surrogatepass")).digest((count + 7) // 8)
    bits = np.unpackbits(np.frombuffer(stream, dtype=np.uint8), count=count)
    return bits.astype(np.float64) * 2 - 1


def _log_ratio(above: Floats, below: Floats) -> Floats:
    """How much more of the one than of the other a unit has, with middle 0 and spread 1 within every linear layer."""
    found = np.zeros_like(above)
    for place in places(_encoder()):
        part = _log_share(above[place.units]) - _log_share(below[place.units])
        part -= part.mean()
        found[place.units] = part / max(float(part.std()), 1e-9)
    return found


def _log_share(values: Floats) -> Floats:
    return np.asarray(np.log(values / max(float(values.mean()), 1e-300) + FLOOR))


def _summed(units: Floats, half: str) -> Floats:
    """Sums of every linear layer's units with random signs, the whole as long as the units' vector on average."""
    sums = [units[place.units] @ _mixing(place, half) for place in places(_encoder())]
    return np.concatenate(sums) / np.sqrt(len(units))


@cache
def _mixing(place: Place, half: str) -> Floats:
    units = place.end - place.start
    signs = _bits(f"{half} of {place.block}.{place.name}", units * NUMBERS)
    return signs.reshape(units, NUMBERS) / np.sqrt(NUMBERS)
