"""Conversations are kept turn by turn, read again, and gone on with."""

from __future__ import annotations

import pytest

from advisor.conversations import ConversationError, keep, names, new_name, place_of, turns_of
from advisor.session import Session
from advisor.state import State
from knowledge.brief import TaskBrief
from tools.workbench import Workbench


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))


def test_a_turn_is_read_back_as_it_was():
    state = State(TaskBrief(500, "topic", "legal", "de", 3), max_memory_gb=8.0)
    keep("one", "a question", "an answer", state)
    keep("one", "another\nquestion", "ünïcode", State())
    first, second = turns_of("one")
    assert (first.question, first.answer, first.state) == ("a question", "an answer", state)
    assert (second.question, second.answer) == ("another\nquestion", "ünïcode")


def test_a_line_that_was_cut_off_is_left_out():
    keep("one", "a question", "an answer", State())
    with place_of("one").open("a") as file:
        file.write('{"format": 1, "quest')
    assert len(turns_of("one")) == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a b", "x" * 80])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ConversationError, match="no name of a conversation"):
        turns_of(name)


def test_one_that_is_not_there_is_told():
    with pytest.raises(ConversationError, match="there is no conversation"):
        turns_of("missing")


def test_new_names_differ_and_the_latest_is_listed_first():
    first, second = new_name(), new_name()
    assert first != second
    keep("20200101-000000-aa", "old", "", State())
    keep("20260101-000000-aa", "new", "", State())
    assert names()[0] == "20260101-000000-aa"


def test_a_session_goes_on_where_another_stopped(tmp_path):
    with Workbench(tmp_path / "experiences.sqlite") as bench:
        first = Session(bench=bench, name="talk")
        found = first.recommend("best PEFT for 500 legal QA examples on 8 GB")
        again = Session(bench=bench, name="talk", resume=True)
        assert again.state == first.state
        assert again.state.recommendation == found
        answer = [step.text for step in again.ask("why not prefix tuning?")][-1]
        assert "Prefix tuning: expected score" in answer
        assert [turn.question for turn in turns_of("talk")][-1] == "why not prefix tuning?"
