"""Which language model reads and writes in a conversation. Knows names and places, loads nothing by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metapeft_core.backbones.packages import SMOLLM2, smollm2_is_here

if TYPE_CHECKING:
    from advisor.llm import LanguageModel

NO_MODEL = "none"
TUNED = Path(__file__).with_name("tuned")
"""What the small model that comes with the package was taught."""


def chosen_model(name: str | None) -> LanguageModel | None:
    """The model that was asked for, else the small one where it is at hand; it begins to load at once."""
    if name == NO_MODEL or (name is None and not (smollm2_is_here() and TUNED.is_dir())):
        return None
    # mlx-lm and outlines take seconds to import, for which nobody waits who asks for no model.
    from advisor.instructions import instructions
    from advisor.llm import LanguageModel

    chosen = name or SMOLLM2
    taught = chosen == SMOLLM2 and TUNED.is_dir()
    model = LanguageModel(chosen, TUNED) if taught else LanguageModel(chosen, system=instructions())
    model.start()
    return model
