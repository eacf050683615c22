"""Frames and words out of which questions are made, as they stand in the YAML files beside this one.

Slots of a frame: {job} a task with or without its subject, {things} texts of a subject, {n} how many rows, {limit} what
a run may take, {mem} and {time}, {on} on which model, {m} and {m2} methods, {target} another tool, {score}, {k} how
many classes, {tok} how long a text is, {steps}, {lang}. Knows no sentence and draws nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import TypeAdapter

from advisor.reading.reading import Act

Words = tuple[str, ...]
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a domain is called before a task, and what its texts are called."""

    adjectives: Words
    things: Words


@dataclass(frozen=True, slots=True)
class English:
    """Everything that is said in English."""

    frames: Mapping[Act, Words]
    openings: Words
    endings: Words
    rows: Words
    limits: Words
    models: Words
    on: Words
    methods: Mapping[str, Words]
    targets: Mapping[str, Words]
    asides: Words
    """Sentences that tell nothing of the task; {a}, {b} and {y} are numbers that mean nothing."""
    noises: Words
    tasks: Mapping[str, Words]
    subjects: Mapping[str, Subject]
    plain_things: Words
    speeches: Mapping[str, Words]
    vague: Words


@dataclass(frozen=True, slots=True)
class Tongue:
    """What another language has for the slots of a frame."""

    frames: Mapping[Act, Words]
    tasks: Mapping[str, Words]
    things: Mapping[str, Words]
    about: str
    """Between a task and the texts that it is about."""
    rows: Words
    hours: str
    speeches: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What is not this advisor's business."""

    questions: Words
    fill: Mapping[str, Words]


@cache
def english() -> English:
    """What stands in english.yaml."""
    return _read("english", TypeAdapter(English))


@cache
def tongues() -> Mapping[str, Tongue]:
    """What stands in languages.yaml, by the language."""
    return _read("languages", TypeAdapter(dict[str, Tongue]))


@cache
def elsewhere() -> Elsewhere:
    """What stands in elsewhere.yaml."""
    return _read("elsewhere", TypeAdapter(Elsewhere))


def _read(name: str, kind: TypeAdapter[Kind]) -> Kind:
    text = Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8")
    return kind.validate_python(yaml.safe_load(text))
