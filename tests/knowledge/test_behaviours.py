"""The table of behaviours: an instance a line, a method at shared settings a column, nothing else in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from samples import card, memory

from knowledge.behaviours import CANDIDATES, USUAL_NOISE, behaviours_of, candidate_of
from knowledge.collecting.spaces import anchor
from knowledge.records import Remembered
from knowledge.shipped import read_shipped
from metapeft_core.methods.registry import setting_values
from metapeft_core.types import PEFTMethod

DECODER = replace(card("smollm2", 135_000_000), kind="decoder")


def run(name: str, method: PEFTMethod, score: float = 0.5, rows: str = "here", **changes: object) -> Remembered:
    """A run at an anchor's settings."""
    spec = anchor(name, method)
    settings = {**setting_values(spec.method), "learning_rate": spec.rate(), "batch_size": 8}
    told = {"method": method, "hyperparameters": settings, "performance": {"accuracy": score}, "rows": rows}
    return memory(0, **(told | {"id": f"{name}-{method}-{score}-{rows}"} | changes))


def test_a_run_is_the_candidate_whose_settings_it_has():
    for method in PEFTMethod:
        own, default = (CANDIDATES.index((name, method)) for name in ("own", "default"))
        assert candidate_of(run("brisk", method).experience) == own
        assert candidate_of(run("default", method).experience) == default
        assert candidate_of(run("decoder", method, backbone=DECODER).experience) == own


def test_settings_that_were_drawn_are_nobodys():
    odd = run("brisk", PEFTMethod.LORA)
    settings = {**odd.experience.hyperparameters, "rank": 3}
    assert candidate_of(replace(odd.experience, hyperparameters=settings)) is None


def test_runs_on_the_same_rows_and_backbone_are_one_line_and_what_was_not_tried_is_missing():
    memories = [
        run("brisk", PEFTMethod.LORA, 0.8),
        run("default", PEFTMethod.ADALORA, 0.6),
        run("brisk", PEFTMethod.LORA, 0.4, rows="there"),
        run("decoder", PEFTMethod.LORA, 0.3, backbone=DECODER),
    ]
    found = behaviours_of(memories)
    assert [(i.rows, i.backbone) for i in found.instances] == [
        ("here", "minilm"),
        ("there", "minilm"),
        ("here", "smollm2"),
    ]
    lora, adalora = CANDIDATES.index(("own", PEFTMethod.LORA)), CANDIDATES.index(("default", PEFTMethod.ADALORA))
    assert found.scores[:, lora].tolist() == [0.8, 0.4, 0.3]
    assert found.scores[0, adalora] == 0.6
    assert np.isnan(found.scores).sum() == found.scores.size - 4
    assert found.families == ("family-0",) * 3
    assert len(found.tasks) == 3


def test_what_cannot_be_compared_is_left_out():
    assert behaviours_of([run("brisk", PEFTMethod.LORA, seed=1)]).instances == ()
    assert behaviours_of([run("brisk", PEFTMethod.LORA, outcome="diverged", performance={})]).instances == ()
    assert behaviours_of([run("brisk", PEFTMethod.LORA, characteristics=None)]).instances == ()
    assert behaviours_of([run("brisk", PEFTMethod.LORA, rows="")]).instances == ()


def test_the_noise_is_that_of_reruns_and_a_usual_one_where_there_are_none():
    first = run("brisk", PEFTMethod.LORA, 0.80)
    again = run("brisk", PEFTMethod.LORA, 0.84, seed=1)
    assert behaviours_of([first]).noise == USUAL_NOISE
    assert behaviours_of([first, again]).noise == np.std([0.80, 0.84], ddof=1)


def test_no_experiences_are_an_empty_table():
    assert behaviours_of([]).scores.shape == (0, len(CANDIDATES))


def test_most_of_what_ships_can_be_compared():
    found = behaviours_of(read_shipped())
    assert len(found.instances) >= 70
    assert len(set(found.families)) >= 30
    assert (~np.isnan(found.scores[:, :5])).mean() > 0.9
    assert 0.005 < found.noise < 0.05
