"""A turn understands, calls tools and ends with an answer, whatever the model does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from advisor import answers
from advisor.controller import Bounds, Controller, call_tool
from advisor.plans import Call
from advisor.state import State
from metapeft_core.errors import AdvisorError
from metapeft_core.types import PEFTMethod
from tools.registry import all_tools, get_tool
from tools.workbench import Workbench

TICKETS = Path(__file__).parents[2] / "examples" / "tickets.jsonl"
QUESTIONS = (
    "best PEFT for 500 legal QA examples",
    "and if I only have 8 GB?",
    "why not prefix tuning?",
    "compare lora and adalora for sentiment on 200 tweets",
    "what is p-tuning",
    "how long does lora take on qwen3-4b with 1000 rows",
    "give me the axolotl config for lora on qwen3-4b",
    "what is the weather tomorrow",
    "hello",
    "now run it",
    "I got 0.83 with lora",
    "show me similar past runs",
    "describe my data",
    "",
    "\x1b[31m500\x00 rows of [bold]spam[/bold] \u202e",
)


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
    assert steps[-1].kind == "answer"
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


def test_no_more_calls_are_made_than_are_allowed(bench):
    steps, _ = steps_of(
        Controller(bench, bounds=Bounds(calls=2)),
        State(),
        "what kinds of PEFT are there, explain p-tuning and lora and adalora",
    )
    assert sum(step.kind == "calling" for step in steps) <= 2
    assert steps[-1].is_last


class Adversary:
    """Does everything that a model should not."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def choose(self, prompt: str, pattern: str):
        kind = self.chance.randint(0, 7)
        if kind == 0:
            raise TimeoutError
        if kind == 1:
            return None
        if kind == 2:
            return "act: recommend\n" * 500
        if kind == 3:
            return "act: run\nrm -rf /: rows\n"
        if kind == 4:
            return "".join(chr(self.chance.randint(0, 0x2FFF)) for _ in range(self.chance.randint(0, 200)))
        act = self.chance.choice(("recommend", "refine", "why", "run", "record", "export", "other", "describe", "cost"))
        tail = self.chance.choice(
            ("", "task: spam\n", "domain: legal\nlanguage: de\n", "500: rows\n", "task: nothing\n")
        )
        return f"act: {act}\n{tail}"

    def write(self, prompt: str, most: int, opening: str = "") -> str:
        if self.chance.random() < 0.3:
            raise TimeoutError
        return self.chance.choice(
            ("", "LoRA " * 2000, "It will score 0.99999 for sure.", "\x1b[2J", "[bold]LoRA[/bold] 100%.")
        )


@pytest.fixture(scope="module")
def findings(bench):
    """What each tool really answers, so that a thousand turns need not wait for it."""
    task = {"rows": 100, "task_type": "sentiment"}
    arguments = {
        "select_method": {"task": task},
        "compare_methods": {"task": task},
        "estimate_cost": {"method": "lora", "task": task},
        "explain_method": {"method": "lora"},
        "query_experiences": {"task": task, "count": 2},
        "characterize_dataset": {"data": TICKETS},
        "export_config": {"method": "lora"},
    }
    return {name: get_tool(name).call(told, bench) for name, told in arguments.items()}


def test_an_adversary_gets_declared_tools_with_valid_arguments_and_an_end_every_time(bench, findings):
    chance = random.Random(0)
    calls = []

    def caller(call: Call, _: Workbench):
        tool = all_tools()[call.tool]
        tool.arguments.model_validate(dict(call.arguments))
        calls.append(call.tool)
        if call.tool not in findings:
            raise AdvisorError("not in this test")
        return findings[call.tool]

    controller = Controller(bench, Adversary(1), confirm=lambda _: chance.random() < 0.5, caller=caller)
    state = State()
    for _ in range(1000):
        question = chance.choice(QUESTIONS)
        steps, state = steps_of(controller, state, question)
        assert steps[-1].is_last
        assert len(steps) <= 4 + 2 * Bounds().calls
        assert sum(step.is_last for step in steps) == 1
        if chance.random() < 0.1:
            state = State(data=chance.choice((None, TICKETS)))
    assert len(set(calls)) >= 6


def test_reasons_that_an_adversary_writes_are_never_shown(bench, findings):
    controller = Controller(
        bench, Adversary(2), caller=lambda call, _: findings.get(call.tool) or call_tool(call, bench)
    )
    for seed in range(40):
        controller.model = Adversary(seed)
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
