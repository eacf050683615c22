"""Result files of PEFT's method comparison become experiences; what cannot be compared is left out with the reason."""

from __future__ import annotations

import copy
import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.importing.figures import PUBLISHED, read_figures
from knowledge.importing.imported import Imported
from knowledge.importing.peft_results import read_peft_results
from knowledge.importing.read import read_experiences
from knowledge.plain import from_json, to_json
from knowledge.store import ExperienceStore
from metapeft_core.errors import AdvisorError, StoreError
from metapeft_core.types import PEFTExperience, PEFTMethod

TRAIN = {
    "model_id": "meta-llama/Llama-3.2-3B",
    "dtype": "bfloat16",
    "max_seq_length": 768,
    "batch_size": 4,
    "batch_size_eval": 50,
    "max_steps": 500,
    "eval_steps": 250,
    "compile": False,
    "use_gc": False,
    "query_template": "Question: {query} Think step by step.\nAnswer:",
    "seed": 3,
    "grad_norm_clip": 1.0,
    "optimizer_type": "AdamW",
    "optimizer_kwargs": {"lr": 0.0001, "weight_decay": 0.1},
    "lr_scheduler": "cosine",
    "use_amp": False,
    "autocast_adapter_dtype": True,
    "generation_kwargs": {"max_length": 800, "max_new_tokens": 300},
    "attn_implementation": None,
    "init_kv_cache_prefix": None,
}
LORA = {
    "task_type": "CAUSAL_LM",
    "peft_type": "LORA",
    "auto_mapping": None,
    "peft_version": "0.19.0",
    "base_model_name_or_path": "meta-llama/Llama-3.2-3B",
    "revision": None,
    "inference_mode": False,
    "r": 32,
    "target_modules": ["v_proj", "q_proj"],
    "exclude_modules": None,
    "lora_alpha": 64,
    "lora_dropout": 0.0,
    "bias": "none",
    "use_rslora": False,
    "init_lora_weights": True,
    "rank_pattern": {},
    "megatron_core": "megatron.core",
    "loftq_config": {},
    "use_dora": False,
}
RESULT: dict[str, Any] = {
    "run_info": {
        "created_at": "2026-04-14T17:27:47+00:00",
        "total_time": 260.5,
        "experiment_name": "lora/llama-3.2-3B-rank32",
        "peft_branch": "main",
        "train_config": TRAIN,
        "peft_config": LORA,
        "error_msg": "",
    },
    "train_info": {
        "accelerator_memory_reserved_avg": 11868689976,
        "accelerator_memory_max": 22273851392,
        "accelerator_memory_reserved_99th": 17710763212,
        "train_time": 180.25,
        "file_size": 36715216,
        "num_trainable_params": 9175040,
        "num_total_params": 3221924864,
        "status": "success",
        "metrics": [
            {
                "step": 250,
                "valid accuracy": 0.34,
                "train loss": 0.98,
                "train samples": 1000,
                "train time": 31.4,
                "eval time": 11.0,
                "tokens / sec": 6743.7,
                "mem allocated avg": 6925580957.696,
                "mem reserved avg": 11920245522.432,
                "elapsed time": 94.0,
            },
            {
                "step": 500,
                "valid accuracy": 0.44,
                "train loss": 0.72,
                "train samples": 2000,
                "train time": 30.7,
                "eval time": 11.0,
                "tokens / sec": 6768.9,
                "mem allocated avg": 6918363699.2,
                "mem reserved avg": 11811654991.872,
                "elapsed time": 182.0,
            },
            {
                "step": 500,
                "test accuracy": 0.4784,
                "train loss": 0.72,
                "train samples": 2000,
                "train total tokens": 419805,
                "forgetting": 0.05,
            },
        ],
    },
    "meta_info": {
        "model_info": {"sha": "13afe512", "created_at": "2024-09-18T15:23:48+00:00"},
        "dataset_info": {
            "metamath": {"sha": "aa4f34d3", "created_at": "2023-09-21T17:22:46+00:00"},
            "gsm8k": {"sha": "740312ad", "created_at": "2022-04-12T10:22:10+00:00"},
        },
        "package_info": {"transformers-version": "5.5.4", "peft-version": "0.19.0", "torch-version": "2.9.0+cu128"},
        "system_info": {"system": "Linux", "machine": "x86_64", "accelerator": "NVIDIA L40S"},
        "pytorch_info": "PyTorch built with:\n",
    },
}


