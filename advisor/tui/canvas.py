"""A grid of characters, each with an owner whose colour it gets. Knows no plot and no screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.text import Text


@dataclass(slots=True)
class Canvas:
    """Columns from the left, rows from the top; what lies outside is not drawn."""

    width: int
    height: int
    _cells: list[list[str]] = field(init=False)
    _owners: list[list[int | None]] = field(init=False)

    def __post_init__(self) -> None:
        self.width, self.height = max(0, self.width), max(0, self.height)
        self._cells = [[" "] * self.width for _ in range(self.height)]
        self._owners = [[None] * self.width for _ in range(self.height)]

    def put(self, column: int, row: int, text: str, owner: int | None = None) -> None:
        """Characters beginning at a place, over what was there."""
        for at, character in enumerate(text, column):
            if 0 <= at < self.width and 0 <= row < self.height:
                self._cells[row][at], self._owners[row][at] = character, owner

    def at(self, column: int, row: int) -> str:
        """What is there; nothing outside."""
        inside = 0 <= column < self.width and 0 <= row < self.height
        return self._cells[row][column] if inside else ""

    def lines(self) -> list[str]:
        """Line by line, without spaces at their ends."""
        return ["".join(row).rstrip() for row in self._cells]

    def coloured(self, styles: Sequence[str]) -> Text:
        """As text for the screen; an owner's number is that of its style."""
        text = Text(no_wrap=True, overflow="crop")
        for row, (cells, owners) in enumerate(zip(self._cells, self._owners, strict=True)):
            text.append("\n" if row else "")
            for character, owner in zip(cells, owners, strict=True):
                text.append(character, "" if owner is None else styles[owner % len(styles)])
        return text
