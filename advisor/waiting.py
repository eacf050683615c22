"""A question that waits for something that was not said, and the words that may be the answer. Knows no tool, no model.

An answer may be bare ("2000", "LoRA", "0.81"), may say more than was asked ("about 2k, and it must fit in 8 GB"), may
say that nobody knows, or may be another question, which then is answered in place of the one that waits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from advisor.reading.form import SILENT
from advisor.reading.number import Number, Role
from advisor.reading.reader import HANDFUL, numbers_beside_names
from advisor.reading.reading import AFTER_ONE, Act, Reading
from advisor.state import merged

BARE = 4
"""Words of an answer that says hardly anything but what was asked."""
BEFORE_IT = 2
"""As many words before a number are too many for an answer that begins with it; "about 2000" does."""
GOES_ON = (Act.RECOMMEND, *AFTER_ONE, *SILENT)
"""What an answer that is no question may be taken for."""
OF_A_METHOD = (Act.RUN, Act.EXPORT, Act.RECORD)
"""What cannot be done without one."""
BESIDE = ("model", "parameters", "memory_gb", "minutes", "steps")
"""What an answer may say beside what was asked."""
UNKNOWN = re.compile(
    r"\b(?:do ?n[o']?t (?:really )?know|no (?:idea|clue)|not sure|unsure|dunno|idk|unknown|can'?t (?:say|tell)|"
    r"no one knows|nobody knows|keine ahnung|wei(?:ß|ss) (?:ich )?(?:es )?nicht|je ne sais pas|aucune idée|"
    r"no (?:lo )?sé|ni idea|non (?:lo )?so|não sei|weet (?:ik )?niet|geen idee|nie wiem|не знаю|bilmiyorum)\b"
    r"|不知道|不清楚|分かりません|わからない|모르|لا أعرف",
    re.I,
)
"""Says that there is no answer."""


@dataclass(frozen=True, slots=True)
class GoneOn:
    """What is to be answered now."""

    reading: Reading
    may_ask: bool = True
    """Whether to ask again: not where nobody knows."""


def gone_on(waiting: Reading, reading: Reading, words: str) -> GoneOn:
    """The question that waited with what was said to it, or the new one where the words are none to it."""
    numbers = numbers_beside_names(words)
    rows = reading.task.rows or _rows(numbers)
    score = _score(numbers) if waiting.act is Act.RECORD else None
    unknown = UNKNOWN.search(words) is not None or (rows is None and any(number.vague for number in numbers))
    has_model = reading.model is not None or reading.parameters is not None
    has_method = waiting.act in OF_A_METHOD and len(reading.methods) == 1
    is_answer = rows is not None or score is not None or unknown or has_model or has_method
    is_bare = len(words.split()) <= BARE and len(reading.methods) <= 1
    if not is_answer or (_is_another(waiting, reading, _begins_with_it(numbers, words)) and not is_bare):
        return GoneOn(reading)
    task = merged(waiting.task, replace(reading.task, rows=rows))
    whole = replace(
        waiting,
        task=task,
        methods=waiting.methods or reading.methods,
        score=waiting.score if score is None else score,
        vague=None,
        **{name: getattr(reading, name) or getattr(waiting, name) for name in BESIDE},
    )
    return GoneOn(whole, may_ask=not unknown)


def _begins_with_it(numbers: tuple[Number, ...], words: str) -> bool:
    """Whether the number that was asked for comes first: "2000, and it must fit in 8 GB"."""
    first = next(iter(numbers), None)
    if first is None or Role.ROWS not in first.roles or first.value < HANDFUL:
        return False
    return len(words[: first.start].split()) < BEFORE_IT


def _is_another(waiting: Reading, reading: Reading, begins_with_it: bool) -> bool:
    """Whether it is a question of its own: it asks for something else, or is about another task."""
    own, old = reading.task, waiting.task
    is_other_task = own.task_type is not None and old.task_type is not None and own.task_type != old.task_type
    is_elsewhere = own.domain is not None and old.domain is not None and own.domain != old.domain
    asks = reading.act not in (*GOES_ON, waiting.act) and not begins_with_it
    return asks or is_other_task or is_elsewhere


def _rows(numbers: tuple[Number, ...]) -> int | None:
    """The number that can count rows, where there is one."""
    counts = (one.value for one in numbers if Role.ROWS in one.roles and not one.vague)
    return next((round(value) for value in counts if value >= 1), None)


def _score(numbers: tuple[Number, ...]) -> float | None:
    """The number that can be a score, where there is one; a percentage may go without its sign."""
    if found := next((one.value for one in numbers if Role.SCORE in one.roles and 0 <= one.value <= 1), None):
        return found
    return next((one.value / 100 for one in numbers if Role.ROWS in one.roles and 1 < one.value <= 100), None)
