"""Jobs on this machine: spawned processes, one job each at a time. Knows no plan and no store.

A worker that dies (killed, or out of memory) costs the run it was at: that run is told as failed, and a fresh worker
goes on with the rest of the job. Processes are spawned because a fork after MLX has computed hangs.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from knowledge.collecting.jobs import Job, Prepared, execute, lost, prepare
from knowledge.records import Remembered
from metapeft_core.errors import AdvisorError
from metapeft_core.types import Outcome

KILLED = -9
BEGUN = "begun"
"""What a worker tells first."""
GRACE = 3.0
"""Seconds in which a worker can go by itself."""


@dataclass(slots=True)
class Worker:
    """A process, the pipe to it, and what it has left to do."""

    process: BaseProcess
    pipe: Connection
    job: Job | None = None
    has_begun: bool = False
    """Whether its process has come as far as to wait for work."""


def run_locally(jobs: Iterable[Job], workers: int, is_over: Callable[[], bool] = lambda: False) -> Iterator[Remembered]:
    """What came of the jobs, in the order in which runs end; once it `is_over`, runs under way are the last."""
    waiting = deque[Job]()
    source = iter(jobs)
    pool = [_start(workers) for _ in range(workers)]
    try:
        while True:
            for worker in pool:
                if worker.job is None and not is_over():
                    _hand(worker, waiting.popleft() if waiting else next(source, None))
            busy = [worker for worker in pool if worker.job is not None]
            if not busy:
                return
            ready = wait([worker.pipe for worker in busy])
            for worker in busy:
                if worker.pipe in ready:
                    yield from _hear(worker, waiting, workers)
                    if is_over():
                        worker.job = None
    finally:
        _dismiss(pool)


def _dismiss(pool: list[Worker]) -> None:
    """A worker that hears nothing more goes by itself and leaves nothing behind; one amid a run is not waited for."""
    for worker in pool:
        worker.pipe.close()
    for worker in pool:
        worker.process.join(GRACE)
        worker.process.terminate()
        worker.process.join()


def _hand(worker: Worker, job: Job | None) -> None:
    worker.job = job
    # A worker that has died meanwhile is noticed when it is heard.
    with suppress(OSError):
        if job is not None:
            worker.pipe.send(job)


def _hear(worker: Worker, waiting: deque[Job], workers: int) -> Iterator[Remembered]:
    assert worker.job is not None
    try:
        told: Prepared | Remembered | AdvisorError | str | None = worker.pipe.recv()
    except (EOFError, OSError):
        if not worker.has_begun:
            worker.process.join()
            code = worker.process.exitcode
            # This says something of the installation, not of the run: no experience is to be made of it.
            raise RuntimeError(f"a worker ended with code {code} before it could begin, as told above") from None
        yield from _bury(worker, waiting)
        fresh = _start(workers)
        worker.process, worker.pipe, worker.job, worker.has_begun = fresh.process, fresh.pipe, None, False
        return
    if isinstance(told, AdvisorError):
        raise told
    if isinstance(told, str):
        worker.has_begun = True
    elif told is None:
        worker.job = None
    elif isinstance(told, Prepared):
        worker.job = replace(worker.job, prepared=told)
    else:
        worker.job = replace(worker.job, runs=worker.job.runs[1:])
        yield told


def _bury(worker: Worker, waiting: deque[Job]) -> Iterator[Remembered]:
    """The run at which a worker died is told as failed; what it had not begun waits for another."""
    worker.process.join()
    job, code = worker.job, worker.process.exitcode
    if job is None or not job.runs:
        return
    job = replace(job, prepared=job.prepared or prepare(job.task))
    outcome: Outcome = "out_of_memory" if code == KILLED else "failed"
    reason = "was killed, often by the system for lack of memory" if code == KILLED else f"ended with code {code}"
    if len(job.runs) > 1:
        waiting.append(replace(job, runs=job.runs[1:]))
    yield lost(job, job.runs[0], f"its worker {reason}", outcome)


def _start(workers: int) -> Worker:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    with _environment(workers):
        process.start()
    theirs.close()
    return Worker(process, ours)


@contextmanager
def _environment(workers: int) -> Iterator[None]:
    """Each worker gets its share of the cores: lanes and BLAS threads are counted when a process starts."""
    threads = max(1, (os.cpu_count() or 1) // workers)
    wishes = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    if workers > 1 or "OMP_NUM_THREADS" not in os.environ:
        wishes["OMP_NUM_THREADS"] = str(threads)
    before = {name: os.environ.get(name) for name in wishes}
    os.environ.update(wishes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _serve(pipe: Connection) -> None:
    """A worker's life: jobs come in, experiences go out, until nobody is at the other end."""
    try:
        pipe.send(BEGUN)
        while True:
            job: Job = pipe.recv()
            if job.prepared is None:
                job = replace(job, prepared=prepare(job.task))
                pipe.send(job.prepared)
            try:
                for memory in execute(job):
                    pipe.send(memory)
            except AdvisorError as fault:
                # What a run does wrong is in its experience; this is something that no run of the job can do without.
                pipe.send(fault)
            pipe.send(None)
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return
