"""`advisor tui`: the conversation in the terminal. Knows options, no screen."""

from __future__ import annotations

from advisor.asking_options import AdaptedModel, GoOn, Reader, TaskData
from advisor.filter_options import Store


def tui(
    data: TaskData = None,
    model: AdaptedModel = None,
    llm: Reader = None,
    go_on: GoOn = None,
    store: Store = None,
) -> None:
    """Talk in the terminal: steps as they happen, cards, plots, the runs behind them. `advisor` alone does it too."""
    from advisor.tui.start import Wishes, start

    start(Wishes(data, model, llm, store, go_on))
