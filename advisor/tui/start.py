"""Starts the conversation in the terminal, and tells why it ended. Knows the wishes of the command line."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.controller import Confirm
    from advisor.session import Session
    from advisor.tui.talker import Opening
    from metapeft_core.training.progress import Watch


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says."""

    data: Path | None = None
    backbone: str | None = None
    reader: str | None = None
    """The language model that reads and writes; `none` for words and ready sentences."""
    store: Path | None = None
    go_on: str | None = None
    """An earlier conversation."""


def start(wishes: Wishes) -> None:
    """Show the conversation until the user leaves; what ended it otherwise is raised."""
    from advisor.tui.app import AdvisorApp

    app = AdvisorApp(opening_of(wishes))
    app.run()
    if app.fault is not None:
        raise app.fault


def opening_of(wishes: Wishes) -> Opening:
    """How the session is made; everything that takes a while is imported there, while the screen stands already."""

    def opening(confirm: Confirm, watch: Watch) -> Session:
        from advisor.conversations import conversation_of
        from advisor.models import chosen_model
        from advisor.session import Session
        from tools.workbench import Workbench

        name, resume = conversation_of(wishes.go_on)
        with ExitStack() as opened:
            session = Session(
                model=opened.enter_context(chosen_model(wishes.reader) or nullcontext()),
                data=wishes.data,
                backbone=wishes.backbone,
                bench=opened.enter_context(Workbench(wishes.store)),
                confirm=confirm,
                can_ask=True,
                name=name,
                resume=resume,
                watch=watch,
            )
            # From here on whoever has the session closes them.
            opened.pop_all()
            return session

    return opening
