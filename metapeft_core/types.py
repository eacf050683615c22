"""The words of the project as frozen records. Knows no array library, no file and no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Scalar = str | int | float | bool
Setting = Scalar | tuple[str, ...] | None
Objective = Literal["classification", "generation"]
Provenance = Literal["measured", "published", "user"]
Outcome = Literal["completed", "stopped_early", "out_of_budget", "diverged", "out_of_memory", "failed"]

TRAIN_SIZES = (16, 64, 256, 1000)
"""Train sizes that are collected at, and that statistics tell apart."""


class PEFTMethod(StrEnum):
    """The five ways to adapt a frozen model that the advisor chooses among."""

    LORA = "lora"
    ADALORA = "adalora"
    PROMPT_TUNING = "prompt_tuning"
    PREFIX_TUNING = "prefix_tuning"
    P_TUNING = "p_tuning"


@dataclass(frozen=True, slots=True)
class LinearShape:
    """Linear layers that stand under one name in every block of a backbone."""

    name: str
    inputs: int
    outputs: int
    count: int


@dataclass(frozen=True, slots=True)
class Backbone:
    """A frozen model described by numbers: all that memory, time and selection need to know of it."""

    name: str
    architecture: str
    kind: Literal["encoder", "decoder"]
    parameters: int
    layers: int
    width: int
    feed_forward: int
    heads: int
    key_value_heads: int
    head_width: int
    vocabulary: int
    context: int
    linears: tuple[LinearShape, ...] = ()
    bytes_per_parameter: float = 4.0


@dataclass(frozen=True, slots=True)
class Spread:
    """How a quantity is distributed over the rows of a task."""

    minimum: float
    mean: float
    median: float
    p95: float
    maximum: float


@dataclass(frozen=True, slots=True)
class TaskCharacteristics:
    """A data set described by numbers and words of closed vocabularies; never by its texts."""

    dataset_size: int
    sequence_length: Spread
    vocabulary_size: int
    objective: Objective
    task_type: str
    domain: str
    language: str
    classes: int
    class_balance: float
    """Entropy of the labels over its maximum: 1 is perfectly balanced. 1 for generation."""
    majority_share: float
    type_token_ratio: float
    duplicate_share: float
    label_noise: float
    """Estimated share of rows whose label contradicts their neighbours' in embedding space."""
    complexity_score: float
    target_length: Spread | None = None
    domain_confidence: float = 0.0
    language_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One evaluation during a run."""

    step: int
    seconds: float
    train_loss: float
    valid_loss: float
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PEFTExperience:
    """One fine-tuning run that really happened, failed ones included."""

    id: str
    task: str
    characteristics: TaskCharacteristics | None
    backbone: Backbone
    method: PEFTMethod
    hyperparameters: Mapping[str, Setting]
    performance: Mapping[str, float]
    outcome: Outcome
    training_seconds: float
    peak_memory_bytes: int
    trainable_parameters: int
    steps: int
    seed: int
    curve: tuple[CurvePoint, ...]
    provenance: Provenance
    created: str
    environment: Mapping[str, str] = field(default_factory=dict)
    failure: str | None = None
    family: str = ""
    """Tasks of one family share texts or origin, so that what is learned on one is not tested on another."""
    rows: str = ""
    """Digest of the rows it learned from and was judged on: runs that share it can be compared row by row."""
    source: str = ""
    """Where the task, or a published figure, comes from."""
    stated: Mapping[str, str] = field(default_factory=dict)
    """What the source itself says of the task: its domain, its type, the metric of the figure."""


def family_of(experience: PEFTExperience) -> str:
    """The family of its task; a task of which none is told is a family of its own."""
    return experience.family or experience.task


@dataclass(frozen=True, slots=True)
class Interval:
    """What is expected, and between which values it lies in nine of ten cases."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class MethodForecast:
    """What is foretold of one method."""

    method: PEFTMethod
    chance: float
    """Probability of being the best of the five, or as good as that within the noise floor."""
    quality: Interval
    seconds: Interval
    """Of training on the device that was asked about."""
    memory_bytes: Interval
    hyperparameters: Mapping[str, Setting]
    fits: bool = True
    """Whether it is likely to keep the limits that were given."""


@dataclass(frozen=True, slots=True)
class MethodRecommendation:
    """Which method to take, how sure that is, and on what it rests."""

    method: PEFTMethod
    confidence: float
    """Probability that no other method is better by more than the noise floor; calibrated on families held out."""
    hyperparameters: Mapping[str, Setting]
    expected_performance: Mapping[str, Interval]
    """`quality` (accuracy, or ROUGE-L for text that is written), `seconds`, `memory_bytes`."""
    reasoning: str
    ranking: tuple[MethodForecast, ...]
    """All five, the one expected to be best first."""
    alternatives: Mapping[str, PEFTMethod]
    """`best`, `fastest` and `leanest` of those that give away nothing that could be noticed."""
    tied: tuple[PEFTMethod, ...]
    """Methods within noise of each other, the recommended one among them; empty where there is no tie."""
    abstained: str | None
    """Why the safe choice was taken, where it was for lack of evidence."""
    evidence: tuple[str, ...]
    """Ids of the experiences that it rests on, those that count most first."""
    novelty: float
    """Below 1 the task and the model are like those that are known; from 2 on they are like none."""
    noise_floor: float
    steps: int
    backbone: str = ""
    """The model that it is about; empty in what earlier versions kept."""
    published: float = 0.0
    """Share of the judgement that comes from published figures of larger models."""


def train_size_of(rows: int) -> int | None:
    """The train size that so many rows count as: the next one; None where there are more than the largest."""
    return next((size for size in TRAIN_SIZES if rows <= size), None)
