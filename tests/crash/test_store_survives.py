"""Processes are killed, crowded and refused their disk: what the store acknowledged is there afterwards."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import memory, unit_vector

from knowledge.index import TaskIndex
from knowledge.store import ExperienceStore

SCRIPT = str(Path(__file__).parent / "scripts.py")
WRITES = 1_000
WRITERS, EACH = 8, 500


def start(*words: object, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, SCRIPT, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]


def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path: Path):
    path, chance, acknowledged, kills = tmp_path / "experiences.sqlite", random.Random(0), set[int](), 0
    while len(acknowledged) < WRITES:
        writer = start("write_until_killed", path, max(acknowledged, default=-1) + 1)
        assert writer.stdout is not None
        for _ in range(chance.randrange(1, 120)):
            acknowledged.add(int(writer.stdout.readline()))
        # The writer is at its next experience by now, at a place in it that no test could choose.
        writer.send_signal(signal.SIGKILL)
        acknowledged.update(int(line) for line in writer.stdout.read().split("\n")[:-1])
        assert writer.wait() == -signal.SIGKILL
        kills += 1
    assert kills >= 5
    with ExperienceStore(path) as store:
        store.check()
        found = {memory.experience.id: memory for _, memory in store.select()}
    for number in acknowledged:
        told = memory(number)
        assert found[told.experience.id].experience == told.experience
        assert found[told.experience.id].vector.tobytes() == told.vector.tobytes()


def test_eight_writers_at_once_lose_nothing_and_a_full_query_returns_all(tmp_path: Path):
    path = tmp_path / "experiences.sqlite"
    writers = [start("write_many", path, place * EACH, EACH) for place in range(WRITERS)]
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    with ExperienceStore(path) as store, TaskIndex(store, tmp_path / "index") as index:
        store.check()
        assert store.count() == WRITERS * EACH
        found = index.nearest(unit_vector(7), WRITERS * EACH)
    assert len({neighbour.memory.experience.id for neighbour in found}) == WRITERS * EACH
    assert found[0].memory.experience.task == "task-7"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("a small disk can only be made where mounting is allowed")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def refused(path: Path, most_bytes: int = 0, **options: object) -> tuple[int, int, str]:
    writer = start("write_until_refused", path, most_bytes, **options)
    kept, read, fault = writer.communicate()[0].split(maxsplit=2)
    assert writer.returncode == 0
    return int(kept), int(read), fault


def assert_sound(path: Path, kept: int) -> None:
    with ExperienceStore(path) as store:
        store.check()
        assert store.count() == kept


def test_a_full_disk_is_told_and_what_was_stored_can_be_read(small_disk: Path):
    path = small_disk / "experiences.sqlite"
    kept, read, fault = refused(path)
    assert 0 < kept == read
    assert "cannot be written (database or disk is full): free some space" in fault
    assert_sound(path, kept)


def test_a_file_that_may_not_grow_is_told_and_written_again_once_it_may(tmp_path: Path):
    path = tmp_path / "experiences.sqlite"
    kept, read, fault = refused(path, most_bytes=400_000)
    assert 0 < kept == read
    assert "cannot be written" in fault
    assert "what was stored before is safe" in fault
    assert_sound(path, kept)
    with ExperienceStore(path) as store:
        assert store.add(memory(200_000)) == 1


FAILING_SYNC = """
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
static atomic_int calls;
static int refuse(void) { if (atomic_fetch_add(&calls, 1) < 40) return 0; errno = EIO; return -1; }
int fsync(int descriptor) { return refuse(); }
int fdatasync(int descriptor) { return refuse(); }
"""


def test_a_disk_that_cannot_sync_is_told_and_what_was_stored_can_be_read(tmp_path: Path):
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("calls of the system are only replaced on Linux, where a C compiler is at hand")
    (tmp_path / "sync.c").write_text(FAILING_SYNC)
    library = tmp_path / "sync.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, tmp_path / "sync.c"], check=True)
    path = tmp_path / "experiences.sqlite"
    kept, read, fault = refused(path, env={**os.environ, "LD_PRELOAD": str(library)})
    assert 0 < kept == read
    assert "cannot be written (disk I/O error): the disk refused a write; what was stored before is safe" in fault
    with ExperienceStore(path) as store:
        store.check()
        # The write that was refused may have reached the disk all the same; it was not acknowledged.
        assert store.count() in (kept, kept + 1)
