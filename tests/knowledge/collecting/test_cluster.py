"""The same jobs on a real Ray cluster: as on this machine, whatever dies, and no further than wanted."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from knowledge.collecting.catalogue import Listed
from knowledge.collecting.cluster import run_on_cluster
from knowledge.collecting.design import PlannedRun
from knowledge.collecting.jobs import Job, Prepared
from knowledge.collecting.local import run_locally
from knowledge.records import WIDTH, run_key_of
from metapeft_core.backbones.packages import minilm_folder
from metapeft_core.data.task import Example, Task
from metapeft_core.errors import ClusterError
from metapeft_core.methods.registry import make_settings
from metapeft_core.training.finetune import rows_digest
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import Spread, TaskCharacteristics

pytest.importorskip("ray")
pytest.importorskip("psutil")

SHALLOW = "minilm:1"
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
LENGTHS = Spread(4.0, 4.0, 4.0, 4.0, 4.0)
CHARACTERISTICS = TaskCharacteristics(
    12, LENGTHS, 20, "classification", "topic", "other", "en", 2, 1.0, 0.5, 0.5, 0.0, 0.0, 0.1
)
KNOWN = Prepared(CHARACTERISTICS, np.eye(1, WIDTH, dtype=np.float32)[0])
ROWS = tuple(
    Example(f"{opening} {noun}", label)
    for opening in ("we saw the", "they sold a", "here is one", "nobody wants this")
    for noun, label in zip(("bus", "soup", "van", "cake", "tram", "rice"), ("drive", "eat") * 3, strict=True)
)


class Deadly:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (1,)


class PowerCut:
    """Ends the node on which it is unpickled first, all at once, and with it the run that it came with."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return exec, (f"{POWER_CUT}end({str(self.marker)!r})",)


POWER_CUT = """
def end(marker):
    import pathlib, psutil
    worker = psutil.Process()
    if worker.parent().name() == "raylet" and not pathlib.Path(marker).exists():
        pathlib.Path(marker).touch()
        worker.parent().kill()
        worker.kill()
"""


