"""`advisor config`: writes a run file with which another tool trains. Knows the options, not the tools' keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.commands.run import parse_settings


def config(
    tool: Annotated[str, typer.Argument(help="mlx-lm, axolotl or llama-factory.")],
    data: Annotated[str, typer.Option(help="The training data, as the tool is to find it.")],
    model: Annotated[str, typer.Option(help="A folder or a hub id that the tool can load too.")],
    method: Annotated[str, typer.Option("--method", "-m", help="The method.")] = "lora",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the method; may be repeated.")
    ] = None,
    learning_rate: Annotated[float, typer.Option(help="Peak rate.")] = 2e-4,
    batch_size: Annotated[int, typer.Option(min=1, help="Rows a step.")] = 4,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps.")] = 200,
    max_length: Annotated[int, typer.Option(min=1, help="Tokens a row at most.")] = 512,
    seed: Annotated[int, typer.Option(min=0, help="Where the tool's random numbers begin.")] = 0,
    output: Annotated[str, typer.Option(help="Where the tool is to save the adapter.")] = "adapter",
    out: Annotated[Path | None, typer.Option(help="Write the file here.", show_default="to the screen")] = None,
) -> None:
    """Write a run file for mlx-lm, Axolotl or LLaMA-Factory."""
    from metapeft_core.backbones.load import describe_backbone
    from metapeft_core.errors import SettingsError
    from metapeft_core.files import replaced_file
    from metapeft_core.methods.interchange.runfiles import TrainingRun, run_file
    from metapeft_core.methods.registry import make_settings

    run = TrainingRun(data, learning_rate, batch_size, steps, max_length, seed, output)
    text = run_file(tool, make_settings(method, parse_settings(settings or [])), describe_backbone(model), run)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        with replaced_file(out) as fresh:
            fresh.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as fault:
        raise SettingsError(f"--out {out} cannot be written ({fault}): name another file") from fault