def changed(*places: tuple[str, Any]) -> dict[str, Any]:
    """The result with other values at some places, told as run_info.created_at; `...` takes the value away."""
    result = copy.deepcopy(RESULT)
    for place, value in places:
        *path, last = place.split(".")
        inner: Any = result
        for step in path:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        if value is ...:
            del inner[last]
        else:
            inner[last] = value
    return result


def write(path: Path, result: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2), encoding="utf-8")
    return path


def read_one(folder: Path, *places: tuple[str, Any]) -> PEFTExperience:
    read = read_peft_results(write(folder / "result.json", changed(*places)), "published")
    assert read.left_out == ()
    (memory,) = read.memories
    return memory.experience


def why(folder: Path, *places: tuple[str, Any]) -> str:
    read = read_peft_results(write(folder / "result.json", changed(*places)), "published")
    assert not read.memories
    (sentence,) = read.left_out
    return sentence


def test_a_result_becomes_an_experience_with_its_figures(tmp_path: Path):
    read = read_one(tmp_path)
    assert (read.task, read.family, read.method) == ("MetaMathQA->GSM8K", "math10k", PEFTMethod.LORA)
    assert (read.backbone.name, read.backbone.parameters) == ("meta-llama/Llama-3.2-3B", 3_212_749_824)
    assert read.performance == {"accuracy": 0.4784, "forgetting": 0.05, "adapter_mib": pytest.approx(35.014, abs=1e-3)}
    assert (read.training_seconds, read.peak_memory_bytes) == (180.25, 22_273_851_392)
    assert (read.trainable_parameters, read.steps, read.seed) == (9_175_040, 500, 3)
    assert (read.outcome, read.provenance, read.created) == ("completed", "published", "2026-04-14T17:27:47+00:00")
    assert read.stated == {"task_type": "math_reasoning", "domain": "math", "metric": "accuracy"}
    assert read.environment == {
        "device": "NVIDIA L40S",
        "machine": "x86_64",
        "peft": "0.19.0",
        "transformers": "5.5.4",
        "torch": "2.9.0+cu128",
    }


def test_its_settings_keep_the_names_that_peft_has_for_them(tmp_path: Path):
    assert read_one(tmp_path).hyperparameters == {
        "dtype": "bfloat16",
        "max_seq_length": 768,
        "batch_size": 4,
        "max_steps": 500,
        "compile": False,
        "use_gc": False,
        "grad_norm_clip": 1.0,
        "optimizer_type": "AdamW",
        "lr_scheduler": "cosine",
        "use_amp": False,
        "autocast_adapter_dtype": True,
        "weight_decay": 0.1,
        "learning_rate": 0.0001,
        "r": 32,
        "target_modules": ("q_proj", "v_proj"),
        "lora_alpha": 64,
        "lora_dropout": 0.0,
        "bias": "none",
        "use_rslora": False,
        "init_lora_weights": True,
        "use_dora": False,
    }


def test_its_curve_tells_accuracy_loss_and_the_seconds_spent_on_training(tmp_path: Path):
    curve = read_one(tmp_path).curve
    assert [(point.step, point.seconds, point.train_loss) for point in curve] == [(250, 83.0, 0.98), (500, 160.0, 0.72)]
    assert [point.metrics for point in curve] == [{"accuracy": 0.34}, {"accuracy": 0.44}]
    assert all(math.isnan(point.valid_loss) for point in curve)


def test_older_files_that_say_cuda_and_measured_no_forgetting_are_read(tmp_path: Path):
    read = read_one(
        tmp_path,
        ("train_info.accelerator_memory_max", ...),
        ("train_info.cuda_memory_max", 123456),
        ("train_info.metrics.2.forgetting", ...),
        ("meta_info.system_info", {"gpu": "NVIDIA L40S"}),
    )
    assert read.peak_memory_bytes == 123456
    assert "forgetting" not in read.performance
    assert read.environment["device"] == "NVIDIA L40S"


@pytest.mark.parametrize("method", list(PEFTMethod))
def test_all_five_methods_are_read(tmp_path: Path, method):
    assert read_one(tmp_path, ("run_info.peft_config.peft_type", method.upper())).method is method


