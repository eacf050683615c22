"""Numbers are read however they are written, with the unit that they have, and nothing else is taken for one."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisor.reading.number import PLAIN, Number, Role
from advisor.reading.number_words import (
    GIGABYTES,
    INSIDE,
    LONGEST,
    MINUTES,
    MOMENTS,
    SCALES,
    UNITS,
    VAGUE,
    meant,
    parts,
)
from advisor.reading.numbers import numbers_in

PIECES = st.sampled_from(
    [
        *("12", "2,000", "10 000", "1.5k", "3M", "0.83", "7B", "8GB", "30min", "1e-4", "99%", "1h30", "٣٠٠", "３０"),
        *("half", "a", "hundred", "thousand", "million", "and", "of", "few", "some", "fifty", "dozen", "five", "one"),
        *("an hour", "and a half", "rank", "lr", "RTX", "epochs", "classes", "per cent", "tens", "тысяч", "mille"),
        *("条", "评论", "gigs", "GB显存", "小时", "İ", "ß", "e\u0301", "\u00a0", "\u202f", "\x00", "\n", "-", "/", "."),
        *(" ", "  ", ",", "(", "%"),
    ]
)
LINKS = st.sampled_from(sorted({*UNITS, *SCALES, *INSIDE, "q"}))
"""What long number words are put together of, and a letter that none of them ends in."""
WILD = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join), st.lists(PIECES).map(" ".join))


def only(text: str) -> Number:
    """The one number of a text."""
    found = numbers_in(text)
    assert len(found) == 1, found
    return found[0]


@given(WILD)
@example("9" * 400 + " GB")
@example("0 000")
@example("0.000.000 rows")
@example("9" * 400 + "k rows")
@example("hundred " * 200)
@example("dozen " * 400)
@example("???")
@example("")
def test_whatever_the_text_numbers_stand_in_it_side_by_side_and_are_worth_something(text: str):
    end = 0
    for number in numbers_in(text):
        assert number.start >= end
        assert text[number.start : number.end] == number.text != ""
        assert math.isfinite(number.value)
        assert number.value >= 0
        assert number.roles
        end = number.end


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("48 rows", 48),
        ("2,000 rows", 2000),
        ("2.000 Zeilen", 2000),
        ("10 000 lignes", 10_000),
        ("10\u00a0000 lignes", 10_000),
        ("10\u202f000 lignes", 10_000),
        ("2'000 Zeilen", 2000),
        ("2’000 Zeilen", 2000),
        ("1,234,567 lines", 1_234_567),
        ("there are 2,000.", 2000),
        ("there are 10 000.", 10_000),
        ("12k examples", 12_000),
        ("1.5k examples", 1500),
        ("2K", 2000),
        ("3M texts", 3_000_000),
        ("20 thousand texts", 20_000),
        ("20 thosand texts", 20_000),
        ("five hunderd rows", 500),
        ("2 milion texts", 2_000_000),
        ("thirty thousnad rows", 30_000),
        ("30 tousands rows", 30_000),
        ("1.2 million texts", 1_200_000),
        ("4 mio Texte", 4_000_000),
        ("half a million texts", 500_000),
        ("a million texts", 1_000_000),
        ("fifty tickets", 50),
        ("twenty-five tickets", 25),
        ("a dozen", 12),
        ("two dozen", 24),
        ("a hundred", 100),
        ("one hundred and fifty rows", 150),
        ("one thousand and fifty rows", 1050),
        ("one hundred and twenty-five rows", 125),
        ("two thousand five hundred rows", 2500),
        ("zwei tausend Zeilen", 2000),
        ("fünfzig Beispiele", 50),
        ("deux cents lignes", 200),
        ("trois mille exemples", 3000),
        ("dos mil filas", 2000),
        ("treinta y dos filas", 32),
        ("vinte e cinco exemplos", 25),
        ("cinquanta esempi", 50),
        ("vijftig voorbeelden", 50),
        ("500 тысяч строк", 500_000),
        ("some fifty rows", 50),
        ("a quarter of a million pairs", 250_000),
        ("one and a half million rows", 1_500_000),
        ("a million and a half rows", 1_500_000),
        ("un millier et demi de phrases", 1500),
        ("3.5 thousand rows", 3500),
        ("1 thosand rows", 1000),
        ("near 1e4 rows", 10_000),
        ("zweieinhalbtausend Texte", 2500),
        ("siebenhundertfünfzig Paare", 750),
        ("fünfundzwanzigtausend Zeilen", 25_000),
        ("einundzwanzig Zeilen", 21),
        ("tremiladuecento versi", 3200),
        ("vijfenzeventig brieven", 75),
        ("tvåtusen chattar", 2000),
        ("doscientos cincuenta ejemplos", 250),
        ("полторы тысячи строк", 1500),
        ("9к диалогов", 9000),
        ("34 tys. próbek", 34_000),
        ("двадцять п'ять тисяч рядків", 25_000),
        ("двадцять п\u2019ять тисяч рядків", 25_000),
        ("чотириста двадцять штук", 420),
        ("8,4 тис. коментарів", 8400),
        ("dua ratus lima puluh ribu baris", 250_000),
        ("seribu lima ratus kata", 1500),
        ("5rb ulasan", 5000),
        ("kaksisataaviisikymmentä lausetta", 250),
        ("kuusi tuhatta riviä", 6000),
        ("1,2 nghìn bình luận", 1200),
        ("1,4 ezer recenzió", 1400),
        ("3,3 tis. recenzí", 3300),
        ("2,5 хиляди ревюта", 2500),
        ("12 hiljada recenzija", 12_000),
        ("1,5 mii de recenzii", 1500),
        ("5 χιλιάδες κριτικές", 5000),
        ("2 εκατομμύρια σχόλια", 2_000_000),
        ("4 tusind anmeldelser", 4000),
        ("3 हज़ार समीक्षाएँ", 3000),
        ("2 लाख समीक्षाएँ", 200_000),
        ("2 lakh reviews", 200_000),
        ("4 হাজার রিভিউ", 4000),
        ("10 هزار نظر", 10_000),
        ("3 אלף ביקורות", 3000),
        ("5พันรีวิว", 5000),
        ("1.2 หมื่นรีวิว", 12_000),
        ("2 triệu câu", 2_000_000),
        ("2,5 tisíce vzkazů", 2500),
        ("twenty five hundred", 2500),
        ("手上有两万条评论", 20_000),
        ("1.5w条", 15_000),
        ("hotels,500 rows", 500),
    ],
)
def test_a_number_is_worth_what_it_says_in_digits_and_in_words(text: str, value: float):
    number = only(text)
    assert number.value == value
    assert Role.ROWS in number.roles
    assert not number.vague


@pytest.mark.parametrize(
    "text",
    [
        "a few hundred tweets",
        "several thousand",
        "a couple of hundred rows",
        "a few dozen examples",
        "tens of thousands of rows",
        "hundreds of contracts",
        "ein paar hundert",
        "quelques centaines",
        "unos cientos",
        "many examples",
        "a handful of rows",
    ],
)
def test_what_only_says_that_there_are_some_is_vague(text: str):
    found = numbers_in(text)
    assert [number.vague for number in found] == [True]
    assert Role.ROWS in found[0].roles


@pytest.mark.parametrize(
    ("text", "gigabytes"),
    [
        ("8 GB", 8),
        ("8GB", 8),
        ("8gb of RAM", 8),
        ("16 gigs", 16),
        ("24g card", 24),
        ("8 GiB", 8),
        ("8\u00a0GB", 8),
        ("8192 MB", 8),
        ("512mb", 0.5),
        ("1 TB", 1024),
        ("10,5 GB", 10.5),
        ("6 Go de mémoire", 6),
        ("8 ГБ памяти", 8),
        ("8GB显存", 8),
        ("sixteen gigs", 16),
        ("16기가", 16),
        ("10 гигов", 10),
    ],
)
def test_memory_becomes_gigabytes(text: str, gigabytes: float):
    assert only(text).roles == (Role.MEMORY,)
    assert only(text).value == pytest.approx(gigabytes)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("30 min", 30),
        ("30min", 30),
        ("45 minutes", 45),
        ("2 hours", 120),
        ("2h", 120),
        ("1.5 hours", 90),
        ("90 s", 1.5),
        ("an hour", 60),
        ("setengah jam", 30),
        ("12 jam", 720),
        ("neljä tuntia", 240),
        ("三時間以内", 180),
        ("half an hour", 30),
        ("an hour and a half", 90),
        ("one hour", 60),
        ("a day", 1440),
        ("eine Stunde", 60),
        ("une heure et demie", 90),
        ("3 часа", 180),
        ("2小时内", 120),
        ("30分钟", 30),
        ("three quarters of an hour", 45),
        ("two and a half hours", 150),
        ("mezz'ora", 30),
        ("полтора часа", 90),
        ("полчаса", 30),
        ("drie kwartier", 45),
        ("45 minuter", 45),
        ("两个小时", 120),
        ("30분만", 30),
        ("90分以内", 90),
    ],
)
def test_time_becomes_minutes(text: str, minutes: float):
    assert only(text).roles == (Role.MINUTES,)
    assert only(text).value == pytest.approx(minutes)


@pytest.mark.parametrize(("moment", "minutes"), MOMENTS.items())
def test_a_time_that_is_a_word_of_its_own_is_read_in_any_case(moment: str, minutes: float):
    # The dotless letter is the same as the dotted one where case does not matter, and only there.
    for text in (moment, moment.upper(), moment.title(), moment.replace("\u0131", "i")):
        assert [(one.value, one.roles) for one in numbers_in(text)] == [(minutes, (Role.MINUTES,))]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("0.83", 0.83),
        ("0,83", 0.83),
        ("83%", 0.83),
        ("83 %", 0.83),
        ("83.5%", 0.835),
        ("83 percent", 0.83),
        ("83 per cent", 0.83),
        ("83 pour cent", 0.83),
        ("83 por ciento", 0.83),
        ("83 Prozent", 0.83),
        ("100%", 1),
        (".57", 0.57),
        ("ninety-one percent", 0.91),
        ("٨٤٪", 0.84),
    ],
)
def test_a_percentage_and_a_fraction_of_one_are_shares(text: str, share: float):
    assert only(text).roles == (Role.SCORE, Role.NOTHING)
    assert only(text).value == pytest.approx(share)


def test_billions_are_the_size_of_a_model():
    assert (only("a 7B model").roles, only("a 7B model").value) == ((Role.PARAMETERS,), 7e9)
    assert only("a 1.5b model").value == 1.5e9


def test_millions_may_be_rows_or_the_size_of_a_model():
    assert set(only("135M").roles) == {*PLAIN, Role.PARAMETERS} - {Role.CLASSES}


@pytest.mark.parametrize("text", ["201", "1.2k", "three hundred", "两万条", "1e4", "5 thousand"])
def test_so_many_classes_are_never_meant(text: str):
    assert set(only(text).roles) == {*PLAIN} - {Role.CLASSES}


@pytest.mark.parametrize("text", ["2000000", "一億二千万行", "two million"])
def test_from_a_million_on_parameters_may_be_meant(text: str):
    assert set(only(text).roles) == {*PLAIN, Role.PARAMETERS} - {Role.CLASSES}


def test_what_is_an_hour_elsewhere_is_eaten_here():
    assert not numbers_in("a paper jam")


def test_memory_may_be_written_close_to_its_name():
    assert (only("VRAM16GB").value, only("VRAM16GB").roles) == (16.0, (Role.MEMORY,))


def test_the_time_behind_what_is_no_number_belongs_to_another_one():
    assert [(one.text, one.value) for one in numbers_in("两万 km 3小时")] == [("两万", 20_000), ("3小时", 180)]


@pytest.mark.parametrize("text", ["4 classes", "4 labels", "three categories", "10-way", "5 Klassen", "3 étiquettes"])
def test_a_number_of_classes_is_nothing_else(text: str):
    assert only(text).roles == (Role.CLASSES,)


@pytest.mark.parametrize(
    "text",
    [
        "rank 16",
        "r=8",
        "alpha 32",
        "python 3.11",
        "4-bit",
        "8 bit",
        "lr 1e-4",
        "learning rate 3e-5",
        "learning rate 0.001",
        "an RTX 3090",
        "a GTX 1080",
        "3 epochs",
        "epochs: 3",
        "batch size 8",
        "seed 7",
        "2 GPUs",
        "16 cores",
        "5-shot",
        "用rank 16",
        "one",
        "a",
        "and a half",
        "v2",
        "",
    ],
)
def test_what_is_plainly_something_else_is_not_offered(text: str):
    assert numbers_in(text) == ()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("我有500条评论", [500]),
        ("我有250k个例子", [250_000]),
        ("48 thousand件", [48_000]),
        ("共 3 类, 500条", [3, 500]),
        ("у меня 500 строк и 3 класса", [500, 3]),
        ("one hundred and fifty个", [150]),
        ("für 500 Zeilen", [500]),
        ("٣٠٠ صف", [300]),
        ("３０件", [30]),
    ],
)
def test_letters_of_other_scripts_stand_beside_numbers(text: str, values: list[float]):
    assert [number.value for number in numbers_in(text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("between one hundred and five hundred", [100, 500]),
        ("twenty and five", [20, 5]),
        ("two thousand and that is all", [2000]),
        ("300 rows, 4 classes, 8 GB and 2 hours", [300, 4, 8, 120]),
        ("500 and 500", [500, 500]),
        ("two of the three", [2, 3]),
    ],
)
def test_numbers_that_stand_near_each_other_are_kept_apart(text: str, values: list[float]):
    assert [number.value for number in numbers_in(text)] == values


def test_a_word_that_joins_nothing_is_no_part_of_a_number():
    assert only("one hundred of them").text == "one hundred"
    assert only("fifty and no more").text == "fifty"


@given(st.lists(LINKS, min_size=1, max_size=40), st.integers(1, 40), st.sampled_from(["", "q", "zig"]))
@example(["eighty"], 14, "q")
@example(["eighty"], 2000, "q")
@example(["one"], 1200, "")
def test_words_put_together_of_numbers_without_end_are_read_to_their_end(words: list[str], times: int, end: str):
    word = "".join(words) * times + end
    assert "".join(parts(word)) in ("", word)
    assert all(math.isfinite(number.value) for number in numbers_in(f"{word} rows"))


def test_the_longest_word_below_a_million_is_read():
    word = "seitsemänsataaseitsemänkymmentäseitsemäntuhattaseitsemänsataaseitsemänkymmentäseitsemän"
    assert len(word) <= LONGEST
    assert only(word).value == 777_777


@pytest.mark.parametrize("words", [UNITS, SCALES, GIGABYTES, MINUTES])
def test_every_word_is_looked_up_as_it_is_written_in_small_letters(words):
    assert all(word == word.lower() and value >= 0 for word, value in words.items())


def test_no_word_is_both_vague_and_a_number():
    assert not VAGUE & set(UNITS)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("debates from 2003 to 2019, 3,250 speeches", [3250]),
        ("tweets of 2019-2021: 5k", [5000]),
        ("intents by Q3 2025, 5200 utterances", [5200]),
        ("in 2026 we would have 32k", [32_000]),
        ("since March 2019", []),
        ("seit 2020 haben wir 4000 Zeilen", [4000]),
        ("sentiment in 2000 reviews", [2000]),
        ("in 2,000 rows", [2000]),
        ("2000 rows", [2000]),
        ("from 2000 tweets", [2000]),
        ("between 1900 and 2000 tweets and 40", [40]),
    ],
)
def test_years_count_nothing(text: str, values: list[float]):
    assert [number.value for number in numbers_in(text)] == values


@pytest.mark.parametrize("word", ["hundredth", "thousandth", "mission", "millionaire", "minion", "hunted", "founded"])
def test_words_that_are_like_a_scale_are_none(word: str):
    assert meant(word) == word
    assert only(f"48 {word} rows").value == 48


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("خمسة وعشرين", 25),
        ("خمسة وعشرين ألف مثال", 25_000),
        ("ألف ومئتين", 1200),
        ("ثلاثة آلاف وخمسمئة مثال", 3500),
        ("مليون وخمسمئة ألف جملة", 1_500_000),
        ("مقالات وأربعين ألف مقال", 40_000),
        ("مئة وخمسين", 150),
        ("اثنا عشر", 12),
        ("ربع مليون", 250_000),
        ("نص مليون جملة", 500_000),
        ("مليون ونص", 1_500_000),
        ("ألف نص", 1000),
        ("خمستاشر ألف", 15_000),
    ],
)
def test_arabic_joins_numbers_by_a_letter(text: str, value: float):
    assert only(text).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("δύο χιλιάδες πεντακόσια", 2500),
        ("χίλιες διακόσιες", 1200),
        ("τριακόσια πενήντα", 350),
        ("5 χιλιάδες", 5000),
        ("μισό εκατομμύριο", 500_000),
    ],
)
def test_numbers_are_read_in_greek_words(text: str, value: float):
    assert only(text).value == value


def test_arabic_lists_of_numbers_stay_apart():
    assert [one.value for one in numbers_in("عشرة وعشرين")] == [10, 20]
    assert [one.value for one in numbers_in("300 مقال وأربع درجات")] == [300, 4]


@pytest.mark.parametrize(
    ("text", "gigabytes"),
    [
        ("24 گیگ", 24),
        ("۱۶ گیگابایت", 16),
        ("12 जीबी का कार्ड", 12),
        ("8 ג'יגה", 8),
        ("18 กิ๊ก", 18),
        ("8 γίγα", 8),
        ("6 gigabajtach", 6),
        ("12 gigaa", 12),
        ("16 гигами", 16),
        ("16 G", 16),
        ("2x24GB", 24),
    ],
)
def test_memory_is_said_in_many_languages(text: str, gigabytes: float):
    assert (only(text).roles, only(text).value) == ((Role.MEMORY,), gigabytes)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("45 phút", 45),
        ("3 tiếng", 180),
        ("20 λεπτά", 20),
        ("1 ώρα", 60),
        ("۴۰ دقیقه", 40),
        ("45 मिनट", 45),
        ("6 ชั่วโมง", 360),
        ("3 óra", 180),
        ("1h30", 90),
        ("2 h 05", 125),
        ("60 days", 86_400),
    ],
)
def test_time_is_said_in_many_languages(text: str, minutes: float):
    assert (only(text).roles, only(text).value) == ((Role.MINUTES,), minutes)


@pytest.mark.parametrize("text", ["3,650 days", "twelve thousand days", "4.380 gün", "210 dias", "عشرة آلاف يوم"])
def test_more_days_than_anybody_trains_for_are_counted_themselves(text: str):
    assert Role.ROWS in only(text).roles
    assert Role.MINUTES not in only(text).roles


@pytest.mark.parametrize(("text", "value"), [("2,750 w titles", 2750), ("我有3w条", 30_000), ("数据2w，", 20_000)])
def test_ten_thousands_are_a_letter_in_chinese_only(text: str, value: float):
    assert only(text).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("換個说法,7千句", 7000),
        ("360м параметров", 360e6),
        ("5 м", 5),
        ("8 milliárd", 8e9),
        ("3 miljardin mallilla", 3e9),
    ],
)
def test_what_is_multiplied_is_told_by_what_stands_around(text: str, value: float):
    assert only(text).value == value


@pytest.mark.parametrize("text", ["yüzde 52", "%52", "52 प्रतिशत", "52프로였습니다", "52퍼센트"])
def test_shares_are_said_before_and_behind(text: str):
    assert (only(text).value, only(text).roles[0]) == (0.52, Role.SCORE)


def test_how_many_there_are_of_something_is_no_number_of_rows():
    assert numbers_in("1024x768") == ()
