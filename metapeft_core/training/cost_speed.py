"""How fast this machine is at three things: products, element-wise work, starting an operation. Knows no model."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache

import mlx.core as mx

from metapeft_core import runtime
from metapeft_core.files import home, replaced_file
from metapeft_core.lanes import in_lanes, open_lanes

SHAPE = (512, 384, 1536)
"""A product as a small encoder makes it: rows, inputs, outputs."""
CHAIN = 200
REPEATS = 7


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds in every lane for a floating point operation of a product, a number touched, an operation started."""

    flop: float
    element: float
    operation: float
    lanes: int = 1


@cache
def measured_speed() -> Speed:
    """This machine's own figures with all lanes at work, measured once a process in about a tenth of a second."""
    rows, inputs, outputs = SHAPE
    left = mx.full((rows, inputs), 0.5, dtype=runtime.compute_dtype())
    right = mx.full((inputs, outputs), 0.5, dtype=runtime.compute_dtype())
    wide = mx.full((rows, outputs), 0.5, dtype=runtime.compute_dtype())
    small = mx.full((8,), 0.5)
    mx.eval(left, right, wide, small)
    with open_lanes():
        return Speed(
            flop=_best(lambda: left @ right) / (2 * rows * inputs * outputs),
            element=_best(lambda: _chain(wide, 8)) / (8 * rows * outputs),
            # One thread starts the operations of all lanes.
            operation=_best(lambda: _chain(small, CHAIN)) / (CHAIN * runtime.lanes()),
            lanes=runtime.lanes(),
        )


def remembered_speed() -> Speed:
    """This machine's figures as they were measured when it was first asked; the same question gets the same answer.

    They are measured anew where the machine, its number of lanes or MLX has changed.
    """
    place, machine = (
        home() / "speed.json",
        [platform.node(), platform.machine(), runtime.lanes(), runtime.current().mlx],
    )
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
        if told["machine"] == machine:
            return Speed(**told["speed"])
    except (OSError, ValueError, KeyError, TypeError):
        # Not there yet, or not readable: what was measured can be measured again.
        pass
    speed = measured_speed()
    with suppress(OSError), replaced_file(place) as fresh:
        fresh.write_text(json.dumps({"machine": machine, "speed": asdict(speed)}), encoding="utf-8")
    return speed


def _chain(x: mx.array, length: int) -> mx.array:
    for _ in range(length):
        x = x * 0.99
    return x


def _best(work: Callable[[], mx.array]) -> float:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        in_lanes(lambda _: work(), range(runtime.lanes()))
        times.append(time.perf_counter() - began)
    # The least disturbed repeat is the machine; the others are the machine and its other users.
    return min(times)
