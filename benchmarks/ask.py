"""How long a question takes from the shell: the whole process, from the command to the card.

    python -m benchmarks.ask [--repeats 5] [--python PATH]

PATH is the Python of an environment in which the package was installed as users do: one that is installed for work on
it looks for its folder anew at each start.

Each way of asking is tried in turn, so that a machine whose speed drifts treats all alike. The first round, in which
files are read from the disk and the store is filled, is told apart from the others.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from advisor.models import TUNED
from benchmarks.table import write_results
from metapeft_core.backbones.packages import smollm2_is_here
from metapeft_core.files import HOME_VARIABLE, home

QUESTION = "best PEFT for 500 legal QA examples"
TICKETS = "examples/tickets.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--python", default=sys.executable)
    chosen = parser.parse_args()
    repeats = chosen.repeats
    ways = {
        "words, no model": [QUESTION, "--llm", "none"],
        "data file, no model": ["which method for these tickets?", "--data", TICKETS, "--llm", "none"],
    }
    if smollm2_is_here() and TUNED.is_dir():
        ways["words, SmolLM2 reads and writes"] = [QUESTION, "--llm", "smollm2"]
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        if (home() / "models").is_dir():
            (fresh / "models").symlink_to(home() / "models")
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(repeats + 1):
            for way, words in ways.items():
                seconds[way].append(asked(chosen.python, words, fresh))
    rows = [
        {
            "way": way,
            "first": f"{found[0]:.2f} s",
            "median": f"{median(found[1:]):.2f} s",
            "longest": f"{max(found[1:]):.2f} s",
            "seconds": found,
        }
        for way, found in seconds.items()
    ]
    columns = {"way": "asked by", "first": "first time", "median": "then, median", "longest": "longest"}
    write_results("ask", "How long `advisor ask` takes", rows, columns, {"repeats": repeats})


def asked(python: str, words: list[str], folder: Path) -> float:
    """Seconds of a whole process."""
    environment = {**os.environ, HOME_VARIABLE: str(folder), "HF_HUB_OFFLINE": "1"}
    began = time.perf_counter()
    subprocess.run([python, "-m", "advisor.cli", "ask", *words], env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
