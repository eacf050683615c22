"""MetaPEFTSystem: from a task and a backbone to a recommendation, learned from experiences. Knows no store, no screen.

The selector, the costs, the settings and the published figures stand behind this one door; whoever asks need not know
which of them said what. Learning from one experience is quick and keeps what was learned before, by replaying it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from metapeft_core.replay import ExperienceBuffer
from metapeft_core.runtime import DeviceKind
from metapeft_core.score import SUCCESSES, score_of
from metapeft_core.selection.cases import described_cases, floor_of, score_table_of
from metapeft_core.selection.cost_judge import count_runs, fit_cost_judge
from metapeft_core.selection.fit import FitSettings
from metapeft_core.selection.judge import JudgeSettings, fit_judge
from metapeft_core.selection.published import read_published
from metapeft_core.selection.recommend import Knowledge, Limits, Question, recommend
from metapeft_core.selection.settings_choice import fit_settings
from metapeft_core.training.cost_speed import Speed
from metapeft_core.types import Backbone, MethodRecommendation, PEFTExperience, TaskCharacteristics


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """How carefully it learns."""

    judge: JudgeSettings = field(default_factory=lambda: JudgeSettings(bounds=(0.0, 1.0), fit=FitSettings(members=16)))


class MetaPEFTSystem:
    """Learned from experiences; asked for recommendations; learns on."""

    def __init__(self, known: Knowledge, buffer: ExperienceBuffer, settings: SystemSettings) -> None:
        self.known, self.buffer, self.settings = known, buffer, settings

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
        return cls(learn(runs, figures, chosen), buffer, chosen)

    def predict_optimal_method(
        self,
        characteristics: TaskCharacteristics,
        backbone: Backbone,
        *,
        limits: Limits | None = None,
        steps: int | None = None,
        device: DeviceKind | None = None,
        speed: Speed | None = None,
    ) -> MethodRecommendation:
        """The method to take, with settings, what to expect, how sure that is, and on what it rests.

        Costs are those of this machine unless a device and a speed are given.
        """
        return recommend(self.known, Question(characteristics, backbone, limits or Limits(), device, speed, steps))


def learn(runs: list[PEFTExperience], figures: list[PEFTExperience], settings: SystemSettings) -> Knowledge:
    """All parts, from the beginning."""
    cases = described_cases(runs)
    floor = floor_of(runs)
    fit = settings.judge.fit
    judge = fit_judge(score_table_of(cases), floor, settings.judge)
    costs = fit_cost_judge(cases, count_runs(cases), fit)
    return Knowledge(cases, judge, costs, fit_settings(runs, fit), read_published(figures), floor)
