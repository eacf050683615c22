"""Conversations on disk: one file each, a line a turn, so that one can be read again and gone on with. Knows no screen.

A line holds the question, the answer, and the state after it. Lines are only ever added; a line that was cut off by a
crash is left out when the file is read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from advisor.state import State
from metapeft_core.errors import AdvisorError
from metapeft_core.files import home

FORMAT = 1
_STATE = TypeAdapter(State)


class ConversationError(AdvisorError):
    """A conversation that cannot be found or read again."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, and what was answered."""

    question: str
    answer: str
    state: State
    when: str


def new_name() -> str:
    """A name for a conversation that begins now."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-") + os.urandom(2).hex()


def place_of(name: str) -> Path:
    """Where a conversation is kept."""
    if not re.fullmatch(r"[\w-]{1,60}", name):
        raise ConversationError(f"{name!r} is no name of a conversation: see `advisor ask --list`")
    return home() / "conversations" / f"{name}.jsonl"


def keep(name: str, question: str, answer: str, state: State) -> None:
    """Add a turn."""
    place = place_of(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"format": FORMAT, "when": now, "question": question, "answer": answer}
    line = json.dumps(told | {"state": _STATE.dump_python(state, mode="json")}, ensure_ascii=False)
    with place.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def turns_of(name: str) -> tuple[Turn, ...]:
    """The turns of a conversation, the first one first."""
    try:
        lines = place_of(name).read_text(encoding="utf-8").splitlines()
    except OSError as fault:
        raise ConversationError(f"there is no conversation {name}: see `advisor ask --list`") from fault
    return tuple(turn for line in lines if (turn := _turn(line)) is not None)


def _turn(line: str) -> Turn | None:
    try:
        told = json.loads(line)
        return Turn(told["question"], told["answer"], _STATE.validate_python(told["state"]), told["when"])
    except (ValueError, KeyError, TypeError, ValidationError):
        return None


def names() -> Sequence[str]:
    """All conversations that are kept, the latest first."""
    folder = home() / "conversations"
    return [place.stem for place in sorted(folder.glob("*.jsonl"), reverse=True)]


def conversation_of(go_on: str | None) -> tuple[str, bool]:
    """The name of the conversation, and whether it goes on."""
    if go_on is None:
        return new_name(), False
    known = names()
    if go_on == "last" and not known:
        raise ConversationError("there is no conversation to go on with: ask something first")
    name = known[0] if go_on == "last" else go_on
    if not place_of(name).exists():
        raise ConversationError(f"there is no conversation {name}: see `advisor ask --list`")
    return name, True
