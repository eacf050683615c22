"""One turn of a conversation: the question is understood, tools are called, an answer is given. Knows no front end.

The plan of a turn lies in `plans.py`; the model understands the question and writes the reasons. What a model gets
wrong is recorded and tried again, at last without it; what a tool refuses is told to the user; anything else is a bug
of the program and is raised. A turn takes so many steps and so much time and no more, and ends with an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from advisor import answers
from advisor.plans import Call, Plan, plan_for
from advisor.reading.by_model import Chooser, ModelMistakeError, ModelReader
from advisor.reading.by_words import WordReader
from advisor.reading.reader import read
from advisor.reading.reading import Act, Reading
from advisor.reasoning.facts import Facts, facts_of
from advisor.reasoning.write import Writer, reasons_of
from advisor.state import State
from advisor.steps import Step
from advisor.waiting import gone_on
from metapeft_core.errors import AdvisorError
from metapeft_core.training.progress import Watch
from metapeft_core.types import MethodRecommendation
from tools.registry import get_tool
from tools.workbench import Workbench

TRIES = 2
"""Times that a model may misread before the question is read without it."""


class Model(Chooser, Writer, Protocol):
    """Whoever fills in patterns and writes sentences."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a turn may take."""

    calls: int = 5
    seconds: float = 600.0
    """After which no further call begins and a model writes no more; the first call is always made."""


Confirm = Callable[[Call], bool]
"""Asked before a tool that writes; the user's yes."""


def never(_: Call) -> bool:
    """For whoever has nobody to ask."""
    return False


Caller = Callable[[Call, Workbench], Any]
"""Whoever calls tools."""


def call_tool(call: Call, bench: Workbench, watch: Watch | None = None) -> Any:
    """The tool's own answer; `watch` is told of a training's steps."""
    return get_tool(call.tool).call(call.arguments, bench, watch)


@dataclass(slots=True)
class Controller:
    """Takes turns."""

    bench: Workbench
    model: Model | None = None
    confirm: Confirm = never
    bounds: Bounds = field(default_factory=Bounds)
    can_ask: bool = True
    """Whether a question back can be answered."""
    caller: Caller = call_tool

    def turn(self, state: State, question: str) -> Iterator[tuple[Step, State]]:
        """Steps, each with the state after it."""
        began = time.monotonic()
        reading, mistakes = self._understood(state, question)
        yield from ((step, state) for step in mistakes)
        may_ask = self.can_ask
        if state.asked is not None:
            waited = gone_on(state.asked, reading, question)
            reading, may_ask = waited.reading, may_ask and waited.may_ask
        yield Step("understood", described(reading), result=reading), state
        if reading.act is Act.OTHER:
            yield Step("refused", answers.ELSEWHERE), state
            return
        state = state.after(reading) if reading.act is not Act.HELP else state
        plan = plan_for(reading, state, may_ask)
        if plan.ask is not None:
            yield Step("asking", plan.ask), replace(state, asked=reading)
            return
        yield from self._carried_out(plan, state, began)

    def _carried_out(self, plan: Plan, state: State, began: float) -> Iterator[tuple[Step, State]]:
        """The calls of a plan, and what is answered from what they found."""
        found: list[Any] = []
        for call in plan.calls[: self.bounds.calls]:
            if found and self._is_late(began):
                break
            if get_tool(call.tool).will_write(call.arguments) and not self.confirm(call):
                yield Step("answer", answers.NOT_DONE), state
                return
            yield Step("calling", call.tool, call.tool, call.arguments), state
            started = time.monotonic()
            try:
                result = self.caller(call, self.bench)
            except AdvisorError as fault:
                yield Step("failed", str(fault), call.tool, call.arguments), state
                return
            spent = time.monotonic() - started
            yield Step("called", call.tool, call.tool, call.arguments, result, seconds=spent), state
            found.append(result)
        recommended = next((one for one in found if isinstance(one, MethodRecommendation)), None)
        if recommended is None:
            yield Step("answer", plan.answer(found), result=tuple(found)), state
        else:
            yield from self.answered(recommended, state, began)

    def answered(self, found: MethodRecommendation, state: State, began: float) -> Iterator[tuple[Step, State]]:
        """A recommendation with its reasons, which are told as they are written, as the end of a turn."""
        if self.model is not None:
            # It takes a while until the first sentence is whole.
            yield Step("writing", ""), state
        for told in reasons_of(self.facts(found, state), self.model, lambda: self._is_late(began)):
            if isinstance(told, str):
                yield Step("writing", told), state
                continue
            whole = replace(found, reasoning=told.text)
            last = Step("answer", told.text, result=told, recommendation=whole)
            yield last, replace(state, recommendation=whole)

    def _is_late(self, began: float) -> bool:
        return time.monotonic() - began > self.bounds.seconds

    def facts(self, found: MethodRecommendation, state: State) -> Facts:
        """The evidence of a recommendation, in the words in which it may be told."""
        known = self.bench.experiences
        runs = [known[identifier] for identifier in found.evidence if identifier in known]
        measured = {run.rows for run in runs if run.provenance != "published"}
        return facts_of(found, len(measured - {""}), state.data is not None)

    def _understood(self, state: State, question: str) -> tuple[Reading, list[Step]]:
        """What the question says, and what the model got wrong on the way."""
        mistakes: list[Step] = []
        before, with_data = state.before, state.data is not None
        if self.model is not None:
            reader = ModelReader(self.model)
            for _ in range(TRIES):
                try:
                    return read(question, reader, before, with_data), mistakes
                except ModelMistakeError as mistake:
                    mistakes.append(Step("mistake", str(mistake)))
        return read(question, WordReader(), before, with_data), mistakes


def described(reading: Reading) -> str:
    """What was understood, in a line."""
    said: Mapping[str, Any] = {
        "task": reading.task.task_type,
        "domain": reading.task.domain,
        "rows": reading.task.rows,
        "classes": reading.task.classes,
        "language": reading.task.language,
        "methods": ", ".join(reading.methods),
        "model": reading.model,
        "memory": None if reading.memory_gb is None else f"{reading.memory_gb:g} GB",
        "time": None if reading.minutes is None else f"{reading.minutes:g} min",
    }
    told = [f"{name} {str(value).replace('_', ' ')}" for name, value in said.items() if value]
    return f"{reading.act}{': ' if told else ''}{', '.join(told)}"
