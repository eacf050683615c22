"""Reading on where one stopped is reading all at once; going back leaves the prefix, and a kept prefix is as good."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest

from metapeft_core.backbones.continuation import Continuation, Logits
from metapeft_core.backbones.decoder import Decoder
from metapeft_core.backbones.load import load_backbone

IDS = [int(number) for number in np.random.default_rng(0).integers(4, 96, 24)]
PREFIX, FIRST, SECOND = IDS[:9], IDS[9:16], IDS[16:]


@pytest.fixture(scope="module")
def model(tiny_decoder: Path) -> Decoder:
    return decoder(str(tiny_decoder))


def decoder(name: str) -> Decoder:
    loaded = load_backbone(name)
    assert isinstance(loaded, Decoder)
    return loaded


def at_once(model: Decoder, ids: list[int]) -> Logits:
    """The logits behind a text, without anything remembered."""
    return np.array(model.head(model(mx.array([ids])))[0, -1].astype(mx.float32))


def begun(model: Decoder, prefix: list[int], place: Path | None = None) -> Continuation:
    text = Continuation(model)
    text.begin_with(prefix, place)
    return text


def near(one: Logits, other: Logits) -> bool:
    return bool(np.allclose(one, other, atol=1e-4))


def test_reading_in_parts_is_reading_at_once(model: Decoder) -> None:
    text = Continuation(model)
    assert near(text.following(FIRST), at_once(model, FIRST))
    assert near(text.following(SECOND), at_once(model, FIRST + SECOND))


def test_reading_token_by_token_is_reading_at_once(model: Decoder) -> None:
    text = Continuation(model)
    told = [text.following([token]) for token in FIRST]
    assert near(told[-1], at_once(model, FIRST))


def test_what_is_read_stands_behind_the_prefix(model: Decoder) -> None:
    assert near(begun(model, PREFIX).following(FIRST), at_once(model, PREFIX + FIRST))


def test_going_back_leaves_the_prefix_and_nothing_else(model: Decoder) -> None:
    text = begun(model, PREFIX)
    expected = at_once(model, PREFIX + SECOND)
    for others in (FIRST, FIRST + FIRST, SECOND[:1]):
        text.following(others)
        text.rewind()
        assert near(text.following(SECOND), expected)
        text.rewind()
        text.rewind()


def test_without_a_prefix_going_back_leaves_nothing(model: Decoder) -> None:
    text = begun(model, [])
    text.following(FIRST)
    text.rewind()
    assert near(text.following(SECOND), at_once(model, SECOND))


def test_another_prefix_takes_the_place_of_the_first(model: Decoder) -> None:
    text = begun(model, PREFIX)
    text.following(FIRST)
    text.begin_with(FIRST)
    assert near(text.following(SECOND), at_once(model, FIRST + SECOND))


def test_a_prefix_that_is_kept_on_disk_is_the_one_that_was_read(model: Decoder, tmp_path: Path) -> None:
    place = tmp_path / "kept" / "prefix.safetensors"
    expected = begun(model, PREFIX, place).following(FIRST)
    assert [file.name for file in place.parent.iterdir()] == [place.name]
    again = begun(model, PREFIX, place)
    assert near(again.following(FIRST), expected)
    again.rewind()
    assert near(again.following(FIRST), expected)


def test_a_kept_prefix_is_not_read_again(model: Decoder, tmp_path: Path) -> None:
    place = tmp_path / "prefix.safetensors"
    begun(model, PREFIX, place)
    kept = place.stat().st_mtime_ns
    text = begun(model, FIRST[: len(PREFIX)], place)
    # What stands on disk goes: whoever keeps prefixes names a place for each.
    assert near(text.following(SECOND), at_once(model, PREFIX + SECOND))
    assert place.stat().st_mtime_ns == kept


@pytest.mark.parametrize("damage", [b"", b"nothing of the kind", b"\x00" * 64])
def test_a_kept_prefix_that_is_damaged_is_read_and_kept_again(model: Decoder, tmp_path: Path, damage: bytes) -> None:
    place = tmp_path / "prefix.safetensors"
    place.write_bytes(damage)
    for _ in range(2):
        assert near(begun(model, PREFIX, place).following(FIRST), at_once(model, PREFIX + FIRST))
    assert place.read_bytes() != damage


def test_without_a_prefix_nothing_is_kept(model: Decoder, tmp_path: Path) -> None:
    begun(model, [], tmp_path / "prefix.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.decoder
def test_smollm2_reads_on_goes_back_and_keeps_its_prefix(smollm2: Path, tmp_path: Path) -> None:
    model = decoder("smollm2")
    told, question, other = model.tokens.encode(["You are brief.\n", "The capital of France is", " my cat and"])
    place = tmp_path / "prefix.safetensors"
    text = begun(model, told, place)
    text.following(other)
    text.rewind()
    text.following(question[:2])
    expected = at_once(model, told + question)
    assert near(text.following(question[2:]), expected)
    assert near(begun(model, told, place).following(question), expected)
