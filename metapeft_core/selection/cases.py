"""Experiences become cases: what the methods scored and cost on the same rows and backbone. Knows runs, no network."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metapeft_core.embedding.features import FEATURES, measured
from metapeft_core.errors import SelectionError
from metapeft_core.score import SUCCESSES, noise_of, score_of
from metapeft_core.selection.table import Numbers, ScoreTable, score_table
from metapeft_core.types import Backbone, PEFTExperience, PEFTMethod, Setting, TaskCharacteristics, family_of

METHODS = tuple(PEFTMethod)
UNUSUAL_WEIGHT = 0.5
"""Of a case whose methods were not all run with their usual settings: part of what they differ by is the settings'."""
COMMON = ("batch_size", "max_length", "weight_decay", "warmup_share_of_steps", "schedule", "clip_norm", "pooling")
"""Settings that all methods of a comparison share; they do not make one setting of a method another."""
LEAST_FAMILIES = 10
"""Below, nothing can be held out that would say anything."""
USUAL_FLOOR = 0.025
"""Where no setting was ever run twice: what reruns of the shipped runs differ by."""
TASK_NUMBERS = (*FEATURES, "majority", "generates")
BACKBONE_NUMBERS = ("layers", "width", "parameters", "decoder")
DESCRIPTION = (*TASK_NUMBERS, *BACKBONE_NUMBERS)


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of one method on a case."""

    runs: tuple[PEFTExperience, ...]
    """Those that count."""
    is_usual: bool
    """Whether they were made with the setting by which the method is compared."""

    @property
    def score(self) -> float:
        """Mean over the runs."""
        return float(np.mean([value_of(run) for run in self.runs]))

    @property
    def seconds(self) -> float:
        """Of the processor, in training, as the mean over the runs."""
        return float(np.mean([seconds_of(run) for run in self.runs]))

    @property
    def memory(self) -> float:
        """Bytes at most, likewise."""
        return float(np.mean([run.peak_memory_bytes for run in self.runs]))


@dataclass(frozen=True, slots=True)
class Case:
    """The same rows, backbone and metric under several methods."""

    key: str
    task: str
    family: str
    characteristics: TaskCharacteristics | None
    backbone: Backbone
    cells: Mapping[PEFTMethod, Cell]

    @property
    def runs(self) -> tuple[PEFTExperience, ...]:
        """Those of all methods that count."""
        return tuple(run for cell in self.cells.values() for run in cell.runs)

    @property
    def is_whole(self) -> bool:
        """Whether every method was tried."""
        return len(self.cells) == len(METHODS)

    @property
    def is_fair(self) -> bool:
        """Whether every method was tried with the setting by which it is compared."""
        return self.is_whole and all(cell.is_usual for cell in self.cells.values())


def describe(characteristics: TaskCharacteristics | None, backbone: Backbone) -> Numbers:
    """What a selector is told of a task and a backbone; nan where it is not known."""
    if characteristics is None:
        task = np.full(len(TASK_NUMBERS), np.nan)
    else:
        generates = float(characteristics.objective == "generation")
        task = np.array([*measured(characteristics), characteristics.majority_share, generates])
    size = [np.log2(backbone.layers), np.log2(backbone.width), np.log10(backbone.parameters)]
    return np.concatenate([task, size, [float(backbone.kind == "decoder")]])


def case_key(experience: PEFTExperience) -> str:
    """Runs that share it can be compared."""
    score = score_of(experience)
    rows = experience.rows or f"{experience.task} of {experience.source}"
    return json.dumps([rows, experience.backbone.name, score.metric if score else ""])


def cases_of(experiences: Iterable[PEFTExperience], tuned: bool = False) -> tuple[Case, ...]:
    """All cases, in the order in which they are met.

    A method counts by the setting with which it was run most often on such backbones: settings that were tried here
    and nowhere else would make a method look better where more of them were tried. With `tuned` it counts by its best
    setting instead, as public figures do, which were chosen to be shown.
    """
    runs = [run for run in experiences if run.outcome in SUCCESSES and score_of(run) is not None]
    usual = usual_settings(runs)
    groups: dict[str, list[PEFTExperience]] = defaultdict(list)
    for run in runs:
        groups[case_key(run)].append(run)
    return tuple(_case(key, members, None if tuned else usual) for key, members in groups.items())


def usual_settings(runs: Sequence[PEFTExperience]) -> dict[tuple[str, PEFTMethod], str]:
    """For each kind of backbone and method the setting of most cases, as text; of equals the one met first."""
    seen: dict[tuple[str, PEFTMethod], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for run in runs:
        seen[run.backbone.kind, run.method][setting_key(run.hyperparameters)].add(case_key(run))
    counts = {key: Counter({setting: len(cases) for setting, cases in found.items()}) for key, found in seen.items()}
    return {key: count.most_common(1)[0][0] for key, count in counts.items()}


def setting_key(hyperparameters: Mapping[str, Setting]) -> str:
    """The settings that are the method's own, as text."""
    return json.dumps({name: value for name, value in hyperparameters.items() if name not in COMMON}, sort_keys=True)


