"""The mean of adapters that were taught one from the other, which errs less than any of them. Knows no question.

    python -m advisor.tuning.averaging --out advisor/tuned FOURTH FIFTH

What two sittings got wrong were different questions, so their mean gets more right. It is a mean of weights, not of
answers: it is as large and as fast as one of them. Adapters that did not begin from each other have no such mean.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from advisor.tuning.halves import save_halves
from metapeft_core.errors import SettingsError
from metapeft_core.files import replaced_folder
from metapeft_core.methods.storage import ADAPTER_RECORD, AdapterRecord, read_record, saved_tensors


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("adapters", type=Path, nargs="+", help="folders of adapters")
    chosen = parser.parse_args(words)
    average(chosen.adapters, chosen.out)


def average(folders: Sequence[Path], out: Path) -> None:
    """Write the mean of some adapters, in half precision and with the record of the last."""
    import mlx.core as mx

    records = [read_record(folder) for folder in folders]
    if any(_kind(one) != _kind(records[-1]) for one in records):
        raise SettingsError(f"{', '.join(map(str, folders))} are not of one kind: there is no mean of them")
    found = [saved_tensors(folder) for folder in folders]
    mean = {name: mx.mean(mx.stack([one[name].astype(mx.float32) for one in found]), axis=0) for name in found[0]}
    with replaced_folder(out) as fresh:
        save_halves(mean, fresh)
        shutil.copyfile(folders[-1] / ADAPTER_RECORD, fresh / ADAPTER_RECORD)


def _kind(record: AdapterRecord) -> tuple[object, ...]:
    return record.backbone, record.method, record.settings


if __name__ == "__main__":
    main()
