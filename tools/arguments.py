"""Arguments that several tools take, described once. Knows no tool.

`data` may only be given by the user, never by a language model: a file's path is not for a model to invent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from knowledge.brief import TaskBrief
from metapeft_core.types import TaskCharacteristics
from tools.registry import UserGiven

Task = TaskBrief | TaskCharacteristics
"""What is known of a task: words about it, or its description."""
NOTHING_SAID = TaskBrief()
UserPath = Annotated[Path, UserGiven()]
Count = Annotated[int, Field(ge=1, le=100)]
Steps = Annotated[int, Field(ge=1, le=1_000_000)]
Minutes = Annotated[float, Field(gt=0, le=1e6)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Gigabytes = Annotated[float, Field(gt=0, le=1e5)]
GIGABYTE = 1 << 30
