"""What the words behind a number say that it counts. Knows units, no sentence and no reader."""

from __future__ import annotations

import re
from collections.abc import Mapping

from advisor.reading.numbers import Number, Role

KIND = r"(?:different|possible|distinct|output|target|answer|sentiment|emotion|topic|intent|main)"
SURE: Mapping[Role, re.Pattern[str]] = {
    Role.CLASSES: re.compile(rf"^[\s-]*(?:{KIND} )?(?:class(?:es)?\b|labels\b|categor|topics\b|way\b|intents\b)", re.I),
    Role.STEPS: re.compile(
        r"^\s*(?:(?:training|optimi[sz]er|gradient|update) )?(?:steps|iterations|updates|schritte|pasos|étapes)\b",
        re.I,
    ),
    Role.TOKENS: re.compile(r"^\s*(?:tokens|words)\b", re.I),
    Role.NOTHING: re.compile(
        r"^\s*(?:(?:more|other|additional|extra|further) )?(?:annotators|people|persons|colleagues|raters|label+ers|"
        r"interns|servers?|machines|laptops|weeks?|months?|years?|euros?|dollars?|usd|eur|times|countries|cities|"
        r"virtual|epochs?|layers?)\b",
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


def said_behind(number: Number, text: str) -> Role | None:
    """What a number counts by the words that follow it, where these leave no doubt."""
    following = text[number.end :]
    found = (role for role, pattern in SURE.items() if role in number.roles and pattern.search(following))
    return next(found, None)
