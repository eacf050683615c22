"""Tasks and domains that a text names are taken from it, whatever a reader says."""

from __future__ import annotations

import pytest

from advisor.reading.form import SUBJECTS, TASKS
from advisor.reading.lexicon import lexicon
from advisor.reading.subjects import domains_in, held, hinted_tasks, is_sorting, task_of, tasks_in


def test_what_is_named_is_in_the_closed_vocabularies():
    for name in ("task_names", "task_hints"):
        assert {*lexicon(name).things, *lexicon(name).misspelt.values()} <= set(TASKS.values())
    assert {*lexicon("domain_names").things, *lexicon("domain_names").misspelt.values()} <= set(SUBJECTS.values())


@pytest.mark.parametrize(
    ("text", "tasks", "domains"),
    [
        ("sentiment of hotel reviews", ("sentiment",), ("travel", "reviews")),
        ("question answering over contracts", ("question_answering",), ("legal",)),
        ("Stimmungsanalyse von Tweets", ("sentiment",), ("social_media",)),
        ("перевод новостей", ("translation",), ("news",)),
        ("微博情感分析", ("sentiment",), ("social_media",)),
        ("clasification of custmer emials", (), ("messages",)),
        ("summarization of discharge summaries", ("summarisation",), ()),
        ("discharge summaries by specialty", (), ()),
        ("best settings for lora", (), ()),
        ("I intend to contact the layers of a model", (), ()),
    ],
)
def test_tasks_and_domains_are_found(text: str, tasks: tuple[str, ...], domains: tuple[str, ...]):
    assert (tasks_in(text), domains_in(text)) == (tasks, domains)


@pytest.mark.parametrize(
    ("told", "named", "taken"),
    [
        ("spam", (), "spam"),
        (None, (), None),
        (None, ("spam",), "spam"),
        ("chat", ("spam",), "spam"),
        ("chat", ("spam", "chat"), "chat"),
    ],
)
def test_what_is_named_counts_more_than_what_a_reader_says(told: str | None, named: tuple[str, ...], taken: str | None):
    assert held(told, named) == taken


@pytest.mark.parametrize(
    ("told", "text", "classes", "taken"),
    [
        ("summarisation", "classify news articles", None, "other_classification"),
        ("summarisation", "news articles, who wrote them", 6, "other_classification"),
        ("intent", "4 classes", 4, "intent"),
        ("summarisation", "summarise them, then classify", None, "summarisation"),
        ("summarisation", "news articles", None, "summarisation"),
    ],
)
def test_where_there_are_classes_nothing_is_written(
    told: str | None, text: str, classes: int | None, taken: str | None
):
    assert task_of(told, text, classes, begins=True) == taken
    assert task_of(told, text, classes, begins=False) == taken


def test_a_follow_up_about_classes_is_about_the_same_task():
    assert task_of(None, "oh, and there are 4 classes", 4, begins=False) is None
    assert task_of(None, "news articles, 4 classes", 4, begins=True) == "other_classification"


def test_words_that_may_mean_something_else_only_hint():
    assert tasks_in("sort my tickets") == ()
    assert hinted_tasks("sort my tickets") == ("topic",)
    assert is_sorting("three classes")
    assert not is_sorting("a classic")
