"""What is to be done about a question: which tools with which arguments, and how their findings are told.

Knows every act and every tool by name; calls none of them. Paths come from the state, where the user put them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from advisor import answers
from advisor.reading.reading import Act, Reading
from advisor.state import State
from knowledge.brief import TaskBrief
from metapeft_core.types import PEFTMethod

USUAL_STEPS = 200
"""Where nobody says how many."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool and plain values for its arguments."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls in their order, and how to tell what they found; or a question back."""

    calls: tuple[Call, ...] = ()
    answer: Callable[[Sequence[Any]], str] = lambda _: answers.HELP
    ask: str | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """An answer that needs no tool."""

    text: str

    def __call__(self, _: Sequence[Any]) -> str:
        return self.text


def plan_for(reading: Reading, state: State, can_ask: bool) -> Plan:
    """What to do about a question in this state."""
    return PLANS[reading.act](reading, state, can_ask)


def _recommend(reading: Reading, state: State, can_ask: bool) -> Plan:
    if can_ask and state.data is None and state.task.rows is None:
        return Plan(ask=answers.NO_ROWS)
    return Plan((Call("select_method", _about(state, limits=True)),))


def _compare(reading: Reading, state: State, can_ask: bool) -> Plan:
    methods = list(reading.methods)
    if len(methods) == 1 and state.recommendation is not None and state.recommendation.method not in methods:
        methods.append(state.recommendation.method)
    asked = {"methods": [str(method) for method in methods]} if len(methods) > 1 else {}
    call = Call("compare_methods", {**asked, **_about(state, limits=True)})
    return Plan((call,), lambda found: answers.of_comparison(found[0]))


def _why(reading: Reading, state: State, can_ask: bool) -> Plan:
    found = state.recommendation
    return Plan(answer=_Told(answers.NOTHING_YET if found is None else answers.of_why(found, reading.methods)))


def _explain(reading: Reading, state: State, can_ask: bool) -> Plan:
    methods = reading.methods or tuple(PEFTMethod)
    calls = tuple(Call("explain_method", {"method": str(method)}) for method in methods)
    return Plan(calls, lambda found: "\n".join(answers.of_method(one) for one in found))


def _cost(reading: Reading, state: State, can_ask: bool) -> Plan:
    method = _method(reading, state) or PEFTMethod.LORA
    told = {"method": str(method), **_about(state), **_settings(method, state), "steps": _steps(state)}
    call = Call("estimate_cost", told)
    return Plan((call,), lambda found: answers.of_cost(found[0]))


def _evidence(reading: Reading, state: State, can_ask: bool) -> Plan:
    method = str(reading.methods[0]) if reading.methods else None
    call = Call("query_experiences", {**_task(state), **_given(method=method, backbone=reading.model)})
    return Plan((call,), lambda found: answers.of_experiences(found[0]))


def _describe(reading: Reading, state: State, can_ask: bool) -> Plan:
    if state.data is None:
        return Plan(answer=_Told(answers.NO_DATA))
    return Plan((Call("characterize_dataset", {"data": state.data}),), lambda found: answers.of_data(found[0]))


def _run(reading: Reading, state: State, can_ask: bool) -> Plan:
    method = _method(reading, state)
    if state.data is None:
        return Plan(answer=_Told(answers.NO_DATA))
    if method is None:
        return Plan(ask=answers.NO_METHOD)
    told = _given(
        data=state.data,
        method=str(method),
        steps=_steps(state),
        backbone=state.backbone,
        max_minutes=state.max_minutes,
        max_memory_gb=state.max_memory_gb,
    )
    call = Call("run_finetuning", {**told, **_settings(method, state)})
    return Plan((call,), lambda found: answers.of_run(found[0]))


def _export(reading: Reading, state: State, can_ask: bool) -> Plan:
    method = _method(reading, state)
    if method is None:
        return Plan(ask=answers.NO_METHOD)
    told = _given(
        method=str(method), backbone=state.backbone, data=state.data, steps=_steps(state), target=reading.target
    )
    call = Call("export_config", {**told, **_settings(method, state)})
    return Plan((call,), lambda found: answers.of_config(found[0]))


def _record(reading: Reading, state: State, can_ask: bool) -> Plan:
    method = _method(reading, state)
    if reading.score is None:
        return Plan(ask=answers.NO_SCORE)
    if method is None:
        return Plan(ask=answers.NO_METHOD)
    model = state.backbone or (state.recommendation.backbone if state.recommendation else "")
    if not model:
        return Plan(ask=answers.NO_MODEL)
    took = _given(steps=reading.steps, minutes=reading.minutes, memory_gb=reading.memory_gb)
    told = {"method": str(method), "score": reading.score, **_about(state), "backbone": model, **took}
    call = Call("record_outcome", {**told, **_settings(method, state)})
    return Plan((call,), lambda found: answers.of_record(found[0]))


def _help(reading: Reading, state: State, can_ask: bool) -> Plan:
    return Plan(answer=_Told(answers.HELP))


PLANS: Mapping[Act, Callable[[Reading, State, bool], Plan]] = {
    Act.RECOMMEND: _recommend,
    Act.REFINE: _recommend,
    Act.COMPARE: _compare,
    Act.WHY: _why,
    Act.EXPLAIN: _explain,
    Act.COST: _cost,
    Act.EVIDENCE: _evidence,
    Act.DESCRIBE: _describe,
    Act.RUN: _run,
    Act.EXPORT: _export,
    Act.RECORD: _record,
    Act.HELP: _help,
}


def _method(reading: Reading, state: State) -> PEFTMethod | None:
    """The method that is meant: one that is named, else the one that was recommended."""
    if reading.methods:
        return reading.methods[0]
    return state.recommendation.method if state.recommendation else None


def _settings(method: PEFTMethod, state: State) -> dict[str, Any]:
    """Those that were recommended for the method."""
    ranking = state.recommendation.ranking if state.recommendation else ()
    found = next((one.hyperparameters for one in ranking if one.method == method), None)
    return {} if found is None else {"settings": dict(found)}


def _steps(state: State) -> int:
    """As many as are asked for, else as many as were recommended."""
    return state.steps or (state.recommendation.steps if state.recommendation else USUAL_STEPS)


def _task(state: State) -> dict[str, Any]:
    """What is known of the task, as plain values."""
    task = _given(**{each.name: getattr(state.task, each.name) for each in fields(TaskBrief)})
    return _given(task=task or None, data=state.data)


def _about(state: State, limits: bool = False) -> dict[str, Any]:
    """The task, the model, and what a run may take."""
    found = _task(state) | _given(backbone=state.backbone)
    if not limits:
        return found
    return found | _given(max_minutes=state.max_minutes, max_memory_gb=state.max_memory_gb, steps=state.steps)


def _given(**values: Any) -> dict[str, Any]:
    """Those that are known."""
    return {name: value for name, value in values.items() if value is not None}
