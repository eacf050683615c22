"""Small sound data files of every format that the readers know, to be damaged by others."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

WORDS = ("parcel", "late", "refund", "login", "broken", "thanks", "café", "Größe", "送料", "🙂")
LABELS = ("complaint", "question", "praise")


def rows(count: int = 24) -> list[dict[str, str]]:
    """Texts of three classes, every text once."""
    return [{"text": f"{WORDS[i % 10]} {WORDS[i // 3 % 10]} {i}", "label": LABELS[i % 3]} for i in range(count)]


def conversation(row: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """The row as a chat."""
    said = [("system", "Be brief."), ("user", row["text"]), ("assistant", row["label"])]
    return {"messages": [{"role": role, "content": content} for role, content in said]}


def as_lines(values: list[dict[str, object]]) -> bytes:
    """JSON lines."""
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()


def as_delimited(values: list[dict[str, str]], delimiter: str) -> bytes:
    """CSV with another delimiter, or its own."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(values[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(values)
    return out.getvalue().encode()


def as_parquet(values: list[dict[str, str]], **options: object) -> bytes:
    """Parquet."""
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(values), out, **options)
    return out.getvalue()


def as_stream(values: list[dict[str, object]], metadata: dict[bytes, bytes] | None = None) -> bytes:
    """An Arrow stream, as data sets are saved in."""
    table = pa.Table.from_pylist(values).replace_schema_metadata(metadata)
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)
    return out.getvalue()


def save_dataset(folder: Path, values: list[dict[str, object]]) -> None:
    """A folder as `datasets.save_to_disk` leaves it, labels as class numbers."""
    folder.mkdir(parents=True)
    features = {
        "text": {"dtype": "string", "_type": "Value"},
        "label": {"names": list(LABELS), "_type": "ClassLabel"},
    }
    numbered = [{"text": value["text"], "label": LABELS.index(str(value["label"]))} for value in values]
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    (folder / "data-00000-of-00001.arrow").write_bytes(as_stream(numbered, metadata))
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": None}
    (folder / "state.json").write_text(json.dumps(state))


def write_seeds(folder: Path) -> list[Path]:
    """One path a format: files, and folders of files."""
    plain = rows()
    files = {
        "labelled.jsonl": as_lines(plain),
        "split.jsonl": as_lines([row | {"split": "test" if i % 4 == 0 else "train"} for i, row in enumerate(plain)]),
        "prompts.jsonl": as_lines([{"prompt": row["text"], "completion": row["label"]} for row in plain]),
        "chat.jsonl": as_lines([conversation(row) for row in plain]),
        "bare.jsonl": as_lines([{"text": row["text"]} for row in plain]),
        "array.json": json.dumps(plain, indent=1).encode(),
        "comma.csv": as_delimited(plain, ","),
        "semicolon.csv": as_delimited(plain, ";"),
        "tab.tsv": as_delimited(plain, "\t"),
        "plain.parquet": as_parquet(plain),
        "checked.parquet": as_parquet(plain, write_page_checksum=True, compression="zstd"),
        "packed.jsonl.gz": gzip.compress(as_lines(plain), mtime=0),
        "packed.csv.gz": gzip.compress(as_delimited(plain, ","), mtime=0),
        "stream.arrow": as_stream(plain),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    save_dataset(folder / "saved", plain)
    (folder / "saved_dict").mkdir()
    (folder / "saved_dict" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    save_dataset(folder / "saved_dict" / "train", plain[:16])
    save_dataset(folder / "saved_dict" / "test", plain[16:])
    (folder / "splits").mkdir()
    (folder / "splits" / "train.csv").write_bytes(as_delimited(plain[:16], ","))
    (folder / "splits" / "validation.jsonl").write_bytes(as_lines(plain[16:20]))
    (folder / "splits" / "test.parquet").write_bytes(as_parquet(plain[20:]))
    return sorted(folder.iterdir())
