"""The design meets every task, size and method evenly, whatever beginning of it is run."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

import pytest

from knowledge.collecting.design import STREAMS, Block, Candidate, plan
from knowledge.collecting.spaces import ANCHORS, anchor, drawn, halton
from metapeft_core.backbones.load import describe_backbone
from metapeft_core.types import TRAIN_SIZES, PEFTMethod

TASKS = [Candidate(f"task{n}", "classification", (1800, 1800, 400, 100)[n % 4]) for n in range(40)]
TASKS += [Candidate(f"text{n}", "generation", 720) for n in range(6)]
CARDS = {name: describe_backbone(name) for name in ("minilm", "minilm:3")}


def beginning(blocks: int) -> list[Block]:
    return list(islice(plan(TASKS), blocks))


def test_the_same_tasks_give_the_same_plan_and_another_seed_another():
    assert beginning(50) == beginning(50)
    assert list(islice(plan(TASKS, seed=1), 50)) != beginning(50)


def test_every_block_compares_the_five_methods_and_nothing_else():
    for block in beginning(200):
        assert [run.spec.method.method for run in block.runs] == list(PEFTMethod)
        assert len({(run.spec.seed, run.spec.batch_size, run.spec.max_length) for run in block.runs}) == 1
        assert len({run.budget for run in block.runs}) == 1


@pytest.mark.parametrize("blocks", [60, 120, 240])
def test_every_beginning_has_the_shares_that_were_asked_for(blocks: int):
    found = Counter(block.stream for block in beginning(blocks))
    whole = sum(stream.share for stream in STREAMS)
    for stream in STREAMS:
        assert found[stream.name] == pytest.approx(blocks * stream.share / whole, abs=1.5)


def test_all_tasks_are_met_once_before_any_is_met_twice():
    met = [block.task for block in plan(TASKS) if block.stream == "anchors"]
    with_rows_for_all = {task.name for task in TASKS if task.objective == "classification" and task.rows >= 1000}
    first = met[: len(set(met))]
    assert len(set(first)) > 0.8 * len(set(met))
    assert with_rows_for_all <= set(met)


def test_every_size_is_met_about_as_often_as_the_others_where_there_are_rows():
    rich = [Candidate(f"task{n}", "classification", 1800) for n in range(40)]
    found = Counter(block.size for block in islice(plan(rich), 80) if block.stream == "anchors")
    assert set(found) == set(TRAIN_SIZES)
    assert max(found.values()) - min(found.values()) <= 1


def test_no_task_and_size_comes_twice_in_a_stream():
    found = Counter((block.stream, block.task, block.size) for block in plan(TASKS))
    assert {stream for stream, *_ in found} == {stream.name for stream in STREAMS}
    assert set(found.values()) == {1}


def test_text_is_written_by_the_decoder_alone():
    for block in plan(TASKS):
        assert block.task.startswith("text") == (block.stream == "writing")
        assert block.backbone == "smollm2" or not block.task.startswith("text")


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        (10, ()),
        (16, (16,)),
        (24, (16,)),
        (25, (16, 64)),
        (80, (16, 64)),
        (400, (16, 64, 256, 1000)),
        (5000, TRAIN_SIZES),
    ],
)
def test_a_task_is_run_at_the_sizes_it_has_rows_for(rows: int, sizes: tuple[int, ...]):
    assert Candidate("task", "classification", rows).sizes() == sizes


def test_a_repetition_differs_from_what_it_repeats_by_its_seed_alone():
    blocks = beginning(400)
    anchors = {(block.task, block.size): block for block in blocks if block.stream == "anchors"}
    repeats = [block for block in blocks if block.stream == "repeats"]
    assert repeats
    for repeat in repeats:
        first = anchors[repeat.task, repeat.size]
        for ours, theirs in zip(repeat.runs, first.runs, strict=True):
            assert (ours.spec.seed, theirs.spec.seed) == (1, 0)
            assert ours.spec.method == theirs.spec.method
            assert ours.spec.rate() == theirs.spec.rate()
            assert ours.budget == theirs.budget


@pytest.mark.parametrize("method", PEFTMethod)
def test_every_draw_and_every_anchor_works_on_the_backbones(method: PEFTMethod):
    for card in CARDS.values():
        for number in range(300):
            drawn(number, method, max_length=40).check(card)
        for name in ANCHORS:
            anchor(name, method, max_length=40).check(card)


@pytest.mark.parametrize("method", PEFTMethod)
def test_few_draws_meet_every_choice_of_a_method_and_all_of_its_rates(method: PEFTMethod):
    few, many = ([drawn(number, method) for number in range(count)] for count in (40, 400))
    for name in few[0].method.__dataclass_fields__:
        seen, possible = ({getattr(spec.method, name) for spec in specs} for specs in (few, many))
        assert len(seen) >= 0.6 * len(possible), name
    rates = sorted(spec.rate() for spec in few)
    assert rates[-1] / rates[0] > 20
    assert max(high / low for low, high in pairwise(rates)) < 6


def test_halton_is_spread_evenly():
    for base in (2, 3, 5):
        tenths = Counter(int(10 * halton(number, base)) for number in range(1, 1001))
        assert all(abs(tenths[tenth] - 100) <= 5 for tenth in range(10))
