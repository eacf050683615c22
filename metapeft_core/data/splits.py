"""Rows become the three splits of a task: those that were given are kept, the others are cut. Knows no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from metapeft_core.data.record import shown
from metapeft_core.data.task import Example, Task, split_rows
from metapeft_core.errors import DataError
from metapeft_core.types import Objective

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")
TEST_SHARE = 0.2
VALID_SHARE = 0.1

ALIASES: Mapping[str, Split] = {
    **dict.fromkeys(("train", "training", "trn", "fit"), SPLITS[0]),
    **dict.fromkeys(("valid", "validation", "val", "dev", "devel", "development", "eval", "evaluation"), SPLITS[1]),
    **dict.fromkeys(("test", "testing", "tst", "heldout", "holdout"), SPLITS[2]),
}


def split_named(name: str) -> Split | None:
    """The split that a word stands for, in any of the usual spellings."""
    return ALIASES.get(name.strip().casefold())


def make_task(name: str, objective: Objective, parts: Mapping[Split, Sequence[Example]], seed: int) -> Task:
    """A task whose missing splits are cut from its training rows, stratified and seeded."""
    given: dict[Split, tuple[Example, ...]] = {split: tuple(parts.get(split, ())) for split in SPLITS}
    if not given["train"]:
        others = " and ".join(split for split in SPLITS if given[split])
        raise DataError(
            f"{name} has no training rows" + (f", only {others}: call one split train" if others else ": add rows")
        )
    _check_enough(name, given)
    train, test, valid = given["train"], given["test"], given["valid"]
    if not test:
        train, test = split_rows(train, TEST_SHARE, seed)
    if not valid:
        train, valid = split_rows(train, VALID_SHARE, seed + 1)
    labels = _labels(name, (*train, *valid, *test), train) if objective == "classification" else ()
    return Task(name, objective, train, valid, test, labels)


def _check_enough(name: str, given: Mapping[Split, Sequence[Example]]) -> None:
    needed = 1 + sum(not given[split] for split in ("valid", "test"))
    if len(given["train"]) < needed:
        raise DataError(
            f"{name} has {len(given['train'])} training rows: at least {needed} are needed to set rows aside for "
            "validation and test; add rows"
        )


def _labels(name: str, rows: Sequence[Example], train: Sequence[Example]) -> tuple[str, ...]:
    counts = Counter(row.target for row in rows)
    if len(counts) == 1:
        raise DataError(f"all rows of {name} have the label {shown(rows[0].target)}: a task needs at least two classes")
    if len({row.target for row in train}) == 1:
        raise DataError(
            f"all training rows of {name} have the label {shown(train[0].target)}: add training rows of the others"
        )
    if len(rows) >= 10 and max(counts.values()) == 1:
        raise DataError(
            f"no label of {name} occurs twice ({len(counts)} labels in {len(rows)} rows): if they are texts to be "
            "written or numbers, say prompt_column= and completion_column= instead"
        )
    return tuple(sorted(counts))
