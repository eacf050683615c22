"""The line above the conversation: what it rests on, and what is under way. Knows the state, changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.tui.figures import one_line

if TYPE_CHECKING:
    from advisor.state import State

BUSY = "at work, escape stops it"


def status_of(state: State | None, reader: str | None, is_busy: bool) -> str:
    """The line."""
    if state is None or reader is None:
        return "opening the store"
    data = "no data file" if state.data is None else f"data {one_line(state.data.name)}"
    told = [data, f"model {one_line(state.backbone or 'not named')}", f"read by {one_line(reader)}"]
    return " · ".join([*([BUSY] if is_busy else []), *told])
