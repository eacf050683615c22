"""A conversation: questions go in, steps come out, and what was said is kept. Every front end calls only this.

    with Session() as session:
        for step in session.ask("best PEFT for 500 legal QA examples"):
            print(step.text)

Knows no screen. The user's own store and models are used unless others are given; nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from advisor.controller import Bounds, Confirm, Controller, Model, call_tool, never
from advisor.conversations import ConversationError, Turn, keep, turns_of
from advisor.state import State, with_data
from advisor.steps import Step
from metapeft_core.training.progress import Watch
from metapeft_core.types import MethodRecommendation, TaskCharacteristics
from tools.workbench import Workbench


class Session:
    """One conversation, in which a follow-up knows what came before."""

    def __init__(
        self,
        *,
        model: Model | None = None,
        data: Path | None = None,
        backbone: str | None = None,
        bench: Workbench | None = None,
        confirm: Confirm = never,
        can_ask: bool = False,
        bounds: Bounds | None = None,
        name: str | None = None,
        resume: bool = False,
        watch: Watch | None = None,
    ) -> None:
        """`model` reads and writes; without one, questions are read by their words.

        `confirm` is asked before anything is written.

        `watch` is told of every step of a training, and stops it by raising an `AdvisorError`.
        """
        self._own = bench is None
        self.bench = bench or Workbench()
        caller = partial(call_tool, watch=watch)
        self.controller = Controller(self.bench, model, confirm, bounds or Bounds(), can_ask, caller)
        self.name = name
        """Under which the conversation is kept; none where it is not."""
        self.state = State(data=None if data is None else Path(data), backbone=backbone)
        if resume and name is not None:
            self._go_on(turns_of(name), data, backbone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store, where it was opened here."""
        if self._own:
            self.bench.close()

    def ask(self, question: str) -> Iterator[Step]:
        """The steps of a turn as they happen; the last one carries the answer, and a recommendation if there is one."""
        for step, state in self.controller.turn(self.state, question):
            self.state = state
            if step.is_last and self.name is not None:
                try:
                    keep(self.name, question, step.text, state)
                except ConversationError as fault:
                    # An answer is worth more than its being kept.
                    yield Step("mistake", str(fault))
            yield step

    def use_data(self, data: Path | None) -> TaskCharacteristics | None:
        """Judge by this data file from now on, or by words again; one that cannot be read is refused."""
        found = None if data is None else self.bench.data(Path(data))[1]
        self.state = with_data(self.state, None if data is None else Path(data))
        return found

    def use_backbone(self, name: str | None) -> None:
        """Advise for this model from now on; one that nobody knows is refused."""
        if name is not None:
            self.bench.backbone(name, "classification")
        self.state = replace(self.state, backbone=name)

    def begin(self, name: str | None) -> None:
        """Begin another conversation, with the data and the model of this one."""
        self.name = name
        self.state = State(data=self.state.data, backbone=self.state.backbone)

    def resume(self, name: str) -> tuple[Turn, ...]:
        """Go on with a conversation that was kept; what was said in it."""
        turns = turns_of(name)
        self._go_on(turns, None, None)
        self.name = name
        return turns

    def _go_on(self, turns: Sequence[Turn], data: Path | None, backbone: str | None) -> None:
        """Take up the state in which a conversation was left, but for what is given anew."""
        old = turns[-1].state if turns else State()
        old = old if data is None else with_data(old, Path(data))
        self.state = replace(old, backbone=old.backbone if backbone is None else backbone)

    def recommend(self, question: str) -> MethodRecommendation | None:
        """The recommendation that a question ends in; none where it asked for something else."""
        return next((step.recommendation for step in self.ask(question) if step.recommendation is not None), None)
