"""What a model writes is shown where it holds, and else a text that is composed."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.reasoning.compose import composed
from advisor.reasoning.facts import Facts
from advisor.reasoning.write import TOKENS, TRIES, Reasons, prompt_of, reasons_of

FACTS = Facts("prompt tuning", "72%", "0.81", "0.70", "0.90", "5 minutes", "1.2 GB", "LoRA", "31%", comparisons="12")
TRUE = " prompt tuning is as good as the best with a probability of 72%, at a score of 0.81."
FALSE = " prompt tuning is as good as the best with a probability of 99%, at a score of 0.81."


@dataclass
class Writes:
    """Writes one text after the other, and remembers what it was asked."""

    texts: list[str]
    seen: list[tuple[str, int, str]] = field(default_factory=list)

    def write(self, prompt: str, most: int, opening: str = "") -> str:
        self.seen.append((prompt, most, opening))
        return self.texts[len(self.seen) - 1]


class Slow:
    """Never gets done."""

    def write(self, prompt: str, most: int, opening: str = "") -> str:
        raise TimeoutError


def test_without_a_writer_the_reasons_are_composed():
    assert reasons_of(FACTS, None) == Reasons(composed(FACTS), by_model=False)


def test_what_an_honest_writer_writes_is_shown():
    writer = Writes([TRUE])
    assert reasons_of(FACTS, writer) == Reasons(TRUE.strip(), by_model=True)
    assert writer.seen == [(prompt_of(FACTS), TOKENS, "")]


def test_a_writer_that_errs_once_is_asked_again_with_another_beginning():
    writer = Writes([FALSE, TRUE.removeprefix(" prompt tuning")])
    found = reasons_of(FACTS, writer)
    assert found.by_model
    assert found.text == "Prompt tuning" + TRUE.removeprefix(" prompt tuning")
    assert found.refused == (("the number 99%",),)
    assert [opening for *_, opening in writer.seen] == ["", " Prompt tuning"]


def test_what_a_lying_writer_writes_is_never_shown():
    writer = Writes([FALSE, " beats AdaLoRA by seven points."])
    found = reasons_of(FACTS, writer)
    assert (found.text, found.by_model) == (composed(FACTS), False)
    assert len(found.refused) == len(writer.seen) == TRIES
    assert found.refused[0] == ("the number 99%",)
    assert {"the method AdaLoRA", "the number word seven"} <= set(found.refused[1])


def test_a_writer_that_writes_nothing_is_not_shown():
    found = reasons_of(FACTS, Writes(["", ""]))
    assert (found.text, found.by_model) == (composed(FACTS), False)


def test_a_writer_that_takes_too_long_is_done_without():
    found = reasons_of(FACTS, Slow())
    assert (found.text, found.by_model) == (composed(FACTS), False)
    assert len(found.refused) == TRIES


def test_a_writer_is_shown_the_evidence_and_nothing_else():
    assert prompt_of(FACTS) == (
        "write the reasons\nmethod: prompt tuning\nchance: 72%\nscore: 0.81\nlow: 0.70\nhigh: 0.90\ntime: 5 minutes\n"
        "memory: 1.2 GB\nrival: LoRA\nrival chance: 31%\ncomparisons: 12\nknown from: words\nreasons:"
    )