def _case(key: str, runs: Sequence[PEFTExperience], usual: Mapping[tuple[str, PEFTMethod], str] | None) -> Case:
    first = runs[0]
    by_method: dict[PEFTMethod, list[PEFTExperience]] = defaultdict(list)
    for run in runs:
        by_method[run.method].append(run)
    cells = {
        method: _cell(members, usual[first.backbone.kind, method]) if usual else _best(members)
        for method, members in sorted(by_method.items(), key=lambda entry: METHODS.index(entry[0]))
    }
    return Case(key, first.task, family_of(first), first.characteristics, first.backbone, cells)


def _cell(runs: Sequence[PEFTExperience], usual: str) -> Cell:
    """The usual setting where it was run; else the middle one of what was, whose score neither luck nor search made."""
    counted = [run for run in runs if setting_key(run.hyperparameters) == usual]
    is_usual = bool(counted)
    if not is_usual:
        ranked = sorted(runs, key=value_of)
        counted = [ranked[len(ranked) // 2]]
    return Cell(tuple(counted), is_usual)


def _best(runs: Sequence[PEFTExperience]) -> Cell:
    return Cell((max(runs, key=value_of),), False)


def value_of(run: PEFTExperience) -> float:
    """The score of a run that has one."""
    score = score_of(run)
    if score is None:
        raise SelectionError(f"experience {run.id} has no score: leave it out")
    return score.value


def seconds_of(run: PEFTExperience) -> float:
    """Of the processor where they were counted: a clock also counts what else the machine was doing."""
    return run.performance.get("processor_seconds", run.training_seconds)


def score_table_of(cases: Sequence[Case]) -> ScoreTable:
    """Cases as a table of scores."""
    scores = [[_cell_score(case, method) for method in METHODS] for case in cases]
    features = np.stack([describe(case.characteristics, case.backbone) for case in cases])
    weights = [1.0 if all(cell.is_usual for cell in case.cells.values()) else UNUSUAL_WEIGHT for case in cases]
    names = [str(method) for method in METHODS]
    return score_table(features, np.array(scores), names, groups=[case.family for case in cases], weights=weights)


def _cell_score(case: Case, method: PEFTMethod) -> float:
    cell = case.cells.get(method)
    return np.nan if cell is None else cell.score


def described_cases(runs: Iterable[PEFTExperience]) -> tuple[Case, ...]:
    """Cases whose data is described, of families enough that one can be left out."""
    cases = tuple(case for case in cases_of(runs) if case.characteristics is not None)
    families = len({case.family for case in cases if case.is_fair})
    if families < LEAST_FAMILIES:
        raise SelectionError(
            f"all five methods were compared on {families} families of tasks, too few to learn from: "
            f"give at least {LEAST_FAMILIES}, such as those that ship, or run `advisor collect`"
        )
    return cases


def floor_of(runs: Iterable[PEFTExperience]) -> float:
    """Scores nearer than this are not told apart."""
    noise = noise_of(runs)
    return noise.floor if noise else USUAL_FLOOR
