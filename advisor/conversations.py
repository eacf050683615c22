"""Conversations on disk: one file each, a line a turn, so that one can be read again and gone on with. Knows no screen.

A line holds the question, the answer, and the state after it. Lines are only ever added; a line that was cut off by a
crash, inside a letter even, is left out when the file is read, and the next one does not touch it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from advisor.state import State
from metapeft_core.errors import AdvisorError
from metapeft_core.files import home, not_kept

FORMAT = 1
NAME = re.compile(r"[\w-]{1,60}")


class ConversationError(AdvisorError):
    """A conversation that cannot be kept, found or read again."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, and what was answered."""

    question: str
    answer: str
    state: State
    when: str


_STATE = TypeAdapter(State)
_TURN = TypeAdapter(Turn)


def new_name() -> str:
    """A name for a conversation that begins now."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-") + os.urandom(2).hex()


def place_of(name: str) -> Path:
    """Where a conversation is kept."""
    if not NAME.fullmatch(name):
        raise ConversationError(f"{name!r} is no name of a conversation: see `advisor ask --list`")
    return home() / "conversations" / f"{name}.jsonl"


def keep(name: str, question: str, answer: str, state: State) -> None:
    """Add a turn."""
    place = place_of(name)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"format": FORMAT, "when": now, "question": question, "answer": answer}
    line = json.dumps(told | {"state": _STATE.dump_python(state, mode="json")}, ensure_ascii=False)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        # A path or a question may hold half a character, which no encoding has: written so, JSON reads it again.
        _add(place, line.encode("utf-8", "backslashreplace"))
    except OSError as fault:
        raise ConversationError(not_kept("the conversation", place, fault)) from fault


def _add(place: Path, line: bytes) -> None:
    """Write a line of its own, also behind one that was cut off."""
    with place.open("a+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        begins = file.read() in (b"", b"\n")
        file.write((b"" if begins else b"\n") + line + b"\n")


def turns_of(name: str) -> tuple[Turn, ...]:
    """The turns of a conversation, the first one first."""
    try:
        # Only this ends a line: what is said may hold any other character that text is broken at.
        lines = place_of(name).read_bytes().split(b"\n")
    except FileNotFoundError as fault:
        raise ConversationError(f"there is no conversation {name}: see `advisor ask --list`") from fault
    except OSError as fault:
        place = str(place_of(name))
        raise ConversationError(f"{place!r} cannot be read ({fault.strerror}): check its permissions") from fault
    return tuple(turn for line in lines if (turn := _turn(line)) is not None)


def _turn(line: bytes) -> Turn | None:
    """What a line holds; None for one that is not whole."""
    try:
        return _TURN.validate_python(json.loads(line.decode("utf-8")))
    # The second where a task holds what no task can, the third where brackets stand in brackets without end.
    except (ValueError, AdvisorError, RecursionError):
        return None


def names() -> Sequence[str]:
    """All conversations that are kept, the latest first."""
    folder = home() / "conversations"
    return [place.stem for place in sorted(folder.glob("*.jsonl"), reverse=True) if NAME.fullmatch(place.stem)]


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
