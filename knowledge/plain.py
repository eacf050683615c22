"""An experience as JSON text and back, losing nothing. Knows no file and no table."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from metapeft_core.errors import StoreError
from metapeft_core.types import PEFTExperience

_EXPERIENCE = TypeAdapter(PEFTExperience)


def to_plain(experience: PEFTExperience) -> dict[str, Any]:
    """The experience in numbers, strings, lists and dictionaries alone."""
    plain: dict[str, Any] = _EXPERIENCE.dump_python(experience)
    return plain


def to_json(experience: PEFTExperience) -> str:
    """One line of JSON. A loss that was no number stays none: NaN is written as Python's own json module does."""
    return json.dumps(to_plain(experience), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str | bytes) -> PEFTExperience:
    """The experience that was written."""
    try:
        return _EXPERIENCE.validate_json(text)
    except ValidationError as fault:
        raise _told(fault) from fault


def from_plain(value: Any) -> PEFTExperience:
    """The experience that plain values describe; what does not fit is refused by name."""
    try:
        return _EXPERIENCE.validate_python(value)
    except ValidationError as fault:
        raise _told(fault) from fault


def _told(fault: ValidationError) -> StoreError:
    first = fault.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the text"
    return StoreError(f"{place} of an experience is {str(first.get('input'))[:80]!r}: {first['msg']}")
