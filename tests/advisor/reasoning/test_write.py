"""What a model writes is shown where it holds, and else a text that is composed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from advisor.reasoning.compose import composed
from advisor.reasoning.facts import Facts
from advisor.reasoning.write import TOKENS, TOO_LONG, TRIES, Reasons, Writer, never, prompt_of, reasons_of

FACTS = Facts("prompt tuning", "72%", "0.81", "0.70", "0.90", "5 minutes", "1.2 GB", "LoRA", "31%", comparisons="12")
TRUE = " prompt tuning is as good as the best with a probability of 72%, at a score of 0.81."
FALSE = " prompt tuning is as good as the best with a probability of 99%, at a score of 0.81."


def told(facts: Facts, writer: Writer | None, is_late: Callable[[], bool] = never) -> tuple[list[str], Reasons]:
    """What is told on the way, and what comes of it."""
    *way, found = reasons_of(facts, writer, is_late)
    return way, found


@dataclass
class Writes:
    """Writes one text after the other, and remembers what it was asked."""

    texts: list[str]
    seen: list[tuple[str, int, str]] = field(default_factory=list)
    read: int = 0
    """Words that were taken."""

    def write(self, prompt: str, most: int, opening: str = "") -> Iterator[str]:
        self.seen.append((prompt, most, opening))
        for piece in re.findall(r"\s*\S+", self.texts[len(self.seen) - 1]):
            self.read += 1
            yield piece


class Slow:
    """Never gets done."""

    def write(self, prompt: str, most: int, opening: str = "") -> str:
        raise TimeoutError


def test_without_a_writer_the_reasons_are_composed():
    assert told(FACTS, None)[1] == Reasons(composed(FACTS), by_model=False)


def test_what_an_honest_writer_writes_is_shown():
    writer = Writes([TRUE])
    assert told(FACTS, writer)[1] == Reasons(TRUE.strip(), by_model=True)
    assert writer.seen == [(prompt_of(FACTS), TOKENS, "")]


def test_a_writer_that_errs_once_is_asked_again_with_another_beginning():
    writer = Writes([FALSE, TRUE.removeprefix(" prompt tuning")])
    _, found = told(FACTS, writer)
    assert found.by_model
    assert found.text == "Prompt tuning" + TRUE.removeprefix(" prompt tuning")
    assert found.refused == (("the number 99%",),)
    assert [opening for *_, opening in writer.seen] == ["", " Prompt tuning"]


def test_what_a_lying_writer_writes_is_never_shown():
    writer = Writes([FALSE, " beats AdaLoRA by seven points."])
    _, found = told(FACTS, writer)
    assert (found.text, found.by_model) == (composed(FACTS), False)
    assert len(found.refused) == len(writer.seen) == TRIES
    assert found.refused[0] == ("the number 99%",)
    assert {"the method AdaLoRA", "the number word seven"} <= set(found.refused[1])


def test_a_writer_that_writes_nothing_is_not_shown():
    _, found = told(FACTS, Writes(["", ""]))
    assert (found.text, found.by_model) == (composed(FACTS), False)


def test_a_writer_that_takes_too_long_is_done_without():
    _, found = told(FACTS, Slow())
    assert (found.text, found.by_model) == (composed(FACTS), False)
    assert len(found.refused) == TRIES


def test_a_writer_is_shown_the_evidence_and_nothing_else():
    assert prompt_of(FACTS) == (
        "write the reasons\nmethod: prompt tuning\nchance: 72%\nscore: 0.81\nlow: 0.70\nhigh: 0.90\ntime: 5 minutes\n"
        "memory: 1.2 GB\nrival: LoRA\nrival chance: 31%\ncomparisons: 12\nknown from: words\nreasons:"
    )


def test_sentences_are_told_when_they_are_whole_and_hold():
    more = " Training takes 5 minutes. LoRA is not far behind at 31%."
    way, found = told(FACTS, Writes([TRUE + more]))
    assert way == [TRUE.strip(), f"{TRUE.strip()} Training takes 5 minutes."]
    assert found.text == (TRUE + more).strip()


def test_a_text_is_broken_off_at_the_first_sentence_that_does_not_hold():
    writer = Writes([f"{TRUE} It takes 7 minutes. {'And so on. ' * 50}", ""])
    way, found = told(FACTS, writer)
    assert way == [TRUE.strip()]
    assert found.refused[0] == ("the number 7 minutes",)
    assert writer.read < 40


def test_a_text_without_end_is_broken_off():
    writer = Writes(["prompt tuning " * 10_000, ""])
    _, found = told(FACTS, writer)
    assert not found.by_model
    assert writer.read < 200


def test_when_the_time_is_up_nothing_more_is_written():
    way, found = told(FACTS, Writes([TRUE, TRUE]), lambda: True)
    assert (way, found.text) == ([], composed(FACTS))
    assert found.refused == ((TOO_LONG,), (TOO_LONG,))
