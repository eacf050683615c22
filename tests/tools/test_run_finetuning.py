"""A real run, in a few steps: it is returned, remembered and learned, and harms no file."""

from __future__ import annotations

import json

import pytest

from metapeft_core.errors import BudgetError, DataError, SettingsError, ToolError
from metapeft_core.types import PEFTMethod
from tools import query_experiences, run_finetuning
from tools.registry import get_tool

LORA = PEFTMethod.LORA
QUICK = {"backbone": "minilm:3", "steps": 3}
SMALL = {"rank": 2, "batch_size": 4, "max_length": 16}


def test_a_run_is_returned_remembered_and_learned(own_bench, tickets, tmp_path):
    learned = len(own_bench.judgement.system.buffer)
    seen = []
    found = run_finetuning(
        *(tickets, LORA), **QUICK, settings=SMALL, seed=5, out=tmp_path / "mine", bench=own_bench, watch=seen.append
    )
    assert (found.outcome, found.steps, found.seed, found.provenance) == ("completed", 3, 5, "measured")
    assert 0 <= found.performance["accuracy"] <= 1
    assert {name: found.hyperparameters[name] for name in SMALL} == SMALL
    assert found.characteristics == own_bench.data(tickets)[1]
    assert own_bench.knowledge.store.get(found.id).experience == found
    assert found.id in own_bench.judgement.system.buffer
    assert len(own_bench.judgement.system.buffer) == learned + 1
    assert query_experiences(data=tickets, count=1, bench=own_bench)[0].id == found.id
    assert json.loads((tmp_path / "mine" / "adapter.json").read_text())["method"] == "lora"
    assert seen


def test_the_same_seed_gives_the_same_scores_and_other_methods_run_too(own_bench, tickets):
    method = PEFTMethod.PROMPT_TUNING
    words = {"data": str(tickets), "method": "prompt_tuning", "settings": {"virtual_tokens": 4}, **QUICK}
    tool = get_tool("run_finetuning")
    first, second = (tool.call(words, own_bench) for _ in range(2))
    assert first.method is method
    assert first.performance["loss"] == second.performance["loss"]
    assert first.rows == second.rows
    json.dumps(tool.plain(first))


def test_a_run_that_does_not_fit_is_refused_before_it_begins(bench, tickets):
    before = bench.knowledge.store.count()
    with pytest.raises(BudgetError, match="needs about"):
        run_finetuning(tickets, LORA, **QUICK, max_memory_gb=1e-6, bench=bench)
    assert bench.knowledge.store.count() == before


def test_faulty_settings_and_data_are_refused_before_anything_is_done(bench, tickets, tmp_path):
    before = bench.knowledge.store.count()
    with pytest.raises(SettingsError, match="'virtual_tokens' is no setting of lora"):
        run_finetuning(tickets, LORA, **QUICK, settings={"virtual_tokens": 4}, bench=bench)
    with pytest.raises(SettingsError, match="rank is 999"):
        run_finetuning(tickets, LORA, **QUICK, settings={"rank": 999}, bench=bench)
    with pytest.raises(DataError, match="nothing"):
        run_finetuning(tmp_path / "nothing.jsonl", LORA, **QUICK, bench=bench)
    assert bench.knowledge.store.count() == before


def test_an_adapter_takes_the_place_of_an_older_one_and_of_nothing_else(own_bench, tickets, tmp_path):
    mine = tmp_path / "rows.jsonl"
    mine.write_text(tickets.read_text())
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "to my aunt").write_text("dear aunt")
    for place in (mine, folder, mine / "inside"):
        with pytest.raises(ToolError, match="out is"):
            run_finetuning(mine, LORA, **QUICK, out=place, bench=own_bench)
    assert mine.read_text() == tickets.read_text()
    assert (folder / "to my aunt").read_text() == "dear aunt"
    for rank in (1, 2):
        run_finetuning(mine, LORA, **QUICK, settings={"rank": rank}, out=tmp_path / "adapter", bench=own_bench)
    assert json.loads((tmp_path / "adapter" / "adapter.json").read_text())["settings"]["rank"] == 2
