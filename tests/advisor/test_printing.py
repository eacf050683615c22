"""Printing: data's names stay inert, JSON stays JSON, numbers read well."""

from __future__ import annotations

import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from advisor.printing import LONGEST_NAME, duration, inert, name_of, show_facts, show_json, size


def shown(markup: str) -> str:
    """What rich makes of it."""
    out = io.StringIO()
    Console(file=out, soft_wrap=True, highlight=False, emoji=False).print(markup, end="")
    return out.getvalue()


@given(st.text())
def test_inert_text_has_nothing_a_terminal_acts_on_and_keeps_its_letters(text):
    out = shown(inert(text))
    assert all(c.isprintable() or c == "\n" for c in out)
    printable = [c for c in text if c.isprintable()]
    assert len(out) >= len(text)
    assert not printable or all(c in out for c in printable)


@pytest.mark.parametrize("text", ["[bold]b[/bold]", "[red", "[/]", "a\\[b]", "[link=x]y[/link]"])
def test_what_looks_like_markup_is_shown_letter_by_letter(text):
    assert shown(inert(text)) == text


@given(st.text(max_size=400))
def test_a_name_is_one_line_of_bounded_length(text):
    assert "\n" not in shown(name_of(text))
    assert len(name_of("x" * 500)) == LONGEST_NAME


def test_facts_stand_in_two_columns_without_colours_off_a_terminal():
    out = io.StringIO()
    show_facts(Console(file=out, soft_wrap=True), [("a", "[red]1[/red]"), ("long", "2")])
    assert out.getvalue() == "a     1\nlong  2\n"


@pytest.mark.parametrize("colours", [True, False])
def test_no_color_is_respected_on_a_terminal(monkeypatch, colours):
    if colours:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    out = io.StringIO()
    show_facts(Console(file=out, force_terminal=True), [("a", "[red]1[/red]")])
    assert ("31m" in out.getvalue()) is colours


def test_json_has_no_infinities_and_only_plain_characters(capsys):
    show_json({"a": math.nan, "b": [math.inf, 1.5], "c": "\x1b\udc80é"})
    text = capsys.readouterr().out
    assert json.loads(text) == {"a": None, "b": [None, 1.5], "c": "\x1b\udc80é"}
    assert text.isascii()
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (2048, "2 KiB"), (5 << 20, "5.0 MiB"), (3 << 30, "3.0 GiB")],
)
def test_sizes_are_told_in_the_unit_that_fits(count, words):
    assert size(count) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.24, "0.2 s"), (130, "2 min 10 s"), (7300, "2 h 01 min")])
def test_durations_are_told_in_the_unit_that_fits(seconds, words):
    assert duration(seconds) == words
