"""What the thread that talks tells the screen. Knows neither of the two."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.plans import Call
    from advisor.state import State
    from advisor.steps import Step
    from metapeft_core.training.progress import Progress
    from metapeft_core.types import PEFTExperience

Then = Callable[[Any], Awaitable[None] | None]
"""What is done on the screen's thread with what was found on the other."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step of a turn, and the state after it."""

    step: Step
    state: State
    runs: Mapping[str, PEFTExperience] = field(default_factory=dict)
    """The experiences that a recommendation rests on, those that count most first."""


@dataclass(frozen=True, slots=True)
class Said:
    """A question, and the step that ended its turn."""

    question: str
    told: Stepped


@dataclass(frozen=True, slots=True)
class Trained:
    """A training took a step."""

    progress: Progress


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A tool is about to write: whoever is at the screen says whether it may."""

    call: Call
    reply: Future[bool]


@dataclass(frozen=True, slots=True)
class Ended:
    """A turn is over."""

    stopped: bool


@dataclass(frozen=True, slots=True)
class Did:
    """Something else was done, and what is to follow."""

    then: Then
    found: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """Something else could not be done, in a sentence for the user."""

    text: str


@dataclass(frozen=True, slots=True)
class Broke:
    """A bug of the program."""

    fault: BaseException


Event = Stepped | Trained | Wanted | Ended | Did | Refused | Broke
