"""A step of a turn in words: its line, and what it unfolds to. Knows steps, no screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.tui.figures import lines_of, one_line

if TYPE_CHECKING:
    from advisor.steps import Step
    from metapeft_core.training.judge import Verdict
    from metapeft_core.training.progress import Progress

MARKS = {"understood": "·", "calling": "…", "called": "✓", "mistake": "!"}
STOPPED_MARK = "×"
BAR = 20


def line_of(step: Step) -> str:
    """What stands on the screen while it is folded."""
    if step.kind == "called":
        return f"{MARKS['called']} {step.tool} ({step.seconds:.1f} s)"
    return f"{MARKS.get(step.kind, '·')} {one_line(step.text)}"


def stopped_line(tool: str) -> str:
    """Of a tool that did not come to its end."""
    return f"{STOPPED_MARK} {tool}"


def details_of(step: Step) -> str:
    """What it unfolds to: arguments and result as plain figures."""
    if step.tool is None:
        return "\n".join(lines_of(step.result)) or "nothing more is known"
    lines = ["arguments", *_below(step.arguments)]
    if step.kind == "called":
        lines += ["result", *_below(step.result)]
    return "\n".join(lines)


def _below(found: object) -> list[str]:
    return [f"  {line}" for line in lines_of(found)] or ["  none"]


def progress_lines(progress: Progress, verdict: Verdict | None) -> str:
    """A training under way, and how the validation rows were judged last."""
    share = progress.step / max(1, progress.steps)
    full = round(share * BAR)
    told = f"{'█' * full}{'░' * (BAR - full)} step {progress.step} of {progress.steps}, loss {progress.loss:.3f}"
    if verdict is None:
        return told
    metrics = [f"{name.replace('_', '-')} {value:.3f}" for name, value in verdict.metrics.items()]
    return "\n".join([told, ", ".join([f"validation loss {verdict.loss:.3f}", *metrics])])