def test_dora_and_rank_stabilised_scaling_stay_among_the_settings(tmp_path: Path):
    places = ("run_info.peft_config.use_dora", True), ("run_info.peft_config.use_rslora", True)
    read = read_one(tmp_path, *places)
    assert (read.method, read.hyperparameters["use_dora"]) == (PEFTMethod.LORA, True)
    assert read.hyperparameters["use_rslora"] is True


def test_the_ranks_that_adalora_found_are_no_settings(tmp_path: Path):
    found = {"model.layers.0.self_attn.q_proj.lora_E": [True, False] * 32}
    places = ("run_info.peft_config.peft_type", "ADALORA"), ("run_info.peft_config.rank_pattern", found)
    assert "rank_pattern" not in read_one(tmp_path, *places).hyperparameters
    kept = read_one(tmp_path, ("run_info.peft_config.rank_pattern", {"q_proj": 4})).hyperparameters
    assert kept["rank_pattern"] == '{"q_proj": 4}'


def test_the_size_that_stands_for_an_adapter_that_was_not_saved_is_not_believed(tmp_path: Path):
    assert "adapter_mib" not in read_one(tmp_path, ("train_info.file_size", 99999999)).performance


def test_a_backbone_that_nobody_knows_has_the_size_that_peft_counted(tmp_path: Path):
    card = read_one(tmp_path, ("run_info.train_config.model_id", "mine/own-3b")).backbone
    assert (card.name, card.parameters, card.layers) == ("mine/own-3b", 3_212_749_824, 0)


def test_data_sets_that_nobody_knows_give_the_task_its_name(tmp_path: Path):
    read = read_one(tmp_path, ("meta_info.dataset_info", {"books": {"sha": "1"}, "letters": {"sha": "2"}}))
    assert (read.task, read.stated) == ("books->letters", {"metric": "accuracy"})


def test_methods_that_are_none_of_the_five_are_counted_by_name(tmp_path: Path):
    for number, (kind, config) in enumerate([("IA3", LORA), ("IA3", LORA), ("LOHA", LORA), ("", None)]):
        told = config and {**config, "peft_type": kind}
        write(tmp_path / f"{number}.json", changed(("run_info.peft_config", told)))
    read = read_peft_results(tmp_path, "published")
    assert (read.memories, read.looked_at) == ((), 4)
    assert set(read.left_out) == {
        "2 results: 'IA3' is none of the five methods",
        "1 result: 'LOHA' is none of the five methods",
        "1 result: 'full fine-tuning' is none of the five methods",
    }


def test_results_of_image_generation_are_left_out_with_the_reason(tmp_path: Path):
    last = {"step": 750, "test dino_similarity": 0.697, "drift": 0.262, "train loss": 0.73, "train samples": 1500}
    sentence = why(
        tmp_path,
        ("run_info.train_config.model_id", "black-forest-labs/FLUX.2-klein-base-4B"),
        ("train_info.metrics", [{"step": 100, "valid dino_similarity": 0.72, "train loss": 0.77}, last]),
        ("meta_info.dataset_info", {"sha": "37df3244", "created_at": "2026-03-09T15:31:26+00:00"}),
    )
    assert sentence.startswith("result.json: it was not judged by the accuracy of its texts")
    assert "test dino_similarity, drift" in sentence


def test_runs_that_did_not_succeed_are_left_out_with_what_peft_says(tmp_path: Path):
    sentence = why(tmp_path, ("train_info.status", "canceled"), ("run_info.error_msg", "manually canceled"))
    assert sentence == "result.json: its status is 'canceled' ('manually canceled')"


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("train_info.metrics", [], "not judged by the accuracy"),
        ("train_info.metrics.2.test accuracy", None, "not judged by the accuracy"),
        ("train_info.metrics.2.step", "last", "a step among its metrics is 'last'"),
        ("meta_info.dataset_info", {}, "does not name the data sets"),
        ("run_info.peft_config.r", 10**40, "'r' among the settings is"),
    ],
)
def test_a_result_that_lacks_something_says_what(tmp_path: Path, place, value, told):
    assert told in why(tmp_path, (place, value))


