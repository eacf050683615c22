"""MetaPEFTSystem: from a task and a backbone to a recommendation, learned from experiences. Knows no store, no screen.

The selector, the costs, the settings and the published figures stand behind this one door; whoever asks need not know
which of them said what. Learning from one experience is quick and keeps what was learned before, by replaying it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from metapeft_core.errors import SelectionError
from metapeft_core.replay import ExperienceBuffer
from metapeft_core.runtime import DeviceKind
from metapeft_core.score import SUCCESSES, score_of
from metapeft_core.selection.cases import described_cases, floor_of, score_table_of
from metapeft_core.selection.cost_judge import count_runs, fit_cost_judge
from metapeft_core.selection.fit import FitSettings
from metapeft_core.selection.judge import JudgeSettings, fit_judge
from metapeft_core.selection.learning import learn_one
from metapeft_core.selection.published import read_published
from metapeft_core.selection.recommend import Knowledge, Limits, Question, recommend
from metapeft_core.selection.settings_choice import fit_settings
from metapeft_core.selection.storage import read_learned, write_learned
from metapeft_core.training.cost_speed import Speed
from metapeft_core.types import Backbone, MethodRecommendation, PEFTExperience, TaskCharacteristics

REPLAYED = 64
"""Old experiences that are gone over with every new one, as many of one family as of another."""


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """How carefully it learns."""

    judge: JudgeSettings = field(default_factory=lambda: JudgeSettings(bounds=(0.0, 1.0), fit=FitSettings()))


class MetaPEFTSystem:
    """Learned from experiences; asked for recommendations; learns on."""

    def __init__(
        self,
        known: Knowledge,
        buffer: ExperienceBuffer,
        figures: Iterable[PEFTExperience],
        settings: SystemSettings,
    ) -> None:
        self.known, self.buffer, self.settings = known, buffer, settings
        self.figures = tuple(figures)
        self._chance = np.random.default_rng(settings.judge.fit.seed)

    @classmethod
    def fitted(cls, experiences: Iterable[PEFTExperience], settings: SystemSettings | None = None) -> MetaPEFTSystem:
        """Learn from everything that is known; published figures are told apart by their provenance."""
        chosen = settings or SystemSettings()
        buffer = ExperienceBuffer()
        runs, figures = [], []
        for experience in experiences:
            if experience.provenance == "published":
                figures.append(experience)
            elif experience.outcome in SUCCESSES and score_of(experience) is not None:
                runs.append(experience)
                buffer.add(experience)
        return cls(learn(runs, figures, chosen), buffer, figures, chosen)

    def predict_optimal_method(
        self,
        characteristics: TaskCharacteristics | Sequence[TaskCharacteristics],
        backbone: Backbone,
        *,
        limits: Limits | None = None,
        steps: int | None = None,
        device: DeviceKind | None = None,
        speed: Speed | None = None,
    ) -> MethodRecommendation:
        """The method to take, with settings, what to expect, how sure that is, and on what it rests.

        Of a task that is known in part only, several are given that it may be: what is expected is then as uncertain as
        they differ. Costs are those of this machine unless a device and a speed are given.
        """
        tasks = (characteristics,) if isinstance(characteristics, TaskCharacteristics) else tuple(characteristics)
        return recommend(self.known, Question(tasks, backbone, limits or Limits(), device, speed, steps))

    def learn_from_experience(self, experience: PEFTExperience) -> float:
        """Learn from one more experience and return how surprising it was; one that is known already changes nothing.

        Takes well under a second; costs and settings are learned when `fitted` learns all anew.
        """
        if experience.provenance == "published":
            return self._take_figure(experience)
        if experience.id in self.buffer or experience.outcome not in SUCCESSES or score_of(experience) is None:
            return 0.0
        replayed = self.buffer.draw(REPLAYED, "balanced", self._chance).experiences
        learned = learn_one(self.known, [*self.buffer, experience], experience, replayed)
        self.known = learned.known
        self.buffer.add(experience, learned.surprise)
        return learned.surprise

    def catch_up(self, experiences: Iterable[PEFTExperience]) -> int:
        """Learn, one at a time, from those that are not known yet; returns how many there were."""
        known = {figure.id for figure in self.figures}
        fresh = [one for one in experiences if one.id not in self.buffer and one.id not in known]
        for experience in fresh:
            self.learn_from_experience(experience)
        return len(fresh)

    def save(self, folder: Path) -> None:
        """Write down what was learned; the experiences themselves are the store's to keep."""
        write_learned(
            folder,
            {
                "judge": self.known.judge,
                "costs": self.known.costs,
                "chooser": self.known.chooser,
                "floor": self.known.floor,
                "settings": self.settings.judge,
                "runs": tuple(run.id for run in self.buffer),
            },
        )

    @classmethod
    def load(cls, folder: Path, experiences: Iterable[PEFTExperience]) -> MetaPEFTSystem:
        """What `save` wrote, with the experiences it was learned from; others among them are not learned yet."""
        found = read_learned(folder)
        by_id = {experience.id: experience for experience in experiences}
        gone = [identifier for identifier in found["runs"] if identifier not in by_id]
        if gone:
            raise SelectionError(
                f"{folder} was learned from {len(gone)} experiences that are not at hand, such as {gone[0]}: learn anew"
            )
        buffer = ExperienceBuffer()
        for identifier in found["runs"]:
            buffer.add(by_id[identifier])
        figures = [one for one in by_id.values() if one.provenance == "published"]
        cases = described_cases(list(buffer))
        known = Knowledge(
            cases, found["judge"], found["costs"], found["chooser"], read_published(figures), found["floor"]
        )
        return cls(known, buffer, figures, SystemSettings(found["settings"]))

    def _take_figure(self, figure: PEFTExperience) -> float:
        if all(figure.id != known.id for known in self.figures):
            self.figures = (*self.figures, figure)
            self.known = replace(self.known, published=read_published(self.figures))
        return 0.0


def learn(runs: list[PEFTExperience], figures: list[PEFTExperience], settings: SystemSettings) -> Knowledge:
    """All parts, from the beginning."""
    cases = described_cases(runs)
    floor = floor_of(runs)
    fit = settings.judge.fit
    judge = fit_judge(score_table_of(cases), floor, settings.judge)
    costs = fit_cost_judge(cases, count_runs(cases), fit)
    return Knowledge(cases, judge, costs, fit_settings(runs, fit), read_published(figures), floor)
