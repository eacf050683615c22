"""Numbers in ideographs, and Korean ones with their scales: 两万, 8千, 二十五, 5만. Knows no unit and no meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

ONES = {
    sign: value
    for value, signs in enumerate(("〇零", "一", "二两兩", "三", "四", "五", "六", "七", "八", "九"))
    for sign in signs
}
PARTS = {"十": 10.0, "십": 10.0, "百": 100.0, "千": 1000.0, "백": 100.0, "천": 1000.0}
WHOLES = {"万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8, "만": 1e4, "억": 1e8}
"""What multiplies everything before it."""
_ONE, _SCALE = "".join(ONES), "".join([*PARTS, *WHOLES])
_DIGITS = r"(?<![\d.A-Za-z])(?<!\d,)\d{1,3}(?:,\d{3})*(?:\.\d+)?"
NUMERAL = re.compile(
    # "500만" is more often "only 500" than five million.
    rf"(?:(?:(?!\d{{3,}}만){_DIGITS}|(?<=[{_SCALE}])\d|(?<![千{_ONE}])[十百](?=[万萬])|[{_ONE}])\s?[{_SCALE}]+)+[{_ONE}]?"
    rf"|(?<![{_ONE}{_SCALE}])十[{_ONE}]"
    rf"|(?<![{_ONE}{_SCALE}])[{_ONE}](?=种|類|类|個?つ|つの|クラス|段階|種類|ジャンル|区分|択|方言|[个個]时期|個時期|種標籤|个?小时|个?钟头|時間|分钟|档|位|值|値|个(?:类|级|等|标签|意图|主题|情|档|部门))"
)
"""A scale alone is part of many words (百科, 千万), and so is a sign for one of the first nine numbers."""
SPELT = {sign: float(value) for value, sign in enumerate("일이삼사오육칠팔구", 1)}
_SPELT = "".join(SPELT)
HANGUL = re.compile(
    rf"(?<![가-힣\d])(?:[{_SPELT}]?[십백천만] ?)+[{_SPELT}]?"
    r"(?=\s?(?:개|건|문장|문단|쌍|편|줄|장|구|턴|행|여|명|조각|토막))"
)
_FIRST = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9}
_TENS = {"열": 10, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50}
NATIVE = {
    **_FIRST,
    **_TENS,
    "스무": 20,
    **{ten + one: more + value for ten, more in _TENS.items() for one, value in _FIRST.items()},
}
COUNTED = re.compile(
    rf"(?<![가-힣])(?:{'|'.join(sorted(NATIVE, key=len, reverse=True))})"
    r"(?=\s?(?:가지|개|종류|단계|등급|시간|분류|클래스|라벨|범주|카테고리|갈래|구간|유형))"
)
"""Korean numbers that are no loans, before what they count."""
VAGUE = re.compile(r"[几幾数數][十百千万萬]+|上[百千万]|몇\s?[십백천만]|수\s?[십백천만]+|何[十百千万]")
TOKEN = re.compile(rf"[\d,]+(?:\.\d+)?|[{_ONE}{_SCALE}{_SPELT}]")


def ideographs_in(text: str) -> Iterator[tuple[str, int, float, bool]]:
    """What stands where, what it is worth, and whether it only says that there are some."""
    for match in NUMERAL.finditer(text):
        yield match[0], match.start(), _worth(match[0], ONES), False
    for match in HANGUL.finditer(text):
        yield match[0].rstrip(), match.start(), _worth("".join(match[0].split()), SPELT), False
    for match in COUNTED.finditer(text):
        yield match[0], match.start(), float(NATIVE[match[0]]), False
    for match in VAGUE.finditer(text):
        yield match[0], match.start(), 0.0, True


def _worth(numeral: str, ones: Mapping[str, float]) -> float:
    total = part = 0.0
    pending: float | None = None
    for token in TOKEN.findall(numeral):
        if token in PARTS:
            part += (1.0 if pending is None else pending) * PARTS[token]
            pending = None
        elif token in WHOLES:
            own = part + (pending or 0.0)
            total = total + own * WHOLES[token] if own else (total or 1.0) * WHOLES[token]
            part, pending = 0.0, None
        else:
            pending = float(ones[token]) if token in ones else float(token.replace(",", ""))
    return total + part + (pending or 0.0)
