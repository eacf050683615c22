"""The reasons of a recommendation, written by a model and held against the evidence. Knows no tool and no screen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from advisor.reasoning.check import MOST, faults, faults_of, sentences_of, whole_sentences
from advisor.reasoning.compose import composed
from advisor.reasoning.facts import Facts, in_lines
from metapeft_core.selection.reasons import begun

ASKED = "write the reasons\n"
TOKENS = 200
TRIES = 2
TOO_LONG = "it took too long"


class Writer(Protocol):
    """Whoever writes a text after a prompt, piece by piece."""

    def write(self, prompt: str, most: int, opening: str = "") -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class Reasons:
    """A text, who wrote it, and what was wrong with those that are not shown."""

    text: str
    by_model: bool
    refused: tuple[tuple[str, ...], ...] = ()


def never() -> bool:
    """Time does not matter."""
    return False


def reasons_of(facts: Facts, writer: Writer | None, is_late: Callable[[], bool] = never) -> Iterator[str | Reasons]:
    """A text that says only what the evidence says: the model's, else another of its, else one that is composed.

    What is written so far, whenever another sentence is whole and holds, and at last the whole with who wrote it.
    """
    if writer is None:
        yield Reasons(composed(facts), by_model=False)
        return
    refused: list[tuple[str, ...]] = []
    # A second try begins otherwise: greedy writing from the same beginning would be the same text.
    for opening in ("", f" {begun(facts.method)}")[:TRIES]:
        text, wrong = yield from _written(facts, writer, opening, is_late)
        if not wrong:
            yield Reasons(text, by_model=True, refused=tuple(refused))
            return
        refused.append(tuple(wrong))
    yield Reasons(composed(facts), by_model=False, refused=tuple(refused))


def _written(
    facts: Facts, writer: Writer, opening: str, is_late: Callable[[], bool]
) -> Generator[str, None, tuple[str, list[str]]]:
    """One text and what is wrong with it; it is broken off at the first sentence that does not hold."""
    text, held = opening, ""
    try:
        for piece in writer.write(prompt_of(facts), TOKENS, opening):
            text += piece
            whole = whole_sentences(text)
            if wrong := [TOO_LONG] if is_late() else _faults_behind(held, whole, facts):
                return text.strip(), wrong
            if len(whole) > len(held):
                held = whole
                yield held.strip()
            if len(text) > MOST:
                break
    except TimeoutError:
        return text.strip(), [TOO_LONG]
    return text.strip(), faults(text.strip(), facts)


def _faults_behind(held: str, whole: str, facts: Facts) -> list[str]:
    """What is wrong with the sentences that came after those that hold."""
    return [fault for sentence in sentences_of(whole[len(held) :]) for fault in faults_of(sentence, facts)]


def prompt_of(facts: Facts) -> str:
    """What a model is shown."""
    return ASKED + in_lines(facts) + "reasons:"
