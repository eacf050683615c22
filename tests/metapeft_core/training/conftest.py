"""Tasks and models small enough to train in seconds. Knows how to make them, not what is tested on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from metapeft_core.backbones.load import load_backbone
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.data.task import Example, Task

ANSWER = "w10 w11 w12"
FOODS = ("bread", "cheese", "soup", "apples", "rice", "pasta", "cake", "salad", "beans", "fish")
VEHICLES = ("bus", "train", "bicycle", "tractor", "lorry", "plane", "ferry", "tram", "van", "scooter")


def words(generator: np.random.Generator, count: int) -> str:
    return " ".join(f"w{number}" for number in generator.integers(0, 90, count))


@pytest.fixture(scope="session")
def decoder(tiny_llama: Path) -> FrozenModel:
    """A random llama of two layers."""
    return load_backbone(str(tiny_llama))


@pytest.fixture(scope="session")
def encoder() -> FrozenModel:
    """The first two layers of MiniLM."""
    return load_backbone("minilm:2")


@pytest.fixture(scope="session")
def parrot() -> Task:
    """Whatever is asked, the answer is the same."""
    generator = np.random.default_rng(0)
    rows = [Example(words(generator, int(n)) + " ", ANSWER) for n in generator.integers(2, 9, 48)]
    return Task("parrot", "generation", tuple(rows[:32]), tuple(rows[32:40]), tuple(rows[40:]))


@pytest.fixture(scope="session")
def coin() -> Task:
    """Labels that nothing in the texts tells: they can be learned by heart and not beyond."""
    generator = np.random.default_rng(1)
    rows = [Example(words(generator, 6), str(generator.integers(0, 2))) for _ in range(48)]
    return Task("coin", "classification", tuple(rows[:16]), tuple(rows[16:32]), tuple(rows[32:]), ("0", "1"))


@pytest.fixture(scope="session")
def food_or_vehicle() -> Task:
    """A task that the frozen encoder nearly solves by itself."""
    frames = ("there is a {} on the table", "we talked about the {}", "my brother likes this {}", "a picture of a {}")

    def rows(which: slice) -> tuple[Example, ...]:
        pairs = [(w, "food") for w in FOODS[which]] + [(w, "vehicle") for w in VEHICLES[which]]
        return tuple(Example(frame.format(word), label) for word, label in pairs for frame in frames)

    labels = ("food", "vehicle")
    return Task("food", "classification", rows(slice(0, 6)), rows(slice(6, 8)), rows(slice(8, 10)), labels)
