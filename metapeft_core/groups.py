"""Groups of any names as numbers. Knows names, not what they stand for."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
import numpy.typing as npt


def group_numbers(groups: Iterable[Hashable]) -> npt.NDArray[np.int64]:
    """Groups as numbers, in the order in which they are met."""
    order: dict[Hashable, int] = {}
    return np.array([order.setdefault(group, len(order)) for group in groups], dtype=np.int64)
