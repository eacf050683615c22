"""The knowledge base knows something on the day it is installed, and what ships is what its sources say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from samples import lonely_memory, unit_vector

from knowledge.base import KnowledgeBase
from knowledge.embed import centroid, describe_in_vector, embed_texts, task_vector
from knowledge.importing.figures import PUBLISHED, read_figures
from knowledge.plain import to_json
from knowledge.records import Filter
from knowledge.shipped import read_shipped, shipped_files, supply
from knowledge.store import ExperienceStore
from metapeft_core.backbones.sentence import embed_texts as embed_in_the_core
from metapeft_core.data.task import Example, Task
from metapeft_core.score import score_of
from metapeft_core.types import PEFTMethod, family_of

SHIPPED = read_shipped()
MEASURED = [memory.experience for memory in SHIPPED if memory.experience.provenance == "measured"]


def test_a_new_store_has_what_ships_and_gets_it_once(tmp_path: Path):
    with KnowledgeBase(tmp_path / "experiences.sqlite") as known:
        assert known.store.count() == len(SHIPPED) > 0
        assert supply(known.store) == 0
    with KnowledgeBase(tmp_path / "experiences.sqlite") as known:
        assert known.store.count() == len(SHIPPED)


def test_a_supply_that_was_interrupted_is_made_up_for(tmp_path: Path):
    with ExperienceStore(tmp_path / "experiences.sqlite") as store:
        store.add(*SHIPPED[:10], lonely_memory(1))
    with KnowledgeBase(tmp_path / "experiences.sqlite") as known:
        assert known.store.count() == len(SHIPPED) + 1


def test_what_is_remembered_is_found_at_once(tmp_path: Path):
    with KnowledgeBase(tmp_path / "experiences.sqlite") as known:
        assert known.remember([lonely_memory(5)]) == 1
        near = known.nearest(unit_vector(5), 1)
        assert near[0].memory.experience.id == lonely_memory(5).experience.id
        assert near[0].similarity == pytest.approx(1.0, abs=1e-5)


def test_words_find_tasks_that_are_about_them(tmp_path: Path):
    with KnowledgeBase(tmp_path / "experiences.sqlite") as known:
        found = known.nearest(describe_in_vector("grade school math word problems"), 5, Filter(provenance="published"))
    assert {near.memory.experience.stated["domain"] for near in found} == {"math"}


def test_the_published_figures_that_ship_are_those_of_their_table():
    shipped = [to_json(m.experience) for m in SHIPPED if m.experience.provenance == "published"]
    table = [to_json(memory.experience) for memory in read_figures(PUBLISHED, "published").memories]
    assert len(shipped) == 116
    assert shipped == table


def test_what_ships_is_whole_and_has_no_texts():
    assert shipped_files()
    assert len({memory.experience.id for memory in SHIPPED}) == len(SHIPPED)
    for experience in MEASURED:
        assert experience.rows
        assert family_of(experience)
        assert experience.source
        assert experience.characteristics is not None
        if experience.outcome == "completed":
            assert score_of(experience) is not None
            assert len(experience.curve) >= 3
            assert experience.performance["processor_seconds"] > 0
        for value in (*experience.hyperparameters.values(), *experience.stated.values(), experience.task):
            assert len(str(value)) < 80


def test_every_method_and_both_depths_are_among_what_ships():
    assert {experience.method for experience in MEASURED} == set(PEFTMethod)
    assert {"minilm", "minilm:3", "smollm2"} <= {experience.backbone.name for experience in MEASURED}


def test_sentence_transformers_and_the_core_agree_on_every_text():
    texts = ["a lovely film", "Das war schlecht.", "", "x" * 9000, "naïve café\u0000", " ".join(["word"] * 400)]
    ours, theirs = embed_texts(texts), embed_in_the_core([text[:4000] for text in texts])
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    assert np.sum(ours[:3] * theirs[:3], axis=1) == pytest.approx(1, abs=1e-4)


def test_a_tasks_vector_is_the_direction_of_its_texts():
    good = tuple(Example(text, "x") for text in ("the soup was great", "we loved the dessert", "friendly waiters"))
    task = Task("food", "classification", good, (), (), ("x", "y"))
    assert float(task_vector(task) @ describe_in_vector("restaurant reviews")) > float(
        task_vector(task) @ describe_in_vector("compiler error messages")
    )
    assert np.linalg.norm(task_vector(task)) == pytest.approx(1, abs=1e-5)


def test_texts_that_cancel_out_still_have_a_vector():
    vector = unit_vector(1)
    assert np.array_equal(centroid(np.stack([vector, -vector])), vector)
