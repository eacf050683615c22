"""A conversation as Markdown and a recommendation as JSON, written where the user says. Knows no screen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metapeft_core.data.record import inert
from metapeft_core.errors import AdvisorError
from metapeft_core.files import replaced_file

if TYPE_CHECKING:
    from advisor.tui.events import Said, Stepped


class ExportError(AdvisorError):
    """A place to which nothing can be written, or nothing to write."""


def export(said: Sequence[Said], place: Path) -> None:
    """By the ending of the file: `.md` the conversation, `.json` its last recommendation."""
    ending = place.suffix.lower()
    if ending not in (".md", ".json"):
        raise ExportError(f"{place} has no known ending: name it *.md for the conversation or *.json")
    text = in_markdown(said) if ending == ".md" else in_json(said)
    try:
        if place.exists():
            raise ExportError(f"{place} is there already: name another file")
        with replaced_file(place) as fresh:
            fresh.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as fault:
        raise ExportError(f"{place} cannot be written ({fault}): name another file") from fault


def in_markdown(said: Sequence[Said]) -> str:
    """Questions as headings, answers below them, a recommendation with its figures."""
    if not said:
        raise ExportError("nothing has been said yet: ask something first")
    parts = ["# A conversation with the PEFT advisor\n"]
    for one in said:
        parts.append(f"## {_quoted(one.question)}\n")
        if one.told.step.recommendation is not None:
            parts.append(_recommended(one.told))
        else:
            parts.append(_fenced(one.told.step.text))
    return "\n".join(parts)


def in_json(said: Sequence[Said]) -> str:
    """The last recommendation."""
    from advisor.recommendation_card import plain

    found = next((one.told.step.recommendation for one in reversed(said) if one.told.step.recommendation), None)
    if found is None:
        raise ExportError("there is no recommendation yet: ask for one first")
    return json.dumps(plain(found), indent=2) + "\n"


def _recommended(told: Stepped) -> str:
    from advisor.printing import duration, size
    from advisor.recommendation_card import settings_in_words, title_of
    from advisor.tui.card_view import command_of
    from metapeft_core.selection.reasons import NAMES

    found = told.step.recommendation
    assert found is not None
    lines = [f"**{title_of(found)}**, {found.confidence:.0%} that nothing beats it by more than noise.\n"]
    lines += [f"{_quoted(found.reasoning)}\n", f"Settings: `{settings_in_words(found.hyperparameters)}`\n"]
    lines += ["| method | chance | quality | range | time | memory |", "| --- | --- | --- | --- | --- | --- |"]
    for one in found.ranking:
        quality = one.quality
        lines.append(
            f"| {NAMES[one.method]} | {one.chance:.0%} | {quality.expected:.2f} | {quality.low:.2f} to "
            f"{quality.high:.2f} | {duration(one.seconds.expected)} | {size(one.memory_bytes.expected)} |"
        )
    return "\n".join([*lines, "", _fenced(command_of(told))])


def _quoted(text: str) -> str:
    """Words that came from somebody, on one line and as they are: Markdown acts on none of them."""
    line = inert(" ".join(text.split()))
    return "".join(f"\\{each}" if each in "\\`*_[]<>#|!&~" else each for each in line)


def _fenced(text: str) -> str:
    """As it is, in a fence that nothing in it can close."""
    longest, run = 2, 0
    for each in text:
        run = run + 1 if each == "`" else 0
        longest = max(longest, run)
    fence = "`" * (longest + 1)
    return f"{fence}\n{inert(text)}\n{fence}\n"
