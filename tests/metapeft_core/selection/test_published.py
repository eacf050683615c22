"""Public figures count for large models, in our words, and not for small ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_runs import LARGE_MODEL, SMALL_MODEL, figure

from metapeft_core.selection.cases import METHODS
from metapeft_core.selection.published import nearness, published_share, read_published
from metapeft_core.selection.source_settings import in_our_words
from metapeft_core.types import PEFTMethod

LORA, PREFIX = PEFTMethod.LORA, PEFTMethod.PREFIX_TUNING
HF = {"r": 32, "lora_alpha": 64, "target_modules": ("q_proj", "v_proj"), "use_rslora": True, "learning_rate": 1e-4}


def test_the_method_that_wins_in_the_figures_is_worth_most():
    found = read_published([figure(LORA, 0.8), figure(PREFIX, 0.5), figure(LORA, 0.7, 1), figure(PREFIX, 0.5, 1)])
    assert found is not None
    assert METHODS[int(found.worth.argmax())] is LORA
    assert METHODS[int(found.worth.argmin())] is PREFIX


def test_figures_that_compare_nothing_are_none():
    assert read_published([figure(LORA, 0.8), figure(PREFIX, 0.5, 1)]) is None
    assert read_published([]) is None


def test_settings_are_those_of_the_best_figure_that_fits_the_model():
    wide = replace(figure(LORA, 0.9), id="wide", hyperparameters={**HF, "r": 100_000})
    found = read_published([figure(LORA, 0.7), wide, figure(PREFIX, 0.5)])
    assert found is not None
    assert found.settings(PREFIX, LARGE_MODEL) is None
    alone = read_published([figure(LORA, 0.7), figure(PREFIX, 0.5)])
    assert alone is not None
    settings = alone.settings(LORA, LARGE_MODEL)
    assert settings == {"rank": 32, "alpha": 64.0, "targets": ("query", "value"), "learning_rate": 1e-4}


@given(parameters=st.integers(10**6, 10**12))
def test_the_share_lies_between_none_and_all_and_grows_with_the_model(parameters: int):
    def share(size: int) -> float:
        asked = replace(SMALL_MODEL, parameters=size, kind="decoder")
        return published_share(asked, [SMALL_MODEL] * 50, [LARGE_MODEL] * 20)

    assert 0 <= share(parameters) <= 1
    assert share(parameters) <= share(2 * parameters) + 1e-9 or parameters > LARGE_MODEL.parameters


def test_for_models_like_those_that_were_measured_figures_count_for_nothing():
    assert published_share(SMALL_MODEL, [SMALL_MODEL], [LARGE_MODEL] * 50) < 1e-6
    assert published_share(LARGE_MODEL, [SMALL_MODEL] * 500, [LARGE_MODEL]) > 0.99


def test_own_runs_on_a_large_model_take_the_judgement_over():
    shares = [published_share(LARGE_MODEL, [LARGE_MODEL] * own, [LARGE_MODEL] * 20) for own in (0, 1, 10, 100)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.1


def test_nearness_is_1_for_the_same_and_less_for_another_kind():
    assert nearness(LARGE_MODEL, LARGE_MODEL) == pytest.approx(1)
    assert nearness(LARGE_MODEL, replace(LARGE_MODEL, kind="encoder")) < 0.5


def test_names_of_other_tools_become_ours_and_what_has_no_name_is_left_out():
    assert in_our_words(LORA, {**HF, "init_lora_weights": True, "r": 16, "weight_decay": None}) == {
        "rank": 16,
        "alpha": 64.0,
        "targets": ("query", "value"),
        "rank_stabilised": True,
        "learning_rate": 1e-4,
    }
    prompt = {"num_virtual_tokens": 20, "prompt_tuning_init": "RANDOM", "num_layers": 28}
    assert in_our_words(PEFTMethod.PROMPT_TUNING, prompt) == {"virtual_tokens": 20, "initialisation": "random"}
