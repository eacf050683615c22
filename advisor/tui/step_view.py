"""A step on the screen: a line that unfolds. Knows steps as they are told, not who takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Collapsible, Static

from advisor.tui.step_words import details_of, line_of, progress_lines, stopped_line

if TYPE_CHECKING:
    from advisor.steps import Step
    from metapeft_core.training.judge import Verdict
    from metapeft_core.training.progress import Progress


class StepView(Collapsible):
    """Begins folded; a call and its answer share one line."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self._verdict: Verdict | None = None
        self._details = Static(details_of(step), markup=False)
        super().__init__(self._details, title="", classes=step.kind)
        self._show(line_of(step))

    def finish(self, step: Step) -> None:
        """The call has been answered."""
        self.remove_class(self.step.kind).add_class(step.kind)
        self.step = step
        self._show(line_of(step))
        self._details.update(details_of(step))

    def stop(self) -> None:
        """The call was not answered."""
        self._show(stopped_line(self.step.tool or ""))

    def advance(self, progress: Progress) -> None:
        """The training that was called takes its steps."""
        self._verdict = progress.verdict or self._verdict
        lines = [line_of(self.step), *progress_lines(progress, self._verdict).splitlines()]
        # Below the name of the tool, behind the mark of what can be unfolded.
        self._show("\n    ".join(lines))

    @property
    def line(self) -> str:
        """What stands on the screen while it is folded."""
        return self._line

    def _show(self, line: str) -> None:
        self._line = line
        # The title reads strings as markup; content is shown as it is.
        self._title.label = Content(line)
