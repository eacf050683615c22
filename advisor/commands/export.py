"""`advisor export`: writes a saved adapter in another tool's format. Knows the options, not the formats."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from advisor.printing import inert, remarks


class ExportFormat(StrEnum):
    """The tools whose adapters can be written."""

    PEFT = "peft"
    MLX_LM = "mlx-lm"


def export(
    adapter: Annotated[Path, typer.Argument(help="The folder in which `advisor run --out` saved the adapter.")],
    to: Annotated[ExportFormat, typer.Option(help="peft (Hugging Face) or mlx-lm.")],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    model: Annotated[
        str | None, typer.Option(help="The backbone, where it has moved.", show_default="as it was trained")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Under which name transformers is to find the backbone.", show_default="the same")
    ] = None,
    as_lora: Annotated[bool, typer.Option("--as-lora", help="Write AdaLoRA as the plain LoRA it amounts to.")] = False,
) -> None:
    """Write a saved adapter for Hugging Face PEFT or mlx-lm."""
    from metapeft_core.backbones.load import load_backbone
    from metapeft_core.methods.interchange.mlx_folder import export_mlx
    from metapeft_core.methods.interchange.peft_folder import export_peft
    from metapeft_core.methods.storage import load_adapter, read_record

    require_free(out, known="adapter_config.json")
    record = read_record(adapter)
    adapted = load_adapter(adapter, load_backbone(model or record.backbone))
    if to == ExportFormat.PEFT:
        export_peft(adapted, out, tuple(record.labels), base)
    else:
        export_mlx(adapted, out, as_lora)
    remarks().print(f"wrote {inert(out)} for {to}")


def require_free(out: Path, known: str) -> None:
    """Refuse a folder that cannot be written, or that holds something else: an adapter takes the whole place."""
    from metapeft_core.errors import InterchangeError
    from metapeft_core.files import is_free_for, prove_writable

    try:
        if out.exists() and not out.is_dir():
            raise InterchangeError(f"--out {out} is a file: give the path of a folder")
        if not is_free_for(out, known):
            raise InterchangeError(f"--out {out} holds other files, which the adapter would replace: name a new folder")
        prove_writable(out)
    except OSError as fault:
        raise InterchangeError(f"--out {out} cannot be written ({fault.strerror}): name another folder") from fault
