"""Jobs on a Ray cluster: every run is a task for one core, wherever one is free. Knows no plan and no store.

Every node needs the same version of this package and the models that the jobs name. The rows of a job travel once.
A run whose worker or node dies is begun again, and told as failed when that has happened `ATTEMPTS` times. Ray could
begin it again by itself, but would do so without end where a run exhausts the memory.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from knowledge.collecting.design import PlannedRun
from knowledge.collecting.jobs import Job, Prepared, execute, lost, prepare
from knowledge.records import Remembered
from metapeft_core.errors import AdvisorError, ClusterError
from metapeft_core.types import Outcome

ATTEMPTS = 3
"""A node that is taken away is no fault of the run; a run that has lost three workers is to blame itself."""
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
"""Of the workers: lanes and BLAS threads are counted when a process starts, and a task has one core."""
DEATHS: Mapping[str, tuple[Outcome, str]] = {
    "OutOfMemoryError": ("out_of_memory", "was killed for lack of memory"),
    "NodeDiedError": ("failed", "was lost with its node"),
    "WorkerCrashedError": ("failed", "crashed"),
}
"""Ray's errors that may be the fault of a run."""
PATIENCE = 10.0
"""Seconds in which a cluster must answer, and after which cores that have come meanwhile are noticed."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Work for one core: a run of a job, or what has to be known of the job's rows before any run."""

    job: Job
    rows: Any
    """The job without its runs, in the cluster's object store."""
    run: PlannedRun | None
    attempt: int = 1


def run_on_cluster(
    jobs: Iterable[Job], address: str | None = None, is_over: Callable[[], bool] = lambda: False
) -> Iterator[Remembered]:
    """What came of the jobs, in the order in which runs end; once it `is_over`, runs under way are the last.

    The address is that of the cluster's head, `host:6379` from one of its nodes or `ray://host:10001` from elsewhere;
    None stands for what RAY_ADDRESS says, else for the cluster to which this machine belongs.
    """
    ray = _ray()
    with _connection(ray, address or os.environ.get("RAY_ADDRESS") or "auto"):
        yield from Crew(ray, iter(jobs), is_over).results()


class Crew:
    """The cores of a cluster, what they are at, and what waits for them."""

    def __init__(self, ray: Any, jobs: Iterator[Job], is_over: Callable[[], bool]) -> None:
        self._ray, self._jobs, self._is_over = ray, jobs, is_over
        self._do = ray.remote(num_cpus=1, max_retries=0)(_do)
        self._waiting = deque[Piece]()
        self._under_way: dict[Any, Piece] = {}

    def results(self) -> Iterator[Remembered]:
        """Run everything."""
        ended: Remembered | None = None
        while True:
            self._fill()
            # A core that has become free is busy again before anybody looks at what it has done.
            if ended is not None:
                yield ended
            if not self._under_way:
                return
            ended = self._hear()

    def _fill(self) -> None:
        """Give every core one piece. What Ray would hold back for later could not be told apart from what runs."""
        # Where there is no core yet, a piece that waits makes a cluster that can grow do so.
        room = max(1, int(self._ray.cluster_resources().get("CPU", 0)))
        while len(self._under_way) < room and not self._is_over() and (piece := self._next()) is not None:
            self._under_way[self._do.remote(piece.rows, piece.run, piece.job.prepared)] = piece

    def _next(self) -> Piece | None:
        while not self._waiting and (job := next(self._jobs, None)) is not None:
            if job.runs:
                rows = self._ray.put(replace(job, runs=(), prepared=None))
                self._waiting.extend([Piece(job, rows, None)] if job.prepared is None else _runs(job, rows))
        return self._waiting.popleft() if self._waiting else None

    def _hear(self) -> Remembered | None:
        ended, _ = self._ray.wait(list(self._under_way), timeout=PATIENCE)
        if not ended:
            return None
        piece = self._under_way.pop(ended[0])
        try:
            told: Prepared | Remembered = self._ray.get(ended[0])
        except self._ray.exceptions.RayTaskError as fault:
            # A run that fails is an experience, so what is raised says something of the node, not of the run.
            raise ClusterError(_complaint(piece, fault.cause)) from fault
        except self._ray.exceptions.RayError as fault:
            if type(fault).__name__ not in DEATHS:
                raise
            return self._bury(piece, type(fault).__name__)
        if isinstance(told, Prepared):
            self._waiting.extend(_runs(replace(piece.job, prepared=told), piece.rows))
            return None
        return told

    def _bury(self, piece: Piece, death: str) -> Remembered | None:
        """What its worker did not live to finish is begun again, if not too often."""
        job, run = piece.job, piece.run
        if piece.attempt < ATTEMPTS:
            self._waiting.appendleft(replace(piece, attempt=piece.attempt + 1))
            return None
        if run is None:
            self._waiting.extend(_runs(replace(job, prepared=prepare(job.task)), piece.rows))
            return None
        outcome, reason = DEATHS[death]
        return lost(job, run, f"it was begun {ATTEMPTS} times, and at last its worker {reason}", outcome)


def _runs(job: Job, rows: Any) -> list[Piece]:
    return [Piece(job, rows, run) for run in job.runs]


def _do(job: Job, run: PlannedRun | None, prepared: Prepared | None) -> Prepared | Remembered:
    """On a node of the cluster."""
    if run is None:
        return prepare(job.task)
    (made,) = execute(replace(job, runs=(run,), prepared=prepared))
    return made


def _complaint(piece: Piece, cause: Exception) -> str:
    reason = str(cause) if isinstance(cause, AdvisorError) else f"{type(cause).__name__}: {cause}"
    return (
        f"the cluster could not begin on {piece.job.task.name} with {piece.job.backbone} ({reason}): install the same "
        "version of peft-advisor and the same models on every node, then start the same command again"
    )


def _ray() -> Any:
    # A head that is started from here would otherwise report its use to Ray's makers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as fault:
        raise ClusterError(
            f"a cluster needs Ray, which cannot be imported ({fault}): pip install 'peft-advisor[cluster]'"
        ) from fault
    return ray


@contextmanager
def _connection(ray: Any, address: str) -> Iterator[None]:
    try:
        _knock(address)
        ray.init(address, runtime_env={"env_vars": ENVIRONMENT}, log_to_driver=False, logging_level="WARNING")
    except (OSError, RuntimeError, ValueError, ImportError) as fault:
        raise ClusterError(
            f"no cluster can be used at {address} ({type(fault).__name__}: {fault}): start one with `ray start --head` "
            "and give the address that it prints"
        ) from fault
    try:
        yield
    except (ConnectionError, ray.exceptions.RayError) as fault:
        raise ClusterError(
            f"the cluster at {address} has failed ({type(fault).__name__}: {fault}): "
            "start the same command again when it is mended"
        ) from fault
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Fail at once where nobody listens: Ray itself goes on asking for many minutes."""
    place = urlsplit(address if "://" in address else f"//{address}")
    if place.hostname and place.port:
        socket.create_connection((place.hostname, place.port), PATIENCE).close()
