"""Workers make the runs they are handed, and one that dies costs one run."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
from tasks import small_job

from knowledge.collecting.jobs import execute, prepare
from knowledge.collecting.local import run_locally
from knowledge.embed import embed_texts
from knowledge.records import run_key_of
from metapeft_core.types import PEFTMethod


def test_every_run_becomes_an_experience_that_knows_its_rows_and_its_source():
    job = small_job()
    found = list(run_locally([job], workers=1))
    assert [memory.experience.method for memory in found] == [PEFTMethod.LORA, PEFTMethod.PROMPT_TUNING]
    assert {run_key_of(memory.experience) for memory in found} == {job.key(run) for run in job.runs}
    for memory in found:
        experience = memory.experience
        assert experience.outcome == "completed"
        assert (experience.family, experience.source, experience.rows) == ("tastes", "made up", job.rows)
        assert experience.environment["lanes"] == experience.environment["cores"]
        assert experience.characteristics is not None
        assert experience.characteristics.dataset_size == 12
        assert experience.performance["processor_seconds"] > 0
        texts = embed_texts([row.text for row in job.task.train])
        assert float(memory.vector @ np.mean(texts, axis=0)) > 0.5


def test_two_workers_make_what_one_process_makes():
    jobs = [small_job(), small_job("meals", ("p_tuning",)), small_job("trips", ("prefix_tuning", "adalora"))]
    alone = {run_key_of(m.experience): m.experience.performance["loss"] for job in jobs for m in execute(job)}
    found = list(run_locally(jobs, workers=2))
    assert len(found) == 5
    for memory in found:
        assert memory.experience.environment["lanes"] == "1"
        assert abs(memory.experience.performance["loss"] - alone[run_key_of(memory.experience)]) < 1e-4


def test_a_worker_that_is_killed_costs_the_run_it_was_at_and_no_other():
    job = small_job(methods=("lora", "adalora", "prompt_tuning", "prefix_tuning", "p_tuning"), steps=40)
    found = []
    for memory in run_locally([job], workers=1):
        found.append(memory.experience)
        if len(found) == 1:
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGKILL)
    assert [experience.method for experience in found] == list(PEFTMethod)
    assert [experience.outcome for experience in found].count("out_of_memory") == 1
    assert [experience.outcome for experience in found].count("completed") == 4
    lost = next(experience for experience in found if experience.outcome == "out_of_memory")
    assert "killed" in lost.failure
    assert run_key_of(lost) in {job.key(run) for run in job.runs}


def test_a_run_that_cannot_work_is_an_experience_of_failure():
    job = small_job(methods=("lora", "prompt_tuning"))
    impossible = replace(job.runs[0], spec=replace(job.runs[0].spec, max_length=4096))
    found = [m.experience for m in execute(replace(job, runs=(impossible, job.runs[1]), prepared=prepare(job.task)))]
    assert [experience.outcome for experience in found] == ["failed", "completed"]
    assert "SettingsError: max_length 4096" in found[0].failure
    assert found[0].performance == {}


def test_after_the_time_is_up_runs_under_way_are_the_last():
    found = []
    jobs = [small_job(methods=tuple(PEFTMethod)), small_job("meals")]
    for memory in run_locally(jobs, 1, is_over=lambda: len(found) >= 2):
        found.append(memory)
    assert len(found) in (2, 3)


def test_a_worker_that_cannot_begin_is_no_experience(monkeypatch):
    # Python ends at once where its own library is not found.
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    with pytest.raises(RuntimeError, match="before it could begin"):
        list(run_locally([small_job()], workers=1))
