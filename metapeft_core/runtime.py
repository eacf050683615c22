"""MLX on this machine: device, BLAS, dtype, compilation and seeds. Knows no model and no task.

Importing this module is what makes MLX usable: on Linux without a GPU, MLX's wheel links the reference BLAS, a
hundred times slower than the machine. A fast one has to be in the process before MLX's first import, so
`metapeft_core/__init__.py` imports this module first, and nothing imports `mlx` before it.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

BLAS_VARIABLE = "PEFT_ADVISOR_BLAS"
"""Set to `mkl`, `openblas`, `none`, or the path of a library, to overrule the choice."""

Blas = Literal["accelerate", "mkl", "openblas", "custom", "reference", "mlx-first"]


def _mkl_candidates() -> list[Path]:
    # torch is found without being imported: its Python side takes seconds, its library half a second.
    spec = importlib.util.find_spec("torch")
    folders = list(spec.submodule_search_locations or []) if spec else []
    return [Path(folder) / "lib" / "libtorch_cpu.so" for folder in folders]


def _openblas_candidates() -> list[Path]:
    machine = platform.machine()
    folders = [f"/usr/lib/{machine}-linux-gnu/openblas-pthread", f"/usr/lib/{machine}-linux-gnu", "/usr/lib64"]
    return [Path(folder) / "libopenblas.so.0" for folder in folders]


def _wait_quietly() -> None:
    """Make BLAS threads sleep while they wait for each other.

    By default they spin. On two cores with one of them busy elsewhere, a step of 0.18 s then took 2.6 to 24 s.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _load(candidates: list[Path]) -> bool:
    for path in candidates:
        if not path.exists():
            continue
        try:
            library = ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        if hasattr(library, "sgemm_") or hasattr(library, "cblas_sgemm"):
            return True
    return False


def _choose_blas() -> Blas:
    if sys.platform == "darwin":
        return "accelerate"
    if "mlx.core" in sys.modules:
        return "mlx-first"
    _wait_quietly()
    wish = os.environ.get(BLAS_VARIABLE, "")
    if wish == "none":
        return "reference"
    if wish and wish not in ("mkl", "openblas"):
        return "custom" if _load([Path(wish)]) else "reference"
    if wish != "openblas" and _load(_mkl_candidates()):
        return "mkl"
    if wish != "mkl" and _load(_openblas_candidates()):
        return "openblas"
    return "reference"


BLAS: Blas = _choose_blas()

import mlx.core as mx  # noqa: E402 - only now may MLX look for its BLAS

DeviceKind = Literal["metal", "cuda", "cpu"]


@dataclass(frozen=True, slots=True)
class Runtime:
    """What was chosen for this process."""

    device: DeviceKind
    blas: Blas
    dtype: str
    """The dtype in which frozen weights are held: bfloat16 on an accelerator, float32 on the CPU."""
    compiles: bool
    mlx: str


def _device() -> DeviceKind:
    if mx.default_device().type == mx.DeviceType.cpu:
        return "cpu"
    return "metal" if mx.metal.is_available() else "cuda"


def _interleave_lanes() -> None:
    """Have MLX begin the operations of all lanes in turn.

    It walks a graph breadth first only while that is narrower than this, and depth first beyond: one lane after the
    other, with a hundred operations under way at most. MLX reads the variable when it computes for the first time.
    """
    os.environ.setdefault("MLX_BFS_MAX_WIDTH", "1000")


@cache
def current() -> Runtime:
    """The runtime of this process, decided once."""
    device = _device()
    on_cpu = device == "cpu"
    if on_cpu:
        # On the CPU MLX compiles by calling a C++ compiler for every new graph: a minute for what runs in 0.1 s.
        mx.disable_compile()
        _interleave_lanes()
    return Runtime(
        device=device,
        blas=BLAS,
        dtype="float32" if on_cpu else "bfloat16",
        compiles=not on_cpu,
        mlx=mx.__version__,  # type: ignore[attr-defined]
    )


def compute_dtype() -> mx.Dtype:
    """The dtype frozen weights are computed in. Half precision on the CPU is a hundred times slower than float32."""
    return mx.float32 if current().dtype == "float32" else mx.bfloat16


def compiled(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """`mx.compile` where it pays, the function itself where it does not."""
    return mx.compile(function, **options) if current().compiles else function


def lanes() -> int:
    """How many parts of a batch are computed side by side: one a core on the CPU, one on an accelerator.

    A fast BLAS whose threads can be told apart is needed; `OMP_NUM_THREADS` sets a lower number.
    """
    if current().device != "cpu" or _thread_setter() is None:
        return 1
    wish = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(usable_cores(), int(wish))) if wish.isdigit() else usable_cores()


def set_blas_threads(count: int) -> None:
    """How many threads one matrix product may use from now on."""
    setter = _thread_setter()
    if setter is not None:
        setter(ctypes.c_int(count))


@cache
def _thread_setter() -> Callable[..., Any] | None:
    names = {"mkl": "mkl_serv_set_num_threads", "openblas": "openblas_set_num_threads"}
    # The BLAS was loaded for the whole process, so its functions are found in the process itself.
    return getattr(ctypes.CDLL(None), names[BLAS], None) if BLAS in names else None


def seed_everything(seed: int) -> None:
    """Seed MLX's own generator; everything else in this project draws from generators it is handed."""
    mx.random.seed(seed)


def available_memory() -> int:
    """Bytes that a new run may take without pushing the machine into swap."""
    if current().device != "cpu":
        limits = mx.device_info()
        ceiling = int(limits.get("max_recommended_working_set_size", limits.get("memory_size", 0)))
        return max(0, ceiling - mx.get_active_memory())
    return _free_host_memory()


def _free_host_memory() -> int:
    free = _meminfo_available()
    limit = _cgroup_headroom()
    return free if limit is None else min(free, limit)


def _meminfo_available() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _cgroup_headroom() -> int | None:
    """In a container the kernel's own figure is that of the host; the container's limit is the one that kills."""
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
    except (OSError, ValueError):
        return None
    return None if limit == "max" else max(0, int(limit) - used)


def environment() -> dict[str, str]:
    """Where a figure was measured, as it is written beside the figure."""
    chosen = current()
    return {
        "mlx": chosen.mlx,
        "device": chosen.device,
        "blas": chosen.blas,
        "dtype": chosen.dtype,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": str(usable_cores()),
        "lanes": str(lanes()),
    }


def usable_cores() -> int:
    """Cores this process may run on, which in a container is fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Libraries decorate functions with mx.compile while they are imported: the choice must stand before they are.
current()
