"""Commands that are typed in the prompt: `/data FILE`. Knows their names and actions, does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Typed:
    """One of them."""

    action: str
    """Of the program on the screen."""
    title: str
    """What the palette calls it."""
    meaning: str
    argument: str = ""


COMMANDS: Mapping[str, Typed] = {
    "data": Typed("data", "Data file", "judge by a data file", "FILE"),
    "paste": Typed("paste", "Paste rows", "paste rows in place of a file"),
    "words": Typed("words", "Judge by words", "without the data file again"),
    "model": Typed("model", "Model", "the model to adapt", "NAME"),
    "runs": Typed("runs", "Runs", "the runs behind the recommendation"),
    "plots": Typed("plots", "Plots", "quality against time and memory"),
    "map": Typed("map", "Map", "the map of known tasks"),
    "copy": Typed("copy_command", "Copy command", "copy the next command"),
    "export": Typed("export", "Export", "*.md: the conversation, *.json: the recommendation", "FILE"),
    "history": Typed("history", "History", "go on with an earlier conversation"),
    "clear": Typed("clear", "Clear", "begin a new conversation"),
    "theme": Typed("theme", "Light or dark", "change between light and dark"),
    "help": Typed("help", "Help", "what there is to say and to press"),
    "quit": Typed("quit", "Quit", "leave"),
}


def path_of(line: str) -> Path:
    """The path that was typed, perhaps in the quotes that a terminal puts around what is dropped on it."""
    text = line.strip()
    text = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
    try:
        return Path(text).expanduser()
    except RuntimeError:
        # The home of a user that does not exist: whoever reads it says so best.
        return Path(text)


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it was typed."""

    name: str
    argument: str


def order_of(line: str) -> Order | None:
    """What a line orders; none where it is a question. A path that begins with a slash is none of the commands."""
    if not line.startswith("/"):
        return None
    name, _, argument = line[1:].partition(" ")
    return Order(name, argument.strip()) if name.isalpha() or not name else None
