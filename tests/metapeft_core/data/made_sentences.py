"""Sentences of four clear subjects, made from parts, for the tests of characterisation."""

from __future__ import annotations

import random

from metapeft_core.data.task import Example, Task

SUBJECTS = {
    "weather": (
        ("heavy rain", "a cold storm", "warm sunshine", "thick fog"),
        ("fell on", "came over", "covered", "left"),
    ),
    "football": (("the striker", "the goalkeeper", "our team", "the referee"), ("scored in", "won", "lost", "stopped")),
    "cooking": (
        ("fresh pasta", "a rich soup", "the baked bread", "grilled fish"),
        ("was served at", "filled", "spoiled"),
    ),
    "music": (
        ("the violinist", "a loud band", "the choir", "a jazz trio"),
        ("played at", "opened", "closed", "sang for"),
    ),
}
PLACES = {
    "weather": ("the coast", "the northern hills", "the valley at dawn", "the harbour"),
    "football": ("the cup final", "the match on Saturday", "the second half", "the league game"),
    "cooking": ("the family dinner", "the small kitchen", "the wedding lunch", "the evening meal"),
    "music": ("the concert hall", "the summer festival", "the rehearsal", "the opera evening"),
}


def sentences(count: int, seed: int = 0) -> list[Example]:
    """Different sentences of the four subjects, the subject as the label."""
    chance = random.Random(seed)
    names = sorted(SUBJECTS)
    found: dict[str, str] = {}
    while len(found) < count:
        name = names[len(found) % 4]
        who, did = SUBJECTS[name]
        text = f"{chance.choice(who)} {chance.choice(did)} {chance.choice(PLACES[name])} {chance.randrange(1900, 2030)}"
        found.setdefault(text, name)
    return [Example(text, name) for text, name in found.items()]


def task_of(rows: list[Example], name: str = "made") -> Task:
    """A classification task whose rows are all for training but the last two."""
    labels = tuple(sorted({row.target for row in rows}))
    return Task(name, "classification", tuple(rows[:-2]), (rows[-2],), (rows[-1],), labels)


def mislabelled(rows: list[Example], share: float, seed: int = 0) -> list[Example]:
    """The rows with a share of the labels exchanged for another one."""
    chance = random.Random(seed)
    wrong = set(chance.sample(range(len(rows)), round(share * len(rows))))
    labels = sorted({row.target for row in rows})
    return [
        Example(row.text, chance.choice([label for label in labels if label != row.target])) if i in wrong else row
        for i, row in enumerate(rows)
    ]


ROWS_OF_LANGUAGES = {
    "en": [
        "The train to the city leaves every morning at seven.",
        "Nobody knew why the old shop had been closed for so long.",
    ],
    "de": [
        "Der Zug in die Stadt fährt jeden Morgen um sieben Uhr ab.",
        "Niemand wusste, warum der alte Laden so lange geschlossen war.",
    ],
    "fr": [
        "Le train pour la ville part tous les matins à sept heures.",
        "Personne ne savait pourquoi la vieille boutique était fermée depuis si longtemps.",
    ],
    "es": [
        "El tren a la ciudad sale todas las mañanas a las siete.",
        "Nadie sabía por qué la vieja tienda llevaba tanto tiempo cerrada.",
    ],
    "ru": [
        "Поезд в город отправляется каждое утро в семь часов.",
        "Никто не знал, почему старый магазин так долго был закрыт.",
    ],
    "ja": ["町へ行く電車は毎朝七時に出発します。", "なぜ古い店が長い間閉まっていたのか誰も知りませんでした。"],
}
"""The same two sentences in several languages."""
