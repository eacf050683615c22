"""A model fills in the form of a question, and is believed where it is sure. Knows no question and no tool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from advisor.chosen import Chosen, Leaning
from advisor.reading.by_words import hunch_of
from advisor.reading.form import Before, asked, lines, parsed, pattern_of
from advisor.reading.leaning import WEIGHT, leaning_of
from advisor.reading.number import Number
from advisor.reading.reading import Act

BELIEVED = 0.5
"""How likely a line that may be left out has to be: where a task is not believed its words may still hint at one."""
REFUSED = 0.5
"""To send somebody away takes more than being the likeliest of many."""


class Chooser(Protocol):
    """Whoever fills in patterns."""

    def choose(self, prompt: str, pattern: str, leaning: Leaning | None = None) -> Chosen: ...


class ModelMistakeError(Exception):
    """A model did not do what it was asked to; never shown as an error of the program."""


@dataclass(frozen=True, slots=True)
class ModelReader:
    """Reads by a model, which is held to the form whatever it does, and hears what the question's words lean to."""

    model: Chooser
    weight: float = WEIGHT
    """How much those words count; without any the model reads alone."""

    def fill(self, question: str, numbers: Sequence[Number], before: Before | None, with_data: bool) -> str:
        """A filled form."""
        prompt = asked(question, before, with_data)
        hunch = hunch_of(question, before is not None, with_data, numbers)
        may_refuse = Act.OTHER in hunch["act"]
        leaning = leaning_of(hunch, self.weight)
        chosen = self._chosen(prompt, pattern_of(before is not None, with_data, numbers, may_refuse), leaning)
        if may_refuse and parsed(chosen.text)["act"] == Act.OTHER and sureness(chosen)[0] < REFUSED:
            pattern = pattern_of(before is not None, with_data, numbers, may_refuse=False)
            chosen = self._chosen(prompt, pattern, leaning)
        told = zip(chosen.text.splitlines(keepends=True), sureness(chosen), strict=True)
        optional = {line.key for line in lines(before is not None, with_data) if line.optional}
        return "".join(line for line, chance in told if chance >= BELIEVED or line.split(":")[0] not in optional)

    def _chosen(self, prompt: str, pattern: str, leaning: Leaning) -> Chosen:
        try:
            chosen = self.model.choose(prompt, pattern, leaning)
        except TimeoutError as fault:
            raise ModelMistakeError("the model took too long to read the question") from fault
        if not isinstance(chosen, Chosen) or re.fullmatch(pattern, chosen.text) is None:
            raise ModelMistakeError("the model did not keep to the form")
        return chosen


def sureness(chosen: Chosen) -> tuple[float, ...]:
    """How sure of each line whoever chose it was; quite, where nothing is said of it."""
    count = len(chosen.text.splitlines())
    return chosen.chances if len(chosen.chances) == count else (1.0,) * count
