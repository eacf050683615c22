"""Words about a task: closed vocabularies, and the known tasks that fit them best stand in for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from samples import characteristics, experience

from knowledge.brief import A_FAMILY, MOST, SPOKEN, STAND_INS, TaskBrief, bent, likeness, stand_ins
from knowledge.shipped import read_shipped
from metapeft_core.data.domain import DOMAINS
from metapeft_core.data.task_type import CLASSIFICATION_TYPES, GENERATION_TYPES, TASK_TYPES
from metapeft_core.errors import SelectionError

SHIPPED = [memory.experience for memory in read_shipped()]
KNOWN = [one.characteristics for one in {one.rows: one for one in SHIPPED if one.characteristics}.values()]
OF_TASK = {one.task: one for one in SHIPPED if one.characteristics}


def briefs() -> st.SearchStrategy[TaskBrief]:
    """Anything that can be said."""
    return st.builds(
        TaskBrief,
        rows=st.none() | st.integers(1, 5000) | st.integers(1, MOST),
        task_type=st.none() | st.sampled_from(TASK_TYPES),
        domain=st.none() | st.sampled_from(DOMAINS),
        language=st.none() | st.sampled_from(SPOKEN),
        classes=st.none() | st.integers(2, 100) | st.integers(2, MOST),
        tokens=st.none() | st.integers(1, 1000) | st.integers(1, MOST),
        objective=st.none() | st.sampled_from(["classification", "generation"]),
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"task_type": "dance"}, "task_type is 'dance': it is one of .*sentiment"),
        ({"domain": "knitting"}, "domain is 'knitting': it is one of .*medical"),
        ({"language": "Slovene"}, "language is 'Slovene': it is one of .*sl"),
        ({"rows": 0}, "rows is 0: it must be from 1"),
        ({"rows": -5}, "rows is -5"),
        ({"classes": 1}, "classes is 1: it must be from 2"),
        ({"tokens": 0}, "tokens is 0"),
        ({"rows": 10**5000}, "rows is an integer of"),
    ],
    ids=["task_type", "domain", "language", "no rows", "fewer", "one class", "no tokens", "more than there is"],
)
def test_what_cannot_be_said_is_refused_with_what_can(words: dict[str, object], told: str):
    with pytest.raises(SelectionError, match=told):
        TaskBrief(**words)
    with pytest.raises((SelectionError, ValidationError)):
        TypeAdapter(TaskBrief).validate_python(words)


def test_every_word_that_describes_shipped_data_can_be_said():
    for known in KNOWN:
        brief = TaskBrief(task_type=known.task_type, domain=known.domain)
        assert likeness(brief, known) == 1
        assert known.language in SPOKEN or known.language == "und"


def test_whoever_reads_the_schema_is_told_the_closed_vocabularies():
    told = TypeAdapter(TaskBrief).json_schema()["properties"]
    for name, words in (("task_type", TASK_TYPES), ("domain", DOMAINS), ("language", SPOKEN)):
        assert told[name]["anyOf"][0]["enum"] == list(words)


@pytest.mark.parametrize("kind", TASK_TYPES)
def test_what_is_asked_follows_from_the_kind_of_task(kind: str):
    wanted = "classification" if kind in CLASSIFICATION_TYPES else "generation"
    assert TaskBrief(task_type=kind).asked_objective() == wanted
    assert TaskBrief(task_type=kind, classes=4).asked_objective() == "classification"
    assert TaskBrief(task_type=kind, objective="generation").asked_objective() == "generation"


def test_labels_are_asked_for_where_nothing_is_said():
    assert TaskBrief().asked_objective() == "classification"
    assert set(GENERATION_TYPES) - set(CLASSIFICATION_TYPES)


@given(briefs(), st.sampled_from(KNOWN))
def test_likeness_lies_between_none_and_all(brief, known):
    assert 0 <= likeness(brief, known) <= 1


@given(st.sampled_from(KNOWN))
def test_a_task_is_wholly_like_what_is_true_of_it_and_like_anything_where_nothing_is_said(known):
    assert likeness(TaskBrief(), known) == 1
    brief = TaskBrief(rows=known.dataset_size, classes=known.classes or None, domain=known.domain)
    assert likeness(brief, known) == pytest.approx(1)
    assert likeness(brief, None) == 0


def test_nearer_numbers_and_the_same_words_are_more_alike():
    known = replace(characteristics(0), dataset_size=64, classes=4)
    by_rows = [likeness(TaskBrief(rows=rows), known) for rows in (64, 100, 256, 1000)]
    assert by_rows == sorted(by_rows, reverse=True)
    assert len(set(by_rows)) == 4
    by_classes = [likeness(TaskBrief(classes=classes), known) for classes in (4, 8, 64)]
    assert by_classes == sorted(by_classes, reverse=True)
    right, wrong = (TaskBrief(rows=64, domain=domain) for domain in (known.domain, "sports"))
    assert likeness(right, known) > likeness(wrong, known)


@settings(max_examples=25)
@given(briefs())
def test_stand_ins_are_of_different_tasks_and_families_and_the_best_come_first(brief):
    found = stand_ins(brief, SHIPPED)
    assert 1 <= len(found) <= STAND_INS
    assert len({one.task for one in found}) == len(found)
    assert max(Counter(one.family for one in found).values()) <= A_FAMILY
    values = [one.likeness for one in found]
    assert values == sorted(values, reverse=True)
    assert {one.characteristics.objective for one in found} == {brief.asked_objective()}


@settings(max_examples=25)
@given(briefs())
def test_stand_ins_are_bent_to_what_is_said(brief):
    for one in stand_ins(brief, SHIPPED):
        told = one.characteristics
        for said, now in (
            (brief.rows, told.dataset_size),
            (brief.task_type, told.task_type),
            (brief.domain, told.domain),
            (brief.language, told.language),
            (brief.classes, told.classes),
        ):
            assert said is None or now == said
        assert brief.tokens is None or told.sequence_length.median == pytest.approx(brief.tokens)
        assert 0 < told.majority_share <= 1 or told.objective == "generation"
        lengths = told.sequence_length
        assert 0 <= lengths.minimum <= lengths.median <= lengths.p95 <= lengths.maximum


def test_what_is_not_said_stays_as_it_is_known():
    for known in KNOWN:
        assert bent(TaskBrief(), known) == known


def test_of_more_classes_none_holds_as_many_rows():
    known = replace(characteristics(0), classes=2, majority_share=0.6)
    assert bent(TaskBrief(classes=20), known).majority_share == pytest.approx(0.06)
    crowded = replace(known, classes=10, majority_share=0.9)
    assert bent(TaskBrief(classes=2), crowded).majority_share == 1


def test_longer_texts_are_longer_throughout():
    known = characteristics(0)
    found = bent(TaskBrief(tokens=190), known).sequence_length
    assert (found.minimum, found.mean, found.median, found.p95, found.maximum) == (10, 205, 190, 400, 600)


def test_known_tasks_of_that_kind_stand_in():
    for brief in (TaskBrief(task_type="sentiment"), TaskBrief(task_type="topic", language="en")):
        first = stand_ins(brief, SHIPPED)[0]
        known = OF_TASK[first.task].characteristics
        assert first.likeness == 1
        assert known.task_type == brief.task_type
        assert brief.language in (None, known.language)


def test_tasks_of_that_size_stand_in():
    for rows in (16, 1000, 50_000):
        found = stand_ins(TaskBrief(rows=rows), SHIPPED)
        # More rows than were ever measured are like the most that were.
        assert all(one.likeness == pytest.approx(1) for one in found)
        assert all(one.characteristics.dataset_size == rows for one in found)


def test_the_same_words_get_the_same_stand_ins_whatever_the_order_of_what_is_known():
    brief = TaskBrief(rows=200, task_type="sentiment", language="en")
    found = stand_ins(brief, SHIPPED)
    assert stand_ins(brief, SHIPPED) == found
    assert stand_ins(brief, SHIPPED[::-1]) == found


def test_fewer_can_be_asked_for():
    assert stand_ins(TaskBrief(), SHIPPED, 3) == stand_ins(TaskBrief(), SHIPPED)[:3]


def test_where_nothing_of_the_kind_is_known_a_data_file_is_asked_for():
    labels_alone = [experience(number) for number in range(40)]
    with pytest.raises(SelectionError, match=r"no generation task is known.*give a data file"):
        stand_ins(TaskBrief(task_type="translation"), labels_alone)
    with pytest.raises(SelectionError, match="give a data file"):
        stand_ins(TaskBrief(), [one for one in SHIPPED if one.provenance == "published"])
    assert stand_ins(TaskBrief(), labels_alone)


def test_in_words_it_is_plain_english():
    assert TaskBrief(task_type="part_of_speech", domain="social_media").in_words() == (
        "part of speech, about social media"
    )
    assert TaskBrief(rows=5).in_words()
