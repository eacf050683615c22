"""Conversations are kept turn by turn, read again, and gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisor.conversations import ConversationError, conversation_of, keep, names, new_name, place_of, turns_of
from advisor.session import Session
from advisor.state import State
from knowledge.brief import TaskBrief
from tools.workbench import Workbench

ANY = st.text(st.characters(), max_size=20)
"""Halves of characters too, as they come from words on a command line that are no UTF-8."""
BREAKS = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\r\nh"


def joined(text: str) -> str:
    """Two halves that stand side by side in the right order are one character once they are read."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def anew() -> Path:
    """Where a conversation is kept of which nothing is."""
    place = place_of("one")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    return place


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


@given(ANY, ANY, ANY, ANY)
@example("ro\udcffws", "an answer \udcff", "/data/\udcff.csv", "m\udcff")
@example(BREAKS, BREAKS, BREAKS, BREAKS)
def test_whatever_was_said_is_read_back(question: str, answer: str, data: str, backbone: str):
    anew()
    keep("one", question, answer, State(data=Path(data), backbone=backbone))
    (turn,) = turns_of("one")
    assert (turn.question, turn.answer) == (joined(question), joined(answer))
    assert turn.state == State(data=Path(joined(data)), backbone=joined(backbone))


@given(st.integers(0, 10**6))
@example(0)
def test_wherever_a_file_was_cut_what_is_whole_is_read_and_gone_on_with(cut: int):
    place = anew()
    for question in ("é", "条评论", "€ 𝄞"):
        keep("one", question, "ü", State())
    whole = place.read_bytes()
    ends = [at for at, byte in enumerate(whole) if byte == ord("\n")]
    cut %= len(whole) + 1
    place.write_bytes(whole[:cut])
    left = ["é", "条评论", "€ 𝄞"][: sum(end <= cut for end in ends)]
    assert [turn.question for turn in turns_of("one")] == left
    keep("one", "next", "", State())
    assert [turn.question for turn in turns_of("one")] == [*left, "next"]


@given(st.binary())
@example(b"[" * 100_000)
@example(b'{"question": 1, "answer": [], "state": {}, "when": null}\n')
@example(b'{"question": "", "answer": "", "state": {"task": {"rows": -1}}, "when": ""}')
@example(b'{"question": "", "answer": "", "state": {"task": {"task_type": "topic", "classes": 1}}, "when": ""}')
@example(b"\xff\xfe\n\n5\nnull\n")
def test_whatever_stands_in_a_file_a_turn_is_added_to_it(content: bytes):
    anew().write_bytes(content)
    assert turns_of("one") == ()
    keep("one", "a question", "an answer", State())
    assert [turn.question for turn in turns_of("one")] == ["a question"]


def test_a_file_of_an_earlier_version_is_read():
    told = {"format": 1, "when": "2026-01-01T00:00:00+00:00", "question": "ü\u2028?", "answer": "條"}
    state = {"task": {"rows": 500}, "data": "/a/b.csv", "backbone": None, "max_memory_gb": 8.0}
    anew().write_text(json.dumps(told | {"state": state}, ensure_ascii=False) + "\n", encoding="utf-8")
    (turn,) = turns_of("one")
    assert (turn.question, turn.answer, turn.when) == ("ü\u2028?", "條", told["when"])
    assert turn.state == State(TaskBrief(500), data=Path("/a/b.csv"), max_memory_gb=8.0)


def test_where_the_home_cannot_be_made_the_way_out_is_told(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ConversationError, match=r"cannot be kept in .* set PEFT_ADVISOR_HOME to another folder"):
        keep("one", "a question", "an answer", State())


def test_a_file_that_cannot_be_written_or_read_is_told():
    anew().mkdir()
    with pytest.raises(ConversationError, match=r"cannot be kept in .*one.jsonl"):
        keep("one", "a question", "an answer", State())
    with pytest.raises(ConversationError, match=r"one.jsonl' cannot be read \("):
        turns_of("one")


def test_a_file_with_a_name_that_is_none_is_not_listed():
    anew().with_name("my notes.jsonl").touch()
    keep("one", "a question", "an answer", State())
    assert names() == ["one"]
    assert conversation_of("last") == ("one", True)


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


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "conversations").write_text("in the way")
    with Workbench(tmp_path / "experiences.sqlite") as bench:
        *_, remark, last = Session(bench=bench, name="talk").ask("best PEFT for 500 legal QA examples")
    assert (remark.kind, last.kind) == ("mistake", "answer")
    assert "conversations" in remark.text
    assert last.recommendation is not None
