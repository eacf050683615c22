"""`advisor experiences stats`: what the experiences amount to. Knows the options, not the sums."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from advisor.filter_options import AsJson, FromWhere, MaxParameters, MinParameters, Model, Store, make_filter
from advisor.printing import answers, inert, show_facts, show_json

if TYPE_CHECKING:
    from knowledge.statistics import Overview
    from metapeft_core.score import Noise

SHOWN = 6
"""Words of a count that are shown; the rest is summed up."""


def stats(
    model: Model = None,
    min_parameters: MinParameters = None,
    max_parameters: MaxParameters = None,
    provenance: FromWhere = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Count what is there: failures, the noise floor, and how often each method was best at each train size."""
    from knowledge.base import KnowledgeBase
    from knowledge.statistics import overview

    wanted = make_filter(
        backbone=model,
        parameters_at_least=min_parameters,
        parameters_at_most=max_parameters,
        provenance=provenance,
    )
    with KnowledgeBase(store) as known:
        found = overview([memory.experience for _, memory in known.store.select(wanted)])
    if as_json:
        show_json(as_plain(found))
    else:
        _show(found)


def as_plain(found: Overview) -> dict[str, Any]:
    """Everything that is shown, as plain values."""
    plain = dataclasses.asdict(found) | {"failure_share": found.failure_share}
    for place, noise in [(plain, found.noise), *zip(plain["sizes"], (row.noise for row in found.sizes), strict=True)]:
        if noise is not None:
            place["noise"]["floor"] = noise.floor
    return plain


def _show(found: Overview) -> None:
    console = answers()
    facts = [
        ("experiences", f"{found.experiences:,} on {found.tasks:,} tasks of {found.families:,} families"),
        *((name.replace("_", " "), _words(counts)) for name, counts in found.counts.items()),
        ("failed", f"{found.failures:,}, {found.failure_share:.1%} of the runs"),
        ("noise floor", _noise(found.noise)),
    ]
    show_facts(console, facts)
    if found.sizes:
        console.print(_best(found))
        console.print(
            "[dim]n comparisons on the same rows and model; in how many of 100 a method won, in brackets\n"
            "in how many it was within the noise floor of the winner, and in how many several were[/dim]"
        )


def _words(counts: Any) -> str:
    shown = [f"{inert(word)} {count:,}" for word, count in list(counts.items())[:SHOWN]]
    rest = sum(list(counts.values())[SHOWN:])
    return ", ".join([*shown, f"others {rest:,}"] if rest else shown)


def _noise(noise: Noise | None) -> str:
    if noise is None:
        return "unknown: no setting was run with several seeds"
    return (
        f"{noise.floor:.3f}: what two runs of one setting typically differ by "
        f"({noise.settings:,} settings, {noise.runs:,} runs)"
    )


def _best(found: Overview) -> Table:
    from metapeft_core.types import PEFTMethod

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("rows", "n", *(method.removesuffix("_tuning") for method in PEFTMethod), "ties", "noise"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.sizes:
        count = max(1, row.comparisons)
        cells = [f"{100 * row.best[m] / count:.0f} ({100 * row.near[m] / count:.0f})" for m in PEFTMethod]
        noise = f"{row.noise.floor:.3f}" if row.noise else "?"
        table.add_row(row.size, str(row.comparisons), *cells, f"{100 * row.tied / count:.0f}", noise)
    return table
