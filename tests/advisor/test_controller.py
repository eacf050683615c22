"""A turn understands, calls tools and ends with an answer, whatever the model does."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor import answers
from advisor.controller import Bounds, Controller
from advisor.plans import Call, plan_for
from advisor.state import State
from benchmarks.adversary import NEVER, Adversary, drive, findings
from metapeft_core.types import PEFTMethod
from tools.workbench import Workbench

EXPLAIN_ALL = "what are the methods that work with Qwen3-4B?"
TICKETS = Path(__file__).parents[2] / "examples" / "tickets.jsonl"


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with Workbench(tmp_path_factory.mktemp("store") / "experiences.sqlite") as opened:
        yield opened


def steps_of(controller: Controller, state: State, question: str):
    taken = list(controller.turn(state, question))
    return [step for step, _ in taken], taken[-1][1]


def test_a_question_about_a_task_ends_in_a_recommendation(bench):
    steps, state = steps_of(Controller(bench), State(), "best PEFT for 500 legal QA examples")
    assert [step.kind for step in steps] == ["understood", "calling", "called", "answer"]
    found = steps[-1].recommendation
    assert found is not None
    assert state.recommendation == found
    assert (state.task.rows, state.task.domain) == (500, "legal")
    assert f"{found.confidence:.0%}" in found.reasoning


def test_a_follow_up_changes_what_it_names_and_keeps_the_rest(bench):
    controller = Controller(bench)
    _, state = steps_of(controller, State(), "best PEFT for 500 legal QA examples")
    steps, after = steps_of(controller, state, "and if I only have 8 GB?")
    call = next(step for step in steps if step.kind == "calling")
    assert call.arguments["max_memory_gb"] == 8
    assert (after.task, after.max_memory_gb) == (state.task, 8)


def test_a_new_question_forgets_the_limits_of_the_one_before(bench):
    controller = Controller(bench)
    _, state = steps_of(controller, State(), "best PEFT for 500 legal QA examples on 8 GB")
    _, after = steps_of(controller, state, "which method should I use for sentiment analysis with 64 tweets")
    assert (after.task.rows, after.task.domain, after.max_memory_gb) == (64, "social_media", None)


def test_why_not_another_method_is_answered_with_both_forecasts(bench):
    controller = Controller(bench)
    _, state = steps_of(controller, State(), "best PEFT for 500 legal QA examples")
    assert state.recommendation is not None
    other = next(m for m in ("prefix tuning", "P-tuning") if m.replace(" ", "_") != state.recommendation.method)
    steps, _ = steps_of(controller, state, f"why not {other}?")
    assert steps[-1].kind == "answer"
    assert steps[-1].text.count("expected score") == 2


def test_the_number_of_rows_is_asked_for_where_somebody_can_answer(bench):
    controller = Controller(bench)
    steps, state = steps_of(controller, State(), "best method for sentiment analysis of tweets")
    assert (steps[-1].kind, steps[-1].text) == ("asking", answers.NO_ROWS)
    steps, after = steps_of(controller, state, "about 300")
    assert steps[-1].recommendation is not None
    assert (after.task.rows, after.task.task_type) == (300, "sentiment")
    alone = Controller(bench, can_ask=False)
    assert steps_of(alone, State(), "best method for sentiment analysis of tweets")[0][-1].recommendation is not None


def test_a_vague_number_is_asked_back_and_never_invented(bench):
    steps, _ = steps_of(Controller(bench), State(), "best PEFT for a few hundred legal QA examples")
    assert steps[-1].kind == "asking"


def test_what_is_not_its_business_is_refused_without_any_tool(bench):
    steps, _ = steps_of(Controller(bench), State(), "what is the weather tomorrow")
    assert [step.kind for step in steps] == ["understood", "refused"]


def test_what_a_tool_refuses_is_told_and_ends_the_turn(bench, tmp_path):
    steps, _ = steps_of(Controller(bench), State(data=tmp_path / "no.csv"), "which method for this data?")
    assert steps[-1].kind == "failed"
    assert "no.csv" in steps[-1].text


def test_a_bug_of_the_program_is_raised(bench):
    def broken(call: Call, _: Workbench):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        steps_of(Controller(bench, caller=broken), State(), "best PEFT for 500 legal QA examples")


def test_writing_tools_run_only_after_a_yes(bench):
    asked = []

    def refuse(call: Call) -> bool:
        asked.append(call.tool)
        return False

    state = State(data=TICKETS, backbone="minilm:3", steps=2)
    steps, _ = steps_of(Controller(bench, confirm=refuse), state, "fine-tune with lora, run it now")
    assert (asked, steps[-1].text) == (["run_finetuning"], answers.NOT_DONE)
    steps, _ = steps_of(Controller(bench, confirm=lambda _: True), state, "fine-tune with lora, run it now")
    assert "steps" in steps[-1].text
    assert any(step.tool == "run_finetuning" and step.kind == "called" for step in steps)


def test_where_the_time_is_up_the_first_call_is_made_and_told_of(bench):
    late = Controller(bench, bounds=Bounds(seconds=-1.0))
    assert steps_of(late, State(), "best PEFT for 500 legal QA examples")[0][-1].recommendation is not None
    steps, _ = steps_of(late, State(), EXPLAIN_ALL)
    assert [step.kind for step in steps] == ["understood", "calling", "called", "answer"]
    assert "LoRA" in steps[-1].text


def test_no_more_calls_are_made_than_are_allowed(bench):
    steps, _ = steps_of(Controller(bench, bounds=Bounds(calls=2)), State(), EXPLAIN_ALL)
    assert sum(step.kind == "calling" for step in steps) == 2
    assert steps[-1].is_last


def test_all_methods_are_explained_where_none_is_named(bench):
    steps, _ = steps_of(Controller(bench), State(), EXPLAIN_ALL)
    assert steps[-1].text.count("Strong:") == len(PEFTMethod)


def test_what_a_model_rests_on_is_told_as_it_was_judged(bench):
    steps, state = steps_of(Controller(bench), State(backbone="Qwen3-4B"), "best PEFT for 500 legal QA examples")
    found = steps[-1].recommendation
    assert found is not None
    assert (found.backbone, found.published > 0.95) == ("Qwen/Qwen3-4B", True)
    assert f"{found.published:.0%}" in steps[-1].text
    assert "comparisons" not in steps[-1].text
    assert Controller(bench).facts(found, state).comparisons == ""


def test_what_is_foretold_of_a_run_is_for_as_many_steps_as_was_recommended(bench):
    _, state = steps_of(Controller(bench), State(), "best PEFT for 500 legal QA examples")
    assert state.recommendation is not None
    steps, _ = steps_of(Controller(bench), state, "how long will lora take?")
    assert f"{state.recommendation.steps} steps" in steps[-1].text


def test_a_result_that_is_told_limits_nothing_and_is_kept_with_what_it_took(bench):
    told = "I got 0.81 with LoRA after 300 steps in 20 minutes on a 16 GB card"
    steps, state = steps_of(Controller(bench), State(backbone="minilm:3"), told)
    call = plan_for(steps[0].result, state, can_ask=False).calls[0]
    assert (call.arguments["steps"], call.arguments["minutes"], call.arguments["memory_gb"]) == (300, 20, 16)
    assert (state.steps, state.max_minutes, state.max_memory_gb) == (None, None, None)


def test_a_result_of_a_model_that_nobody_named_is_asked_about(bench):
    controller = Controller(bench, confirm=lambda _: True)
    steps, state = steps_of(controller, State(), "lora scored 0.81 on our 400 tweets")
    assert (steps[-1].kind, steps[-1].text) == ("asking", answers.NO_MODEL)
    steps, _ = steps_of(controller, state, "minilm:3")
    call = next(step for step in steps if step.kind == "calling")
    assert (call.arguments["backbone"], call.arguments["score"]) == ("minilm:3", 0.81)


def test_what_was_asked_for_can_be_answered_bare(bench):
    steps, state = steps_of(Controller(bench), State(), "give me an axolotl config")
    assert (steps[-1].kind, steps[-1].text) == ("asking", answers.NO_METHOD)
    steps, _ = steps_of(Controller(bench), state, "LoRA")
    assert "adapter: lora" in steps[-1].text


def test_where_nobody_knows_how_many_rows_there_are_it_is_answered_without(bench):
    steps, state = steps_of(Controller(bench), State(), "best PEFT for legal QA")
    assert steps[-1].text == answers.NO_ROWS
    steps, _ = steps_of(Controller(bench), state, "I do not know")
    assert steps[-1].recommendation is not None


def test_an_adversary_gets_declared_tools_with_valid_arguments_and_an_end_every_time(bench):
    counted = drive(bench, 1000, seed=1)
    assert counted["turns"] == 1000
    assert counted["calls"] > 300
    assert counted["mistakes of the model"] > 500
    assert counted["recommendations"] > 50
    assert [counted[name] for name in NEVER] == [0] * len(NEVER)


def test_reasons_that_an_adversary_writes_are_never_shown(bench):
    ready = findings(bench)
    for seed in range(40):
        controller = Controller(bench, Adversary(seed), caller=lambda call, _: ready.get(call.tool, ()))
        steps, _ = steps_of(controller, State(), "best PEFT for 100 tweets, sentiment analysis")
        found = steps[-1].recommendation
        if found is not None:
            assert "0.99999" not in found.reasoning
            assert "\x1b" not in found.reasoning
            assert steps[-1].result.by_model is False


def test_every_method_can_be_explained(bench):
    for method in PEFTMethod:
        steps, _ = steps_of(Controller(bench), State(), f"what is {method.replace('_', ' ')}?")
        assert steps[-1].kind == "answer"
        assert "Strong:" in steps[-1].text
