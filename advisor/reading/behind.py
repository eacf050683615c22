"""What the words around a number say that it counts. Knows units, no sentence and no reader."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from advisor.reading.number import MOST_CLASSES, Number, Role
from advisor.reading.number_words import LENGTHS, STEPS
from advisor.reading.slips import one_slip

KIND = (
    r"(?:different|possible|distinct|output|target|answer|sentiment|emotion|topic|intent|main|severity|priority|quality|"
    r"difficulty|reading|proficiency|bloom|risk|urgency|political|grade|known|candidate|fixed)"
)
KINDS = (
    r"class(?:es)?|labels|categor\w*|topics|way|intents|levels|lvls|grades|queues|parties|departments|genres|moods|emotions|"
    r"buckets|bins|brackets|subfields|sub-fields|disciplines|severities|stances|dialects|authors|styles"
)
SURE: Mapping[Role, re.Pattern[str]] = {
    Role.CLASSES: re.compile(rf"^[\s-]*(?:{KIND} )?(?:{KINDS})\b", re.I),
    Role.STEPS: re.compile(
        r"^\s*(?:(?:training|optimi[sz]er|gradient|update) )?(?:steps|iterations|updates|schritte|pasos|étapes)\b",
        re.I,
    ),
    Role.TOKENS: re.compile(
        r"^[\s-]*(?:tokens?|words?|Wörter|mots|palabras|parole|palavras|woorden|токен\w*|tokenów)\b"
        r"(?! (?:dictionary|list))",
        re.I,
    ),
    Role.PARAMETERS: re.compile(
        r"^\s*(?:de |di |of )?(?:param|paramètres|parámetros|parâmetros|parametr|параметр|معامل|参数|パラメ|파라미터)",
        re.I,
    ),
    Role.NOTHING: re.compile(
        r"^\s*(?:(?:more|other|additional|extra|further) )?(?:annotators|people|persons|colleagues|raters|label+ers|"
        r"interns|servers?|machines|laptops|weeks?|months?|years?|euros?|dollars?|usd|eur|times|countries|cities|"
        r"virtual|epochs?|layers?|staff|employees|developers?|engineers|sites|shops|stores|offices|branches|flatmates|"
        r"columns|volunteers|cores|floors|kids|children|seats|teams? members)\b",
        re.I,
    ),
    Role.ROWS: re.compile(
        r"^\s*(?:(?:training|labell?ed|annotated|hand-labell?ed) )?(?:examples?|rows|samples|instances|records|"
        r"data ?points|beispielen?|zeilen|datensätze|exemples|lignes|ejemplos|filas|esempi|righe|exemplos|linhas|"
        r"voorbeelden|przykład\w+|пример\w*|строк\w*|örnek)\b",
        re.I,
    ),
}
"""Beyond doubt, whoever reads the rest."""
CHOICE = re.compile(r"\b(?:which of|one of|one out of|any of)(?: the| these| those| our)?\s+$", re.I)
"""Before a number they say that so many are chosen among."""
TONGUES = re.compile(
    r"^\s?(?:\w+ )?(?:languag|tongues|dialect|sprach|langue|idioma|lingu|línguas|taal|talen|języ|язык|dil|"
    r"språk|种语言|语种|言語|개 언어|언어|لغ)",
    re.I,
)
"""Behind a number, where languages are told apart, they say how many."""
REPLACED = re.compile(
    r"\b(?:instead of|rather than|no longer|from|of the|statt|au lieu de|en vez de|invece di|em vez de|in plaats van|"
    r"zamiast|вместо|istället för)\s+(?:the |just |only |about |my |our )?$",
    re.I,
)
"""Before a number they say that another one has taken its place, if there is another."""
SLIPPERY = 5
"""Letters of a word from which on a slip of the keyboard is understood."""
FEWEST_TOKENS = 5
"""No text of interest is shorter; "4" is also short for "for"."""


def said_behind(number: Number, text: str, tells_languages: bool = False) -> Role | None:
    """What a number counts by the words around it, where these leave no doubt."""
    following = text[number.end :]
    found = (role for role, pattern in SURE.items() if role in number.roles and pattern.search(following))
    role = next(found, None)
    if role is None and Role.CLASSES in number.roles:
        chosen_among = CHOICE.search(text[: number.start]) or (tells_languages and TONGUES.search(following))
        role = Role.CLASSES if chosen_among else None
    return role


def is_replaced(number: Number, text: str) -> bool:
    """Whether another number stands for the same now: "from 24 GB to 12 GB", "nine instead of four"."""
    return REPLACED.search(text[: number.start]) is not None


def can_count(number: Number, role: Role, text: str) -> bool:
    """Whether a text can mean that at all: steps and lengths are said by their names."""
    if role is Role.CLASSES and number.value > MOST_CLASSES:
        return False
    if role is Role.STEPS:
        return _has(text, STEPS)
    return role is not Role.TOKENS or (number.value >= FEWEST_TOKENS and _has(text, LENGTHS))


def _has(text: str, words: Collection[str]) -> bool:
    plain = text.lower()
    spaced = re.findall(r"[^\W\d_]+", plain)
    hasty = [word for word in spaced if len(word) >= SLIPPERY]
    return any(
        word in spaced or (len(word) >= SLIPPERY and any(one_slip(word, one) for one in hasty))
        if word.isascii()
        else word in plain
        for word in words
    )
