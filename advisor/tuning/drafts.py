"""A question in the making: frames whose slots are filled by chance, and what the fillings mean. Knows no form."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import cache

from advisor.reading.form import words
from advisor.reading.number import Role
from advisor.reading.numbers import numbers_in
from advisor.reading.reading import Act
from advisor.tuning import wording
from advisor.tuning.words import Tongue, elsewhere, english

COUNTED = {"k": Role.CLASSES, "steps": Role.STEPS, "tok": Role.TOKENS}
"""Slots that are filled by a plain number, and what it then is."""
MEASURES = (*COUNTED, "mem", "time", "score")
MOST = {Role.CLASSES: 40, Role.TOKENS: 1000, Role.STEPS: 5000}
"""Numbers of these are smaller than numbers of rows."""


@dataclass(slots=True)
class Draft:
    """A question in the making."""

    chance: random.Random
    tongue: Tongue | None
    values: dict[str, str] = field(default_factory=dict)
    roles: list[tuple[float, Role]] = field(default_factory=list)
    """Numbers that were put in, and what they mean."""
    first: str | None = None
    """The method that is named first."""
    in_digits: bool = False
    """Whether numbers are drawn without English words."""

    def number(self, role: Role) -> str:
        """A number of something."""
        shown, value = wording.amount(self.chance, MOST.get(role, wording.VALUES[-1]), self.in_digits)
        self.roles.append((value, role))
        return shown


def sentence(draft: Draft, act: Act) -> str:
    """A frame with its slots filled."""
    chance = draft.chance
    frames = draft.tongue.frames[act] if draft.tongue else english().frames[act]
    return re.sub(r"\{(\w+)\}", lambda slot: _slot(slot[1], draft, act), chance.choice(frames))


def _slot(name: str, draft: Draft, act: Act) -> str:
    chance, tongue = draft.chance, draft.tongue
    if name in MEASURES:
        return measure(name, draft)
    if name == "job":
        return foreign_job(draft, tongue) if tongue else job(draft)
    if name == "things":
        return _things(draft)
    if name == "n":
        return _rows(draft)
    if name in ("m", "m2"):
        return _method(draft, name)
    if name == "target":
        return chance.choice([form for forms in english().targets.values() for form in forms])
    if name == "lang":
        return chance.choice(_speeches())
    return _limit_or_model(name, draft, act)


def measure(name: str, draft: Draft) -> str:
    """A slot that is filled by a number and its unit, whatever it stands in."""
    if name == "mem":
        return wording.memory(draft.chance)
    if name == "time":
        return wording.duration(draft.chance, draft.tongue.hours if draft.tongue else "hours")
    if name == "score":
        shown = wording.score(draft.chance)
        draft.roles += [(number.value, Role.SCORE) for number in numbers_in(shown)]
        return shown
    return draft.number(COUNTED[name])


@cache
def _speeches() -> list[str]:
    return [name for names in english().speeches.values() for name in names]


def _limit_or_model(name: str, draft: Draft, act: Act) -> str:
    chance = draft.chance
    if name == "on":
        sure = act is Act.REFINE
        return (
            chance.choice(english().on).format(x=chance.choice(english().models))
            if sure or chance.random() < 0.3
            else ""
        )
    if name == "limit" and chance.random() < 0.3:
        limits = (", {mem}", " ({time})", ", {mem} RAM") if draft.tongue else english().limits
        return re.sub(r"\{(\w+)\}", lambda slot: _slot(slot[1], draft, act), chance.choice(limits))
    return ""


def _method(draft: Draft, name: str) -> str:
    kinds = list(english().methods)
    # The second is another one than the first.
    kind = draft.chance.choice([kind for kind in kinds if kind != draft.first])
    draft.first = kind if name == "m" else draft.first
    return draft.chance.choice(english().methods[kind])


def _rows(draft: Draft) -> str:
    chance = draft.chance
    frame = chance.choice(draft.tongue.rows if draft.tongue else english().rows)
    if draft.tongue is None and chance.random() < 0.1:
        vague = chance.choice(english().vague)
        said = f"{vague} {chance.choice(('examples', 'rows', 'samples', 'texts', 'labelled ones', 'records'))}"
        found = [number for number in numbers_in(said) if number.vague]
        draft.roles += [(number.value, Role.ROWS) for number in found]
        return said
    if draft.tongue is None and chance.random() < 0.25:
        return f"{draft.number(Role.ROWS)} {_things(draft)}"
    return frame.format(x=draft.number(Role.ROWS))


def job(draft: Draft) -> str:
    """A task with or without a subject, in English."""
    chance = draft.chance
    kind = chance.choice(list(english().tasks))
    task = chance.choice(english().tasks[kind])
    dice = chance.random()
    if dice < 0.3:
        draft.values["task"] = words(kind)
        return task
    if dice < 0.5 and not task.startswith(("a ", "is ", "are ", "which ", "what ")):
        draft.values["task"] = words(kind)
        return f"{_adjective(draft)} {task}"
    if dice < 0.78:
        draft.values["task"] = words(kind)
        return f"{task}{chance.choice((' of ', ' on ', ' for ', ' over ', ' with ', ' in '))}{_things(draft)}"
    if dice < 0.95:
        draft.values["task"] = words("topic")
        return _sorting(draft)
    return f"something with {_things(draft)}"


def _sorting(draft: Draft) -> str:
    chance, things = draft.chance, _things(draft)
    classes = draft.number(Role.CLASSES) if chance.random() < 0.4 else ""
    into = (
        f" into {classes} {chance.choice(('classes', 'categories', 'topics', 'groups', 'labels', 'departments'))}"
        if classes
        else ""
    )
    if not classes:
        into = chance.choice(("", "", " into categories", " by subject", " by topic", " to the right team"))
    verb = chance.choice(
        (
            "classifying",
            "sorting",
            "categorising",
            "tagging",
            "routing",
            "labelling",
            "triaging",
            "organising",
            "to classify",
        )
    )
    return f"{verb} {things}{into}"


def _adjective(draft: Draft) -> str:
    if draft.chance.random() < 0.2:
        return draft.chance.choice(_speeches())
    domain = draft.chance.choice(list(english().subjects))
    draft.values["domain"] = words(domain)
    return draft.chance.choice(english().subjects[domain].adjectives)


def _things(draft: Draft) -> str:
    chance = draft.chance
    if draft.tongue is not None:
        domain = chance.choice(list(draft.tongue.things))
        things = chance.choice(draft.tongue.things[domain])
    elif chance.random() < 0.2:
        domain, things = "", chance.choice(english().plain_things)
    else:
        domain = chance.choice(list(english().subjects))
        things = chance.choice(english().subjects[domain].things)
    draft.values.pop("domain", None)
    if domain:
        draft.values["domain"] = words(domain)
    if draft.tongue is None and chance.random() < 0.1:
        return f"{chance.choice(_speeches())} {things}"
    return things


def foreign_job(draft: Draft, tongue: Tongue) -> str:
    """A task with or without a subject, in another language."""
    chance = draft.chance
    kind = chance.choice(list(tongue.tasks))
    draft.values["task"] = words(kind)
    task = chance.choice(tongue.tasks[kind])
    if chance.random() < 0.5:
        return task
    things = _things(draft)
    if chance.random() < 0.15 and tongue.about:
        things = f"{chance.choice(list(tongue.speeches.values()))} {things}"
    return f"{task}{tongue.about}{things}" if tongue.about else f"{things}{task}"


def off_topic(chance: random.Random) -> str:
    """Something that is none of this advisor's business."""
    numbers = {"a": str(chance.randint(2, 90)), "b": str(chance.randint(2, 90))}
    drawn = {name: chance.choice(values) for name, values in elsewhere().fill.items()}
    return chance.choice(elsewhere().questions).format(**numbers, **drawn)
