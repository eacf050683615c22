"""Arguments and results of tools as plain lines, a figure a line. Knows no screen and no tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from metapeft_core.data.record import inert

MOST_LINES = 60
MOST_MEMBERS = 12
LONGEST = 300
"""Characters of a value; what is longer is cut."""
INTERVAL = {"expected", "low", "high"}


def lines_of(found: Any) -> list[str]:
    """What a value holds, inert; what is empty is left out."""
    lines = _lines(plain(found), 0)
    rest = len(lines) - MOST_LINES
    return lines if rest <= 0 else [*lines[:MOST_LINES], f"and {rest} more lines"]


def plain(found: Any) -> Any:
    """Records as mappings, words of closed sets as words."""
    if is_dataclass(found) and not isinstance(found, type):
        return {field.name: plain(getattr(found, field.name)) for field in fields(found)}
    if isinstance(found, Mapping):
        return {str(name): plain(value) for name, value in found.items()}
    if isinstance(found, list | tuple | set | frozenset):
        return [plain(member) for member in found]
    return found.value if isinstance(found, Enum) else str(found) if isinstance(found, Path) else found


def _lines(value: Any, depth: int) -> list[str]:
    """A line for each member of what is told; members that have members of their own stand below."""
    space = "  " * depth
    if isinstance(value, Mapping):
        lines = []
        for name, member in value.items():
            if _is_nothing(member):
                continue
            if _is_short(member):
                lines.append(f"{space}{shown(name)}  {in_short(member)}")
            else:
                lines += [f"{space}{shown(name)}", *_lines(member, depth + 1)]
        return lines
    if isinstance(value, Sequence) and not isinstance(value, str):
        lines = [f"{space}{in_short(member)}" for member in value[:MOST_MEMBERS]]
        return [*lines, *([f"{space}and {len(value) - MOST_MEMBERS} more"] if len(value) > MOST_MEMBERS else [])]
    return [] if _is_nothing(value) else [space + line for line in shown_lines(value)]


def in_short(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        if set(value) == INTERVAL:
            return f"{shown(value['expected'])} ({shown(value['low'])} to {shown(value['high'])})"
        told = [f"{shown(name)} {in_short(member)}" for name, member in value.items() if not _is_nothing(member)]
        return ", ".join(told)
    if isinstance(value, Sequence) and not isinstance(value, str):
        more = f" and {len(value) - MOST_MEMBERS} more" if len(value) > MOST_MEMBERS else ""
        return ", ".join(in_short(member) for member in value[:MOST_MEMBERS]) + more
    return shown(value)


def shown(value: Any) -> str:
    """A single value: numbers in so many digits as are read, texts inert, on one line, and of bounded length."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return one_line(value)


def one_line(value: object) -> str:
    """A text that came from a user or from data, on one line."""
    text = inert(" ".join(str(value).split()))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def shown_lines(value: Any) -> list[str]:
    """A text of several lines as it is, inert."""
    return [one_line(line) for line in str(value).splitlines()] if isinstance(value, str) else [shown(value)]


def _is_nothing(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_nothing(member) for member in value.values())
    return value is None or (isinstance(value, list | str) and not value)


def _is_short(value: Any) -> bool:
    """Whether it is told on one line: single values, lists of them, and mappings to such."""
    if isinstance(value, Mapping):
        return set(value) == INTERVAL or all(_is_single(member) or _is_plain_list(member) for member in value.values())
    return _is_plain_list(value) if isinstance(value, list) else _is_single(value)


def _is_plain_list(value: Any) -> bool:
    return isinstance(value, list) and all(_is_single(member) for member in value)


def _is_single(value: Any) -> bool:
    return not isinstance(value, Mapping | list) and not (isinstance(value, str) and "\n" in value)
