"""What a method is in words, and what the experiences say of it."""

from __future__ import annotations

import json

import pytest

from metapeft_core.types import TRAIN_SIZES, PEFTMethod
from tools import explain_method
from tools.registry import get_tool


@pytest.mark.parametrize("method", PEFTMethod)
def test_every_method_is_explained_and_measured(bench, method: PEFTMethod):
    found = explain_method(method, bench=bench)
    for words in (found.how, found.strong, found.weak, found.source):
        assert len(words) > 10
    runs = [run for run in bench.experiences.values() if run.provenance != "published" and run.method == method]
    assert found.runs == len(runs) > 0
    assert set(found.best_share) == set(found.near_share) <= set(map(str, TRAIN_SIZES))
    for size, share in found.best_share.items():
        assert 0 <= share <= found.near_share[size] <= 1
    assert found.seconds_ratio is not None
    assert 0.3 < found.seconds_ratio < 3
    assert found.memory_ratio is not None
    assert 0.5 < found.memory_ratio < 2


def test_of_each_size_one_method_was_best_each_time(bench):
    shares = [explain_method(method, bench=bench).best_share for method in PEFTMethod]
    for size in shares[0]:
        assert sum(each[size] for each in shares) == pytest.approx(1, abs=0.01)


def test_lora_is_what_the_others_are_measured_by(bench):
    found = explain_method(PEFTMethod.LORA, bench=bench)
    assert (found.seconds_ratio, found.memory_ratio) == (1, 1)


def test_no_two_methods_are_explained_alike(bench):
    told = [explain_method(method, bench=bench) for method in PEFTMethod]
    assert len({one.how for one in told}) == len({one.strong for one in told}) == len(PEFTMethod)


def test_an_answer_is_plain_json(bench):
    tool = get_tool("explain_method")
    plain = tool.plain(tool.call({"method": "p_tuning"}, bench))
    assert json.loads(json.dumps(plain))["source"] == "Liu et al. 2021"
