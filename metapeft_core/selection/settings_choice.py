"""Which settings to give a method: those that did best on cases like the one at hand. Knows runs and settings.

Only settings that were really run are recommended. What they gained over others on the same rows is smoothed over
their numbers, so that one lucky run does not decide, and bent by the case at hand where that has proved to pay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from metapeft_core.methods.registry import make_settings, setting_values
from metapeft_core.score import SUCCESSES, score_of
from metapeft_core.selection.cases import case_key, describe, setting_key, usual_settings, value_of
from metapeft_core.selection.costs import fits
from metapeft_core.selection.fit import FitSettings, Selector, fit_table
from metapeft_core.selection.settings_space import Settings, own_settings, traits_of
from metapeft_core.selection.table import Numbers, ScoreTable, score_table
from metapeft_core.training.spec import LEARNING_RATES
from metapeft_core.types import Backbone, PEFTExperience, PEFTMethod, family_of

LEAST_CASES = 8
"""With several settings of a method, below which its usual setting is not left."""


@dataclass(frozen=True, slots=True, eq=False)
class MethodSettings:
    """What is known of one method's settings on one kind of backbone."""

    usual: Settings
    known: tuple[Settings, ...]
    selector: Selector | None
    """None where too few cases compare settings."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Settings for a method, and what they are expected to gain over its usual ones."""

    settings: Settings
    gain: float


@dataclass(frozen=True, slots=True)
class SettingsChooser:
    """For every kind of backbone and method."""

    methods: Mapping[tuple[str, PEFTMethod], MethodSettings]

    def choose(self, features: Numbers, backbone: Backbone, method: PEFTMethod) -> Choice:
        """The settings that are expected to do best and that fit the backbone."""
        found = self.methods.get((backbone.kind, method))
        if found is None:
            return Choice(default_settings(method), 0.0)
        if found.selector is None:
            return Choice(found.usual, 0.0)
        traits = traits_of(method, [found.usual, *found.known])
        expected = found.selector.predict(features[None, :], traits).differences[0]
        gains = expected[1:] - expected[0]
        for place in np.argsort(-gains, kind="stable").tolist():
            if gains[place] <= 0:
                break
            if fits(method, found.known[place], backbone):
                return Choice(found.known[place], float(gains[place]))
        return Choice(found.usual, 0.0)


def default_settings(method: PEFTMethod) -> Settings:
    """What a run starts from where no run is known."""
    return {**setting_values(make_settings(method)), "learning_rate": LEARNING_RATES[method]}


def fit_settings(runs: Sequence[PEFTExperience], settings: FitSettings) -> SettingsChooser:
    """Learn from runs that succeeded, each beside the others on the same rows."""
    judged = [run for run in runs if run.outcome in SUCCESSES and score_of(run) is not None and run.characteristics]
    usual = usual_settings(judged)
    by_method: dict[tuple[str, PEFTMethod], list[PEFTExperience]] = defaultdict(list)
    for run in judged:
        by_method[run.backbone.kind, run.method].append(run)
    return SettingsChooser({key: _method(usual[key], members, settings) for key, members in by_method.items()})


def settings_table(runs: Sequence[PEFTExperience]) -> tuple[ScoreTable, tuple[Settings, ...]] | None:
    """Cases on which one method was run with several settings, a column a setting."""
    columns: dict[str, Settings] = {}
    cells: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    first: dict[str, PEFTExperience] = {}
    for run in runs:
        key = setting_key(run.hyperparameters)
        columns.setdefault(key, own_settings(run.hyperparameters))
        cells[case_key(run)][key].append(value_of(run))
        first.setdefault(case_key(run), run)
    compared = [case for case, found in cells.items() if len(found) > 1]
    if len({family_of(first[case]) for case in compared}) < LEAST_CASES:
        return None
    names = list(columns)
    scores = [[float(np.mean(cells[case][n])) if n in cells[case] else np.nan for n in names] for case in compared]
    features = np.stack([describe(first[case].characteristics, first[case].backbone) for case in compared])
    known = tuple(columns.values())
    traits = traits_of(runs[0].method, known)
    groups = [family_of(first[case]) for case in compared]
    return score_table(features, scores, names, traits=traits, groups=groups), known


def _method(usual_key: str, runs: Sequence[PEFTExperience], settings: FitSettings) -> MethodSettings:
    usual = next(own_settings(r.hyperparameters) for r in runs if setting_key(r.hyperparameters) == usual_key)
    found = settings_table(runs)
    if found is None:
        return MethodSettings(usual, (), None)
    table, known = found
    half = replace(settings, members=max(1, settings.members // 2))
    return MethodSettings(usual, known, fit_table(table, half))
