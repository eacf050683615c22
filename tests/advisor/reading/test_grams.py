"""What a text is made of does not depend on how it is spaced, written large or numbered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.grams import LONGEST, MOST, letter_grams, word_grams

KINDS = pytest.mark.parametrize("grams", [word_grams, letter_grams])


@KINDS
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("best PEFT for 500 tweets", "BEST peft\tfor   812 tweets"),
        ("spam, 40 mails", "spam , 77 mails"),
        ("", "   "),
    ],
)
def test_spaces_capitals_and_which_digits_do_not_matter(grams, one: str, other: str):
    spaced = grams is letter_grams and "," in one
    assert (grams(one) == grams(other)) is not spaced


def test_words_and_their_neighbours_are_counted():
    found = word_grams("why why not")
    assert found.total() == 3 + 2
    assert found[next(iter(word_grams("why")))] == 2
    assert found[next(iter(word_grams("not")))] == 1
    # "why why" and "why not" are two more, and neither is what its words are.
    assert len(found) == 4


def test_pieces_do_not_go_beyond_a_word():
    assert letter_grams("so sure") == letter_grams("so") + letter_grams("sure")
    # " so ": three pieces of two letters, two of three, one of four.
    assert letter_grams("so").total() == 3 + 2 + 1
    assert letter_grams("").total() == 0


def test_a_slip_leaves_most_pieces_alone():
    right, wrong = letter_grams("classification"), letter_grams("clasification")
    assert (right & wrong).total() > 0.6 * right.total()


@KINDS
def test_of_a_book_only_the_beginning_is_looked_at(grams):
    assert grams("a" * MOST + " and more") == grams("a" * MOST)


@KINDS
@given(st.text())
def test_any_text_has_grams(grams, text: str):
    assert all(0 <= number < 2**32 and count > 0 for number, count in grams(text).items())


def test_no_piece_is_longer_than_the_longest():
    # Of " a...a " with spaces, two pieces of each size have one at their beginning or end, the others are all alike.
    assert len(letter_grams("a" * 40)) == 3 * (LONGEST - 1)
