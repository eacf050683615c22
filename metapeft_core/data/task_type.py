"""What kind of task the rows are, in a closed vocabulary, from labels and structure. Never looks at a file's name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from metapeft_core.data.label_words import (
    EMOTION,
    INTENT_VERBS,
    LANGUAGES,
    PROGRAMMING_LANGUAGES,
    QUESTION_KINDS,
    SENTIMENT,
    TOXICITY,
    WORD_CLASSES,
)
from metapeft_core.data.language import CODE, MULTIPLE, UNKNOWN, detect_language
from metapeft_core.data.words import words

OTHER_CLASSIFICATION = "other_classification"
OTHER_GENERATION = "other_generation"

FIXED: tuple[tuple[str, frozenset[str]], ...] = (
    ("spam", frozenset({"ham", "spam"})),
    ("spam", frozenset({"spam", "not_spam"})),
    ("nli", frozenset({"entailment", "contradiction"})),
    ("nli", frozenset({"entailment", "non_entailment"})),
    ("nli", frozenset({"entailment", "not_entailment"})),
    ("nli", frozenset({"true", "false", "neither"})),
    ("fact_check", frozenset({"supports", "refutes"})),
    ("fact_check", frozenset({"supported", "refuted"})),
    ("fact_check", frozenset({"true", "false", "half_true"})),
    ("acceptability", frozenset({"acceptable", "unacceptable"})),
    ("acceptability", frozenset({"plausible", "implausible"})),
    ("acceptability", frozenset({"grammatical", "ungrammatical"})),
    ("acceptability", frozenset({"ok", "bad"})),
    ("reasoning", frozenset({"valid", "invalid"})),
    ("reasoning", frozenset({"correct", "incorrect"})),
    ("pair", frozenset({"same", "different"})),
    ("pair", frozenset({"match", "nomatch"})),
    ("pair", frozenset({"match", "no_match"})),
    ("pair", frozenset({"duplicate", "not_duplicate"})),
    ("pair", frozenset({"paraphrase", "not_paraphrase"})),
)
"""Labels that name their task: all of them have to be there."""
SHARED: tuple[tuple[str, frozenset[str], float], ...] = (
    ("sentiment", SENTIMENT, 0.99),
    ("emotion", EMOTION, 0.5),
    ("part_of_speech", WORD_CLASSES, 0.7),
    ("language_id", LANGUAGES, 0.7),
    ("language_id", PROGRAMMING_LANGUAGES, 0.6),
    ("toxicity", TOXICITY, 0.6),
    ("question_type", QUESTION_KINDS, 0.6),
)
"""Vocabularies of labels, and the share of a task's labels that has to belong to one."""
SCORES = frozenset({"-1", "0", "1"})
TRUTH = frozenset({"true", "false"})
ANSWERS = frozenset({"yes", "no"})
PAIRED = re.compile(r"\|\||<-->|\b(?:sentence|text|question) ?[12ab]\b *:|^premise:|^hypothesis:", re.I | re.M)
CLAIM = re.compile(r"\bclaim\b", re.I)
TURN = re.compile(r"^(?:user|system|assistant|human): ", re.I | re.M)
QUERY = re.compile(
    r"^\s*(?:select\b.*(?:\bfrom\b|\w\.\w|\()|(?:insert|update|delete|create|with)\b.+\b(?:into|set|from|table|as)\b)",
    re.I | re.S,
)
FIELDS = re.compile(r"[\w ]+: ?[^,:]+, ?[\w ]+:|\([^()|]+\|[^()|]+\|[^()|]+\)")
YEAR = re.compile(r"(?:1[0-9]|20)\d\ds?")
NUMBER = re.compile(r"([+-]?\d+)(?:\.0+)?")
MOST = 0.5
ALIKE = 2.5
"""How much longer or shorter a translation may be than its source, scripts included."""


