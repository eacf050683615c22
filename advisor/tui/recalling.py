"""Conversations that are taken up again or begun anew, as the screen shows them. Runs where the session is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.tui.events import Said, Stepped

if TYPE_CHECKING:
    from pathlib import Path

    from advisor.conversations import Turn
    from advisor.session import Session
    from advisor.state import State
    from metapeft_core.types import TaskCharacteristics

BY_WORDS = "words"


@dataclass(frozen=True, slots=True)
class Recalled:
    """Where a conversation stands."""

    state: State
    said: tuple[Said, ...]
    reader: str
    """By what questions are read: a model's name, or their words alone."""


def standing(session: Session) -> Recalled:
    """The conversation that the session was opened with."""
    from advisor.conversations import place_of, turns_of

    name = session.name
    turns = turns_of(name) if name is not None and place_of(name).exists() else ()
    return _recalled(session, turns)


def resumed(session: Session, name: str) -> Recalled:
    """Another one that was kept."""
    return _recalled(session, session.resume(name))


def begun_anew(session: Session) -> Recalled:
    """A new one."""
    from advisor.conversations import new_name

    session.begin(new_name())
    return _recalled(session, ())


def with_data(session: Session, data: Path | None) -> tuple[TaskCharacteristics | None, State]:
    """The same one, judging by a data file or by words; what the file holds."""
    return session.use_data(data), session.state


def with_backbone(session: Session, name: str | None) -> State:
    """The same one, for another model."""
    session.use_backbone(name)
    return session.state


def told_with_runs(session: Session, told: Stepped) -> Stepped:
    """A recommendation with the experiences that it rests on."""
    found = told.step.recommendation
    if found is None:
        return told
    known = session.bench.experiences
    return Stepped(told.step, told.state, {each: known[each] for each in found.evidence if each in known})


def _recalled(session: Session, turns: Iterable[Turn]) -> Recalled:
    model = session.controller.model
    reader = BY_WORDS if model is None else str(getattr(model, "name", "a model"))
    said: list[Said] = []
    for turn in turns:
        said.append(_said(session, turn, said[-1].told.state if said else None))
    return Recalled(session.state, tuple(said), reader)


def _said(session: Session, turn: Turn, before: State | None) -> Said:
    from advisor.steps import Step

    # The turn that ended in a recommendation was answered with its reasons; later ones only carry it along.
    found = turn.state.recommendation
    is_new = before is None or before.recommendation != found
    own = found if is_new and found is not None and found.reasoning == turn.answer else None
    step = Step("answer" if turn.state.asked is None else "asking", turn.answer, recommendation=own)
    return Said(turn.question, told_with_runs(session, Stepped(step, turn.state)))
