"""A data file in figures, without a word of its texts."""

from __future__ import annotations

import json

import pytest

from metapeft_core.errors import DataError
from tools import characterize_dataset
from tools.registry import get_tool


def test_the_rows_and_what_is_asked_of_them_are_told(bench, tickets):
    found = characterize_dataset(tickets, bench=bench)
    assert found.train + found.valid + found.test == 100
    told = found.characteristics
    assert told.dataset_size == found.train
    assert (told.objective, told.classes, told.language) == ("classification", 4, "en")
    assert (found.rows_skipped, found.leaked_rows) == (0, 0)


def test_no_text_no_label_and_no_name_of_the_data_is_shown(bench, tmp_path):
    words = ["zebrafish", "quokka", "axolotl", "pangolin"]
    rows = [{"text": f"the {words[n % 4]} number {n} sleeps", "label": f"wug{n % 3}"} for n in range(60)]
    place = tmp_path / "gavagai.jsonl"
    place.write_text("\n".join(json.dumps(row) for row in rows))
    tool = get_tool("characterize_dataset")
    shown = json.dumps(tool.plain(tool.call({"data": str(place)}, bench)))
    for secret in (*words, "wug", "gavagai", "sleeps"):
        assert secret not in shown


def test_test_rows_that_leak_are_counted(bench, tmp_path):
    rows = [json.dumps({"text": f"text number {n}", "label": "ab"[n % 2]}) for n in range(20)]
    (tmp_path / "train.jsonl").write_text("\n".join(rows))
    (tmp_path / "valid.jsonl").write_text("\n".join(rows[:4]))
    (tmp_path / "test.jsonl").write_text("\n".join([*rows[:3], '{"text": "quite another", "label": "a"}']))
    found = characterize_dataset(tmp_path, bench=bench)
    assert (found.train, found.valid, found.test, found.leaked_rows) == (20, 4, 4, 3)


@pytest.mark.parametrize("place", ["nothing.jsonl", "x" * 400, "a\0b"], ids=["nothing", "too long", "no name"])
def test_a_place_that_holds_no_data_is_told(bench, tmp_path, place: str):
    with pytest.raises(DataError, match=r"cannot open|cannot be"):
        get_tool("characterize_dataset").call({"data": f"{tmp_path}/{place}"}, bench)
