"""Files and folders appear whole or not at all, and may be read by whoever could read them before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from metapeft_core.files import HOME_VARIABLE, home, prove_writable, replaced_file, replaced_folder


class PowerCutError(Exception):
    """Stands for whatever may end a write."""


@pytest.fixture
def umask():
    """The usual one."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_half_a_file(path: Path) -> None:
    with replaced_file(path) as fresh:
        fresh.write_text("half of the n")
        raise PowerCutError


def write_half_a_folder(path: Path) -> None:
    with replaced_folder(path) as fresh:
        (fresh / "new").write_text("half of the n")
        raise PowerCutError


def test_a_file_takes_the_place_of_the_old_one(tmp_path):
    path = tmp_path / "deep" / "state.json"
    for text in ("old", "new"):
        with replaced_file(path) as fresh:
            assert fresh.suffix == ".json"
            fresh.write_text(text)
    assert path.read_text() == "new"
    assert names(path.parent) == ["state.json"]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "state.json"
    path.write_text("old")
    with pytest.raises(PowerCutError):
        write_half_a_file(path)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["state.json"]


def test_an_interrupted_first_write_leaves_nothing(tmp_path):
    with pytest.raises(PowerCutError):
        write_half_a_file(tmp_path / "state.json")
    assert names(tmp_path) == []


def test_a_new_file_has_the_permissions_of_any_other(tmp_path, umask):
    with replaced_file(tmp_path / "state.json") as fresh:
        fresh.write_text("new")
    assert mode(tmp_path / "state.json") == 0o644


def test_a_replaced_file_keeps_its_permissions(tmp_path, umask):
    path = tmp_path / "state.json"
    path.write_text("old")
    path.chmod(0o600)
    with replaced_file(path) as fresh:
        fresh.write_text("new")
    assert mode(path) == 0o600


def test_a_folder_takes_the_place_of_the_old_one(tmp_path, umask):
    path = tmp_path / "adapter"
    for name in ("old", "new"):
        with replaced_folder(path) as fresh:
            (fresh / name).write_text(name)
    assert names(path) == ["new"]
    assert names(tmp_path) == ["adapter"]
    assert mode(path) == 0o755


def test_an_interrupted_folder_leaves_the_old_one_and_nothing_else(tmp_path):
    path = tmp_path / "adapter"
    path.mkdir()
    (path / "old").write_text("old")
    with pytest.raises(PowerCutError):
        write_half_a_folder(path)
    assert names(path) == ["old"]
    assert names(tmp_path) == ["adapter"]


@pytest.mark.parametrize("place", [".", "..", "deep/..", "/"])
def test_what_ends_in_no_name_cannot_be_written(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="ends in no name"):
        prove_writable(Path(place))
    assert names(tmp_path) == []


def test_a_place_is_proven_by_making_what_it_lies_in_and_nothing_else(tmp_path):
    prove_writable(tmp_path / "deep" / "adapter")
    assert names(tmp_path) == ["deep"]
    assert names(tmp_path / "deep") == []


def test_home_is_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "mine"))
    assert home() == tmp_path / "mine"
    monkeypatch.delenv(HOME_VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert home() == tmp_path / "peft-advisor"
