"""A task becomes numbers and words of closed vocabularies. Knows how to sample; every measure has a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from metapeft_core.data.balance import class_balance, majority_share
from metapeft_core.data.complexity import classification_complexity, generation_complexity
from metapeft_core.data.domain import Embed, guess_domain
from metapeft_core.data.language import detect_language
from metapeft_core.data.lengths import spread, token_counts
from metapeft_core.data.noise import label_noise
from metapeft_core.data.task import Example, Task, stratified_order
from metapeft_core.data.task_type import classification_type, generation_type
from metapeft_core.data.words import duplicate_share, type_token_ratio, vocabulary
from metapeft_core.errors import DataError
from metapeft_core.types import TaskCharacteristics

EMBEDDED_ROWS = 512
"""Rows that are turned into vectors; what follows from more of them changes little and costs seconds."""
READ_ROWS = 4096
"""Rows whose lengths and words are looked at one by one."""
CHARACTERS = 4000
"""Of a text that the encoder sees; it reads 128 tokens in any case."""


def characterize(task: Task, *, seed: int = 0, embed: Embed | None = None) -> TaskCharacteristics:
    """The training rows of a task, described. `embed` replaces the sentence encoder."""
    if not task.train:
        raise DataError(f"{task.name} has no training rows to describe: add rows")
    order = stratified_order(task.train, seed)
    rows = [task.train[i] for i in order[:READ_ROWS]]
    few = rows[:EMBEDDED_ROWS]
    embed = embed or _sentence_encoder()
    if task.objective == "classification":
        return _classification(task, rows, few, embed, seed)
    return _generation(task, rows, few, embed)


def _classification(
    task: Task, rows: Sequence[Example], few: Sequence[Example], embed: Embed, seed: int
) -> TaskCharacteristics:
    every = [row.text for row in task.train]
    targets = [row.target for row in task.train]
    texts = [row.text for row in few]
    vectors = embed([text[:CHARACTERS] for text in texts])
    numbers = {label: i for i, label in enumerate(sorted({row.target for row in few}))}
    labels = np.array([numbers[row.target] for row in few], dtype=np.int64)
    domain, domain_confidence = guess_domain(vectors, embed)
    language, language_confidence = detect_language(texts)
    return TaskCharacteristics(
        dataset_size=len(task.train),
        sequence_length=spread(token_counts([row.text for row in rows])),
        vocabulary_size=vocabulary(every),
        objective="classification",
        task_type=classification_type(task.labels, texts),
        domain=domain,
        language=language,
        classes=len(task.labels),
        class_balance=class_balance(targets),
        majority_share=majority_share(targets),
        type_token_ratio=type_token_ratio([row.text for row in rows]),
        duplicate_share=duplicate_share(every),
        label_noise=label_noise(vectors, labels, seed),
        complexity_score=classification_complexity(texts, vectors, labels, seed),
        domain_confidence=domain_confidence,
        language_confidence=language_confidence,
    )


def _generation(task: Task, rows: Sequence[Example], few: Sequence[Example], embed: Embed) -> TaskCharacteristics:
    # Bare text has no prompt: what is read is then what is written.
    every = [row.text or row.target for row in task.train]
    read = [row.text or row.target for row in rows]
    prompts, targets = [row.text for row in few], [row.target for row in few]
    shown = [row.text or row.target for row in few]
    domain, domain_confidence = guess_domain(embed([text[:CHARACTERS] for text in shown]), embed)
    language, language_confidence = detect_language(shown)
    target_length = spread(token_counts([row.target for row in rows]))
    return TaskCharacteristics(
        dataset_size=len(task.train),
        sequence_length=spread(token_counts(read)),
        vocabulary_size=vocabulary([*every, *(row.target for row in task.train)]),
        objective="generation",
        task_type=generation_type(prompts, targets),
        domain=domain,
        language=language,
        classes=0,
        class_balance=1.0,
        majority_share=0.0,
        type_token_ratio=type_token_ratio([row.target for row in rows]),
        duplicate_share=duplicate_share([f"{row.text}\n{row.target}" for row in task.train]),
        label_noise=0.0,
        complexity_score=generation_complexity(prompts, targets, target_length.mean),
        target_length=target_length,
        domain_confidence=domain_confidence,
        language_confidence=language_confidence,
    )


def _sentence_encoder() -> Embed:
    # Loading the encoder takes a second that callers with vectors of their own need not wait.
    from metapeft_core.backbones.sentence import embed_texts

    return cast(Embed, embed_texts)
