"""Experiences as people read them: a table of many, a card of one. Knows no command and no store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from advisor.printing import duration, inert, name_of, size
from knowledge.records import domain_of, language_of, task_type_of
from metapeft_core.score import score_of
from metapeft_core.types import CurvePoint, PEFTExperience, Setting, family_of

SHORT_ID = 8
WIDE = 110
"""Columns of a console on which settings fit as well."""
BARS = "▁▂▃▄▅▆▇█"
QUIET_SETTINGS = (
    "batch_size",
    "max_length",
    "weight_decay",
    "warmup_share_of_steps",
    "schedule",
    "clip_norm",
    "pooling",
    "beta1",
    "beta2",
    "interval",
    "orthogonality",
    "warmup_share",
    "final_share",
)
"""What every run has and hardly any comparison turns on; a card shows them after the others."""


def show_experiences(console: Console, rows: Iterable[tuple[PEFTExperience, float | None]]) -> None:
    """Print the table, with settings where the console has room for them."""
    console.print(experience_table(rows, console.width >= WIDE))


def experience_table(rows: Iterable[tuple[PEFTExperience, float | None]], wide: bool) -> Table:
    """A line an experience; the number beside it is how alike its task is."""
    found = list(rows)
    alike = any(similarity is not None for _, similarity in found)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("id", no_wrap=True, style="dim", min_width=SHORT_ID)
    if alike:
        table.add_column("alike", justify="right", no_wrap=True, min_width=5)
    table.add_column("task", overflow="ellipsis", no_wrap=True, max_width=40 if wide else 14 if alike else 20)
    table.add_column("rows", justify="right", no_wrap=True, min_width=4)
    table.add_column("model", overflow="ellipsis", no_wrap=True, max_width=26 if wide else 9, min_width=9)
    table.add_column("method", no_wrap=True, min_width=13)
    if wide:
        table.add_column("settings", overflow="ellipsis", no_wrap=True, max_width=44)
    table.add_column("score", justify="right", no_wrap=True, min_width=5)
    table.add_column("time", justify="right", no_wrap=True, min_width=6)
    for experience, similarity in found:
        cells = [experience.id[:SHORT_ID], name_of(experience.task), _rows(experience)]
        cells += [name_of(_last_part(experience.backbone.name)), str(experience.method)]
        if alike:
            cells.insert(1, "" if similarity is None else f"{similarity:.2f}")
        if wide:
            cells.append(inert(settings_in_short(experience)))
        table.add_row(*cells, score_in_words(experience), _time(experience))
    return table


def score_in_words(experience: PEFTExperience) -> str:
    """The score, or why there is none."""
    score = score_of(experience)
    return f"{score.value:.3f}" if score else f"[red]{inert(experience.outcome)}[/red]"


def settings_in_short(experience: PEFTExperience) -> str:
    """The settings that runs are compared by, the most telling first; what is off is not told."""
    chosen = {k: v for k, v in experience.hyperparameters.items() if k not in QUIET_SETTINGS and v}
    ordered = sorted(chosen, key=lambda name: (name != "learning_rate", "rank" not in name and "virtual" not in name))
    return ", ".join(f"{name} {_setting(chosen[name])}" for name in ordered)


def card_facts(experience: PEFTExperience) -> list[tuple[str, str]]:
    """Everything about one experience, names and values."""
    quiet = {name: value for name, value in experience.hyperparameters.items() if name in QUIET_SETTINGS}
    return [
        ("id", inert(experience.id)),
        ("task", f"{name_of(experience.task)}, of the family {name_of(family_of(experience))}"),
        (
            "is about",
            f"{inert(task_type_of(experience))}, {inert(domain_of(experience))}, {inert(language_of(experience))}",
        ),
        *_described(experience),
        ("model", f"{inert(experience.backbone.name)}, {experience.backbone.parameters:,} parameters"),
        ("method", str(experience.method)),
        ("settings", inert(settings_in_short(experience) or "not told")),
        *([("and", inert(", ".join(f"{name} {_setting(value)}" for name, value in quiet.items())))] if quiet else []),
        ("outcome", inert(experience.outcome + (f": {experience.failure}" if experience.failure else ""))),
        *_performance(experience),
        *_spent(experience),
        *_learning(experience.curve),
        ("from", _from(experience)),
    ]


def _described(experience: PEFTExperience) -> list[tuple[str, str]]:
    found = experience.characteristics
    if found is None:
        return []
    kind = f"{found.classes} classes" if found.classes else "text to write"
    return [("rows", f"{found.dataset_size:,} to learn from, {kind}, complexity {found.complexity_score:.2f} of 1")]


def _performance(experience: PEFTExperience) -> list[tuple[str, str]]:
    told = ("accuracy", "macro_f1", "rouge_l", "loss")
    names = [name for name in experience.performance if name in told or name == experience.stated.get("metric")]
    return [(inert(name.replace("_", "-")), f"{experience.performance[name]:.3f}") for name in names]


def _spent(experience: PEFTExperience) -> list[tuple[str, str]]:
    rows = []
    if experience.training_seconds:
        steps = f"{experience.steps} steps in " if experience.steps else ""
        rows.append(("training", f"{steps}{duration(experience.training_seconds)}"))
    if experience.peak_memory_bytes:
        rows.append(("peak memory", size(experience.peak_memory_bytes)))
    if experience.trainable_parameters:
        rows.append(("trained", f"{experience.trainable_parameters:,} parameters"))
    return rows


def _learning(curve: Sequence[CurvePoint]) -> list[tuple[str, str]]:
    """Accuracy over the steps where there is one, else the validation loss."""
    for name, values in (
        ("accuracy", [point.metrics["accuracy"] for point in curve if "accuracy" in point.metrics]),
        ("loss", [point.valid_loss for point in curve]),
    ):
        finite = [value for value in values if value == value and abs(value) != float("inf")]
        if len(finite) > 1:
            span = f"{finite[0]:.3f} to {finite[-1]:.3f}, steps {curve[0].step} to {curve[-1].step}"
            return [("curve", f"{spark(finite)}  validation {name} {span}")]
    return []


def spark(values: Sequence[float]) -> str:
    """Values as a line of bars."""
    low, high = min(values), max(values)
    span = high - low or 1.0
    return "".join(BARS[round((value - low) / span * (len(BARS) - 1))] for value in values)


def _from(experience: PEFTExperience) -> str:
    place = f"{experience.provenance} {experience.created[:10]}, seed {experience.seed}"
    return inert(f"{place}; {experience.source}" if experience.source else place)


def _rows(experience: PEFTExperience) -> str:
    return f"{experience.characteristics.dataset_size}" if experience.characteristics else ""


def _time(experience: PEFTExperience) -> str:
    """In six characters: a column has no room for minutes and seconds both."""
    seconds = experience.training_seconds
    if seconds < 99.95:
        return f"{seconds:.1f} s" if seconds else ""
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.0f} h"


def _last_part(name: str) -> str:
    """Of a hub id, what stands behind its owner."""
    return name.rpartition("/")[2]


def _setting(value: Setting) -> str:
    if isinstance(value, tuple):
        return "+".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
