"""Methods, models and tools that a text names, however they are written. Knows names, not what is wanted with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher

from metapeft_core.backbones.packages import MINILM, SMOLLM2
from metapeft_core.backbones.well_known import well_known
from metapeft_core.types import PEFTMethod

ASCII = re.I | re.A
"""Words end where Latin letters end, also in a text of other letters."""
METHOD_WORDS: Mapping[PEFTMethod, re.Pattern[str]] = {
    PEFTMethod.ADALORA: re.compile(r"\bada[\s_-]?lora\b|\badaptive (?:lora|low[\s-]rank)\b", ASCII),
    PEFTMethod.LORA: re.compile(
        r"(?<!ada[\s_-])(?<!adaptive )\b(?:q|rs|qa)?lora\b|\bdora\b|(?<!adaptive )\blow[\s-]rank adapt\w+", ASCII
    ),
    PEFTMethod.PREFIX_TUNING: re.compile(r"\bprefix(?:[\s_-]?tun\w+|es|[\s_-]?t[uü]n\w+)?\b|\bpräfix\w*", ASCII),
    PEFTMethod.PROMPT_TUNING: re.compile(
        r"\b(?:soft[\s-])?prompt[\s_-]?tun\w+|\bsoft[\s_-]prompts?\b|\bprompt[\s_-]?tunn?ing\b", re.I
    ),
    PEFTMethod.P_TUNING: re.compile(r"\bp[\s_-]?tun\w+|\bptun\w+", ASCII),
}
OTHER_LETTERS: Mapping[PEFTMethod, re.Pattern[str]] = {
    PEFTMethod.ADALORA: re.compile(r"(?<!\w)ада[\s-]?лор\w*|아다로라|에이다로라|アダローラ|أدالورا|ادالورا", re.I),
    PEFTMethod.LORA: re.compile(
        r"(?<!\w)(?:к|q)?лор(?:а|ы|у|е|ой|ою)(?!\w)|(?<!다)로라(?!\w{3})|ローラ(?!ー)|لورا", re.I
    ),
    PEFTMethod.PREFIX_TUNING: re.compile(
        r"префикс\w*[\s-]?т[юу]н\w+|前缀(?:微调|调优|調整|tuning)|プレフィックス|프리픽스|접두사 ?튜닝|"
        r"önek ayar\w*|بادئة",
        re.I,
    ),
    PEFTMethod.PROMPT_TUNING: re.compile(
        r"промп?т\w*[\s-]?т[юу]н\w+|мягк\w+ промп\w+|提示词?(?:微调|调优|调整)|软提示|"
        r"プロンプト・?チューニング|ソフトプロンプト|"
        r"프롬프트 ?튜닝|소프트 ?프롬프트|الموجهات|ضبط الموجه",
        re.I,
    ),
    PEFTMethod.P_TUNING: re.compile(
        r"(?<![a-z])p[\s-]?(?:튜닝|チューニング|т[юу]нинг|微调|调优)|(?<!\w)п[\s-]?т[юу]нинг", re.I
    ),
}
NEAR_MISSES: Mapping[str, PEFTMethod] = {
    "prefix tuning": PEFTMethod.PREFIX_TUNING,
    "prompt tuning": PEFTMethod.PROMPT_TUNING,
}
PERSON = re.compile(r"(?<=[a-z.,] )Lora (?!Tuning|Adapt|Rank|On|Or|And|Vs|With|For)[A-Z][a-z]+")
LORA_TYPOS = re.compile(r"\b(?:lroa|loar|lorra|loraa|l0ra|lo-ra)\b", ASCII)
ALIKE, FIRST_ALIKE = 0.82, 0.75
"""Likeness from which on two words of a method's name, and the first of them, are taken for a misspelling of it."""
TARGETS: Mapping[str, re.Pattern[str]] = {
    "mlx-lm": re.compile(r"\bmlx[\s_-]?(?:lm|lora)?\b", ASCII),
    "axolotl": re.compile(r"\baxol\w*tl\w*\b", ASCII),
    "llama-factory": re.compile(r"\bll?ama[\s_-]?factory\b", ASCII),
}
FAMILY = (
    r"(?:meta[\s-])?(?:code[\s-]?)?llama|tinyllama|deepseek|starcoder|pythia|opt|falcon|bloomz?|olmo|granite|stablelm|qwen|"
    r"mistral|gemma|phi|smollm|(?:xlm[\s-]|distil)?roberta|(?:m|distil|de)?bert|gpt"
)
MODEL = re.compile(
    rf"\b(?:[\w-]+/)?(?:{FAMILY})(?:[\s_-]?\d+(?:\.\d+)?)?"
    r"(?:[\s_-](?:\d+(?:\.\d+)?[bm]|base|large|mini|medium|small|instruct|chat|coder|math|it|uncased|cased|v\d[\d.]*|"
    r"multilingual|\dbit|\d-bit|4k))*(?!\w|\.\d)",
    ASCII,
)
SIZED = re.compile(r"[\s_-](\d+(?:\.\d+)?)([bm])\b", ASCII)
"""A model's name that says how large it is; one of a known family can be talked about by that alone."""
OWN = re.compile(rf"\b{MINILM}(?::\d)?\b|\bsmollm2?(?:[\s-]135m(?:-instruct)?\b|\b(?![\s-]\d[\d.]*[mb]\b))", ASCII)
"""The two that come with the package; a SmolLM2 of another size is none of them."""
HUB = re.compile(r"(?<![\w./~-])[A-Za-z][\w-]+/[\w.-]*\w(?![\w/-]|\.\w)")
FILE = re.compile(r"\.(?:jsonl?|csv|tsv|parquet|txt|ya?ml|py|gz|zip)$", re.I)


