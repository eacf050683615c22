"""The tool that writes settings down for other tools: mlx-lm, Axolotl, LLaMA-Factory, PEFT, or this program's shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from metapeft_core.files import replaced_file
from metapeft_core.methods.interchange.runfiles import TrainingRun, run_file
from metapeft_core.methods.registry import SETTINGS, setting_values
from metapeft_core.training.spec import TrainingSpec
from metapeft_core.types import PEFTMethod, Setting
from tools.arguments import Steps, UserPath
from tools.registry import tool
from tools.settings import checked_spec
from tools.workbench import Workbench, default_workbench

Target = Literal["advisor", "mlx-lm", "axolotl", "llama-factory"]


@dataclass(frozen=True, slots=True)
class ExportedConfig:
    """Settings in another tool's words."""

    target: Target
    text: str
    """A shell command for `advisor`, a YAML run file for the others."""
    written: Path | None


@tool
def export_config(
    method: PEFTMethod,
    settings: Mapping[str, Setting] | None = None,
    target: Target = "advisor",
    backbone: str | None = None,
    data: UserPath | None = None,
    steps: Steps = 200,
    out: UserPath | None = None,
    *,
    bench: Workbench | None = None,
) -> ExportedConfig:
    """Write a method's settings as a command of this program or as the run file of another tool.

    Args:
        method: The method to train with.
        settings: Settings of the method that are not to be its defaults, and learning_rate, batch_size or max_length.
        target: The tool that is to train.
        backbone: The model to adapt: a name, a folder or a hub id. Without one, what comes with the package.
        data: The data file that the run is to read.
        steps: Optimiser steps.
        out: Write the text to this file as well.

    Effect: reads, writes.
    """
    spec = checked_spec(method, settings or {})
    if target == "advisor":
        text = command(spec, backbone, data, steps)
    else:
        card = (bench or default_workbench()).backbone(backbone, "generation")
        run = TrainingRun(
            data=str(data or "data"),
            learning_rate=spec.rate(),
            batch_size=spec.batch_size,
            steps=steps,
            max_length=spec.max_length,
        )
        text = run_file(target, spec.method, card, run)
    if out is not None:
        with replaced_file(Path(out)) as fresh:
            fresh.write_text(text, encoding="utf-8")
    return ExportedConfig(target, text, None if out is None else Path(out))


def command(spec: TrainingSpec, backbone: str | None, data: Path | None, steps: int) -> str:
    """What to type to train so; settings that are the method's defaults are left out."""
    own, usual = spec.method, SETTINGS[spec.method.method]()
    words = ["advisor", "run", str(data or "DATA"), "--method", str(spec.method.method), "--steps", str(steps)]
    words += [] if backbone is None else ["--model", backbone]
    words += ["--learning-rate", f"{spec.rate():.3g}", "--batch-size", str(spec.batch_size)]
    words += ["--max-length", str(spec.max_length)]
    for name, value in setting_values(own).items():
        if value != getattr(usual, name):
            words += ["--set", f"{name}={_plain(value)}"]
    return shlex.join(words)


def _plain(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
