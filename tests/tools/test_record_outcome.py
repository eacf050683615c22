"""A run that was made elsewhere is kept, and learned from where its data is described."""

from __future__ import annotations

import pytest

from knowledge.brief import TaskBrief
from knowledge.judgement import own_folder, runs_of
from metapeft_core.errors import BackboneError, SettingsError, ToolError
from metapeft_core.types import PEFTMethod
from tools import record_outcome, select_method
from tools.registry import get_tool
from tools.workbench import Workbench

LORA = PEFTMethod.LORA


def test_what_is_told_is_kept_as_the_users(own_bench, tickets):
    before = own_bench.knowledge.store.count()
    told = record_outcome(
        LORA,
        0.71,
        "minilm:3",
        data=tickets,
        settings={"rank": 4, "targets": ("query", "value"), "batch_size": "8"},
        steps=120,
        minutes=2.5,
        memory_gb=0.5,
        seed=7,
        name="my  tickets\x1b[31m",
        bench=own_bench,
    )
    assert own_bench.knowledge.store.count() == before + 1
    kept = own_bench.knowledge.store.get(told.id).experience
    assert (kept.provenance, kept.outcome, kept.method) == ("user", "completed", LORA)
    assert kept.performance == {"accuracy": 0.71}
    assert kept.hyperparameters == {"rank": 4, "targets": ("query", "value"), "batch_size": 8}
    assert (kept.steps, kept.seed, kept.training_seconds, kept.peak_memory_bytes) == (120, 7, 150, 1 << 29)
    assert kept.backbone.name == "minilm:3"
    assert kept.characteristics == own_bench.data(tickets)[1]
    assert kept.rows
    assert "\x1b" not in kept.task
    assert kept.task.startswith("my tickets")


def test_a_score_on_described_data_is_learned(own_bench, tickets):
    before = select_method(data=tickets, bench=own_bench)
    expected = next(one for one in before.ranking if one.method is LORA).quality.expected
    told = record_outcome(LORA, 0.1, "minilm", data=tickets, bench=own_bench)
    assert told.surprise == pytest.approx(expected - 0.1, abs=0.02)
    assert told.id in own_bench.judgement.system.buffer
    after = select_method(data=tickets, bench=own_bench)
    assert next(one for one in after.ranking if one.method is LORA).quality.expected < expected - 0.02
    assert told.id in after.evidence
    assert told.id in runs_of(own_folder(own_bench.knowledge))


def test_the_first_thing_that_is_done_with_a_workbench_may_be_to_tell_it_something(own_bench, tickets):
    # What is learned when the judgement is opened is no surprise any more.
    assert record_outcome(LORA, 0.1, "minilm", data=tickets, bench=own_bench).surprise > 0.3


def test_what_was_told_is_known_to_the_next_workbench(own_bench, tickets):
    told = record_outcome(LORA, 0.1, "minilm", data=tickets, bench=own_bench)
    answer = select_method(data=tickets, bench=own_bench)
    place = own_bench.knowledge.store.path
    own_bench.close()
    with Workbench(place) as again:
        assert told.id in again.experiences
        assert again.judgement.behind == 0
        assert select_method(data=tickets, bench=again) == answer


def test_the_same_record_is_kept_and_learned_once(own_bench, tickets):
    first = record_outcome(LORA, 0.6, "minilm", data=tickets, bench=own_bench)
    count, learned = own_bench.knowledge.store.count(), len(own_bench.judgement.system.buffer)
    second = record_outcome(LORA, 0.6, "minilm", data=tickets, bench=own_bench)
    assert (second.id, second.surprise) == (first.id, None)
    assert (first.is_new, second.is_new) == (True, False)
    assert (own_bench.knowledge.store.count(), len(own_bench.judgement.system.buffer)) == (count, learned)


def test_from_words_alone_it_is_kept_and_nothing_is_learned(own_bench):
    learned = len(own_bench.judgement.system.buffer)
    task = TaskBrief(rows=200, task_type="sentiment", domain="reviews", language="sl")
    told = record_outcome(LORA, 0.8, "Qwen3-4B", task, name="mine", bench=own_bench)
    assert told.surprise is None
    kept = own_bench.knowledge.store.get(told.id).experience
    assert kept.stated == {"task_type": "sentiment", "domain": "reviews", "language": "sl", "train_size": "200"}
    assert kept.characteristics is None
    assert len(own_bench.judgement.system.buffer) == learned
    assert not own_folder(own_bench.knowledge).exists()


def test_a_description_is_enough_to_learn_from(own_bench, tickets):
    described = own_bench.data(tickets)[1]
    told = record_outcome(LORA, 0.2, "minilm", described, bench=own_bench)
    assert told.surprise > 0
    assert own_bench.knowledge.store.get(told.id).experience.characteristics == described


def test_like_figures_of_different_tasks_are_different_runs(own_bench, tickets, tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text("\n".join(tickets.read_text().splitlines()[:60]))
    described = own_bench.data(tickets)[1]
    smaller = own_bench.data(other)[1]
    told = [
        record_outcome(LORA, 0.6, "minilm", bench=own_bench, **words)
        for words in (
            *({"data": tickets}, {"data": other}, {"task": described}, {"task": smaller}),
            *({"task": TaskBrief(task_type="topic")}, {"task": TaskBrief(task_type="intent")}),
        )
    ]
    assert len({one.id for one in told}) == 6
    described_rows = {own_bench.experiences[one.id].rows for one in told[:4]}
    assert len(described_rows) == 4
    assert all(one.surprise is not None for one in told[:4])


def test_texts_are_judged_by_another_score_than_labels(own_bench):
    told = record_outcome(LORA, 0.4, "Qwen3-4B", TaskBrief(task_type="summarisation"), bench=own_bench)
    assert own_bench.experiences[told.id].performance == {"rouge_l": 0.4}


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        ({"score": 71}, ToolError, "score is 71"),
        ({"score": float("nan")}, ToolError, "score"),
        ({"backbone": "nobody/no-such-model"}, BackboneError, "no-such-model"),
        ({"settings": {"rank": "many"}}, SettingsError, "rank"),
        ({"settings": {"rank": 1e300}}, SettingsError, "rank"),
        ({"settings": {"alpha": 1e300}}, SettingsError, "alpha"),
        ({"settings": {"rank": 5000}}, SettingsError, "rank is 5000"),
        ({"settings": {"colour": "red"}}, SettingsError, "'colour' is no setting"),
        ({"minutes": 0}, ToolError, "minutes"),
        ({"name": ""}, ToolError, "name"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_cannot_have_been_is_refused_and_not_kept(bench, change, kind, told):
    before = bench.knowledge.store.count()
    with pytest.raises(kind, match=told):
        get_tool("record_outcome").call({"method": "lora", "score": 0.7, "backbone": "minilm", **change}, bench)
    assert bench.knowledge.store.count() == before
