"""Typed tools over the lab, the experience and the judgement, one function a file: `from tools import select_method`.

Knows no language model and no screen. A new tool is a new module with a function of the same name; it is found here by
itself, and by everything that asks the registry.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
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


class ToolPackage(ModuleType):
    """A package in which a tool's name means its function, although its module has the same name."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Python binds a submodule to its package after running it, so the function is there by now.
        function = getattr(value, name, None) if isinstance(value, ModuleType) else None
        super().__setattr__(name, function if hasattr(function, "__tool__") else value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or importlib.util.find_spec(f"{self.__name__}.{name}") is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        importlib.import_module(f"{self.__name__}.{name}")
        return self.__dict__[name]


sys.modules[__name__].__class__ = ToolPackage
