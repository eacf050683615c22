"""Files and folders that appear whole or not at all. Knows nothing of what is in them."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOME_VARIABLE = "PEFT_ADVISOR_HOME"


def home() -> Path:
    """Where models, checkpoints and (in time) the store live; `PEFT_ADVISOR_HOME` moves it."""
    chosen = os.environ.get(HOME_VARIABLE)
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(chosen) if chosen else Path(base) / "peft-advisor"


def not_kept(what: str, place: Path, fault: OSError) -> str:
    """Why something is not kept in the home folder, and what to do."""
    return (
        f"{what} cannot be kept in {str(place)!r} ({fault.strerror}): make room and let it be written there, or set "
        f"{HOME_VARIABLE} to another folder"
    )


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well, and vanishes when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix is kept because writers such as MLX's choose their format by it.
    handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    # mkstemp's files are private; what replaces a file is to be read by whoever could read it.
    temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    # mkdtemp's folders are private; an adapter is to be read by whoever may read its neighbours.
    temporary.chmod(0o777 & ~_umask())
    try:
        yield temporary
        for file in temporary.iterdir():
            _sync(file)
        _swap(temporary, path)
        _sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def is_free_for(folder: Path, known: str) -> bool:
    """Whether a folder may be written there: nothing is, or an empty one, or one that `known` says is of its kind."""
    if not folder.exists():
        return True
    return folder.is_dir() and ((folder / known).is_file() or not any(folder.iterdir()))


def prove_writable(place: Path) -> None:
    """Make the folder that a place lies in; raises what the system says where nothing can be written there."""
    if place.name in ("", ".."):
        # Such as the present folder: nothing can be renamed to it.
        raise OSError(errno.EINVAL, "the path ends in no name", str(place))
    place.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=place.absolute().parent):
        pass


def _swap(fresh: Path, path: Path) -> None:
    """A folder cannot be renamed over a full one: the old one steps aside first, and goes when the new one stands."""
    old = path.with_name(f".{path.name}-replaced-{os.getpid()}")
    if path.exists():
        path.replace(old)
    fresh.replace(path)
    shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
