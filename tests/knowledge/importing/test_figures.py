"""Published figures become experiences: what a row says is kept, and what cannot be used is told."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.embed import describe_in_vector
from knowledge.importing.figures import PUBLISHED, read_figures
from knowledge.importing.imported import Imported, words_about
from knowledge.importing.read import read_experiences
from knowledge.plain import from_json, to_json
from knowledge.records import domain_of, task_type_of
from knowledge.store import ExperienceStore
from metapeft_core.errors import AdvisorError, DataError, StoreError
from metapeft_core.types import PEFTExperience, PEFTMethod, family_of

ROW = {"task": "toy task", "method": "lora", "metric": "accuracy", "value": "0.5"}


def table(path: Path, *rows: dict[str, str]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_rows(folder: Path, *rows: dict[str, str]) -> Imported:
    return read_figures(table(folder / "figures.csv", *rows), "user")


def one(folder: Path, **cells: str) -> PEFTExperience:
    (memory,) = read_rows(folder, ROW | cells).memories
    return memory.experience


def why(folder: Path, **cells: str) -> str:
    read = read_rows(folder, ROW | cells)
    assert not read.memories
    (sentence,) = read.left_out
    return sentence


@cache
def shipped() -> Imported:
    return read_figures(PUBLISHED, "published")


def shipped_run(run: str, metric: str = "accuracy") -> PEFTExperience:
    """By the figures of its row, since an experience does not keep the name of its run."""
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["run"] == run)
    (found,) = [
        memory.experience
        for memory in shipped().memories
        if memory.experience.task == row["task"]
        and memory.experience.performance[metric if metric in memory.experience.performance else "score"]
        == float(row["value"])
        and memory.experience.performance.get("forgetting") == (float(row["forgetting"]) if row["forgetting"] else None)
        and memory.experience.source == row["source"]
        and memory.experience.backbone.name == row["backbone"]
        and memory.experience.method == row["method"]
    ]
    return found


def test_of_the_shipped_rows_those_of_the_five_methods_are_read():
    assert shipped().looked_at == 259
    assert len(shipped().memories) == 116
    methods = Counter(memory.experience.method for memory in shipped().memories)
    assert methods == {
        PEFTMethod.LORA: 57,
        PEFTMethod.PREFIX_TUNING: 52,
        PEFTMethod.PROMPT_TUNING: 4,
        PEFTMethod.P_TUNING: 2,
        PEFTMethod.ADALORA: 1,
    }


def test_the_shipped_rows_of_other_methods_are_counted_by_name():
    assert shipped().left_out[:2] == (
        "48 rows: 'series' is none of the five methods",
        "48 rows: 'parallel' is none of the five methods",
    )
    assert "1 row: 'full' is none of the five methods" in shipped().left_out
    assert sum(int(sentence.split()[0]) for sentence in shipped().left_out) == 259 - 116


def test_the_shipped_lora_of_rank_32_has_its_known_figures():
    lora = shipped_run("lora--llama-3.2-3B-rank32")
    assert lora.performance["accuracy"] == 0.4784
    assert lora.performance["forgetting"] == pytest.approx(0.04996, abs=1e-5)
    assert lora.performance["adapter_mib"] == 35.01
    assert (lora.hyperparameters["r"], lora.hyperparameters["lora_alpha"]) == (32, 64)
    assert lora.hyperparameters["target_modules"] == ("q_proj", "v_proj")
    assert (lora.hyperparameters["use_dora"], lora.hyperparameters["use_rslora"]) == (False, False)
    assert (lora.training_seconds, lora.trainable_parameters) == (942.0, 9_175_040)
    assert lora.peak_memory_bytes == pytest.approx(20.76 * 2**30, rel=1e-3)
    assert (lora.backbone.name, lora.backbone.parameters) == ("meta-llama/Llama-3.2-3B", 3_212_749_824)
    assert (lora.provenance, lora.outcome, lora.steps, lora.created) == ("published", "completed", 5000, "2026-08")
    assert lora.characteristics is None
    told = {"task_type": "math_reasoning", "domain": "math", "metric": "accuracy", "run": "lora--llama-3.2-3B-rank32"}
    assert lora.stated == told


def test_the_shipped_curves_stand_at_the_steps_of_their_evaluations():
    curve = shipped_run("lora--llama-3.2-3B-rank32").curve
    assert [point.step for point in curve] == list(range(250, 5001, 250))
    assert (curve[0].metrics, curve[-1].metrics) == ({"accuracy": 0.32}, {"accuracy": 0.5})
    assert all(math.isnan(number) for point in curve for number in (point.train_loss, point.valid_loss, point.seconds))


def test_shipped_rows_that_say_less_are_read_as_well():
    prefix = shipped_run("LLaMA-13B-Prefix/ARC-c")
    assert (prefix.training_seconds, prefix.peak_memory_bytes, prefix.trainable_parameters) == (0.0, 0, 0)
    assert (prefix.curve, prefix.hyperparameters, prefix.created) == ((), {}, "2023")
    assert shipped_run("average/lora", "score").performance == {"score": 0.8009999999999999}


def test_shipped_tasks_that_were_learned_from_the_same_texts_share_a_family():
    experiences = [memory.experience for memory in shipped().memories]
    families = {experience.task: family_of(experience) for experience in experiences}
    math, sense, both = ({f for t, f in families.items() if kinds(experiences, t) == {kind}} for kind in KINDS)
    assert (math, sense, both) == ({"math10k"}, {"commonsense170k"}, {"average of its 27 data sets"})


KINDS = ("math_reasoning", "commonsense_reasoning", "mixed")


def kinds(experiences, task: str) -> set[str]:
    return {experience.stated["task_type"] for experience in experiences if experience.task == task}


def test_shipped_experiences_survive_the_store_and_come_in_once(tmp_path: Path):
    with ExperienceStore(tmp_path / "store.sqlite") as store:
        assert store.add(*shipped().memories) == 116
        assert store.add(*read_figures(PUBLISHED, "published").memories) == 0
        kept = store.get(shipped().memories[0].experience.id).experience
    assert to_json(kept) == to_json(shipped().memories[0].experience)


def test_an_experience_from_a_row_is_the_same_after_writing(tmp_path: Path):
    read = one(tmp_path, hyperparameters='{"r": 8, "max_steps": 100}', valid_curve="[0.1, 0.2]")
    assert to_json(from_json(to_json(read))) == to_json(read)


def test_the_four_required_columns_are_enough(tmp_path: Path):
    before = datetime.now(UTC).isoformat()
    read = one(tmp_path)
    assert (read.task, read.family, read.method) == ("toy task", "toy task", PEFTMethod.LORA)
    assert read.performance == {"accuracy": 0.5}
    assert (read.backbone.name, read.source, read.seed, read.steps) == ("unknown", "", 0, 0)
    assert (task_type_of(read), domain_of(read), read.stated) == ("unknown", "unknown", {"metric": "accuracy"})
    assert before <= read.created <= datetime.now(UTC).isoformat()


def test_everything_that_a_row_says_is_kept(tmp_path: Path):
    read = one(
        tmp_path,
        source="a paper of 2024-05-17",
        backbone="mine/own-1b",
        backbone_params="1e9",
        task_type="summarization",
        domain="news",
        language="de",
        family="papers",
        train_seconds="12.5",
        peak_memory_gib="1.5",
        trainable_params="1000",
        forgetting="-0.25",
        seed="7",
        train_size="512",
    )
    assert (read.created, read.family, read.seed) == ("2024-05-17", "papers", 7)
    assert (read.backbone.name, read.backbone.parameters) == ("mine/own-1b", 1_000_000_000)
    assert (read.training_seconds, read.peak_memory_bytes, read.trainable_parameters) == (12.5, 3 * 2**29, 1000)
    assert read.performance == {"accuracy": 0.5, "forgetting": -0.25}
    stated = {"task_type": "summarization", "domain": "news", "language": "de"}
    assert read.stated == stated | {"metric": "accuracy", "train_size": "512"}


@pytest.mark.parametrize(
    ("written", "method", "implied"),
    [
        ("LoRA", PEFTMethod.LORA, {}),
        ("DoRA", PEFTMethod.LORA, {"dora": True}),
        ("rsLoRA", PEFTMethod.LORA, {"rank_stabilised": True}),
        ("AdaLoRA", PEFTMethod.ADALORA, {}),
        ("Ada-LoRA", PEFTMethod.ADALORA, {}),
        ("prompt tuning", PEFTMethod.PROMPT_TUNING, {}),
        ("PROMPT_TUNING", PEFTMethod.PROMPT_TUNING, {}),
        ("Prefix-Tuning", PEFTMethod.PREFIX_TUNING, {}),
        ("Prefix", PEFTMethod.PREFIX_TUNING, {}),
        ("P-Tuning", PEFTMethod.P_TUNING, {}),
        (" p tuning ", PEFTMethod.P_TUNING, {}),
    ],
)
def test_a_method_is_recognised_however_it_is_written(tmp_path: Path, written, method, implied):
    read = one(tmp_path, method=written, hyperparameters='{"r": 4}')
    assert (read.method, read.hyperparameters) == (method, {"r": 4} | implied)


@pytest.mark.parametrize("written", ["P-Tuning v2", "QLoRA", "adapter", "IA3", "lora+prefix"])
def test_a_method_that_is_none_of_the_five_is_left_out(tmp_path: Path, written):
    assert why(tmp_path, method=written) == f"1 row: {written!r} is none of the five methods"


@pytest.mark.parametrize(
    ("written", "value"),
    [("51.3%", 0.513), ("51.3 %", 0.513), ("51.3", 51.3), ("-2e-1", -0.2), (".5", 0.5), ("0", 0.0)],
)
def test_a_percentage_is_told_as_a_share_and_other_values_are_kept(tmp_path: Path, written, value):
    assert one(tmp_path, value=written).performance["accuracy"] == value


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"value": "half"}, "value is 'half', no finite number"),
        ({"value": "nan"}, "value is 'nan', no finite number"),
        ({"value": "1e999"}, "value is '1e999', no finite number"),
        ({"value": "0,5"}, "value is '0,5', no finite number"),
        ({"value": "1_0"}, "value is '1_0', no finite number"),
        ({"value": ""}, "value is empty"),
        ({"task": " "}, "task is empty"),
        ({"metric": ""}, "metric is empty"),
        ({"method": ""}, "method is empty"),
        ({"seed": "1.5"}, "seed is '1.5': it must be a whole number"),
        ({"train_seconds": "-1"}, "train_seconds is '-1': it must be at least 0"),
        ({"backbone_params": "1e30"}, "backbone_params is '1e30'"),
        ({"peak_memory_gib": "1e300"}, "peak_memory_gib is '1e300'"),
        ({"hyperparameters": "r=8"}, "hyperparameters is not JSON"),
        ({"hyperparameters": "[8]"}, "hyperparameters is a list of 1, not a JSON object"),
        ({"hyperparameters": '{"r": 1e999}'}, "'r' among the settings is inf"),
        ({"hyperparameters": '{"r": 8, "r": 9}'}, "hyperparameters has the key 'r' twice"),
        ({"valid_curve": "0.1, 0.2"}, "valid_curve has more after its end"),
        ({"valid_curve": '["a"]'}, "valid_curve is '[\"a\"]', not a JSON list"),
        ({"valid_curve": "[NaN]"}, "valid_curve is '[NaN]', not a JSON list"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_with_its_line(tmp_path: Path, cells, told):
    sentence = why(tmp_path, **cells)
    assert sentence.startswith("line 2: ")
    assert told in sentence


def test_the_other_rows_are_read_where_one_cannot_be(tmp_path: Path):
    read = read_rows(tmp_path, ROW, ROW | {"value": "?"}, ROW | {"value": "0.7"}, ROW | {"method": "ia3"})
    assert [memory.experience.performance["accuracy"] for memory in read.memories] == [0.5, 0.7]
    assert read.looked_at == 4
    assert read.left_out[0] == "1 row: 'ia3' is none of the five methods"
    assert read.left_out[1].startswith("line 3: value is '?'")


def test_a_row_with_too_few_fields_is_told_with_its_line(tmp_path: Path):
    path = tmp_path / "figures.csv"
    path.write_text("task,method,metric,value\na,lora,accuracy,0.5\nb,lora\n")
    read = read_figures(path, "user")
    assert len(read.memories) == 1
    assert read.left_out[0].startswith("line 3: has 2 fields where the header has 4")


@pytest.mark.parametrize("missing", list(ROW))
def test_a_missing_column_is_named_with_those_that_were_found(tmp_path: Path, missing):
    row = {name: cell for name, cell in ROW.items() if name != missing} | {"colour": "red"}
    with pytest.raises(StoreError) as caught:
        read_rows(tmp_path, row)
    message = str(caught.value)
    assert f"has no column {missing!r}" in message
    assert all(repr(name) in message for name in row)
    assert "every row needs task, method, metric, value" in message


@pytest.mark.parametrize("text", ["task,method,metric,value\n", "task,method,metric,value\na,b\n"])
def test_a_file_without_a_row_that_can_be_read_is_refused(tmp_path: Path, text):
    path = tmp_path / "figures.csv"
    path.write_text(text)
    with pytest.raises(StoreError, match="holds no row that can be read"):
        read_figures(path, "user")


def test_an_empty_file_and_one_that_is_no_text_are_refused(tmp_path: Path):
    path = tmp_path / "figures.csv"
    for content in (b"", b"\xff\xfe\x00\x00", b"task,method\xff,metric,value\n"):
        path.write_bytes(content)
        with pytest.raises(DataError):
            read_figures(path, "user")


def test_columns_that_nobody_knows_are_passed_over(tmp_path: Path):
    assert one(tmp_path, colour="red").id == one(tmp_path).id


def test_a_curve_without_known_steps_is_left_away(tmp_path: Path):
    assert one(tmp_path, valid_curve="[0.1, 0.2]").curve == ()
    assert one(tmp_path, valid_curve="[0.1, 0.2, 0.3]", hyperparameters='{"max_steps": 100}').curve == ()
    assert one(tmp_path, valid_curve="[]", hyperparameters='{"max_steps": 100}').curve == ()
    known = one(tmp_path, valid_curve="[0.1, 1]", hyperparameters='{"max_steps": 100}').curve
    assert [(point.step, point.metrics["accuracy"]) for point in known] == [(50, 0.1), (100, 1.0)]


def test_settings_keep_their_names_and_become_plain(tmp_path: Path):
    values = {"r": 8, "bias": None, "dropout": 0.1, "on": True, "target_modules": ["v", "q"], "deep": {"a": [1]}}
    read = one(tmp_path, hyperparameters=json.dumps(values)).hyperparameters
    assert read == values | {"target_modules": ("q", "v"), "deep": '{"a": [1]}'}


def test_the_same_file_gives_the_same_ids_on_another_day(tmp_path: Path):
    first, second = one(tmp_path), one(tmp_path)
    assert first.created != second.created
    assert first.id == second.id
    key, dash, rest = first.id.partition("-")
    assert (len(key), dash, len(rest)) == (16, "-", 8)
    assert set(key + rest) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "cells",
    [
        {"value": "0.6"},
        {"task": "another"},
        {"method": "adalora"},
        {"metric": "f1"},
        {"source": "a paper"},
        {"run": "second"},
        {"backbone": "llama-7b"},
        {"hyperparameters": '{"r": 8}'},
        {"seed": "1"},
        {"train_size": "64"},
        {"train_seconds": "9"},
    ],
)
def test_another_figure_has_another_id(tmp_path: Path, cells):
    assert one(tmp_path, **cells).id != one(tmp_path).id


def test_the_order_of_settings_and_words_about_the_task_leave_the_id_alone(tmp_path: Path):
    first = one(tmp_path, hyperparameters='{"a": 1, "b": 2}', domain="news")
    assert first.id == one(tmp_path, hyperparameters='{"b": 2, "a": 1}', domain="law", family="x").id


def test_a_row_that_stands_there_twice_counts_once(tmp_path: Path):
    read = read_rows(tmp_path, ROW, ROW, ROW | {"seed": "1"})
    assert len(read.memories) == 2
    assert read.left_out == ("1 row: the same as another and counted once",)


def test_a_task_without_texts_is_found_by_what_is_said_of_it():
    memory = next(memory for memory in shipped().memories if memory.experience.task == "MetaMathQA->GSM8K")
    assert words_about(memory.experience) == "MetaMathQA and GSM8K: math reasoning, about math"
    assert np.array_equal(memory.vector, describe_in_vector("MetaMathQA and GSM8K: math reasoning, about math"))
    near, far = describe_in_vector("arithmetic word problems"), describe_in_vector("reviews of hotel rooms")
    assert memory.vector @ near > memory.vector @ far


def test_names_cannot_reach_a_terminal(tmp_path: Path):
    read = one(tmp_path, task="a\x1b[31mred\ntask", hyperparameters='{"k\\u001b": "\\ud800\\u001b"}')
    assert read.task == "a\\x1b[31mred task"
    assert read.hyperparameters == {"k\\x1b": "\\ud800\\x1b"}
    to_json(read).encode()
    assert "\x1b" not in why(tmp_path, value="\x1b[2J")


@pytest.mark.parametrize("name", ["figures.csv", "figures.tsv", "figures.txt", "figures"])
def test_a_table_is_recognised_by_its_name_or_its_header(tmp_path: Path, name):
    separator = "\t" if name.endswith("tsv") else ","
    (tmp_path / name).write_text(f"{separator.join(ROW)}\n{separator.join(ROW.values())}\n")
    assert len(read_experiences(tmp_path / name, "user").memories) == 1


@pytest.mark.parametrize("content", [b"just words\n", b"", b"\x1f\x8bcut", b"\x00\x01\x02"])
def test_what_is_nothing_of_the_known_kinds_is_refused(tmp_path: Path, content):
    path = tmp_path / "thing.bin"
    path.write_bytes(content)
    with pytest.raises(AdvisorError):
        read_experiences(path, "user")


def test_a_path_that_leads_nowhere_is_told(tmp_path: Path):
    with pytest.raises(DataError, match="cannot open"):
        read_experiences(tmp_path / "missing.csv", "user")


CELLS = st.one_of(
    st.sampled_from(["lora", "DoRA", "p-tuning", "", "0.5", "51.3%", "nan", "1e999", "9" * 40, '{"r": 8}', "[1, 2]"]),
    st.sampled_from(['{"max_steps": 4}', "[0.1, 0.2]", '"', '""', "\x00", "\x1b", '{"a": "\\ud800"}', "[" * 50]),
    st.text(max_size=8),
)
NAMES = st.sampled_from(
    ["seed", "valid_curve", "hyperparameters", "train_seconds", "backbone_params", "domain", "task"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(NAMES, max_size=4, unique=True),
    rows=st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=4),
    cut=st.integers(0, 200),
    scribble=st.binary(max_size=6),
    quoted=st.booleans(),
)
def test_mangled_tables_give_experiences_or_a_fault_that_is_told(tmp_path: Path, names, rows, cut, scribble, quoted):
    header = [*ROW, *names]
    mangled = [[*ROW.values(), *row] for row in rows] + rows
    lines = [line[: len(header)] for line in (header, [*ROW.values(), *[""] * 4], *mangled)]
    cells = [['"' + cell.replace('"', '""') + '"' if quoted else cell for cell in line] for line in lines]
    content = "\n".join(map(",".join, cells)).encode("utf-8", "surrogatepass")
    path = tmp_path / "figures.csv"
    path.write_bytes(content[:-cut] + scribble if cut else content)
    try:
        read = read_figures(path, "user")
    except AdvisorError:
        return
    assert isinstance(read, Imported)
    with ExperienceStore(tmp_path / "store.sqlite") as store:
        store.add(*read.memories)
