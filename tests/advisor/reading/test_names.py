"""Methods, models and tools are found however they are written, and ordinary words are none."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisor.reading.names import TARGETS, methods_in, model_in, model_places, size_in, targets_in
from metapeft_core.types import PEFTMethod

LORA, ADALORA = PEFTMethod.LORA, PEFTMethod.ADALORA
PROMPT, PREFIX, P = PEFTMethod.PROMPT_TUNING, PEFTMethod.PREFIX_TUNING, PEFTMethod.P_TUNING


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        ("LoRA", [LORA]),
        ("is lora enough?", [LORA]),
        ("QLoRA", [LORA]),
        ("rsLoRA", [LORA]),
        ("DoRA", [LORA]),
        ("low-rank adaptation", [LORA]),
        ("用LoRA微调", [LORA]),
        ("AdaLoRA", [ADALORA]),
        ("ada-lora", [ADALORA]),
        ("ada lora", [ADALORA]),
        ("adaptive lora", [ADALORA]),
        ("adaptive low-rank adaptation", [ADALORA]),
        ("prefix tuning", [PREFIX]),
        ("prefix-tuning", [PREFIX]),
        ("Prefixtuning", [PREFIX]),
        ("Präfix-Tuning", [PREFIX]),
        ("prompt tuning", [PROMPT]),
        ("Prompt-Tuning", [PROMPT]),
        ("soft prompts", [PROMPT]),
        ("P-tuning", [P]),
        ("p tuning v2", [P]),
        ("ptuning", [P]),
        ("лора или адалора", [LORA, ADALORA]),
        ("с лорой", [LORA]),
        ("前缀微调", [PREFIX]),
        ("提示词微调", [PROMPT]),
        ("로라랑 프롬프트 튜닝", [LORA, PROMPT]),
        ("p튜닝", [P]),
        ("プレフィックスチューニング", [PREFIX]),
    ],
)
def test_a_method_is_found_however_it_is_written(text: str, methods: list[PEFTMethod]):
    assert list(methods_in(text)) == methods


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("lroa", LORA),
        ("loar", LORA),
        ("lo-ra", LORA),
        ("adalroa", ADALORA),
        ("adlora", ADALORA),
        ("prefx tuning", PREFIX),
        ("perfix tuning", PREFIX),
        ("prefix tunning", PREFIX),
        ("promt tuning", PROMPT),
        ("propmt tuning", PROMPT),
        ("prompt tunning", PROMPT),
    ],
)
def test_a_misspelt_method_is_found(text: str, method: PEFTMethod):
    assert methods_in(f"what about {text} here") == (method,)


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        ("adalora vs lora", [ADALORA, LORA]),
        ("lora or adalora", [LORA, ADALORA]),
        ("prompt tuning and prefix tuning", [PROMPT, PREFIX]),
        ("P-Tuning, Prompt Tuning, LoRA", [P, PROMPT, LORA]),
        ("promtp tuning vs. perfix tuning", [PROMPT, PREFIX]),
    ],
)
def test_several_methods_come_in_the_order_of_the_text(text: str, methods: list[PEFTMethod]):
    assert list(methods_in(text)) == methods


@pytest.mark.parametrize(
    "text",
    [
        "train/test split",
        "prompt payment of invoices",
        "proper tuning of the learning rate",
        "profit tuning",
        "fine-tuning a model",
        "finetuning",
        "hyperparameter tuning",
        "help tuning my guitar",
        "explore the floral catalogue",
        "an adorable dog",
        "a door for pandora",
        "prompt engineering",
        "which method is best",
        "???",
        "",
    ],
)
def test_ordinary_words_are_no_methods(text: str):
    assert methods_in(text) == ()


@given(st.text(max_size=60))
@example("???")
def test_whatever_the_text_names_can_be_looked_for(text: str):
    methods = methods_in(text)
    assert len(set(methods)) == len(methods)
    assert set(targets_in(text)) <= set(TARGETS)
    assert (model_in(text) is None) == (model_places(text) == [])


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("on minilm", "minilm"),
        ("on MiniLM:3 please", "minilm:3"),
        ("all-MiniLM-L6-v2", "minilm"),
        ("smollm2", "smollm2"),
        ("SmolLM", "smollm2"),
        ("SmolLM2-135M with 20 rows", "smollm2"),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "smollm2"),
        ("llama 3.1 8b", "llama 3.1 8b"),
        ("Llama-3-8B", "Llama-3-8B"),
        ("用qwen2.5-7b微调", "qwen2.5-7b"),
        ("qwen3 4b 4bit", "qwen3 4b 4bit"),
        ("roberta-large", "roberta-large"),
        ("bert base", "bert base"),
        ("gpt-2", "gpt-2"),
        ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B"),
        ("on Qwen/Qwen2.5-7B-Instruct.", "Qwen/Qwen2.5-7B-Instruct"),
        ("on somebody/own-model-3", "somebody/own-model-3"),
        ("train/test split on somebody/own-model-3", "somebody/own-model-3"),
    ],
)
def test_a_model_is_found_by_the_names_people_use(text: str, model: str):
    assert model_in(text) == model


@pytest.mark.parametrize(
    ("text", "model", "size"),
    [
        ("llama3.2-3b, which", "llama3.2-3b", 3e9),
        ("qwen2.5-coder-7b，显存24G", "qwen2.5-coder-7b", 7e9),
        ("a gemma 2b please", "gemma 2b", 2e9),
        ("codellama-7b only", "codellama-7b", 7e9),
        ("opt-125m", "opt-125m", 125e6),
    ],
)
def test_a_model_of_a_known_family_is_known_by_its_size(text: str, model: str, size: float):
    assert model_in(text) == model
    assert size_in(model) == size


def test_somebody_who_is_called_lora_is_no_method():
    assert methods_in("My colleague Dr. Lora Petersen has 500 tweets") == ()
    assert methods_in("I like Lora Tuning") == (LORA,)


@pytest.mark.parametrize("text", ["SmolLM2-1.7B", "smollm2 360m", "HuggingFaceTB/SmolLM2-1.7B-Instruct"])
def test_a_smollm_of_another_size_is_not_the_one_that_comes_with_the_package(text: str):
    assert model_in(f"on {text} please") == text


def test_the_rows_behind_a_models_name_are_no_size():
    assert model_in("smollm2 500 rows") == "smollm2"


@pytest.mark.parametrize(
    "text",
    [
        "train/test split",
        "and/or",
        "1/2 of the data",
        "data/train.jsonl",
        "data/part1.jsonl",
        "~/models/mine7",
        "./models/mine7",
        "https://example.com/page1",
        "llama factory",
        "LLaMA-Factory",
        "roberto has an album",
        "which model is best",
        "",
    ],
)
def test_ordinary_words_and_paths_are_no_models(text: str):
    assert model_in(text) is None


def test_every_place_of_a_model_is_told():
    text = "qwen2.5 7b or mistral 7b, or smollm2"
    assert {text[start:end] for start, end in model_places(text)} == {"qwen2.5 7b", "mistral 7b", "smollm2"}


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("for mlx", "mlx-lm"),
        ("mlx-lm config", "mlx-lm"),
        ("mlx_lm", "mlx-lm"),
        ("an Axolotl yaml", "axolotl"),
        ("axoltl", "axolotl"),
        ("llama factory", "llama-factory"),
        ("LLaMA-Factory", "llama-factory"),
        ("lama_factory", "llama-factory"),
    ],
)
def test_a_tool_is_found_by_the_names_people_use(text: str, target: str):
    assert targets_in(text) == (target,)


def test_a_text_without_tools_names_none():
    assert targets_in("which settings for a llama in a factory") == ()
