"""Slips of the keyboard. Knows letters, no words."""

from __future__ import annotations


def one_slip(word: str, other: str) -> bool:
    """Whether they differ by a letter that is missing, added, another one, or in its neighbour's place."""
    if len(word) > len(other):
        word, other = other, word
    same = next((n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), len(word))
    rest, more = word[same:], other[same:]
    if len(rest) < len(more):
        return rest == more[1:]
    return rest[1:] == more[1:] or (rest[:2] == more[1::-1] and rest[2:] == more[2:])
