"""Nothing of a data file but its figures reaches the model, the tools' arguments or the answers."""

from __future__ import annotations

from benchmarks.twins import compare, opened


def test_a_hostile_file_leaves_the_same_trace_as_its_clean_twin(tmp_path):
    with opened(tmp_path) as bench:
        counted = compare(bench, tmp_path, 4, seed=3)
    assert counted["files"] == 4
    assert counted["prompts"] > 30
    different = {name: count for name, count in counted.items() if "differ" in name or "word" in name}
    assert set(different.values()) == {0}, different
