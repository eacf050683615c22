"""The mean of adapters is an adapter: as large as one of them, half way between them, and of one kind only."""

from __future__ import annotations

import json
from pathlib import Path

import mlx.core as mx
import pytest

from advisor.models import TUNED
from advisor.tuning.averaging import average, main
from metapeft_core.errors import SettingsError
from metapeft_core.methods.storage import ADAPTER_RECORD, WEIGHTS, read_record


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """An adapter like the one that ships, with other weights."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / ADAPTER_RECORD).write_bytes((TUNED / ADAPTER_RECORD).read_bytes())
    moved = {name: value + 0.5 for name, value in mx.load(str(TUNED / WEIGHTS)).items()}
    mx.save_safetensors(str(folder / WEIGHTS), moved, metadata={"format": "mlx"})
    return folder


def test_it_lies_half_way_between_two(other: Path, tmp_path: Path):
    main(["--out", str(tmp_path / "mean"), str(TUNED), str(other)])
    own, mean = mx.load(str(TUNED / WEIGHTS)), mx.load(str(tmp_path / "mean" / WEIGHTS))
    assert own.keys() == mean.keys()
    for name, value in mean.items():
        assert value.dtype == mx.float16
        assert mx.allclose(value.astype(mx.float32), own[name].astype(mx.float32) + 0.25, atol=2e-3)
    assert read_record(tmp_path / "mean") == read_record(TUNED)


def test_of_one_it_is_that_one(tmp_path: Path):
    average([TUNED], tmp_path / "mean")
    own, mean = mx.load(str(TUNED / WEIGHTS)), mx.load(str(tmp_path / "mean" / WEIGHTS))
    assert all(mx.array_equal(value.astype(mx.float16), mean[name]) for name, value in own.items())


def test_adapters_of_two_kinds_have_no_mean(other: Path, tmp_path: Path):
    told = json.loads((other / ADAPTER_RECORD).read_text())
    told["settings"]["rank"] = 4
    (other / ADAPTER_RECORD).write_text(json.dumps(told))
    with pytest.raises(SettingsError, match="not of one kind"):
        average([TUNED, other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
