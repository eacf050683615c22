"""A cache for writing many texts of different lengths at once. Knows positions, no model.

Every row of the batch keeps its own count of tokens: what is written next overwrites the padding behind its prompt.
Positions are told to the rotary embedding row by row, and a prefix stands in the first columns of all rows.
"""

from __future__ import annotations

import mlx.core as mx


class RaggedCache:
    """One layer's keys and values: `room` columns for the text behind an optional prefix."""

    def __init__(self, lengths: mx.array, room: int, prefix: tuple[mx.array, mx.array] | None) -> None:
        self._prefix = prefix
        self._lent = 0 if prefix is None else int(prefix[0].shape[1])
        self._prompt_lengths = lengths
        self._room = room
        self._filled: mx.array | None = None
        self.keys: mx.array | None = None
        self.values: mx.array | None = None

    @property
    def offset(self) -> mx.array | int:
        """The position of the next token, for every row its own once the prompts have been read."""
        return self._lent if self._filled is None else self._filled

    @property
    def state(self) -> tuple[mx.array | None, mx.array | None]:
        """What has to be computed for the cache to be whole."""
        return self.keys, self.values

    def make_mask(self, span: int, return_array: bool = False, window_size: int | None = None) -> mx.array:
        """(rows, 1, span, columns): which columns each new token sees."""
        if self._filled is None:
            own = mx.arange(self._lent, self._lent + span)[None, :, None]
        else:
            own = self._filled[:, None, None] + mx.arange(span)[None, :, None]
        columns = mx.arange(self._lent + self._room)[None, None, :]
        mask = columns <= own
        if window_size:
            mask = mask & (own < columns + window_size)
        return mask[:, None]

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        """Take in new keys and values and return all columns."""
        if self.keys is None or self.values is None:
            self.keys = self._begin(keys, 0)
            self.values = self._begin(values, 1)
            self._filled = self._prompt_lengths + self._lent
        else:
            assert self._filled is not None
            place = mx.broadcast_to(self._filled[:, None, None, None], keys.shape)
            self.keys = mx.put_along_axis(self.keys, place, keys, axis=2)
            self.values = mx.put_along_axis(
                self.values, mx.broadcast_to(self._filled[:, None, None, None], values.shape), values, axis=2
            )
            self._filled = self._filled + 1
        return self.keys, self.values

    def _begin(self, fresh: mx.array, which: int) -> mx.array:
        rows, heads, span, width = fresh.shape
        parts = [fresh, mx.zeros((rows, heads, self._room - span, width), dtype=fresh.dtype)]
        if self._prefix is not None:
            lent = self._prefix[which]
            parts.insert(0, mx.broadcast_to(lent, (rows, *lent.shape)).astype(fresh.dtype))
        return mx.concatenate(parts, axis=2)
