"""What is taught and what is asked in the benchmark were written apart: neither has a phrase of the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from advisor.tuning import words
from advisor.tuning.written import MARK, written

QUESTIONS = Path(__file__).parents[3] / "benchmarks" / "questions.jsonl"
PHRASE = 6
"""Words in a row that two people seldom both write by chance."""


def phrases(text: str) -> set[tuple[str, ...]]:
    found = re.findall(r"\w+", text.lower())
    return {tuple(found[place : place + PHRASE]) for place in range(len(found) - PHRASE + 1)}


def strings(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for value in told.values():
            yield from strings(value)
    elif isinstance(told, list):
        for value in told:
            yield from strings(value)


def asked() -> set[tuple[str, ...]]:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    return {phrase for line in lines for phrase in phrases(json.loads(line)["question"])}


def test_no_phrase_of_the_benchmark_is_taught_in_frames():
    taught: set[tuple[str, ...]] = set()
    for name in ("english", "languages", "elsewhere"):
        told = yaml.safe_load(Path(words.__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8"))
        for text in strings(told):
            taught |= {phrase for part in re.split(r"\{\w+\}", text) for phrase in phrases(part)}
    assert len(taught) > 500
    assert not asked() & taught


def test_no_phrase_of_the_benchmark_is_in_a_question_that_was_written_for_the_lessons():
    plain = [MARK.sub(lambda mark: mark["literal"] or "", one.text) for every in written().values() for one in every]
    taught = {phrase for text in plain for phrase in phrases(text)}
    assert len(taught) > 10_000
    assert not asked() & taught
