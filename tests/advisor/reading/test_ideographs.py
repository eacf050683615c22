"""Ideographs and Korean scales are numbers where they count something, and parts of words elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.ideographs import ideographs_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("两万条评论", 20_000),
        ("8千条问答", 8000),
        ("一千五百条", 1500),
        ("15万条", 150_000),
        ("1.2万条", 12_000),
        ("十万对句子", 100_000),
        ("百万条", 1_000_000),
        ("二十五类", 25),
        ("十五类", 15),
        ("五种情绪", 5),
        ("1万ペア", 10_000),
        ("二つのラベル", 2),
        ("一億二千万行", 120_000_000),
        ("5만개", 50_000),
        ("2만5천 건", 25_000),
        ("이백문장", 200),
        ("만 이천건", 12_000),
        ("일곱 가지", 7),
        ("열두 개", 12),
        ("五档", 5),
        ("九位作家", 9),
        ("네갈래", 4),
        ("삼천토막", 3000),
    ],
)
def test_they_are_worth_what_they_say(text: str, value: float):
    assert [(found, vague) for _, _, found, vague in ideographs_in(text)] == [(value, False)]


@pytest.mark.parametrize("text", ["几百条", "数千件", "上万条", "몇백 개", "수천 건", "何千件"])
def test_some_of_them_only_say_that_there_are_some(text: str):
    assert [vague for *_, vague in ideographs_in(text)] == [True]


@pytest.mark.parametrize(
    "text", ["百科问答", "千万不要", "一下", "万一", "500만 있어요", "이만 총총", "天천히", "九月"]
)
def test_parts_of_other_words_count_nothing(text: str):
    assert list(ideographs_in(text)) == []


@given(st.text(alphabet="0123456789.,两万千百十五一亿만천백 이삼개几数条あ", max_size=40))
def test_whatever_the_text_they_stand_in_it(text: str):
    for shown, start, value, _ in ideographs_in(text):
        assert text.startswith(shown, start)
        assert shown
        assert value >= 0