@contextmanager
def a_cluster(nodes, **environment):
    """A head without cores, and nodes with one each."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"RAY_USAGE_STATS_ENABLED": "0", **environment}.items():
            patch.setenv(name, value)
        built = Cluster(initialize_head=True, head_node_args={**NODE, "num_cpus": 0, "include_dashboard": False})
        try:
            for _ in range(nodes):
                built.add_node(**NODE)
            yield built
        finally:
            built.shutdown()


@pytest.fixture(scope="module")
def cluster():
    """Two nodes. One that is gone is noticed after five failed checks, by default three seconds apart."""
    with a_cluster(2, RAY_health_check_period_ms="300") as built:
        yield built


def job(name, methods=("lora", "prompt_tuning"), seeds=(0,), prepared=KNOWN, backbone=SHALLOW, stated=None):
    task = Task(name, "classification", ROWS[:12], ROWS[12:18], ROWS[18:], ("drive", "eat"))
    budget = Budget(steps=2, evaluate_every=1, evaluation_rows=4)
    runs = tuple(
        PlannedRun(TrainingSpec(method=make_settings(method), batch_size=6, max_length=16, seed=seed), budget)
        for seed in seeds
        for method in methods
    )
    listed = Listed(name, Path(f"{name}.csv"), f"family of {name}", "handwritten", stated or {"domain": "other"})
    return Job(listed, task, rows_digest(task), backbone, runs, prepared)


def keys_of(*jobs):
    return sorted(one.key(run) for one in jobs for run in one.runs)


def figures(memory):
    """All that a run must repeat wherever it is made."""
    found = memory.experience
    curve = [(point.step, point.train_loss, point.valid_loss, dict(point.metrics)) for point in found.curve]
    scores = {name: found.performance[name] for name in ("loss", "accuracy", "macro_f1", "valid_loss", "best_step")}
    told = (found.outcome, found.steps, found.seed, found.method, found.hyperparameters, found.trainable_parameters)
    return told, curve, scores, found.family, found.source, found.stated, found.rows, memory.vector.tolist()


@pytest.mark.skipif(sys.platform != "linux", reason="Ray watches the memory on Linux only")
def test_a_run_for_which_there_is_never_memory_is_told_as_out_of_memory():
    # Ray takes a node for full, and kills what runs there, as soon as a hundredth of its memory is in use.
    with a_cluster(1, RAY_memory_usage_threshold="0.01", RAY_memory_monitor_refresh_ms="50") as full:
        (memory,) = run_on_cluster([job("large", ("lora",))], full.address)
    found = memory.experience
    assert (found.task, found.outcome, found.characteristics) == ("large", "out_of_memory", CHARACTERISTICS)
    assert found.failure == "it was begun 3 times, and at last its worker was killed for lack of memory"


def test_a_node_that_dies_costs_no_run_and_the_results_are_those_of_this_machine(cluster, monkeypatch, tmp_path):
    marker = tmp_path / "has happened"
    jobs = [
        job("one", seeds=(0, 1)),
        job("two", ("lora", "p_tuning"), stated={"domain": PowerCut(marker)}),
        job("three"),
    ]
    arrived = list(run_on_cluster(jobs, cluster.address))
    assert marker.exists()
    (dead,) = (node for node in cluster.worker_nodes if not node.remaining_processes_alive())
    cluster.remove_node(dead, allow_graceful=False)
    assert sorted(run_key_of(memory.experience) for memory in arrived) == keys_of(*jobs)
    assert {memory.experience.outcome for memory in arrived} == {"completed"}
    # As many lanes as a core of the cluster has: the same sums in the same order.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    here = {run_key_of(memory.experience): memory for memory in run_locally(jobs, workers=1)}
    for memory in arrived:
        twin = here[run_key_of(memory.experience)]
        assert memory.experience.environment == twin.experience.environment
        assert figures(memory) == figures(twin)


def test_a_run_that_kills_every_worker_is_told_as_failed_and_the_others_go_on(cluster):
    deadly, other = job("deadly", ("lora",), stated={"domain": Deadly()}), job("other", ("lora",))
    arrived = {memory.experience.task: memory.experience for memory in run_on_cluster([deadly, other], cluster.address)}
    assert sorted(map(run_key_of, arrived.values())) == keys_of(deadly, other)
    failed = arrived["deadly"]
    assert (failed.outcome, failed.failure) == ("failed", "it was begun 3 times, and at last its worker crashed")
    assert failed.characteristics == CHARACTERISTICS
    assert arrived["other"].outcome == "completed"


def test_jobs_are_taken_as_cores_become_free_and_nothing_is_begun_once_it_is_over(cluster):
    taken, arrived = [], []

    def jobs():
        for name in ("first", "second", "third", "fourth", "fifth"):
            taken.append(name)
            yield job(name, ("lora",))

    for memory in run_on_cluster(jobs(), cluster.address, lambda: bool(arrived)):
        arrived.append(memory.experience.task)
    # One a core, and the one that took the place of the first to end.
    assert sorted(arrived) == sorted(taken)
    assert len(taken) == len(cluster.worker_nodes) + 1


def test_what_is_not_known_of_the_rows_is_found_out_on_the_cluster_first(cluster):
    unknown = job("unknown", prepared=None)
    first, second = run_on_cluster([unknown], cluster.address)
    found = first.experience.characteristics
    assert (found.dataset_size, found.classes, found.objective) == (12, 2, "classification")
    assert second.experience.characteristics == found
    assert np.array_equal(first.vector, second.vector)


def test_a_model_that_a_node_cannot_load_ends_the_collection_with_the_reason(cluster, tmp_path):
    shutil.copy(minilm_folder() / "config.json", tmp_path)
    with pytest.raises(ClusterError, match=r"could not begin on bare with .* no model\*.safetensors.* on every node"):
        list(run_on_cluster([job("bare", backbone=str(tmp_path))], cluster.address))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "no address"])
def test_without_a_cluster_at_the_address_it_is_named(address):
    with pytest.raises(ClusterError, match=f"no cluster can be used at {address} .*ray start --head"):
        list(run_on_cluster([], address))


def test_without_ray_the_extra_to_install_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"pip install 'peft-advisor\[cluster\]'"):
        list(run_on_cluster([], "127.0.0.1:1"))
