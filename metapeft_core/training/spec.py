"""What a run is asked to do: the method's settings, how it is optimised, and what it may spend. Knows no data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from metapeft_core.errors import SettingsError
from metapeft_core.methods.adapted import Pooling, default_pooling
from metapeft_core.methods.adapter import Settings
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.methods.registry import setting_values
from metapeft_core.types import Backbone, PEFTMethod, Setting

Schedule = Literal["constant", "linear", "cosine"]
LEARNING_RATES = {
    PEFTMethod.LORA: 1e-3,
    PEFTMethod.ADALORA: 2e-3,
    PEFTMethod.PROMPT_TUNING: 1e-2,
    PEFTMethod.PREFIX_TUNING: 5e-3,
    PEFTMethod.P_TUNING: 1e-3,
}
"""Where a run starts when nobody says otherwise; methods that move few numbers need larger steps."""


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """One way to fine-tune: everything that decides the result except the task, the backbone and the budget."""

    method: Settings = field(default_factory=LoRASettings)
    learning_rate: float | None = None
    batch_size: int = 16
    max_length: int = 128
    weight_decay: float = 0.0
    warmup_share: float = 0.06
    schedule: Schedule = "linear"
    clip_norm: float = 1.0
    pooling: Pooling | None = None
    seed: int = 0

    def rate(self) -> float:
        """The peak learning rate."""
        return LEARNING_RATES[self.method.method] if self.learning_rate is None else self.learning_rate

    def check(self, backbone: Backbone) -> None:
        """Refuse what cannot work with the backbone."""
        self.method.check(backbone)
        for name, value, least in (("batch_size", self.batch_size, 1), ("max_length", self.max_length, 2)):
            if value < least:
                raise SettingsError(f"{name} is {value}: it must be at least {least}")
        if not self.rate() > 0:
            raise SettingsError(f"learning_rate is {self.rate()}: it must be above 0")
        if not 0 <= self.warmup_share < 1:
            raise SettingsError(f"warmup_share is {self.warmup_share}: it must be at least 0 and below 1")
        virtual = int(getattr(self.method, "virtual_tokens", 0))
        if virtual + self.max_length > backbone.context:
            raise SettingsError(
                f"max_length {self.max_length} and {virtual} virtual tokens exceed the {backbone.context} tokens that "
                f"{backbone.name} reads: set max_length to at most {backbone.context - virtual}"
            )

    def hyperparameters(self, backbone: Backbone, classifies: bool) -> dict[str, Setting]:
        """All of it as plain values, as an experience records them."""
        values: dict[str, Setting] = {
            **setting_values(self.method),
            "learning_rate": self.rate(),
            "batch_size": self.batch_size,
            "max_length": self.max_length,
            "weight_decay": self.weight_decay,
            "warmup_share_of_steps": self.warmup_share,
            "schedule": self.schedule,
            "clip_norm": self.clip_norm,
        }
        if classifies:
            values["pooling"] = self.pooling or default_pooling(backbone)
        return values


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may spend, and how often it is looked at."""

    steps: int = 200
    seconds: float | None = None
    memory_bytes: int | None = None
    evaluate_every: int = 25
    patience: int | None = 4
    """Evaluations without improvement before the run stops early; None never stops early."""
    evaluation_rows: int = 256
    test_rows: int | None = None
    generated_rows: int = 32
    generated_tokens: int = 48

    def check(self) -> None:
        """Refuse a budget in which nothing can happen."""
        for name in ("steps", "evaluate_every", "evaluation_rows"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}: it must be at least 1")
        if self.seconds is not None and self.seconds <= 0:
            raise SettingsError(f"seconds is {self.seconds}: it must be above 0")
