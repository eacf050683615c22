"""`advisor experiences` and `advisor collect`: what they print, as tables and as JSON, and what they refuse."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from samples import memory

from advisor.experience_tables import spark
from advisor.filter_options import read_count
from knowledge.base import KnowledgeBase
from knowledge.shipped import count_shipped
from knowledge.store import ExperienceStore
from metapeft_core.types import PEFTMethod

OWN = 100


@pytest.fixture
def store(tmp_path: Path, advisor) -> Path:
    """What ships, and a hundred experiences of one's own that came later."""
    path = tmp_path / "experiences.sqlite"
    with KnowledgeBase(path) as known:
        known.remember([memory(n, provenance="user") for n in range(OWN)])
    return path


def json_of(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_newest_are_listed_first_and_as_many_as_wanted(advisor, store: Path):
    found = json_of(advisor("experiences", "list", "-n", 7, "--store", store, "--json"))
    assert [line["id"] for line in found] == [memory(n).experience.id for n in range(OWN - 1, OWN - 8, -1)]
    result = advisor("experiences", "list", "-n", 7, "--store", store)
    assert sum(line.strip().startswith("0000") for line in result.stdout.splitlines()) == 7
    assert f"7 of {OWN + count_shipped():,}" in result.stderr


def test_a_list_is_filtered_by_what_is_asked_for(advisor, store: Path):
    words = ("--method", "lora", "--provenance", "user", "--max-parameters", "20M", "--language", "de")
    found = json_of(advisor("experiences", "list", "-n", 1000, "--store", store, "--json", *words))
    assert found
    for line in found:
        assert (line["method"], line["provenance"], line["language"]) == ("lora", "user", "de")
        assert line["parameters"] <= 20_000_000
    wanted = [m for m in map(memory, range(OWN)) if m.experience.method == PEFTMethod.LORA]
    wanted = [m for m in wanted if m.experience.backbone.parameters <= 20_000_000]
    assert len(found) == sum(m.experience.characteristics.language == "de" for m in wanted)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--method", "magic"), "'magic' is none of lora, adalora"),
        (("--provenance", "rumour"), "'rumour' is none of measured, published, user"),
        (("--outcome", "great"), "'great' is none of completed"),
        (("--min-parameters", "many"), "'many' is no number of parameters"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_with_what_would(advisor, store: Path, words, complaint: str):
    result = advisor("experiences", "list", "--store", store, *words)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("text", "count"),
    [("7B", 7_000_000_000), ("1.5b", 1_500_000_000), ("135M", 135_000_000), ("10,000", 10_000), ("0", 0)],
)
def test_numbers_of_parameters_are_read_as_people_write_them(text: str, count: int):
    assert read_count(text, "--min-parameters") == count


def test_one_is_shown_with_everything_that_is_known(advisor, store: Path):
    id_ = memory(3).experience.id
    shown = advisor("experiences", "show", id_[:16], "--store", store).stdout
    for words in (
        id_,
        "task-0",
        "family-0",
        "prefix_tuning",
        "minilm:3",
        "accuracy",
        "256.0 MiB",
        "query+value",
        "seed 0",
    ):
        assert words in shown
    plain = json_of(advisor("experiences", "show", id_, "--store", store, "--json"))
    assert plain["hyperparameters"]["targets"] == ["query", "value"]
    assert plain["provenance"] == "user"


def test_an_unknown_id_is_refused_with_how_to_find_one(advisor, store: Path):
    result = advisor("experiences", "show", "zzz", "--store", store)
    assert result.exit_code == 2
    assert "`advisor experiences list`" in result.stderr


def test_names_that_came_with_data_cannot_act_on_the_terminal(advisor, store: Path):
    with ExperienceStore(store) as opened:
        opened.add(memory(500, task="\x1b[31m[red]evil\n", family="[bold]x", source="\x07bell"))
    for command in (("list", "-n", 1), ("show", memory(500).experience.id), ("similar", "evil", "-n", 100_000)):
        result = advisor("experiences", *command, "--store", store)
        assert result.exit_code == 0, result.output
        assert "\x1b" not in result.stdout
        assert "\x07" not in result.stdout
        assert "[red]" in result.stdout


def test_words_find_experiences_on_tasks_like_them(advisor, store: Path):
    found = json_of(advisor("experiences", "similar", "math word problems", "-n", 3, "--store", store, "--json"))
    assert [line["domain"] for line in found] == ["math"] * 3
    assert 1 >= found[0]["similarity"] >= found[-1]["similarity"] > 0.2
    table = advisor("experiences", "similar", "math word problems", "-n", 3, "--store", store).stdout
    assert "alike" in table


def test_a_data_file_finds_experiences_as_well(advisor, store: Path, tickets: Path):
    words = ("--data", tickets, "-n", 4, "--provenance", "measured", "--store", store, "--json")
    found = json_of(advisor("experiences", "similar", *words))
    assert len(found) == 4
    assert {line["provenance"] for line in found} == {"measured"}


@pytest.mark.parametrize("words", [(), ("x", "--data", "y.csv"), (" ",)])
def test_likeness_needs_words_or_a_file_and_not_both(advisor, store: Path, words):
    result = advisor("experiences", "similar", *words, "--store", store)
    assert result.exit_code == 2
    assert "and not both" in " ".join(result.stderr.replace("│", " ").split())


def test_an_export_comes_back_and_is_not_added_twice(advisor, store: Path, tmp_path: Path):
    path = tmp_path / "mine.parquet"
    told = json_of(advisor("experiences", "export", path, "--provenance", "user", "--store", store, "--json"))
    assert told["exported"] == OWN
    other = tmp_path / "other.sqlite"
    assert json_of(advisor("experiences", "import", path, "--store", other, "--json"))["added"] == OWN
    again = advisor("experiences", "import", path, "--store", other)
    assert f"0 experiences added, {OWN} were known already" in again.stdout


def test_figures_of_ones_own_are_imported_and_what_is_left_out_is_told(advisor, store: Path, tmp_path: Path):
    path = tmp_path / "figures.csv"
    rows = [
        ["task", "method", "metric", "value"],
        ["my task", "LoRA", "accuracy", "91.5%"],
        ["my task", "IA3", "accuracy", "0.9"],
    ]
    with path.open("w", newline="") as target:
        csv.writer(target).writerows(rows)
    result = advisor("experiences", "import", path, "--store", store)
    assert result.exit_code == 0, result.output
    assert "1 experiences added" in result.stdout
    assert "left out" in result.stderr.lower()
    found = json_of(advisor("experiences", "list", "--task", "my task", "--store", store, "--json"))
    assert [(line["score"], line["provenance"]) for line in found] == [(0.915, "user")]
    refused = advisor("experiences", "import", path, "--provenance", "measured", "--store", store)
    assert refused.exit_code == 2


def test_a_rebuild_checks_the_store_and_counts(advisor, store: Path):
    told = json_of(advisor("experiences", "rebuild", "--store", store, "--json"))
    assert told["experiences"] == OWN + count_shipped()
    assert 5 < told["task_vectors"] < told["experiences"]
    assert "the store is sound" in advisor("experiences", "rebuild", "--store", store).stdout


def test_the_statistics_of_what_ships_show_counts_failures_noise_and_winners(advisor, tmp_path: Path):
    store = tmp_path / "fresh.sqlite"
    told = json_of(advisor("experiences", "stats", "--store", store, "--json"))
    assert told["experiences"] == count_shipped()
    assert 0 <= told["failure_share"] < 0.2
    assert 0 < told["noise"]["floor"] < 0.2
    assert [row["size"] for row in told["sizes"]] == ["16", "64", "256", "1000"]
    for row in told["sizes"]:
        assert sum(row["best"].values()) == pytest.approx(row["comparisons"])
    shown = advisor("experiences", "stats", "--store", store).stdout
    for words in ("experiences", "failed", "noise floor", "lora", "prefix", "ties"):
        assert words in shown


def test_the_statistics_fit_in_eighty_columns(advisor, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for command in (("stats",), ("list",), ("similar", "hotel reviews")):
        shown = advisor("experiences", *command, "--store", tmp_path / "fresh.sqlite").stdout
        rules = [line for line in shown.splitlines() if "─" in line]
        assert len(rules) == 1
        assert len(rules[0].rstrip()) <= 80


def test_a_curve_is_drawn_between_its_own_ends():
    assert spark([0.0, 0.5, 1.0]) == "▁▅█"
    assert spark([0.3, 0.3]) == "▁▁"


def test_collecting_from_a_folder_that_is_none_is_refused(advisor, tmp_path: Path):
    result = advisor("collect", tmp_path / "nowhere", "--runs", 5, "--store", tmp_path / "s.sqlite")
    assert result.exit_code == 2
    assert "is no folder" in result.stderr
