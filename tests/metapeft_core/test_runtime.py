"""What the runtime chooses. Each choice is made once a process, so each is looked at in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from metapeft_core import runtime

linux = pytest.mark.skipif(sys.platform != "linux", reason="BLAS is chosen on Linux only")
on_cpu = pytest.mark.skipif(runtime.current().device != "cpu", reason="an accelerator compiles and has its own BLAS")

BLAS_CHOSEN = "from metapeft_core import runtime; told = runtime.BLAS"
COUNT_CALLS = """
import metapeft_core
import mlx.core as mx
calls = []
def double(x):
    calls.append(1)
    return 2 * x
for wrap in (mx.compile, metapeft_core.runtime.compiled):
    function = wrap(double)
    for _ in range(3):
        mx.eval(function(mx.array([1.0])))
told = len(calls)
"""


def told_by(script: str, **variables: str | None):
    """What the script leaves in `told`, in a fresh process."""
    environment = {k: v for k, v in os.environ.items() if k not in (runtime.BLAS_VARIABLE, "OMP_WAIT_POLICY")}
    environment |= {key: value for key, value in variables.items() if value is not None}
    done = subprocess.run(
        [sys.executable, "-c", f"{script}\nimport json; print(json.dumps(told))"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@linux
@pytest.mark.parametrize("wish", ["none", "/no/such/library.so", "/etc/hostname"])
def test_without_a_usable_library_the_reference_blas_is_told(wish):
    assert told_by(BLAS_CHOSEN, PEFT_ADVISOR_BLAS=wish) == "reference"


@linux
def test_with_torch_at_hand_its_blas_is_used_without_importing_torch():
    script = "import sys, metapeft_core; told = [metapeft_core.runtime.BLAS, 'torch' in sys.modules]"
    assert told_by(script) == ["mkl", False]


@linux
def test_mlx_imported_first_is_told():
    assert told_by(f"import mlx.core\n{BLAS_CHOSEN}") == "mlx-first"


@linux
def test_blas_threads_are_told_to_sleep_while_they_wait():
    assert told_by("import os, metapeft_core; told = os.environ['OMP_WAIT_POLICY']") == "PASSIVE"


@linux
def test_a_users_own_wait_policy_is_left_alone():
    script = "import os, metapeft_core; told = os.environ['OMP_WAIT_POLICY']"
    assert told_by(script, OMP_WAIT_POLICY="ACTIVE") == "ACTIVE"


@on_cpu
def test_nothing_is_compiled_on_the_cpu():
    assert told_by(COUNT_CALLS) == 6


@on_cpu
def test_the_cpu_computes_in_float32():
    assert runtime.current().dtype == "float32"
    assert str(runtime.compute_dtype()) == "mlx.core.float32"


@linux
@on_cpu
@pytest.mark.parametrize(("wish", "lanes"), [("1", 1), ("1000", runtime.usable_cores())])
def test_the_cpu_has_a_lane_a_core_and_no_more_than_threads_are_allowed(wish, lanes):
    script = "import metapeft_core; told = metapeft_core.runtime.lanes()"
    assert told_by(script, OMP_NUM_THREADS=wish) == lanes


@linux
@on_cpu
def test_without_a_blas_whose_threads_can_be_told_apart_there_is_one_lane():
    assert told_by("import metapeft_core; told = metapeft_core.runtime.lanes()", PEFT_ADVISOR_BLAS="none") == 1


@on_cpu
def test_a_containers_limit_counts_where_it_is_below_the_hosts_memory(monkeypatch):
    monkeypatch.setattr(runtime, "_meminfo_available", lambda: 1000)
    monkeypatch.setattr(runtime, "_cgroup_headroom", lambda: 300)
    assert runtime.available_memory() == 300
    monkeypatch.setattr(runtime, "_cgroup_headroom", lambda: None)
    assert runtime.available_memory() == 1000


def test_the_same_seed_draws_the_same_numbers():
    import mlx.core as mx

    def drawn(seed):
        runtime.seed_everything(seed)
        return mx.random.normal((8,)).tolist()

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


def test_figures_carry_where_they_were_measured():
    told = runtime.environment()
    assert {"mlx", "device", "blas", "dtype", "python", "machine", "cores"} <= set(told)
    assert all(isinstance(value, str) and value for value in told.values())
