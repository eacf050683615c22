"""`advisor characterize`: a data file described on the screen. Knows how to print; reading and measuring lie below."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from advisor.data_options import CompletionColumn, Data, LabelColumn, PromptColumn, SkipBad, SplitColumn, TextColumn
from advisor.printing import answers, inert, name_of, show_json

if TYPE_CHECKING:
    from metapeft_core.data.readers import ReadReport, ReadResult
    from metapeft_core.types import Spread, TaskCharacteristics

LABELS_SHOWN = 12


def characterize(
    data: Data,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the splits and of the sample.")] = 0,
    skip_bad: SkipBad = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    prompt_column: PromptColumn = None,
    completion_column: CompletionColumn = None,
    split_column: SplitColumn = None,
    max_rows: Annotated[int | None, typer.Option(min=1, help="Refuse data with more rows.")] = None,
    max_bytes: Annotated[int | None, typer.Option(min=1, help="Refuse larger files.")] = None,
) -> None:
    """Describe a data set: size, lengths, language, domain, kind of task, noise and difficulty."""
    from metapeft_core.data.bounds import Bounds
    from metapeft_core.data.characterize import characterize as measure
    from metapeft_core.data.columns import Wishes
    from metapeft_core.data.readers import read_with_report

    given = {"max_rows": max_rows, "max_bytes": max_bytes}
    read = read_with_report(
        data,
        bounds=Bounds(**{name: value for name, value in given.items() if value is not None}),
        seed=seed,
        skip_bad=skip_bad,
        wishes=Wishes(text_column, label_column, prompt_column, completion_column, split_column),
    )
    found = measure(read.task, seed=seed)
    if as_json:
        show_json(as_document(read, found))
    else:
        answers().print(as_table(read, found))


def as_document(read: ReadResult, found: TaskCharacteristics) -> dict[str, object]:
    """Everything that is known, for programs."""
    task = read.task
    return {
        "name": task.name,
        "characteristics": dataclasses.asdict(found),
        "labels": list(task.labels),
        "splits": {"train": len(task.train), "valid": len(task.valid), "test": len(task.test)},
        "report": dataclasses.asdict(read.report),
    }


def as_table(read: ReadResult, found: TaskCharacteristics) -> Table:
    """Everything that is known, for people."""
    table = Table(title=name_of(read.task.name), show_header=False, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in [*_rows(read, found), *_reading(read.report)]:
        table.add_row(name, inert(value))
    return table


def _rows(read: ReadResult, found: TaskCharacteristics) -> list[tuple[str, str]]:
    task = read.task
    rows = [
        ("task", f"{found.objective}, {found.task_type}"),
        ("rows", f"{len(task.train):,} train, {len(task.valid):,} valid, {len(task.test):,} test"),
        ("language", f"{found.language} ({found.language_confidence:.0%})"),
        ("domain", f"{found.domain} ({found.domain_confidence:.0%})"),
        ("tokens a text", _spread(found.sequence_length)),
    ]
    if found.target_length is not None:
        rows.append(("tokens a completion", _spread(found.target_length)))
    rows.append(("words", f"{found.vocabulary_size:,} different, type-token ratio {found.type_token_ratio:.2f}"))
    rows.append(("duplicates", f"{found.duplicate_share:.1%}"))
    if task.labels:
        rows.append(("classes", f"{found.classes}: {_labels(task.labels)}"))
        rows.append(("balance", f"{found.class_balance:.2f} of 1, largest class {found.majority_share:.1%}"))
        rows.append(("label noise", f"about {found.label_noise:.0%}"))
    rows.append(("complexity", f"{found.complexity_score:.2f} of 1"))
    return rows


def _reading(report: ReadReport) -> list[tuple[str, str]]:
    rows = [("read", f"{', '.join(report.formats)} ({', '.join(report.encodings)}), {', '.join(report.columns)}")]
    if report.cut_splits:
        rows.append(("cut from train", ", ".join(report.cut_splits)))
    if report.leaked_rows:
        rows.append(("leaked", f"{report.leaked_rows:,} test rows also stand in train: their scores will flatter"))
    if report.rows_skipped:
        rows.append(("skipped", f"{report.rows_skipped:,} of {report.rows_read:,} rows\n" + "\n".join(report.faults)))
    return rows


def _spread(values: Spread) -> str:
    return f"median {values.median:.0f}, 95 % up to {values.p95:.0f}, longest {values.maximum:.0f}"


def _labels(labels: tuple[str, ...]) -> str:
    more = f" and {len(labels) - LABELS_SHOWN} more" if len(labels) > LABELS_SHOWN else ""
    return ", ".join(label[:40] for label in labels[:LABELS_SHOWN]) + more
