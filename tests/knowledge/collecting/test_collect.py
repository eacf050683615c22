"""A collection fills the store, skips what is there, and goes on after it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tasks import write_tasks

from knowledge.collecting.collect import Collection
from knowledge.collecting.estimate import FIRST_RUNS, Estimate
from knowledge.collecting.jobs import Job, failed, remembered
from knowledge.records import Filter, run_key_of
from knowledge.store import ExperienceStore
from metapeft_core.errors import DataError

RUNS = 4
OURS = Filter(family="tastes")
"""Not what ships, which every store of the shell gets."""


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    return write_tasks(tmp_path / "tasks")


@pytest.fixture
def store(tmp_path: Path):
    with ExperienceStore(tmp_path / "experiences.sqlite") as opened:
        yield opened


def refuse_all(jobs):
    """A runner that makes no run and says so: what is tested is everything around the runs."""
    for job in jobs:
        for run in job.runs:
            yield remembered(job, failed(job, run, None, "not made"), unit())


def unit():
    from samples import unit_vector

    return unit_vector(0)


def test_what_is_in_the_store_is_not_run_again(tasks: Path, store: ExperienceStore):
    first = Collection([tasks], store, 12)
    assert (first.planned, first.there) == (12, 0)
    made = list(first.run(refuse_all, Estimate()))
    assert [happened.done for happened in made] == list(range(1, 13))
    assert store.count() == 12
    again = Collection([tasks], store, 17)
    assert (again.planned, again.there) == (17, 12)
    assert len(list(again.run(refuse_all, Estimate()))) == 5
    assert len({run_key_of(memory.experience) for _, memory in store.select()}) == 17


def test_every_experience_is_kept_before_it_is_told(tasks: Path, store: ExperienceStore):
    for happened in Collection([tasks], store, 6).run(refuse_all, Estimate()):
        assert store.count() == happened.done
        assert store.get(happened.memory.experience.id).experience == happened.memory.experience


def test_a_changed_task_is_another_task(tasks: Path, store: ExperienceStore):
    list(Collection([tasks], store, 10).run(refuse_all, Estimate()))
    for path in tasks.glob("*.jsonl"):
        path.write_text(path.read_text().replace("wonderful", "splendid"))
    assert Collection([tasks], store, 10).there == 0


def test_a_file_that_is_no_task_is_left_out_and_told(tasks: Path, store: ExperienceStore):
    (tasks / "broken.csv").write_text("")
    collection = Collection([tasks], store, 10)
    assert list(collection.unreadable) == ["broken"]
    assert collection.planned == 10
    for path in tasks.glob("*.jsonl"):
        path.write_text("")
    with pytest.raises(DataError, match="none of the 3 tasks can be run"):
        Collection([tasks], store, 10)


def test_the_time_left_is_what_the_runs_so_far_took_for_their_weight():
    estimate = Estimate()
    weights = [1.0, 1.0, 1.0, 3.0, 6.0]
    estimate.begin(100.0, weights)
    told = [estimate.after(100.0 + 10 * n, weight) for n, weight in enumerate(weights, 1)]
    assert told[: FIRST_RUNS - 1] == [None] * (FIRST_RUNS - 1)
    assert told[2] == pytest.approx(30 / 3 * 9)
    assert told[3] == pytest.approx(40 / 6 * 6)
    assert told[4] == 0


def start(tasks: Path, store: Path) -> subprocess.Popen[str]:
    words = ["collect", str(tasks), "--runs", str(RUNS), "--workers", "2", "--store", str(store)]
    return subprocess.Popen([sys.executable, "-m", "advisor.cli", *words], stderr=subprocess.PIPE, text=True)


def test_a_collection_that_is_killed_is_gone_on_with(tasks: Path, tmp_path: Path):
    path = tmp_path / "killed.sqlite"
    killed = start(tasks, path)
    for line in killed.stderr:
        if line.startswith("1/"):
            break
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stderr.close()
    with ExperienceStore(path) as store:
        before = [memory.experience for _, memory in store.select(OURS)]
        store.check()
    assert 1 <= len(before) < RUNS
    done = start(tasks, path)
    told = done.communicate()[1]
    assert done.returncode == 0, told
    assert f"{RUNS} runs planned, {len(before)} of them in the store already" in told
    with ExperienceStore(path) as store:
        after = [memory.experience for _, memory in store.select(OURS)]
    assert after[: len(before)] == before
    assert len({run_key_of(experience) for experience in after}) == len(after) == RUNS
    assert {experience.outcome for experience in after} == {"completed"}
    assert {experience.source for experience in after} == {"made up"}
    assert after[0].performance["accuracy"] >= 0


def test_jobs_know_what_the_store_knows_of_their_rows(tasks: Path, store: ExperienceStore):
    from samples import characteristics

    seen: list[Job] = []

    def runner(jobs):
        for job in jobs:
            seen.append(job)
            yield from (remembered(job, failed(job, run, characteristics(1), "not made"), unit()) for run in job.runs)

    list(Collection([tasks], store, 40).run(runner, Estimate()))
    first = {job.rows: job for job in reversed(seen)}
    assert any(job.prepared is not None for job in seen)
    for job in seen:
        assert (job.prepared is None) == (job is first[job.rows])
