"""Result files of PEFT's method comparison become experiences. Knows that one format, as its MetaMathQA runs write it.

Results that are judged otherwise (images, reinforcement learning, speed of writing) are left out with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from knowledge.importing.backbones import known_backbone
from knowledge.importing.imported import (
    LARGEST,
    Found,
    Imported,
    LeftOut,
    UnusableError,
    gather,
    identified,
    method_of,
    no_method,
    plain_settings,
    tidy,
)
from metapeft_core.data.bounds import Bounds, Meter
from metapeft_core.data.encoding import open_text
from metapeft_core.data.json_value import JsonError, decoder, parse
from metapeft_core.data.record import shown
from metapeft_core.errors import AdvisorError, StoreError
from metapeft_core.types import CurvePoint, PEFTExperience, PEFTMethod, Provenance, Setting

SOURCE = "huggingface/peft method_comparison"
METRIC = "accuracy"
NOT_SETTINGS = (
    *("model_id", "seed", "batch_size_eval", "eval_steps", "query_template", "generation_kwargs", "optimizer_kwargs"),
    *("task_type", "peft_type", "auto_mapping", "base_model_name_or_path", "revision", "inference_mode"),
    *("peft_version", "megatron_core"),
)
"""Keys of the configurations that say what was run or how it was judged, not how it was trained."""
NO_FILE_SIZE = 99_999_999
"""What PEFT writes for the size of an adapter that could not be saved."""
VERSIONS = ("peft", "transformers", "torch")
BOUNDS = Bounds()

Count = Annotated[int, Field(ge=0, le=LARGEST)]
Seconds = Annotated[float, Field(ge=0, le=LARGEST)]


@dataclass(frozen=True, slots=True)
class Data:
    """Data sets that PEFT trains and tests on, in the words that other figures of the same task have."""

    task: str
    family: str
    stated: Mapping[str, str]


KNOWN_DATA: Mapping[tuple[str, ...], Data] = {
    ("metamath", "gsm8k"): Data("MetaMathQA->GSM8K", "math10k", {"task_type": "math_reasoning", "domain": "math"})
}


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What was run."""

    experiment_name: str
    train_config: dict[str, Any]
    peft_config: dict[str, Any] | None
    created_at: str | None = None
    error_msg: str | None = None


@dataclass(frozen=True, slots=True)
class TrainInfo:
    """What came of it; older files say cuda where newer ones say accelerator."""

    status: str
    metrics: list[dict[str, Any]]
    train_time: Seconds | None = None
    num_trainable_params: Count | None = None
    num_total_params: Count | None = None
    file_size: Count | None = None
    accelerator_memory_max: Count | None = None
    cuda_memory_max: Count | None = None


@dataclass(frozen=True, slots=True)
class MetaInfo:
    """On which data and machine, and with which packages."""

    dataset_info: dict[str, Any] | None = None
    package_info: dict[str, Any] | None = None
    system_info: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One result file."""

    run_info: RunInfo
    train_info: TrainInfo
    meta_info: MetaInfo = field(default_factory=MetaInfo)


_RESULT = TypeAdapter(Result)


def read_peft_results(path: Path, provenance: Provenance) -> Imported:
    """The experiences of one result file, or of all that lie in a folder."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    if path.is_dir():
        return gather(_of_folder(path, provenance, now), "result")
    return gather([_found(path, Meter(BOUNDS), provenance, now)], "result")


def result_files(folder: Path) -> list[Path]:
    """The JSON files of a folder, by name."""
    try:
        found = sorted(each for each in folder.iterdir() if each.suffix == ".json" and not each.name.startswith("."))
    except OSError as fault:
        raise StoreError(f"{folder} cannot be listed ({fault.strerror}): check its permissions") from fault
    if len(found) > BOUNDS.max_files:
        raise StoreError(f"{folder} holds {len(found):,} JSON files: import at most {BOUNDS.max_files:,} at a time")
    return found


def _of_folder(folder: Path, provenance: Provenance, now: str) -> Iterator[Found]:
    meter = Meter(BOUNDS)
    for path in result_files(folder):
        try:
            yield _found(path, meter, provenance, now)
        except AdvisorError as fault:
            yield LeftOut(str(fault), path.name)


def _found(path: Path, meter: Meter, provenance: Provenance, now: str) -> Found:
    result = _load(path, meter)
    config = result.run_info.peft_config
    name = str(config.get("peft_type", "")) if config else "full fine-tuning"
    means = method_of(name)
    if means is None:
        return no_method(name)
    try:
        return _experience(result, means[0], provenance, now)
    except UnusableError as fault:
        return LeftOut(str(fault), path.name)


def _load(path: Path, meter: Meter) -> Result:
    text = "".join(open_text(path, meter).blocks)
    try:
        return _RESULT.validate_python(parse(text, BOUNDS, decoder(BOUNDS)))
    except JsonError as fault:
        raise StoreError(f"{path} {fault}: give a result file as PEFT wrote it") from fault
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise StoreError(
            f"{path} is no result of PEFT's method comparison ({tidy(place)}: {first['msg']}): "
            "give a file of its results folder, or the folder"
        ) from fault