@pytest.mark.parametrize("place", ["run_info", "train_info", "run_info.train_config", "train_info.status"])
def test_a_file_of_another_form_is_refused_by_the_name_of_what_is_missing(tmp_path: Path, place):
    path = write(tmp_path / "result.json", changed((place, ...)))
    with pytest.raises(StoreError) as caught:
        read_peft_results(path, "published")
    assert f"is no result of PEFT's method comparison ({place}: Field required)" in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", "7", "", '{"a": 1} {"b": 2}', "[" * 5000])
def test_a_file_that_is_no_result_at_all_is_refused(tmp_path: Path, text):
    path = tmp_path / "result.json"
    path.write_text(text)
    with pytest.raises(StoreError):
        read_peft_results(path, "published")


def test_in_a_folder_one_bad_file_does_not_keep_the_others_out(tmp_path: Path):
    write(tmp_path / "a.json", RESULT)
    (tmp_path / "b.json").write_text("{")
    write(tmp_path / "c.json", {"peft_type": "LORA", "r": 8})
    (tmp_path / "notes.txt").write_text("not looked at")
    read = read_peft_results(tmp_path, "published")
    assert (len(read.memories), read.looked_at) == (1, 3)
    assert [sentence.split(":")[0] for sentence in read.left_out] == ["b.json", "c.json"]


def test_the_same_results_give_the_same_ids_and_count_once(tmp_path: Path):
    for name in ("a.json", "b.json"):
        write(tmp_path / name, RESULT)
    read = read_peft_results(tmp_path, "published")
    assert read.left_out == ("1 result: the same as another and counted once",)
    assert [memory.experience.id for memory in read.memories] == [read_one(tmp_path / "again").id]
    assert read_one(tmp_path / "again", ("run_info.train_config.seed", 4)).id != read.memories[0].experience.id


def test_the_order_in_which_peft_wrote_a_set_does_not_matter(tmp_path: Path):
    turned = ("run_info.peft_config.target_modules", ["q_proj", "v_proj"])
    assert read_one(tmp_path, turned).id == read_one(tmp_path).id


def test_results_survive_the_store(tmp_path: Path):
    (memory,) = read_peft_results(write(tmp_path / "a.json", RESULT), "published").memories
    with ExperienceStore(tmp_path / "store.sqlite") as store:
        assert store.add(memory) == 1
        assert to_json(store.get(memory.experience.id).experience) == to_json(memory.experience)
    assert to_json(from_json(to_json(memory.experience))) == to_json(memory.experience)


def test_a_result_and_a_published_figure_of_one_task_have_one_vector(tmp_path: Path):
    (memory,) = read_peft_results(write(tmp_path / "a.json", RESULT), "published").memories
    published = [each for each in read_figures(PUBLISHED, "published").memories if each.experience.family == "math10k"]
    same = [each for each in published if each.experience.task == memory.experience.task]
    assert same
    assert all(np.array_equal(each.vector, memory.vector) for each in same)


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.txt"])
def test_a_result_is_recognised_by_its_name_or_its_beginning(tmp_path: Path, name):
    text = json.dumps(RESULT).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert len(read_experiences(tmp_path / name, "published").memories) == 1


def test_a_folder_is_recognised_by_the_results_in_it(tmp_path: Path):
    with pytest.raises(StoreError, match="nothing that can be imported"):
        read_experiences(tmp_path, "published")
    write(tmp_path / "a.json", RESULT)
    assert len(read_experiences(tmp_path, "published").memories) == 1


def places_of(value: object, before: str = "") -> list[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in (f"{before}{key}", *places_of(inner, f"{before}{key}."))]


ODD = st.one_of(
    st.sampled_from([..., None, "", "\x1b[31m", "\ud800", -1, 2**70, 1e300, math.nan, math.inf, True, [], {}, [{}]]),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=2), max_leaves=3
    ),
)
PLACES = [place for place in places_of(RESULT) if not place.split(".")[-1].isdigit()]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=ODD, cut=st.integers(0, 3) | st.integers(0, 5000))
def test_mangled_results_give_experiences_or_a_fault_that_is_told(tmp_path: Path, place, value, cut):
    text = json.dumps(changed((place, value)))
    path = tmp_path / "result.json"
    path.write_text(text[:-cut] if cut > 3 else text)
    try:
        read = read_peft_results(path, "published")
    except AdvisorError:
        return
    assert isinstance(read, Imported)
    with ExperienceStore(tmp_path / "store.sqlite") as store:
        store.add(*read.memories)
