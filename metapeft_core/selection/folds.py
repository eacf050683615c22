"""Who is held out with whom: whole groups at a time. Knows groups, not what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import numpy as np

from metapeft_core.selection.table import Mask, Places


def one_group_out(groups: Sequence[Hashable]) -> Iterator[tuple[Hashable, Mask]]:
    """Every group once, with the instances that are its own, in the order in which groups are met."""
    for name in dict.fromkeys(groups):
        yield name, np.array([group == name for group in groups])


def group_folds(groups: Sequence[Hashable], count: int, seed: int) -> Places:
    """The fold of each instance: `count` folds of about the same size, no group in two of them.

    Large groups are placed first, each into the fold that is emptiest, as equal ones come in an order drawn by chance.
    """
    sizes = Counter(groups)
    names = list(sizes)
    chance = np.random.default_rng(seed).permutation(len(names)).tolist()
    order = sorted(range(len(names)), key=lambda n: (-sizes[names[n]], chance[n]))
    filled = [0] * max(1, min(count, len(names)))
    fold_of: dict[Hashable, int] = {}
    for place in order:
        fold = filled.index(min(filled))
        fold_of[names[place]] = fold
        filled[fold] += sizes[names[place]]
    return np.array([fold_of[group] for group in groups], dtype=np.int64)
