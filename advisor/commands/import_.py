"""`advisor import`: takes in an adapter that PEFT or mlx-lm trained. Knows the options, not the formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.commands.export import require_free
from advisor.printing import inert, remarks


def import_(
    folder: Annotated[Path, typer.Argument(help="The folder that PEFT or mlx-lm wrote.")],
    backbone: Annotated[str, typer.Option(help="The backbone it was trained on: minilm, a folder, or a hub id.")],
    out: Annotated[Path, typer.Option(help="The folder to save it in.")],
) -> None:
    """Take in an adapter that Hugging Face PEFT or mlx-lm trained."""
    from metapeft_core.backbones.load import load_backbone
    from metapeft_core.methods.interchange.mlx_folder import import_mlx, is_mlx_folder
    from metapeft_core.methods.interchange.peft_import import import_peft, peft_labels
    from metapeft_core.methods.storage import save_adapter

    require_free(out, known="adapter.json")
    model = load_backbone(backbone)
    from_mlx = is_mlx_folder(folder)
    adapted = import_mlx(folder, model) if from_mlx else import_peft(folder, model)
    save_adapter(adapted, out, () if from_mlx else peft_labels(folder))
    remarks().print(f"saved the {adapted.settings.method} adapter in {inert(out)}")
