"""A folder becomes a list of files and the split of each. Knows names and layouts, not what the files hold."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from metapeft_core.data.bounds import Bounds, Meter, exceeded
from metapeft_core.data.formats import SUFFIXES, suffix_of
from metapeft_core.data.record import shown
from metapeft_core.data.source import whole
from metapeft_core.data.splits import Split, split_named
from metapeft_core.errors import DataError

STATE = "state.json"
SPLIT_LIST = "dataset_dict.json"
STATE_BYTES = 16 << 20
LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a data set and the split that its name or folder gives it."""

    path: Path
    split: Split | None


def parts_of(folder: Path, bounds: Bounds) -> list[Part]:
    """The data files of a folder: a saved Hugging Face data set, or files called train, valid and test."""
    names = _names(folder, bounds)
    if SPLIT_LIST in names:
        return _dataset_dict(folder)
    if STATE in names:
        return [Part(path, None) for path in _shards(folder)]
    files = sorted(name for name in names if not name.startswith(".") and suffix_of(Path(name)) in SUFFIXES)
    named = [(name, _split_of(name)) for name in files]
    if any(split for _, split in named):
        return [Part(folder / name, split) for name, split in named if split]
    if len(files) == 1:
        return [Part(folder / files[0], None)]
    if not files and "data" in names and (folder / "data").is_dir() and folder.name != "data":
        return parts_of(folder / "data", bounds)
    listed = ", ".join(shown(name) for name in (files or names)[:8]) or "nothing"
    raise DataError(
        f"{folder} holds {listed}: name the files train, valid and test (.jsonl, .csv or .parquet), "
        "or point at one file"
    )


def _names(folder: Path, bounds: Bounds) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, bounds.max_files + 1)]
    except OSError as fault:
        raise DataError(f"cannot list {folder}: {fault.strerror}; check the path and its permissions") from fault
    if len(names) > bounds.max_files:
        raise exceeded(f"the number of files in {folder}", "max_files", bounds.max_files)
    return sorted(names)


def _split_of(name: str) -> Split | None:
    """The split in a file name such as train.csv, train-00000-of-00002.parquet or reviews_test.jsonl.gz."""
    words = [word for word in re.split(r"[-_. ]+", name.lower()) if word]
    found = {split for word in words[:-1] if (split := split_named(word))}
    return found.pop() if len(found) == 1 else None


def _dataset_dict(folder: Path) -> list[Part]:
    described = _json(folder / SPLIT_LIST)
    names = described.get("splits")
    if not isinstance(names, list) or not names:
        raise DataError(f"{folder / SPLIT_LIST} names no splits: save the data set again with save_to_disk")
    parts = []
    for name in names:
        split = split_named(name) if isinstance(name, str) else None
        if split is not None:
            parts += [Part(path, split) for path in _shards(folder / _plain_name(folder, name))]
    if not parts:
        listed = ", ".join(shown(name) for name in names[:8])
        raise DataError(f"{folder} has the splits {listed}: call them train, validation and test")
    return parts


def _shards(folder: Path) -> list[Path]:
    state = _json(folder / STATE)
    if state.get("_indices_data_files") or state.get("_indices_files"):
        raise DataError(f"{folder} was saved with an index over its rows: call flatten_indices() and save it again")
    listed = state.get("_data_files")
    names = [each.get("filename") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    if not names:
        raise DataError(f"{folder / STATE} names no data files: save the data set again with save_to_disk")
    return [folder / _plain_name(folder, name) for name in names]


def _plain_name(folder: Path, name: object) -> str:
    """A name inside the folder; a description file must not lead the reader elsewhere."""
    sound = isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable()
    if not isinstance(name, str) or not sound or name in (".", "..") or Path(name).name != name:
        raise DataError(f"{folder} refers to {shown(name)}, which is no plain file name inside it: save it again")
    return name


def _json(path: Path) -> dict[str, object]:
    try:
        value = json.loads(whole(path, Meter(Bounds(max_bytes=STATE_BYTES))))
    except (ValueError, RecursionError) as fault:
        raise DataError(f"{path} is not JSON ({fault}): save the data set again") from fault
    if not isinstance(value, dict):
        raise DataError(f"{path} holds {shown(value)}, not an object: save the data set again")
    return value
