"""Questions that nobody asked, and their forms filled in: what the small model learns to read from.

Frames, tasks, subjects, numbers and slips of the keyboard are drawn and put together; the form follows from what was
drawn. The same seed gives the same questions. None of them is taken from the benchmark, and none is shown to users.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose

from advisor.reading.form import SILENT, Before, asked, filled, key_of, open_numbers, words
from advisor.reading.number import Role
from advisor.reading.reader import numbers_beside_names
from advisor.reading.reading import AFTER_ONE, WITH_DATA, Act
from advisor.reading.subjects import is_sorting
from advisor.tuning import wording
from advisor.tuning.drafts import Draft, off_topic, sentence
from advisor.tuning.words import english, tongues
from advisor.tuning.written import Written, put, written
from metapeft_core.data.task_type import OTHER_CLASSIFICATION

SHARES = {
    Act.RECOMMEND: 50,
    Act.REFINE: 10,
    Act.COMPARE: 7,
    Act.WHY: 6,
    Act.EXPLAIN: 5,
    Act.COST: 6,
    Act.EVIDENCE: 5,
    Act.DESCRIBE: 3,
    Act.RUN: 4,
    Act.EXPORT: 4,
    Act.RECORD: 5,
    Act.HELP: 4,
    Act.OTHER: 16,
}
ASIDES = {Act.RECOMMEND: 0.22, Act.COST: 0.1, Act.COMPARE: 0.1, Act.EVIDENCE: 0.1, Act.OTHER: 0.08, Act.RECORD: 0.06}
"""Share of the questions beside which something else is told."""
FOREIGN = 0.3
"""Share of the questions made from frames that are asked in another language than English."""
WRITTEN = 0.75
"""Share of the questions that were written as they are; the others are made from frames."""
DECORATED = 0.25
"""Share of the written ones that get an opening, an ending or something beside them."""


@dataclass(frozen=True, slots=True)
class Example:
    """What the model is shown, and what it is to write."""

    prompt: str
    completion: str


def conversations(count: int, seed: int = 0, since: int = 0) -> Iterator[Example]:
    """So many examples; drafts whose numbers cannot be told apart are drawn again. `since`: see `written`."""
    chance = random.Random(seed)
    made = 0
    while made < count:
        found = example(chance, since)
        if found is not None:
            made += 1
            yield found


def example(chance: random.Random, since: int = 0) -> Example | None:
    """One example, or none where the draft did not come out."""
    act = chance.choices(list(SHARES), list(SHARES.values()))[0]
    questions = written(since)[act]
    return _as_written(chance, questions) if questions and chance.random() < WRITTEN else _from_frames(chance, act)


def _as_written(chance: random.Random, questions: Sequence[Written]) -> Example | None:
    question = chance.choice(questions)
    act = question.act
    draft = Draft(chance, None, in_digits=not question.in_english)
    text = put(question, draft)
    if question.in_english and chance.random() < DECORATED:
        text = _decorated(text, draft, act)
    after_one = question.after or chance.random() < (0.1 if act is Act.RECOMMEND else 0.3)
    with_data = question.data or chance.random() < 0.06
    return _asked(wording.careless(text, chance), draft, act, after_one, with_data)


def _from_frames(chance: random.Random, act: Act) -> Example | None:
    tongue = chance.choice(list(tongues().values())) if chance.random() < FOREIGN and act is not Act.OTHER else None
    if tongue is not None and act not in tongue.frames:
        tongue = None
    draft = Draft(chance, tongue, in_digits=tongue is not None)
    text = off_topic(chance) if act is Act.OTHER else sentence(draft, act)
    with_data = act in WITH_DATA or chance.random() < {Act.RUN: 0.6, Act.RECOMMEND: 0.2}.get(act, 0.08)
    after_one = act in AFTER_ONE or chance.random() < (0.5 if act is Act.HELP else 0.3)
    return _asked(wording.careless(_decorated(text, draft, act), chance), draft, act, after_one, with_data)


def _asked(text: str, draft: Draft, act: Act, after_one: bool, with_data: bool) -> Example | None:
    text = text.strip()
    prompt = asked(text, _before(draft.chance) if after_one else None, with_data)
    if act in SILENT:
        return Example(prompt, filled(act, {}, {}))
    roles = _roles(text, draft)
    if act is Act.RECOMMEND and "task" not in draft.values and is_sorting(text):
        draft.values["task"] = words(OTHER_CLASSIFICATION)
    return None if roles is None else Example(prompt, filled(act, draft.values, roles))


def _roles(text: str, draft: Draft) -> dict[str, Role] | None:
    """What each number's line says; None where a number that was put in is not found again."""
    numbers = numbers_beside_names(text)
    open_roles = list(draft.roles)
    found: dict[str, Role] = {}
    keys = open_numbers(numbers)
    for number in numbers:
        key = key_of(number)
        match = next((entry for entry in open_roles if isclose(entry[0], number.value)), None)
        if match is not None:
            open_roles.remove(match)
            if match[1] not in number.roles:
                return None
        if key in keys:
            found[key] = match[1] if match is not None else Role.NOTHING
    return None if open_roles else found


def _decorated(text: str, draft: Draft, act: Act) -> str:
    chance = draft.chance
    if act in (Act.RECOMMEND, Act.COST) and chance.random() < 0.08:
        text += chance.choice(english().noises).format(x=chance.choice((2, 3, 4, 5, 6, 8, 9, 16, 32)))
    if draft.tongue is not None or act is Act.HELP:
        return text
    text = chance.choice(english().openings) + text + chance.choice(english().endings)
    return _beside(text, chance) if chance.random() < ASIDES.get(act, 0.02) else text


def _beside(text: str, chance: random.Random) -> str:
    """With a sentence or two that tell nothing of the task."""
    drawn = chance.sample(english().asides, chance.choice((1, 1, 2)))
    numbers = {"a": chance.randint(2, 9), "b": chance.randint(10, 98), "y": chance.randint(2001, 2026)}
    said = [aside.format(**numbers) for aside in drawn]
    place = chance.randint(0, len(said))
    whole = text if text.endswith((".", "?", "!")) else f"{text}."
    return " ".join([*said[:place], whole, *said[place:]])


def _before(chance: random.Random) -> Before:
    task = chance.choice([None, *english().tasks, *english().tasks])
    domain = chance.choice([None, *english().subjects])
    rows = None if chance.random() < 0.3 else chance.choice(wording.VALUES)
    return Before(chance.choice(list(english().methods)), task, domain, rows)
