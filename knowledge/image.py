"""A folder kept as an image: published whole, checked against its digests, used only through private copies.

Knows nothing of what is in the folder. Whoever uses a published folder in place can damage it for everybody, and what
another program left half-written cannot be told from what is whole. So nobody ever opens a published folder: it is
copied, the copy is used, and a changed copy is published again under a new name.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metapeft_core.files import replaced_file

CURRENT = "current.json"
_PUBLISHED, _PRIVATE = "image-", "open-"


@dataclass(frozen=True, slots=True)
class Image:
    """A published folder that is whole, and the facts that were written down with it."""

    folder: Path
    facts: Mapping[str, Any]


def read_image(home: Path) -> Image | None:
    """The published image, or none where it is missing or any byte of it is not as it was published."""
    try:
        written = json.loads((home / CURRENT).read_text(encoding="utf-8"))
        folder = home / str(written["folder"])
        whole = _digests(folder) == written["files"] and isinstance(written["facts"], dict)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Image(folder, written["facts"]) if whole and folder.parent == home else None


def private_copy(home: Path, image: Image | None) -> Path:
    """A folder for this process alone: a copy of the image, or an empty one."""
    _sweep(home)
    private = home / f"{_PRIVATE}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    if image is None:
        private.mkdir(parents=True)
    else:
        shutil.copytree(image.folder, private)
    return private


def publish(home: Path, private: Path, facts: Mapping[str, Any]) -> None:
    """Make a copy of the private folder, which nobody may be writing to, the published one."""
    name = f"{_PUBLISHED}{uuid.uuid4().hex[:12]}"
    shutil.copytree(private, home / name)
    with replaced_file(home / CURRENT) as temporary:
        told = {"folder": name, "files": _digests(home / name), "facts": dict(facts)}
        temporary.write_text(json.dumps(told, indent=1), encoding="utf-8")
    for old in home.glob(f"{_PUBLISHED}*"):
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise FileNotFoundError(folder)
    return {str(path.relative_to(folder)): hashlib.blake2b(path.read_bytes()).hexdigest()[:32] for path in files}


def _sweep(home: Path) -> None:
    """Remove what processes that are no more have left."""
    for private in home.glob(f"{_PRIVATE}*"):
        owner = private.name.removeprefix(_PRIVATE).partition("-")[0]
        if not owner.isdigit() or not _is_alive(int(owner)):
            shutil.rmtree(private, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
