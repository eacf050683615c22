"""What an import gives, and what its readers share: names, settings, ids, task vectors. Knows no file format."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from knowledge.embed import describe_in_vector
from knowledge.records import Remembered
from metapeft_core.data.record import inert, shown
from metapeft_core.types import PEFTExperience, PEFTMethod, Setting

LARGEST = 2**53
"""Whole numbers up to here mean the same in JSON, in tables and in this program."""
METHODS: Mapping[str, PEFTMethod] = {method.replace("_", ""): method for method in PEFTMethod}
NICKNAMES: Mapping[str, tuple[PEFTMethod, Mapping[str, Setting]]] = {
    "prefix": (PEFTMethod.PREFIX_TUNING, {}),
    "prompt": (PEFTMethod.PROMPT_TUNING, {}),
    "dora": (PEFTMethod.LORA, {"dora": True}),
    "rslora": (PEFTMethod.LORA, {"rank_stabilised": True}),
}
"""What others call one of the five, and the settings that such a name stands for."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read: experiences with the vectors of their tasks, and what did not become one."""

    memories: tuple[Remembered, ...]
    left_out: tuple[str, ...]
    """Why, a sentence each; what was left out for the same reason is counted."""
    looked_at: int
    """Rows or files that were there."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a row or a file gives no experience."""

    why: str
    where: str = ""
    """Its place, where a person must go there to mend it; without one it is only counted."""


Found = PEFTExperience | LeftOut


class UnusableError(Exception):
    """A value that cannot be part of an experience; a reader turns it into a `LeftOut` with its place."""


def method_of(name: str) -> tuple[PEFTMethod, Mapping[str, Setting]] | None:
    """Which of the five methods a name means, however it is written, with the settings that the name implies."""
    plain = re.sub(r"[\s_-]", "", name.lower())
    if plain in METHODS:
        return METHODS[plain], {}
    return NICKNAMES.get(plain)


def no_method(name: str) -> LeftOut:
    """What is left out because the advisor does not choose its method."""
    return LeftOut(f"{shown(name)} is none of the five methods")


def tidy(text: str) -> str:
    """A name on one line, with nothing in it that a terminal would act on."""
    return inert(" ".join(text.split()))


def plain_settings(values: Mapping[str, Any]) -> dict[str, Setting]:
    """Settings of another tool as an experience records them, under the names that tool has for them."""
    return {tidy(name): _setting(name, value) for name, value in values.items()}


def _setting(name: str, value: Any) -> Setting:
    if isinstance(value, str):
        return inert(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not abs(value) <= LARGEST:
            raise UnusableError(f"{shown(name)} among the settings is {shown(value)}, too large to be one")
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        items = tuple(inert(item) for item in value)
        # PEFT holds these in a set: their order is by chance, and the same settings must look the same.
        return tuple(sorted(items)) if name == "target_modules" else items
    return inert(json.dumps(value, sort_keys=True))


def identified(experience: PEFTExperience, run: str, metric: str) -> PEFTExperience:
    """The experience under an id that follows from its figures alone: the same file gives the same ids every day."""
    told = [
        experience.source,
        run,
        experience.backbone.name,
        experience.task,
        str(experience.method),
        experience.hyperparameters,
        metric,
        experience.performance[metric],
        experience.seed,
    ]
    # Words about the task and the time of the import are left aside: they may be corrected without a new id.
    measured = [
        experience.performance,
        experience.training_seconds,
        experience.peak_memory_bytes,
        experience.trainable_parameters,
        experience.steps,
        experience.stated.get("train_size"),
        [[point.step, point.train_loss, point.metrics] for point in experience.curve],
    ]
    return replace(experience, id=f"{_digest(told)[:16]}-{_digest(measured)[:8]}")


def _digest(values: list[object]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def gather(found: Iterable[Found], thing: str) -> Imported:
    """All that a reader found, everything once; `thing` is what it read one by one."""
    kept: dict[str, PEFTExperience] = {}
    counted: Counter[str] = Counter()
    placed: list[str] = []
    looked_at = 0
    for one in found:
        looked_at += 1
        if isinstance(one, PEFTExperience):
            counted["the same as another and counted once"] += one.id in kept
            kept.setdefault(one.id, one)
        elif one.where:
            placed.append(f"{one.where}: {one.why}")
        else:
            counted[one.why] += 1
    # The most frequent reason first; `+` drops those that never came up.
    told = [f"{count} {thing}{'s' * (count > 1)}: {why}" for why, count in (+counted).most_common()]
    return Imported(_with_vectors(kept.values()), (*told, *placed), looked_at)


def _with_vectors(experiences: Collection[PEFTExperience]) -> tuple[Remembered, ...]:
    words = [words_about(experience) for experience in experiences]
    # One text at a time: in a batch the last digits depend on the neighbours, and equal words must give equal vectors.
    vectors = {text: describe_in_vector(text) for text in dict.fromkeys(words)}
    return tuple(Remembered(each, vectors[text]) for each, text in zip(experiences, words, strict=True))


def words_about(experience: PEFTExperience) -> str:
    """Its task in plain English, from what its source says of it."""
    words = experience.task.replace("->", " and ")
    kind, domain = experience.stated.get("task_type"), experience.stated.get("domain")
    if kind:
        words += f": {kind}"
    if domain:
        words += f", about {domain}"
    return words.replace("_", " ")
