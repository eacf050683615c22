"""A model that knows the alphabet fills in patterns and writes, from any thread and after what it was told."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits, punctuation

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers import models as tokenizer_models

from advisor import llm, models
from advisor.llm import LanguageModel
from advisor.models import chosen_model
from metapeft_core.backbones.load import load_backbone
from metapeft_core.backbones.packages import smollm2_is_here
from metapeft_core.errors import BackboneError
from metapeft_core.methods.adapted import Adapted
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.methods.storage import save_adapter

PIECES = ["</s>", "Ġ", "Ċ", *ascii_lowercase, *ascii_uppercase, *digits, *punctuation]
NEXT = {**dict(pairwise(ascii_lowercase)), "z": "</s>", "Ġ": "Ġ", ":": "b", "Ċ": "a"}
"""What comes after a letter; after any other sign an "a"."""
HEADS = 4
WIDTH = 104
"""More than there are pieces: each has a direction of its own."""


@pytest.fixture(scope="module")
def alphabet(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a llama whose every next letter is known: its layer adds nothing, its head tells the alphabet."""
    folder = tmp_path_factory.mktemp("alphabet")
    tokenizer = Tokenizer(tokenizer_models.BPE({piece: place for place, piece in enumerate(PIECES)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "model_type": "llama",
        "hidden_size": WIDTH,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "rms_norm_eps": 1e-6,
        "vocab_size": len(PIECES),
        "max_position_embeddings": 512,
        "tie_word_embeddings": False,
        "eos_token_id": 0,
    }
    (folder / "config.json").write_text(json.dumps(config))
    save_file(weights(), folder / "model.safetensors")
    return str(folder)


def weights() -> dict[str, np.ndarray]:
    head = np.zeros((len(PIECES), WIDTH), np.float32)
    for place, piece in enumerate(PIECES):
        head[PIECES.index(NEXT.get(piece, "a")), place] = 1
    layer = "model.layers.0."
    shapes = {f"self_attn.{name}_proj": (WIDTH, WIDTH) for name in "qkvo"}
    shapes |= {"mlp.gate_proj": (16, WIDTH), "mlp.up_proj": (16, WIDTH), "mlp.down_proj": (WIDTH, 16)}
    norms = ("model.norm", f"{layer}input_layernorm", f"{layer}post_attention_layernorm")
    return {
        "model.embed_tokens.weight": np.eye(len(PIECES), WIDTH, dtype=np.float32),
        "lm_head.weight": head,
        **{f"{layer}{name}.weight": np.zeros(shape, np.float32) for name, shape in shapes.items()},
        **{f"{name}.weight": np.ones(WIDTH, np.float32) for name in norms},
    }


@pytest.fixture(scope="module")
def model(alphabet: str):
    with LanguageModel(alphabet) as loaded:
        yield loaded


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of the test's own for what is kept."""
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("prompt", "pattern", "text"),
    [
        ("x:", "(a|b|c)at", "bat"),
        ("x", "(a|y|z)\n(a|b): no", "y\na: no"),
        ("x:", "only this", "only this"),
        ("!", "[0-9]{2}|a[a-z]{3}", "abcd"),
    ],
)
def test_what_is_chosen_fits_the_pattern_and_is_what_the_model_prefers(
    model: LanguageModel, prompt: str, pattern: str, text: str
):
    assert re.fullmatch(pattern, text)
    assert model.choose(prompt, pattern).text == text


def test_a_model_forgets_what_it_was_asked_before(model: LanguageModel):
    assert [model.choose("x:", "(a|b|c)at").text for _ in range(2)] == ["bat", "bat"]
    assert ["".join(model.write("v", 9)) for _ in range(2)] == ["wxyz", "wxyz"]


def test_from_other_threads_the_same_is_chosen_and_written(model: LanguageModel):
    with ThreadPoolExecutor(3) as pool:
        chosen = [pool.submit(model.choose, "x:", "(a|b|c)at") for _ in range(6)]
        written = [pool.submit(lambda letter: "".join(model.write(letter, 3)), letter) for letter in "abcabc"]
        assert {one.result().text for one in chosen} == {"bat"}
        assert [one.result() for one in written] == ["bcd", "cde", "def", "bcd", "cde", "def"]


@pytest.mark.parametrize("most", [0, 1, 5, 40])
def test_a_text_has_no_more_tokens_than_it_may_have(model: LanguageModel, most: int):
    assert "".join(model.write(" ", most)) == " " * most
    assert "".join(model.write("?", most)) == ascii_lowercase[:most]


def test_a_text_comes_piece_by_piece_and_nobody_waits_for_what_is_not_read(model: LanguageModel):
    pieces = model.write("a", 10**9)
    assert [next(pieces) for _ in range(3)] == ["b", "c", "d"]
    pieces = model.write(" ", 10**9)
    assert next(pieces) == " "
    pieces.close()
    assert model.choose("x:", "(a|b|c)at").text == "bat"


def test_a_text_goes_on_from_how_it_is_to_begin(model: LanguageModel):
    assert "".join(model.write("?", 50, opening="w")) == "xyz"


def test_what_is_told_before_every_prompt_is_read_once_and_kept(alphabet: str, own_home: Path):
    for _ in range(2):
        with LanguageModel(alphabet, system="be brief") as told:
            assert told.choose("x:", "(a|b|c)at").text == "bat"
            assert "".join(told.write("v", 9)) == "wxyz"
        assert len(list((own_home / "prefixes").iterdir())) == 1
    with LanguageModel(alphabet, system="be long") as told:
        assert "".join(told.write("v", 9)) == "wxyz"
    assert len(list((own_home / "prefixes").iterdir())) == 2


def test_without_anything_to_tell_nothing_is_kept(alphabet: str, own_home: Path):
    with LanguageModel(alphabet) as plain:
        assert "".join(plain.write("v", 9)) == "wxyz"
    assert not own_home.exists()


def test_a_model_is_known_by_its_weights_and_not_by_what_it_is_called(
    alphabet: str, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def kept() -> int:
        with LanguageModel("model", system="be brief") as told:
            assert "".join(told.write("v", 9)) == "wxyz"
        return len(list((own_home / "prefixes").iterdir()))

    for desk in ("one", "other"):
        shutil.copytree(alphabet, tmp_path / desk / "model")
    monkeypatch.chdir(tmp_path / "one")
    assert [kept(), kept()] == [1, 1]
    monkeypatch.chdir(tmp_path / "other")
    assert [kept(), kept()] == [2, 2]
    # Trained again: as large as before, but newer.
    os.utime(tmp_path / "other" / "model" / "model.safetensors", (1, 1))
    assert [kept(), kept()] == [3, 3]


def test_an_adapter_that_was_trained_again_has_another_place(alphabet: str, tmp_path: Path):
    weights = tmp_path / "adapter.safetensors"
    weights.write_text("weights")
    before = llm._prefix_place(alphabet, tmp_path, "be brief")
    assert llm._prefix_place(alphabet, tmp_path, "be brief") == before
    os.utime(weights, (1, 1))
    assert llm._prefix_place(alphabet, tmp_path, "be brief") != before


def has_a_thread() -> bool:
    """Whether a model other than this module's own is at work."""
    return len([thread for thread in threading.enumerate() if thread.name.startswith("inference")]) > 1


@pytest.fixture
def alone(model: LanguageModel) -> None:
    """Of all threads only that of this module's model."""
    model.choose("x:", "(a|b|c)at")
    assert not has_a_thread()


def test_a_model_that_is_closed_leaves_no_thread_and_has_left_it_well(
    alone: None, alphabet: str, monkeypatch: pytest.MonkeyPatch
):
    left: list[str] = []
    leave = llm.leave_thread

    def told_leave() -> None:
        left.append(threading.current_thread().name)
        leave()

    monkeypatch.setattr(llm, "leave_thread", told_leave)
    for idle in (LanguageModel(alphabet), LanguageModel(alphabet)):
        idle.start()
        assert has_a_thread()
        idle.choose("x:", "(a|b|c)at")
        idle.close()
        assert not has_a_thread()
        idle.close()
    LanguageModel(alphabet).close()
    assert [name.startswith("inference") for name in left] == [True, True]


def test_closing_ends_what_is_being_written_or_chosen(alone: None, alphabet: str):
    for begin in (
        lambda busy: list(busy.write(" ", 10**9)),
        lambda busy: busy.choose(" ", " *x"),
    ):
        busy = LanguageModel(alphabet)
        busy.choose("x:", "(a|b|c)at")
        with ThreadPoolExecutor(1) as pool:
            endless = pool.submit(begin, busy)
            time.sleep(0.2)
            assert not endless.done()
            began = time.monotonic()
            busy.close()
            assert time.monotonic() - began < llm.PATIENCE
            assert not has_a_thread()
            assert isinstance(endless.exception(timeout=60), CancelledError)
        with pytest.raises(CancelledError):
            busy.choose("x", "(a|b)")


def test_a_load_is_not_waited_for_without_end_but_leaves_no_thread(
    alone: None, alphabet: str, monkeypatch: pytest.MonkeyPatch
):
    goes_on = threading.Event()

    def slow(name: str):
        goes_on.wait(60)
        return load_backbone(name)

    monkeypatch.setattr(llm, "load_backbone", slow)
    monkeypatch.setattr(llm, "PATIENCE", 0.1)
    loading = LanguageModel(alphabet)
    loading.start()
    loading.close()
    assert has_a_thread()
    goes_on.set()
    loading._thread.shutdown()
    assert not has_a_thread()


def test_an_adapter_writes_as_it_does_beside_the_weights(alphabet: str, tmp_path: Path):
    # Not before the core, which chooses the BLAS.
    import mlx.core as mx
    from mlx.utils import tree_map

    adapted = Adapted(load_backbone(alphabet), LoRASettings(rank=2, alpha=4.0, targets=("all",)), None, seed=1)
    key = mx.random.key(7)
    adapted.update(tree_map(lambda value: mx.random.normal(value.shape, key=key), adapted.trainable_parameters()))
    save_adapter(adapted, tmp_path / "adapter")
    ids = adapted.backbone.tokens.encode(["v"])[0]
    for _ in range(6):
        scores = adapted.write_scores(mx.array([ids]), mx.array([len(ids) - 1]))
        ids.append(int(mx.argmax(scores[0]).item()))
    expected = adapted.backbone.tokens.decode(ids[1:])
    assert expected != "wxyz"
    with LanguageModel(alphabet, adapter=tmp_path / "adapter") as taught:
        assert "".join(taught.write("v", 6)) == expected


def test_a_model_that_only_reads_is_told():
    with LanguageModel("minilm") as model, pytest.raises(BackboneError, match="no model that writes"):
        list(model.write("x", 1))


def test_a_model_that_is_not_there_is_told_when_it_is_used(tmp_path: Path):
    with LanguageModel(str(tmp_path)) as model:
        model.start()
        for _ in range(2):
            with pytest.raises(BackboneError, match=r"config\.json"):
                model.choose("x", "(a|b)")


def test_a_model_that_is_asked_for_is_taken_and_begins_to_load(alphabet: str, own_home: Path):
    found = chosen_model(alphabet)
    assert found is not None
    with found:
        assert (found.name, found.adapter) == (alphabet, None)
        assert "".join(found.write("v", 9)) == "wxyz"


def test_without_a_name_there_is_a_model_only_where_one_was_taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(models, "TUNED", tmp_path / "nothing")
    assert chosen_model(None) is None


def test_where_the_small_model_was_not_fetched_there_is_none(own_home: Path, monkeypatch: pytest.MonkeyPatch):
    own_home.mkdir()
    monkeypatch.setattr(models, "TUNED", own_home)
    assert chosen_model(None) is None


@pytest.mark.decoder
def test_smollm2_fills_in_a_form_and_writes():
    if not smollm2_is_here():
        pytest.skip("SmolLM2-135M-Instruct is not here: run `advisor fetch smollm2` once")
    with LanguageModel("smollm2") as small:
        pattern = "capital: (Paris|Oslo|Quito)\nriver: (Seine|Nile)\n"
        assert small.choose("France.\n", pattern).text == "capital: Paris\nriver: Seine\n"
        assert "Paris" in "".join(small.write("The capital of France is", 3))