def _experience(result: Result, method: PEFTMethod, provenance: Provenance, now: str) -> PEFTExperience:
    run, train = result.run_info, result.train_info
    accuracy, forgetting = _judged(run, train)
    data = _data(result.meta_info.dataset_info or {})
    seed = run.train_config.get("seed")
    performance = {METRIC: accuracy}
    if forgetting is not None:
        performance["forgetting"] = forgetting
    if train.file_size and train.file_size != NO_FILE_SIZE:
        performance["adapter_mib"] = train.file_size / 2**20
    # PEFT counts the adapter's parameters among the total.
    frozen = (train.num_total_params or 0) - (train.num_trainable_params or 0)
    experience = PEFTExperience(
        id="",
        task=data.task,
        characteristics=None,
        backbone=known_backbone(tidy(str(run.train_config.get("model_id") or "")), max(frozen, 0)),
        method=method,
        hyperparameters=_settings(run.train_config, run.peft_config or {}, method),
        performance=performance,
        outcome="completed",
        training_seconds=train.train_time or 0.0,
        peak_memory_bytes=train.accelerator_memory_max or train.cuda_memory_max or 0,
        trainable_parameters=train.num_trainable_params or 0,
        steps=_step(train.metrics[-1]),
        seed=seed if type(seed) is int and 0 <= seed <= LARGEST else 0,
        curve=_curve(train.metrics),
        provenance=provenance,
        created=tidy(run.created_at or "") or now,
        environment=_environment(result.meta_info),
        family=data.family,
        source=SOURCE,
        stated={**data.stated, "metric": METRIC},
    )
    return identified(experience, tidy(run.experiment_name), METRIC)


def _judged(run: RunInfo, train: TrainInfo) -> tuple[float, float | None]:
    """Accuracy on the test rows, and by how much the loss on other texts rose."""
    if train.status != "success":
        raise UnusableError(f"its status is {shown(train.status)} ({shown(run.error_msg or 'no reason told')})")
    last = train.metrics[-1] if train.metrics else {}
    accuracy = _number(last, "test accuracy")
    if accuracy is None:
        others = [name for name in last if name not in ("step", "train loss", "train samples")]
        raise UnusableError(
            f"it was not judged by the accuracy of its texts: its last metrics are {shown(', '.join(others))}, and "
            "only results with a 'test accuracy' can be compared with others"
        )
    return accuracy, _number(last, "forgetting")


def _data(told: Mapping[str, Any]) -> Data:
    names = tuple(tidy(name) for name, facts in told.items() if isinstance(facts, dict))
    if not names:
        raise UnusableError("meta_info.dataset_info does not name the data sets")
    return KNOWN_DATA.get(names) or Data("->".join(names), "->".join(names), {})


def _settings(train: Mapping[str, Any], peft: Mapping[str, Any], method: PEFTMethod) -> dict[str, Setting]:
    optimizer = train.get("optimizer_kwargs")
    values = {**train, **(optimizer if isinstance(optimizer, dict) else {}), **peft}
    if "lr" in values:
        values["learning_rate"] = values.pop("lr")
    if method is PEFTMethod.ADALORA:
        # There it is what the training found, thousands of values, and nothing that was set.
        values.pop("rank_pattern", None)
    kept = {name: value for name, value in values.items() if name not in NOT_SETTINGS and value not in (None, {}, [])}
    return plain_settings(kept)


def _curve(metrics: Sequence[Mapping[str, Any]]) -> tuple[CurvePoint, ...]:
    """The evaluations on validation rows; the seconds are those of training, as `train_time` counts them."""
    points = []
    evaluating = 0.0
    for entry in metrics:
        accuracy = _number(entry, "valid accuracy")
        if accuracy is None:
            continue
        evaluating += _number(entry, "eval time") or 0.0
        elapsed, loss = _number(entry, "elapsed time"), _number(entry, "train loss")
        seconds = math.nan if elapsed is None else elapsed - evaluating
        loss = math.nan if loss is None else loss
        points.append(CurvePoint(_step(entry), seconds, loss, math.nan, {METRIC: accuracy}))
    return tuple(points)


def _step(entry: Mapping[str, Any]) -> int:
    step = _number(entry, "step")
    if step is None or step < 0 or not step.is_integer():
        raise UnusableError(f"a step among its metrics is {shown(entry.get('step'))}, no whole number")
    return int(step)


def _number(entry: Mapping[str, Any], name: str) -> float | None:
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        return None
    return float(value)


def _environment(meta: MetaInfo) -> dict[str, str]:
    system, packages = meta.system_info or {}, meta.package_info or {}
    told = {name: packages.get(f"{name}-version") for name in VERSIONS}
    told |= {"device": system.get("accelerator") or system.get("gpu"), "machine": system.get("machine")}
    return {name: tidy(value) for name, value in told.items() if isinstance(value, str) and value}
