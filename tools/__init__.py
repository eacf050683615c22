"""Typed tools over the lab, the experience and the judgement, one function a file: `from tools import select_method`.

Knows no language model and no screen. A new tool is a new module with a function of the same name; it is found here by
itself, and by everything that asks the registry.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # For type checkers, which do not run `__getattr__`; a tool that is missing here works all the same.
    from tools.characterize_dataset import characterize_dataset as characterize_dataset
    from tools.compare_methods import compare_methods as compare_methods
    from tools.embed_task import embed_task as embed_task
    from tools.estimate_cost import estimate_cost as estimate_cost
    from tools.explain_method import explain_method as explain_method
    from tools.export_config import export_config as export_config
    from tools.query_experiences import query_experiences as query_experiences
    from tools.record_outcome import record_outcome as record_outcome
    from tools.run_finetuning import run_finetuning as run_finetuning
    from tools.select_method import select_method as select_method


def __getattr__(name: str) -> Any:
    """The function that a module of the same name holds, imported when it is first asked for."""
    if name.startswith("_") or importlib.util.find_spec(f"{__name__}.{name}") is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{name}"), name, None)
    if found is None:
        return importlib.import_module(f"{__name__}.{name}")
    # Importing a submodule has bound its own name here; the tool is what people mean.
    globals()[name] = found
    return found
