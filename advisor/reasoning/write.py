"""The reasons of a recommendation, written by a model and held against the evidence. Knows no tool and no screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from advisor.reasoning.check import faults
from advisor.reasoning.compose import composed
from advisor.reasoning.facts import Facts, in_lines

ASKED = "write the reasons\n"
TOKENS = 200
TRIES = 2


class Writer(Protocol):
    """Whoever writes a text after a prompt."""

    def write(self, prompt: str, most: int, opening: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Reasons:
    """A text, who wrote it, and what was wrong with those that are not shown."""

    text: str
    by_model: bool
    refused: tuple[tuple[str, ...], ...] = ()


def reasons_of(facts: Facts, writer: Writer | None) -> Reasons:
    """A text that says only what the evidence says: the model's, else another of its, else one that is composed."""
    if writer is None:
        return Reasons(composed(facts), by_model=False)
    refused: list[tuple[str, ...]] = []
    # A second try begins otherwise: greedy writing from the same beginning would be the same text.
    for opening in ("", f" {facts.method[:1].upper()}{facts.method[1:]}")[:TRIES]:
        try:
            text = (opening + writer.write(prompt_of(facts), TOKENS, opening)).strip()
        except TimeoutError:
            refused.append(("it took too long",))
            continue
        wrong = faults(text, facts)
        if not wrong:
            return Reasons(text, by_model=True, refused=tuple(refused))
        refused.append(tuple(wrong))
    return Reasons(composed(facts), by_model=False, refused=tuple(refused))


def prompt_of(facts: Facts) -> str:
    """What a model is shown."""
    return ASKED + in_lines(facts) + "reasons:"
