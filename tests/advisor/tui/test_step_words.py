"""What is told without a screen: figures, typed commands, pasted rows, suggestions for paths, exports."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.state import State
from advisor.steps import Step
from advisor.tui.events import Said, Stepped
from advisor.tui.exporting import ExportError, export, in_markdown
from advisor.tui.figures import MOST_LINES, lines_of, one_line
from advisor.tui.line_screen import path_like
from advisor.tui.pasted import ending_of, kept
from advisor.tui.status import status_of
from advisor.tui.step_words import details_of, line_of, progress_lines
from advisor.tui.typed import Order, order_of, path_of
from metapeft_core.errors import DataError
from metapeft_core.training.judge import Verdict
from metapeft_core.training.progress import Progress
from metapeft_core.types import Interval, PEFTMethod

HOSTILE = "\x1b[31mred\x1b]0;title\x07[bold]b[/bold][/]\u202e\u2028\r"


@dataclass(frozen=True)
class Facts:
    method: PEFTMethod
    share: float
    rows: int
    quality: Interval
    settings: dict[str, object]
    nothing: str | None = None


def test_records_are_told_a_figure_a_line():
    facts = Facts(PEFTMethod.LORA, 0.12345, 12345, Interval(0.7, 0.5, 0.9), {"rank": 4, "targets": ("q", "v")})
    assert lines_of(facts) == [
        "method  lora",
        "share  0.123",
        "rows  12,345",
        "quality  0.7 (0.5 to 0.9)",
        "settings  rank 4, targets q, v",
    ]


def test_what_is_long_is_cut_and_says_so():
    lines = lines_of({str(number): number for number in range(1, 200)} | {"deep": {"er": {"a": 1}}})
    assert len(lines) == MOST_LINES + 1
    assert lines[-1].startswith("and ")
    assert lines_of({"a": list(range(1, 40))}) == [f"a  {', '.join(map(str, range(1, 13)))} and 27 more"]


@given(st.recursive(st.none() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_whatever_a_tool_returns_is_told_inert(found):
    assert all(line.isprintable() for line in lines_of(found))


def test_steps_are_told_inert():
    step = Step("called", HOSTILE, "characterize_dataset", {"data": Path(HOSTILE)}, {"labels": [HOSTILE]}, seconds=1.23)
    assert line_of(step) == "✓ characterize_dataset (1.2 s)"
    for text in (details_of(step), line_of(Step("mistake", HOSTILE)), one_line(HOSTILE)):
        assert all(line.isprintable() for line in text.splitlines())
    assert "[bold]b[/bold][/]" in details_of(step)


def test_a_training_is_told_with_its_last_verdict():
    told = progress_lines(Progress(5, 10, 0.5, 1.0, 100), Verdict(0.4, {"accuracy": 0.75, "macro_f1": 0.7}))
    assert (
        told == f"{'█' * 10}{'░' * 10} step 5 of 10, loss 0.500\nvalidation loss 0.400, accuracy 0.750, macro-f1 0.700"
    )


def test_commands_are_told_from_questions_and_from_paths():
    assert order_of("/data  a file.csv ") == Order("data", "a file.csv")
    assert order_of("/help") == Order("help", "")
    assert order_of("what is /data?") is None
    assert order_of("/home/me/rows.csv") is None


def test_a_path_is_taken_as_it_is_typed(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert path_of(" '/a b/c.csv' ") == Path("/a b/c.csv")
    assert path_of("~/c.csv") == Path("/home/me/c.csv")
    assert path_of("~nobody-of-this-name/c") == Path("~nobody-of-this-name/c")
    assert path_of("'") == Path("'")


@pytest.mark.parametrize(
    ("rows", "ending"),
    [('{"text": 1}', ".jsonl"), ('[{"text": 1}]', ".json"), ("text,label\na,b", ".csv"), ("text\tlabel\na\tb", ".tsv")],
)
def test_pasted_rows_are_known_by_their_looks(rows, ending, tmp_path, monkeypatch):
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))
    assert ending_of(rows) == ending
    place = kept(f"\n{rows}\n\n")
    assert place.is_relative_to(tmp_path / "home")
    assert place.read_text() == f"{rows}\n"
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_rows_that_are_pasted_twice_have_one_file_and_others_another(tmp_path, monkeypatch):
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))
    first = kept("text,label\na,b")
    assert kept("\ntext,label\na,b\n\n") == first
    assert kept("text,label\na,c") != first
    assert len([place for place in (tmp_path / "home").rglob("*") if place.is_file()]) == 2


def test_pasted_rows_are_what_was_pasted_though_their_file_was_changed(tmp_path, monkeypatch):
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))
    kept("text,label\na,b").write_text("text,la")
    assert kept("text,label\na,b").read_text() == "text,label\na,b\n"


def test_where_pasted_rows_cannot_be_kept_the_way_out_is_told(tmp_path, monkeypatch):
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))
    with pytest.raises(DataError, match=r"cannot be kept in .* set PEFT_ADVISOR_HOME to another folder"):
        kept("text,label\na,b")


def test_half_a_character_in_pasted_rows_is_told():
    with pytest.raises(DataError, match=r"half a character \(a lone surrogate, '\\udcff'\)"):
        kept("text,label\na\udcff,b")


def test_nothing_pasted_is_refused():
    with pytest.raises(DataError, match="nothing was pasted"):
        kept(" \n ")


def test_a_path_is_suggested_unless_a_terminal_would_act_on_it(tmp_path):
    (tmp_path / "rows.csv").touch()
    (tmp_path / "odd\x1b[31m.csv").touch()
    assert path_like(f"{tmp_path}/ro") == f"{tmp_path}/rows.csv"
    assert path_like(f"{tmp_path}/od") is None
    assert path_like(f"{tmp_path}/") is None
    assert path_like("\0/x") is None


def test_the_line_above_tells_data_model_and_reader():
    state = State(data=Path("/a/rows.csv"), backbone="minilm")
    assert status_of(state, "words", False) == "data rows.csv · model minilm · read by words"
    assert status_of(state, "words", True).startswith("at work, escape stops it")
    assert status_of(None, None, False) == "opening the store"


def said(question: str, text: str) -> Said:
    return Said(question, Stepped(Step("answer", text), State()))


def test_markdown_acts_on_nothing_that_was_said():
    text = in_markdown([said(f"# {HOSTILE} <b>`x`</b>", f"````\n{HOSTILE}\n# not a heading")])
    lines = text.splitlines()
    assert all(line.isprintable() for line in lines)
    assert next(line for line in lines if line.startswith("## ")).startswith("## \\#")
    assert "<b>" not in text.replace("\\<b", "")
    assert lines.count("`````") == 2


def test_exports_are_refused_with_a_reason(tmp_path):
    (tmp_path / "there.md").touch()
    for place, reason in (("a.txt", "no known ending"), ("there.md", "is there already"), ("a.json", "no recommend")):
        with pytest.raises(ExportError, match=reason):
            export([said("a", "b")], tmp_path / place)
    with pytest.raises(ExportError, match="nothing has been said"):
        export([], tmp_path / "a.md")
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="cannot be written"):
        export([said("a", "b")], tmp_path / "file" / "a.md")
    with pytest.raises(ExportError, match="cannot be written"):
        export([said("a", "b")], Path("a\0.md"))
    assert json.dumps(sorted(each.name for each in tmp_path.iterdir())) == '["file", "there.md"]'
