"""The thread that talks: in order, stopped when asked to, and never left waiting."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from queue import SimpleQueue

import pytest

from advisor.controller import never
from advisor.models import chosen_model
from advisor.session import Session
from advisor.tui.events import Broke, Did, Ended, Refused, Stepped, Trained, Wanted
from advisor.tui.start import Wishes, opening_of
from advisor.tui.talker import STOPPED, Talker, answer
from metapeft_core.errors import DataError
from tools.workbench import Workbench

WAIT = 300


@pytest.fixture
def told():
    return SimpleQueue()


@pytest.fixture
def opening(desk, tickets):
    """A session without a model, on a store of its own."""

    def made(confirm, watch):
        bench = Workbench(desk / "experiences.sqlite")
        return Session(bench=bench, data=tickets, backbone="minilm:3", confirm=confirm, watch=watch, can_ask=True)

    return made


@pytest.fixture
def talker(opening, told):
    found = Talker(opening, told.put)
    found.start()
    yield found
    found.close(WAIT)


def until(told, kind):
    """Everything up to the first of a kind."""
    seen = []
    while not seen or not isinstance(seen[-1], kind):
        seen.append(told.get(timeout=WAIT))
        assert kind is Broke or not isinstance(seen[-1], Broke), seen[-1]
    return seen


def count(desk):
    """The experiences in the store."""
    with Workbench(desk / "experiences.sqlite") as bench:
        return bench.knowledge.store.count()


def test_a_turn_is_told_step_by_step_and_ended(talker, told):
    talker.ask("which method?")
    seen = until(told, Ended)
    assert [event.step.kind for event in seen[:-1]] == ["understood", "calling", "called", "answer"]
    assert seen[-2].step.recommendation.evidence[0] in seen[-2].runs
    assert not seen[-1].stopped


def test_a_training_is_watched_and_ends_when_it_is_stopped(talker, told, desk):
    before = count(desk)
    talker.ask("train it with lora for 200 steps")
    wanted = until(told, Wanted)[-1]
    assert wanted.call.tool == "run_finetuning"
    answer(wanted.reply, True)
    first = until(told, Trained)[-1]
    assert (first.progress.step, first.progress.steps) == (1, 200)
    talker.stop()
    seen = until(told, Ended)
    last = [event for event in seen if isinstance(event, Stepped)][-1]
    assert last.step.text == STOPPED
    assert sum(isinstance(event, Trained) for event in seen) < 199
    assert count(desk) == before


def test_a_turn_that_is_stopped_between_tools_ends_without_an_answer(opening, told):
    def stop_at_the_call(event):
        if isinstance(event, Stepped) and event.step.kind == "calling":
            talker.stop()
        told.put(event)

    talker = Talker(opening, stop_at_the_call)
    talker.start()
    talker.ask("which method?")
    seen = until(told, Ended)
    talker.close(WAIT)
    assert seen[-1].stopped
    assert not any(isinstance(event, Stepped) and event.step.is_last for event in seen)


def test_closing_is_a_no_for_whoever_waits_for_a_yes(talker, told):
    talker.ask("train it with lora for 200 steps")
    wanted = until(told, Wanted)[-1]
    talker.close(WAIT)
    assert wanted.reply.result(timeout=WAIT) is False
    assert not talker.is_alive


class Endless:
    """A model that writes until it is closed."""

    def __init__(self) -> None:
        self.begun, self.closed = threading.Event(), threading.Event()

    def choose(self, prompt, pattern, leaning=None):
        self.begun.set()
        self.closed.wait(WAIT)
        raise CancelledError

    def close(self):
        self.closed.set()


def test_closing_ends_what_a_model_is_at_and_tells_of_no_bug(opening, told):
    model = Endless()

    def with_model(confirm, watch):
        session = opening(confirm, watch)
        session.controller.model = model
        return session

    talker = Talker(with_model, told.put)
    talker.start()
    talker.ask("which method?")
    assert model.begun.wait(WAIT)
    talker.close(WAIT)
    assert not talker.is_alive
    assert told.empty()


def models_at_work():
    return [thread for thread in threading.enumerate() if thread.name.startswith("inference")]


def test_a_model_leaves_with_the_talker(desk, told):
    talker = Talker(opening_of(Wishes(reader="minilm", store=desk / "experiences.sqlite")), told.put)
    talker.start()
    talker.do(lambda session: models_at_work(), print)
    assert until(told, Did)[-1].found
    talker.close(WAIT)
    assert not talker.is_alive
    assert not models_at_work()


def test_a_session_that_cannot_be_opened_leaves_no_model(desk, monkeypatch):
    begun = []

    def begin(name):
        begun.append(chosen_model(name))
        return begun[-1]

    def fail(*_, **__):
        raise DataError("no such rows")

    monkeypatch.setattr("advisor.models.chosen_model", begin)
    monkeypatch.setattr("advisor.session.Session", fail)
    with pytest.raises(DataError):
        opening_of(Wishes(reader="minilm"))(never, print)
    assert len(begun) == 1
    assert not models_at_work()


def test_what_the_user_can_mend_is_told_and_the_thread_goes_on(talker, told):
    def fail(_):
        raise DataError("no rows: add some")

    talker.do(fail, print)
    assert until(told, Refused)[-1].text == "no rows: add some"
    talker.do(lambda session: session.state.backbone, print)
    assert until(told, Did)[-1].found == "minilm:3"


def test_a_bug_is_handed_over_and_ends_the_thread(talker, told):
    talker.do(lambda _: 1 // 0, print)
    assert isinstance(until(told, Broke)[-1].fault, ZeroDivisionError)
    talker.close(WAIT)
    assert not talker.is_alive


def test_the_first_answer_counts():
    reply: Future[bool] = Future()
    answer(reply, True)
    answer(reply, False)
    assert reply.result() is True
