"""Plots are made of characters: points where their values say, axes with their ends, nothing outside."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from advisor.tui.canvas import Canvas
from advisor.tui.interval_plot import Cross, interval_plot
from advisor.tui.scatter import scatter
from metapeft_core.types import Interval

NUMBERS = st.floats(-1e6, 1e6)
INTERVALS = st.lists(NUMBERS, min_size=3, max_size=3).map(sorted).map(lambda v: Interval(v[1], v[0], v[2]))


def said(value: float) -> str:
    return f"{value:g}"


def test_a_cross_lies_where_its_values_say():
    cross = Cross("A", Interval(5, 0, 10), Interval(0.5, 0.0, 1.0))
    lines = interval_plot([cross], 28, 13, said, said).lines()
    assert lines == [
        "     1┤          │",
        "      │          │",
        "      │          │",
        "      │          │",
        "      │          │",
        "   0.5┤──────────A──────────",
        "      │          │",
        "      │          │",
        "      │          │",
        "      │          │",
        "     0┤          │",
        "      └┬─────────┬─────────┬",
        "       0         5        10",
    ]


def test_letters_that_fall_on_one_place_stand_side_by_side():
    one = Interval(1, 0, 2)
    lines = interval_plot([Cross(letter, one, one) for letter in "ABC"], 40, 12, said, said).lines()
    assert all("".join(lines).count(letter) == 1 for letter in "ABC")
    assert sum(bool(set(line) & set("ABC")) for line in lines) == 1


def test_the_first_cross_lies_on_top():
    same = Interval(1, 0, 2)
    text = interval_plot([Cross("A", same, same), Cross("B", same, same)], 40, 12, said, said).coloured(["red", "blue"])
    assert {str(span.style) for span in text.spans if text.plain[span.start] == "─"} == {"red"}


@given(st.lists(st.tuples(INTERVALS, INTERVALS), max_size=5), st.integers(0, 130), st.integers(0, 50))
def test_every_plot_fits_its_place(intervals, width, height):
    crosses = [Cross(letter, x, y) for letter, (x, y) in zip("ABCDE", intervals, strict=False)]
    lines = interval_plot(crosses, width, height, said, said).lines()
    assert len(lines) == height
    assert all(len(line) <= width for line in lines)
    if crosses and width >= 24 and height >= 6:
        assert all(cross.letter in "".join(lines) for cross in crosses)


def test_points_keep_their_distances():
    lines = scatter([(0, 0), (10, 0), (0, 10), (10, 10)], {3: "A"}, 21, 11).lines()
    assert lines[0] == "·                   A"
    assert lines[-1] == "·                   ·"
    assert len(lines) == 11


def test_points_on_one_place_are_told_from_single_ones():
    assert ":" in "".join(scatter([(0, 0), (0, 0), (1, 1)], {}, 20, 10).lines())


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30), st.integers(0, 100), st.integers(0, 40))
def test_every_mark_is_on_the_map(points, width, height):
    marks = {number: "ABCDE"[number] for number in range(min(5, len(points)))}
    lines = scatter(points, marks, width, height).lines()
    assert all(len(line) <= width for line in lines)
    if width >= 5 and height:
        assert all(mark in "".join(lines) for mark in marks.values())


def test_nothing_is_drawn_outside_a_canvas():
    canvas = Canvas(3, 1)
    canvas.put(-1, 0, "abcdef")
    canvas.put(0, 5, "x")
    assert canvas.lines() == ["bcd"]