CLASSIFICATION_TYPES = (
    *dict.fromkeys(kind for kind, _ in FIXED),
    *dict.fromkeys(kind for kind, _, _ in SHARED),
    *("dating", "intent", "question_answering", "topic", OTHER_CLASSIFICATION),
)
GENERATION_TYPES = (
    *("language_modelling", "chat", "text_to_code", "data_to_text", "translation", "summarisation", "simplification"),
    *("question_answering", OTHER_GENERATION),
)
TASK_TYPES = tuple(dict.fromkeys((*CLASSIFICATION_TYPES, *GENERATION_TYPES)))
"""Every answer that this module can give."""


def classification_type(labels: Sequence[str], texts: Sequence[str]) -> str:
    """What the labels are about, from their names first and the shape of the texts second."""
    names = {_plain(label) for label in labels}
    for kind, needed in FIXED:
        if needed <= names and len(names) <= len(needed) + 1:
            return kind
    for kind, vocabulary, share in SHARED:
        if len(names) > 1 and len(names & vocabulary) >= share * len(names):
            return kind
    if names == SCORES:
        return "sentiment"
    if all(YEAR.fullmatch(name) for name in names):
        return "dating"
    if sum(name.split("_")[0] in INTENT_VERBS and "_" in name for name in names) >= MOST * len(names):
        return "intent"
    return _by_structure(names, texts)


def _by_structure(names: set[str], texts: Sequence[str]) -> str:
    if _share(texts, PAIRED) > MOST:
        return "pair"
    if names == TRUTH:
        return "fact_check" if _share(texts, CLAIM) > MOST else "reasoning"
    if names == ANSWERS:
        asked = sum("?" in text for text in texts) / max(1, len(texts))
        return "question_answering" if asked > MOST else "reasoning"
    worded = sum(any(character.isalpha() for character in name) for name in names)
    # Three or more named classes are what one calls topics; two names or bare numbers could be anything.
    return "topic" if worded == len(names) >= 3 else OTHER_CLASSIFICATION


def generation_type(prompts: Sequence[str], targets: Sequence[str]) -> str:
    """What has to be written, from how the targets stand to their prompts."""
    if not any(prompts):
        return "language_modelling"
    if _share(prompts, TURN) > MOST:
        return "chat"
    if _share(targets, QUERY) > MOST or detect_language(targets)[0] == CODE:
        return "text_to_code"
    if _share(prompts, FIELDS) > MOST:
        return "data_to_text"
    if _is_translation(prompts, targets):
        return "translation"
    return _by_length(prompts, targets)


def _by_length(prompts: Sequence[str], targets: Sequence[str]) -> str:
    pairs = [(words(prompt), words(target)) for prompt, target in zip(prompts, targets, strict=True)]
    asked = sum(len(prompt) for prompt, _ in pairs) / len(pairs)
    told = sum(len(target) for _, target in pairs) / len(pairs)
    kept = sum(len(set(prompt) & set(target)) / max(1, len(set(target))) for prompt, target in pairs) / len(pairs)
    if asked > 80 and told < 0.4 * asked and kept > 0.3:
        return "summarisation"
    if kept > 0.6 and 0.5 * asked < told < 1.3 * asked:
        return "simplification"
    if sum(prompt.rstrip().endswith("?") for prompt in prompts) > MOST * len(prompts):
        return "question_answering"
    return OTHER_GENERATION


def _is_translation(prompts: Sequence[str], targets: Sequence[str]) -> bool:
    lengths = sum(map(len, targets)) / max(1, sum(map(len, prompts)))
    if not 1 / ALIKE < lengths < ALIKE:
        return False
    there, sure_there = detect_language(prompts)
    here, sure_here = detect_language(targets)
    vague = {MULTIPLE, UNKNOWN, CODE}
    return there != here and not {there, here} & vague and min(sure_there, sure_here) > 0.8


def _plain(label: str) -> str:
    """A label as it is compared: case, spaces and hyphens do not count, and 1.0 is 1."""
    label = label.strip().casefold()
    number = NUMBER.fullmatch(label)
    return number[1] if number else re.sub(r"[\s-]+", "_", label)


def _share(texts: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.search(text)) for text in texts) / max(1, len(texts))
