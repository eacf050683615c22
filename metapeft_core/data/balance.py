"""How evenly the classes are filled. Knows only the labels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence


def class_balance(labels: Sequence[str]) -> float:
    """Entropy of the labels over the most it could be: 1 when all classes are equally frequent."""
    counts = Counter(labels)
    if len(counts) < 2:
        return 0.0
    entropy = -sum(count / len(labels) * math.log(count / len(labels)) for count in counts.values())
    return min(1.0, entropy / math.log(len(counts)))


def majority_share(labels: Sequence[str]) -> float:
    """Share of the most frequent label: what guessing it every time would score."""
    return max(Counter(labels).values()) / len(labels)
