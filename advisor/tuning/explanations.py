"""Evidence that nobody gathered, and reasons written from it: what the small model learns to explain from."""

from __future__ import annotations

import random
from collections.abc import Iterator

from advisor.reasoning.compose import composed
from advisor.reasoning.facts import Facts, duration, percent, size
from advisor.reasoning.write import prompt_of
from advisor.tuning.conversations import Example
from metapeft_core.selection.reasons import NAMES, listed


def explanations(count: int, seed: int = 0) -> Iterator[Example]:
    """So many examples."""
    chance = random.Random(seed)
    for _ in range(count):
        facts = made_up(chance)
        yield Example(prompt_of(facts), f" {composed(facts, chance.choice)}")


def made_up(chance: random.Random) -> Facts:
    """Figures as a recommendation may have them."""
    method, rival, *others = chance.sample(list(NAMES.values()), len(NAMES))
    low, score, high = sorted(chance.random() for _ in range(3))
    tied = listed(others[: chance.choice((1, 1, 2))]) if chance.random() < 0.2 else ""
    has_rival = chance.random() < 0.9
    return Facts(
        method,
        percent(chance.uniform(0.25, 0.98)),
        f"{score:.2f}",
        f"{low:.2f}",
        f"{high:.2f}",
        duration(10 ** chance.uniform(0.5, 5)),
        size(10 ** chance.uniform(7.8, 11)),
        rival if has_rival else "",
        percent(chance.uniform(0.1, 0.8)) if has_rival else "",
        tied,
        chance.choice(others) if chance.random() < 0.3 else "",
        chance.choice(others) if chance.random() < 0.3 else "",
        str(chance.choice((12, 12, 8, 10, 6, 11, 5, 9))) if chance.random() < 0.9 else "",
        percent(chance.uniform(0.05, 1)) if chance.random() < 0.25 else "",
        chance.choice(("words", "data")),
        "yes" if chance.random() < 0.2 else "",
        "yes" if chance.random() < 0.08 else "",
        "yes" if chance.random() < 0.06 else "",
    )
