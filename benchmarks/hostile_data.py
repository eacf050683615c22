"""What 2,000 damaged data files end as: a sound task, a DataError, or something that must not happen.

python benchmarks/hostile_data.py [--cases 2000]
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "hostile")]

import pyarrow as pa  # noqa: E402 - the repository's own folders have to be found first
from mutator import BOUNDS, Outcome, attempt  # noqa: E402
from seeds import write_seeds  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
MOST_SECONDS = 10.0
MOST_BYTES = 16 * BOUNDS.max_decompressed_bytes


def main() -> None:
    """Run the cases, hold them to the bounds, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    cases = parser.parse_args().cases
    with tempfile.TemporaryDirectory() as folder:
        seeds = write_seeds(Path(folder) / "seeds")
        scratch = Path(folder) / "damaged"
        scratch.mkdir()
        resident = _resident()
        outcomes = [attempt(seeds, scratch, number) for number in range(cases)]
    figures = summary(outcomes, _resident() - resident)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "hostile_data.json").write_text(json.dumps(figures, indent=1) + "\n")
    (RESULTS / "hostile_data.md").write_text(as_markdown(figures))
    print(as_markdown(figures))
    escaped = [outcome for outcome in outcomes if outcome.result not in ("task", "DataError")]
    if escaped or figures["max_seconds"] > MOST_SECONDS or figures["max_extra_bytes"] > MOST_BYTES:
        sys.exit(f"the bounds do not hold: {escaped[:3] or figures}")


def _resident() -> int:
    """Most memory that this process ever held, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def summary(outcomes: list[Outcome], grown: int) -> dict[str, object]:
    """The figures of one run."""
    by_mutation: dict[str, Counter[str]] = {}
    by_seed: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        by_mutation.setdefault(outcome.mutation, Counter())[outcome.result] += 1
        by_seed.setdefault(outcome.seed_file, Counter())[outcome.result] += 1
    return {
        "command": f"python benchmarks/hostile_data.py --cases {len(outcomes)}",
        "seeds": f"0 to {len(outcomes) - 1}, one a case",
        "versions": {"python": platform.python_version(), "pyarrow": pa.__version__},
        "machine": f"{platform.machine()}, {platform.system()}",
        "bounds": {name: getattr(BOUNDS, name) for name in BOUNDS.__dataclass_fields__},
        "cases": len(outcomes),
        "outcomes": dict(Counter(outcome.result for outcome in outcomes)),
        "max_seconds": round(max(outcome.seconds for outcome in outcomes), 3),
        "max_extra_bytes": max(outcome.extra_bytes for outcome in outcomes),
        "resident_growth_bytes": grown,
        "by_mutation": {name: dict(counts) for name, counts in sorted(by_mutation.items())},
        "by_seed_file": {name: dict(counts) for name, counts in sorted(by_seed.items())},
    }


def as_markdown(figures: dict[str, object]) -> str:
    """The same figures for people."""
    outcomes, versions = figures["outcomes"], figures["versions"]
    assert isinstance(outcomes, dict)
    assert isinstance(versions, dict)
    counted = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
    lines = [
        "# Damaged data files",
        "",
        f"{figures['cases']} damaged files (seeds {figures['seeds']}): {counted}. Nothing else may happen.",
        "",
        f"- longest reading: {figures['max_seconds']} s (traced, which slows it; at most {MOST_SECONDS} s allowed)",
        f"- most extra memory of one reading: {int(str(figures['max_extra_bytes'])) / 2**20:.1f} MiB "
        f"(at most {MOST_BYTES / 2**20:.0f} MiB allowed, for files bounded to "
        f"{BOUNDS.max_decompressed_bytes >> 20} MiB decompressed)",
        f"- resident growth over the whole run, the damaging itself included: "
        f"{int(str(figures['resident_growth_bytes'])) / 2**20:.0f} MiB",
        "- " + ", ".join(f"{name} {version}" for name, version in versions.items()) + f", {figures['machine']}",
        f"- `{figures['command']}`",
        "",
        "| damage | task | DataError |",
        "|---|---:|---:|",
    ]
    table = figures["by_mutation"]
    assert isinstance(table, dict)
    lines += [f"| {name} | {c.get('task', 0)} | {c.get('DataError', 0)} |" for name, c in table.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
