"""`advisor experiences map`: a picture with every task's name, the same each time, or one line that tells why not."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from samples import METHODS, experience, memory, unit_vector

from advisor.map_looks import COLOURS, REST_COLOUR, Colouring, looks
from advisor.mapped_tasks import MappedTask, Winner, winner_of
from knowledge.base import KnowledgeBase
from knowledge.records import Remembered
from knowledge.shipped import read_shipped
from knowledge.store import ExperienceStore
from metapeft_core.types import PEFTMethod

SHIPPED = {memory.experience.task for memory in read_shipped()}
DESCRIBED = {memory.experience.task for memory in read_shipped() if memory.experience.characteristics}
TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """What ships; no map changes it."""
    path = tmp_path_factory.mktemp("store") / "experiences.sqlite"
    with KnowledgeBase(path):
        pass
    return path


def own(path: Path, *memories: Remembered) -> Path:
    """A store with these besides what ships."""
    with KnowledgeBase(path) as known:
        known.remember(memories)
    return path


def texts(path: Path) -> list[str]:
    return [each.text or "" for each in ElementTree.parse(path).iter(TEXT)]


def draw(advisor, store: Path, out: Path, *words: object):
    result = advisor("experiences", "map", "--out", out, "--store", store, *words)
    assert result.exit_code == 0, result.output
    return result


def test_an_svg_names_every_task_once_as_text(advisor, store: Path, tmp_path: Path):
    out = tmp_path / "map.svg"
    said = draw(advisor, store, out).stdout
    assert f"{len(SHIPPED)} tasks drawn" in said
    assert "stress 0." in said
    found = texts(out)
    assert sorted(text for text in found if text in SHIPPED) == sorted(SHIPPED)
    assert any("stress 0." in text for text in found)
    assert "domain" in found


def test_a_png_is_a_picture_large_enough_to_read(advisor, store: Path, tmp_path: Path):
    out = tmp_path / "map.PNG"
    draw(advisor, store, out)
    with Image.open(out) as picture:
        assert picture.format == "PNG"
        assert picture.width > 1500
        assert picture.height > 900
        colours = set(picture.convert("RGB").getdata())
    first = tuple(bytes.fromhex(COLOURS[0][1:]))
    assert any(max(abs(a - b) for a, b in zip(first, colour, strict=True)) <= 2 for colour in colours)
    assert out.stat().st_size < 300_000


@pytest.mark.parametrize("words", [("--by", "centroid"), ("--by", "network", "--colour", "winner")])
def test_the_same_experiences_give_the_same_file(advisor, store: Path, tmp_path: Path, words: tuple[str, ...]):
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    draw(advisor, store, first, *words)
    draw(advisor, store, second, *words)
    assert first.read_bytes() == second.read_bytes()
    assert not re.search(r"<dc:date>|\b20\d\d-\d\d-\d\d\b", first.read_text())


def test_by_network_tasks_without_characteristics_are_left_out_and_told(advisor, store: Path, tmp_path: Path):
    out = tmp_path / "map.svg"
    result = draw(advisor, store, out, "--by", "network", "--colour", "winner")
    assert f"{len(SHIPPED) - len(DESCRIBED)} tasks of which only figures are known" in result.stderr
    found = texts(out)
    assert {text for text in found if text in SHIPPED} == DESCRIBED
    assert sum(text.startswith(tuple(PEFTMethod)) for text in found) >= 4
    assert "hollow: lead within noise" in found


def test_json_tells_what_is_drawn(advisor, store: Path, tmp_path: Path):
    told = json.loads(draw(advisor, store, tmp_path / "map.svg", "--json").stdout)
    assert {task["task"] for task in told["tasks"]} == SHIPPED
    assert sum(task["experiences"] for task in told["tasks"]) == len(read_shipped())
    assert 0 < told["stress"] < 1
    assert 0 < told["neighbours_kept"] <= 1
    assert told["left_out"] == 0
    assert {task["best_method"] for task in told["tasks"]} <= {None, *map(str, PEFTMethod)}
    assert np.isfinite([(task["x"], task["y"]) for task in told["tasks"]]).all()


def test_filters_say_which_tasks_are_drawn(advisor, store: Path, tmp_path: Path):
    words = ("--provenance", "published", "--colour", "family", "--json")
    told = json.loads(draw(advisor, store, tmp_path / "map.svg", *words).stdout)
    assert {task["task"] for task in told["tasks"]} == SHIPPED - DESCRIBED


@pytest.mark.parametrize("by", ["centroid", "network"])
def test_names_that_came_with_data_are_shown_and_do_nothing(advisor, tmp_path: Path, by: str):
    names = ["$\\frac{1$", "_hidden", "<b>&amp;", "\x1b[31m\x07red\n", "x" * 500, "税务 קבלה", r"$x^2$", ""]
    wicked = [
        Remembered(experience(n, id=f"{n:016x}-bad", task=name, family=f"_$f{n // 2}$"), unit_vector(n))
        for n, name in enumerate(names)
    ]
    store, out = own(tmp_path / "own.sqlite", *wicked), tmp_path / "map.svg"
    draw(advisor, store, out, "--by", by, "--colour", "family")
    draw(advisor, store, out.with_suffix(".png"), "--by", by)
    found = texts(out)
    assert {"$\\frac{1$", "_hidden", "<b>&amp;", "税务 קבלה", r"$x^2$"} <= set(found)
    assert any(text.startswith("_$f0$ (2)") for text in found)
    assert max(len(text) for text in found if text.startswith("xx")) <= 30
    assert "\x1b" not in out.read_text()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--out", "map.pdf"), "map.pdf has no known ending: name it *.png or *.svg"),
        (("--out", "map"), "no known ending"),
        (("--out", "map.svg", "--by", "luck"), "'luck' is none of centroid, network"),
        (("--out", "map.svg", "--colour", "red"), "'red' is none of domain, family, winner"),
        (("--out", "map.svg", "--colour", "winner", "--method", "lora"), "leave --method out"),
        (("--out", "map.svg", "--model", "nobody"), "a map needs 3 tasks and there are 0: loosen the filter"),
        ((), "--out"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(advisor, store: Path, tmp_path: Path, monkeypatch, words, complaint):
    monkeypatch.chdir(tmp_path)
    result = advisor("experiences", "map", "--store", store, *words)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.replace("│", " ").split())
    assert not list(tmp_path.glob("map*"))


def test_without_matplotlib_it_says_how_to_get_it(advisor, store: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = advisor("experiences", "map", "--out", tmp_path / "map.svg", "--store", store)
    assert result.exit_code == 2
    assert "pip install 'peft-advisor[pictures]'" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_network_needs_runs_to_learn_from(advisor, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("knowledge.base.supply", lambda store: 0)
    path = tmp_path / "young.sqlite"
    with ExperienceStore(path) as opened:
        opened.add(*(memory(n) for n in range(100)))
    result = advisor("experiences", "map", "--out", tmp_path / "map.svg", "--by", "network", "--store", path)
    assert result.exit_code == 2
    assert "make more with `advisor collect`, or place tasks with --by centroid" in result.stderr


def test_a_picture_that_cannot_be_written_leaves_what_was_there(advisor, store: Path, tmp_path: Path, monkeypatch):
    out = tmp_path / "map.svg"
    out.write_text("the former one")

    def torn(figure: object, path: Path, *_: object, **__: object) -> None:
        path.write_text("half")
        raise OSError("no space left")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", torn)
    result = advisor("experiences", "map", "--out", out, "--store", store)
    assert result.exit_code == 2
    assert "no space left" in result.stderr
    assert out.read_text() == "the former one"
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def mapped(domain: str, winner: Winner | None = None) -> MappedTask:
    return MappedTask("task", unit_vector(0), domain, "family", 3, winner)


def test_frequent_groups_have_colours_and_shapes_of_their_own_and_the_rest_shares_one():
    names = [f"group {n:02}" for n in range(14) for _ in range(20 - n)] + ["alone", "$lonely"]
    found = dict(zip(names, looks([mapped(name) for name in names], Colouring.DOMAIN), strict=True))
    first = [found[f"group {n:02}"] for n in range(len(COLOURS))]
    assert len({look.colour for look in first}) == len({look.shape for look in first}) == len(COLOURS)
    assert {found[name].label for name in ("group 13", "alone", "$lonely")} == {"7 other domains"}
    assert found["alone"].colour == REST_COLOUR


def test_a_method_keeps_its_colour_whoever_else_won():
    lora, prefix = (Winner(method, True) for method in (PEFTMethod.LORA, PEFTMethod.PREFIX_TUNING))
    both = looks([mapped("a", lora), mapped("a", prefix), mapped("a")], Colouring.WINNER)
    assert looks([mapped("a", prefix)], Colouring.WINNER) == both[1:2]
    assert both[2].label == "not compared"


def runs(scores: dict[PEFTMethod, float], rows: str) -> list[Remembered]:
    return [
        memory(n, method=method, rows=rows, backbone=experience(1).backbone, performance={"accuracy": scores[method]})
        for n, method in enumerate(METHODS)
    ]


def test_a_lead_is_clear_where_chance_would_hardly_make_it():
    even = dict.fromkeys(METHODS, 0.5)
    ahead = even | {PEFTMethod.ADALORA: 0.53}
    once = runs(ahead, "a")
    assert winner_of(once, floor=0.02) == Winner(PEFTMethod.ADALORA, True)
    assert winner_of(once, floor=0.05) == Winner(PEFTMethod.ADALORA, False)
    often = [run for rows in "abcd" for run in runs(ahead, rows)]
    assert winner_of(often, floor=0.05) == Winner(PEFTMethod.ADALORA, True)
    assert winner_of(once[:4], floor=0.02) is None
