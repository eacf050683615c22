"""What the processes of the crash tests do. Run as a script: its name, the store, and what else it needs."""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "knowledge"))

from samples import lonely_memory, memory

from knowledge.store import ExperienceStore
from metapeft_core.errors import StoreError


def write_until_killed(path: Path, start: str) -> None:
    """Acknowledge every experience on standard output once it is stored."""
    with ExperienceStore(path) as store:
        for number in range(int(start), 1_000_000):
            store.add(memory(number))
            print(number, flush=True)


def write_many(path: Path, start: str, count: str) -> None:
    """One write an experience, each on a task of its own."""
    with ExperienceStore(path) as store:
        for number in range(int(start), int(start) + int(count)):
            store.add(lonely_memory(number))


def write_until_refused(path: Path, most_bytes: str) -> None:
    """Say how many were stored, how many can still be read, and what the fault was."""
    store = ExperienceStore(path)
    if int(most_bytes):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), int(most_bytes)))
    kept = 0
    try:
        for number in range(100_000):
            store.add(memory(number))
            kept += 1
    except StoreError as fault:
        print(kept, len(store.select()), fault)


if __name__ == "__main__":
    {function.__name__: function for function in (write_until_killed, write_many, write_until_refused)}[sys.argv[1]](
        Path(sys.argv[2]), *sys.argv[3:]
    )