def methods_in(text: str) -> tuple[PEFTMethod, ...]:
    """The methods that are named, in the order of the text; misspelt ones too."""
    places: dict[PEFTMethod, int] = {}
    for patterns in (METHOD_WORDS, OTHER_LETTERS):
        for method, pattern in patterns.items():
            if match := _named(pattern, text):
                places.setdefault(method, match.start())
    if PEFTMethod.LORA not in places and (match := LORA_TYPOS.search(text)):
        places[PEFTMethod.LORA] = match.start()
    for method, place in _misspelt(text).items():
        places.setdefault(method, place)
    return tuple(sorted(places, key=lambda method: places[method]))


def _named(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first place where it is no part of a person's name: "Dr. Lora Petersen"."""
    return next((match for match in pattern.finditer(text) if PERSON.match(text, match.start()) is None), None)


def _misspelt(text: str) -> dict[PEFTMethod, int]:
    """Two words in a row, or one, that are nearly a method's name; a word that is spelt well is no misspelling."""
    found: dict[PEFTMethod, int] = {}
    words = list(re.finditer(r"[\w-]+", text))
    for place, first in enumerate(words):
        second = words[place + 1] if place + 1 < len(words) else None
        pair = f"{first[0]} {second[0]}".lower() if second else ""
        likeness = {name: _likeness(pair, name) for name in NEAR_MISSES}
        # "prompt" and "prefix" share letters with each other: whichever is nearer is meant.
        name = max(likeness, key=lambda one: likeness[one])
        is_one = len(set(likeness.values())) > 1 and likeness[name] >= ALIKE
        # "proper tuning" is near enough as a whole, and still two words that are spelt well.
        if is_one and _likeness(first[0].lower(), name.partition(" ")[0]) >= FIRST_ALIKE:
            found.setdefault(NEAR_MISSES[name], first.start())
        if len(first[0]) >= 6 and _likeness(first[0].lower(), "adalora") >= ALIKE:
            found.setdefault(PEFTMethod.ADALORA, first.start())
    return found


def _likeness(written: str, name: str) -> float:
    return SequenceMatcher(None, written, name).ratio()


def targets_in(text: str) -> tuple[str, ...]:
    """The tools that are named for which settings can be written."""
    return tuple(name for name, pattern in TARGETS.items() if pattern.search(text))


def model_in(text: str) -> str | None:
    """The model that is named: one that comes with the package, a public one, or a hub id as it is written."""
    places = model_places(text)
    if not places:
        return None
    name = text[slice(*places[0])]
    if OWN.fullmatch(name):
        return SMOLLM2 if name.lower().startswith("smol") else name.lower()
    return name


def size_in(name: str) -> float | None:
    """How many parameters a model has by its name."""
    found = SIZED.search(name)
    return float(found[1]) * (1e9 if found[2].lower() == "b" else 1e6) if found else None


def model_places(text: str) -> list[tuple[int, int]]:
    """Where models are named: the package's own first, then hub ids, then public ones by what people call them."""
    own = [match.span() for match in OWN.finditer(text)]
    hub = [match.span() for match in HUB.finditer(text) if re.search(r"\d", match[0]) and FILE.search(match[0]) is None]
    known = [
        match.span()
        for match in MODEL.finditer(text)
        if (well_known(match[0]) or SIZED.search(match[0]))
        and not TARGETS["llama-factory"].match(text[match.start() :])
    ]
    return [*own, *hub, *known]
