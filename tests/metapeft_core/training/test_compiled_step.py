"""The step as accelerators run it, compiled. On the CPU that calls a C++ compiler and takes half a minute."""

import json
import shutil
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from metapeft_core import runtime
import mlx.core as mx
runtime.lanes = lambda: 1
if sys.argv[1] == "compiled":
    mx.enable_compile()
    runtime.compiled = mx.compile
from mlx.utils import tree_flatten
from metapeft_core.backbones.load import load_backbone
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.training.loop import Loop
from metapeft_core.training.progress import watch_nothing
from metapeft_core.training.rows import Row
from metapeft_core.training.spec import Budget, TrainingSpec
settings = LoRASettings(dropout=0.1)
model = Adapted(load_backbone("minilm:1"), settings, Head(3, "mean"), 0)
rows = [Row(tuple(range(5, 13 - i % 2)), i % 3) for i in range(8)]
spec = TrainingSpec(settings, batch_size=4, max_length=8)
Loop(model, rows, rows, spec, Budget(steps=6, evaluate_every=3), watch_nothing).run()
print(json.dumps({k: v.abs().sum().item() for k, v in tree_flatten(model.trainable_parameters())}))
"""


def _trained(how: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(shutil.which("g++") is None, reason="MLX compiles for the CPU with g++, which is not here")
def test_a_compiled_step_learns_what_an_eager_one_learns():
    eager = _trained("eager")
    assert eager == pytest.approx(_trained("compiled"), rel=1e-5)
    assert any(value > 0 for name, value in eager.items() if name.endswith("lora_b"))
