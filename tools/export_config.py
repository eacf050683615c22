"""The tool that writes settings down for other tools: mlx-lm, Axolotl, LLaMA-Factory, PEFT, or this program's shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from metapeft_core.errors import ToolError
from metapeft_core.files import replaced_file
from metapeft_core.methods.registry import SETTINGS, setting_values
from metapeft_core.selection.costs import SHARED_SETTINGS
from metapeft_core.training.spec import TrainingSpec
from metapeft_core.types import PEFTMethod, Setting
from tools.arguments import Steps, UserPath
from tools.registry import tool
from tools.settings import checked_spec
from tools.workbench import Workbench, default_workbench

TOLD = {"learning_rate", "batch_size", "max_length"}
"""Of the settings that all methods share."""
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

    Effect: reads, writes with out.
    """
    spec = checked_spec(method, settings or {})
    _check_told(spec, settings or {}, target)
    if target == "advisor":
        text = command(spec, backbone, data, steps)
    else:
        # What writes YAML is imported only for whoever wants a run file: every answer shows a command.
        from metapeft_core.methods.interchange.runfiles import TrainingRun, run_file

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
        try:
            with replaced_file(Path(out)) as fresh:
                fresh.write_text(text, encoding="utf-8")
        except (OSError, ValueError) as fault:
            raise ToolError(f"out is {out}, which cannot be written ({fault}): name another file") from fault
    return ExportedConfig(target, text, None if out is None else Path(out))


def _check_told(spec: TrainingSpec, settings: Mapping[str, Setting], target: Target) -> None:
    """Refuse a setting that neither the command nor a run file says, rather than leave it out."""
    usual = TrainingSpec()
    for name in sorted(settings.keys() & SHARED_SETTINGS.keys() - TOLD):
        if getattr(spec, SHARED_SETTINGS[name]) != getattr(usual, SHARED_SETTINGS[name]):
            raise ToolError(f"{name} cannot be told to {target}: leave it out")


def command(spec: TrainingSpec, backbone: str | None, data: Path | None, steps: int) -> str:
    """What to type to train so; settings that are the method's defaults are left out."""
    own, usual = spec.method, SETTINGS[spec.method.method]()
    words = ["advisor", "run", str(data or "DATA"), "--method", str(spec.method.method), "--steps", str(steps)]
    words += [] if backbone is None else ["--model", backbone]
    words += ["--learning-rate", f"{spec.rate():g}", "--batch-size", str(spec.batch_size)]
    words += ["--max-length", str(spec.max_length)]
    for name, value in setting_values(own).items():
        if value != getattr(usual, name):
            words += ["--set", f"{name}={_plain(value)}"]
    return shlex.join(words)


def _plain(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if isinstance(value, str) and _is_json(value):
        # At a prompt `text=12` means the number.
        return json.dumps(value)
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
