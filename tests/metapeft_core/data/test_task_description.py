"""Kind of task, language, domain, words and balance, each against data whose answer is known."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sentences import ROWS_OF_LANGUAGES, sentences, task_of

from metapeft_core.backbones.sentence import embed_texts
from metapeft_core.data.balance import class_balance, majority_share
from metapeft_core.data.characterize import characterize
from metapeft_core.data.domain import DOMAINS, GENERAL, guess_domain
from metapeft_core.data.language import detect_language
from metapeft_core.data.lengths import spread, token_counts
from metapeft_core.data.task import Example, Task
from metapeft_core.data.task_type import TASK_TYPES, classification_type, generation_type
from metapeft_core.data.words import duplicate_share, type_token_ratio, vocabulary, words
from metapeft_core.errors import DataError


@pytest.mark.parametrize(
    ("labels", "text", "expected"),
    [
        (("positive", "negative"), "fine", "sentiment"),
        (("-1.0", "0.0", "1.0"), "fine", "sentiment"),
        (("entailment", "neutral", "contradiction"), "a", "nli"),
        (("ham", "spam"), "win now", "spam"),
        (("English", "French", "German"), "hola", "language_id"),
        (("same", "different"), "a || b", "pair"),
        (("0", "1"), "Sentence 1: a Sentence 2: b", "pair"),
        (("yes", "no"), "Is it?", "question_answering"),
        (("True", "False"), "the following claim was made: x", "fact_check"),
        (("valid", "invalid"), "all A are B", "reasoning"),
        (("joy", "anger", "fear"), "wow", "emotion"),
        (("get_weather", "book_flight", "play_music"), "play it", "intent"),
        (("1990s", "2000s"), "a print", "dating"),
        (("sports", "business", "world"), "a match", "topic"),
        (("0", "1"), "just text", "other_classification"),
        (("alpha", "beta"), "just text", "other_classification"),
    ],
)
def test_the_kind_of_a_classification_task_is_read_from_labels_and_shape(labels, text, expected):
    assert classification_type(labels, [text] * 5) == expected
    assert expected in TASK_TYPES


LONG = "The council met on Monday to discuss the new bridge over the river and its cost to the town. " * 8


@pytest.mark.parametrize(
    ("prompt", "target", "expected"),
    [
        ("", "some text", "language_modelling"),
        ("user: hello\nassistant: hi\nuser: more", "of course", "chat"),
        ("How many users are there?", "SELECT count(*) FROM users", "text_to_code"),
        ("name: Blue Spice, food: Chinese, area: riverside", "Blue Spice serves Chinese food.", "data_to_text"),
        ("The house is large and the garden is green.", "Das Haus ist groß und der Garten ist grün.", "translation"),
        (LONG, "The council discussed the new bridge and its cost.", "summarisation"),
        ("The cat was sitting upon the old mat.", "The cat was sitting on the mat.", "simplification"),
        ("What is the capital of France?", "Paris", "question_answering"),
        ("dog ball park", "A child throws something far away for his pet to fetch.", "other_generation"),
    ],
)
def test_the_kind_of_a_generation_task_is_read_from_prompts_and_targets(prompt, target, expected):
    assert generation_type([prompt] * 5, [target] * 5) == expected
    assert expected in TASK_TYPES


@pytest.mark.parametrize("language", sorted(ROWS_OF_LANGUAGES))
def test_the_language_is_recognised(language):
    found, confidence = detect_language(ROWS_OF_LANGUAGES[language])
    assert found == language
    assert confidence > 0.8


def test_several_languages_code_and_nothing_are_told_apart():
    mixed = [text for texts in ROWS_OF_LANGUAGES.values() for text in texts]
    assert detect_language(mixed)[0] == "multi"
    assert detect_language(["int main() { return f(x[0]) + g(y); }", "if (a == b) { c(); }"])[0] == "code"
    assert detect_language(["123", "...", ""]) == ("und", 0.0)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("The patient was given antibiotics for an infection of the lungs.", "medical"),
        ("Attackers can exploit a buffer overflow to run arbitrary code.", "security"),
        ("The court held that the defendant had breached the contract.", "legal"),
        ("The hotel room was clean and breakfast by the beach was lovely.", "travel"),
    ],
)
def test_the_domain_of_clear_texts_is_named(text, domain):
    found, confidence = guess_domain(embed_texts([text] * 3), embed_texts)
    assert found == domain
    assert 0.0 < confidence <= 1.0


def test_texts_that_are_like_no_domain_are_general():
    noise = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    assert guess_domain(noise / np.linalg.norm(noise, axis=1, keepdims=True), embed_texts) == (GENERAL, 0.0)
    assert GENERAL in DOMAINS


def test_words_are_counted_without_case_and_punctuation():
    assert words("Don't stop, DON’T stop!") == ["don't", "stop", "don’t", "stop"]
    assert vocabulary(["A b", "B c."]) == 3
    assert duplicate_share(["A  b", "a b ", "c"]) == pytest.approx(1 / 3)


def test_the_type_token_ratio_does_not_fall_because_there_is_more_text():
    chance = np.random.default_rng(0)
    text = [" ".join(f"w{i}" for i in chance.integers(300, size=50)) for _ in range(200)]
    assert type_token_ratio(text) == pytest.approx(type_token_ratio(text[:20]), abs=0.05)
    assert type_token_ratio([]) == 0.0


@given(st.lists(st.sampled_from("abcde"), min_size=1))
def test_balance_and_majority_agree_with_their_definitions(labels):
    shares = [labels.count(label) / len(labels) for label in set(labels)]
    assert majority_share(labels) == pytest.approx(max(shares))
    entropy = -sum(share * math.log(share) for share in shares)
    expected = entropy / math.log(len(shares)) if len(shares) > 1 else 0.0
    assert class_balance(labels) == pytest.approx(expected)


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_a_spread_is_ordered(values):
    found = spread(values)
    assert found.minimum <= found.median <= found.p95 <= found.maximum
    assert found.minimum <= found.mean <= found.maximum


def test_lengths_are_in_tokens_of_the_encoder():
    assert token_counts(["hello world", ""]) == [2, 0]
    assert token_counts(["hello " * 600]) == [600]


def test_a_classification_task_is_described_in_full():
    found = characterize(task_of(sentences(102)))
    assert found.dataset_size == 100
    assert found.classes == 4
    assert found.language == "en"
    assert found.task_type == "topic"
    assert found.class_balance > 0.99
    assert found.majority_share == pytest.approx(0.25, abs=0.02)
    assert found.target_length is None
    assert found.duplicate_share == 0.0


def test_a_generation_task_is_described_in_full():
    rows = tuple(Example(f"What is the sum of {i} and {i + 1}?", f"It is {2 * i + 1}.") for i in range(40))
    found = characterize(Task("sums", "generation", rows[:30], rows[30:35], rows[35:]))
    assert found.dataset_size == 30
    assert found.objective == "generation"
    assert found.task_type == "question_answering"
    assert found.classes == 0
    assert found.target_length is not None
    assert found.target_length.mean < found.sequence_length.mean
    assert 0.0 <= found.complexity_score <= 1.0


def test_only_a_sample_of_a_large_file_is_turned_into_vectors():
    asked = []

    def counting(texts):
        asked.append(len(texts))
        return np.ones((len(texts), 384), dtype=np.float32) / math.sqrt(384)

    characterize(task_of([Example(f"row number {i}", "ab"[i % 2]) for i in range(3000)]), embed=counting)
    assert max(asked) <= 512


def test_the_description_depends_on_the_training_rows_alone():
    task = task_of(sentences(80))
    other = dataclasses.replace(task, test=(Example("something else entirely", task.test[0].target),) * 9)
    assert characterize(task) == characterize(other)


def test_a_task_without_training_rows_is_refused():
    with pytest.raises(DataError, match="no training rows to describe"):
        characterize(Task("empty", "generation", (), (), ()))
