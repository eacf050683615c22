"""A task as a direction among those that are known."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.brief import TaskBrief
from knowledge.records import WIDTH
from tools import embed_task
from tools.embed_task import NEAREST


def test_a_task_is_a_vector_of_length_one(bench, tickets):
    for found in (embed_task(bench=bench), embed_task(data=tickets, bench=bench)):
        assert len(found.vector) == WIDTH
        assert np.linalg.norm(found.vector) == pytest.approx(1, abs=1e-5)


def test_the_nearest_tasks_are_different_ones_nearest_first(bench, tickets):
    found = embed_task(data=tickets, bench=bench)
    names = [name for name, _ in found.nearest]
    likeness = [value for _, value in found.nearest]
    assert len(set(names)) == len(names) == NEAREST
    assert set(names) <= {run.task for run in bench.experiences.values()}
    assert likeness == sorted(likeness, reverse=True)
    assert all(-1 <= value <= 1.0001 for value in likeness)


def test_words_lie_near_what_is_about_them(bench):
    assert "medicine" in embed_task(TaskBrief(domain="medical"), bench=bench).nearest[0][0]
    assert "translation_error" in dict(embed_task(TaskBrief(task_type="translation"), bench=bench).nearest[:3])


def test_what_is_said_moves_the_vector_and_saying_it_again_does_not(bench):
    medical, legal = (TaskBrief(task_type="topic", domain=domain) for domain in ("medical", "legal"))
    assert embed_task(medical, bench=bench) == embed_task(medical, bench=bench)
    assert float(np.dot(embed_task(medical, bench=bench).vector, embed_task(legal, bench=bench).vector)) < 0.95


def test_data_counts_and_words_do_not_where_both_are_given(bench, tickets):
    assert embed_task(TaskBrief(domain="legal"), tickets, bench=bench) == embed_task(data=tickets, bench=bench)
