"""Sound files become damaged ones, the same ones for the same seed."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from metapeft_core.data.bounds import Bounds
from metapeft_core.data.readers import read_task
from metapeft_core.errors import DataError

BOUNDS = Bounds(max_bytes=4 << 20, max_decompressed_bytes=8 << 20, max_rows=5_000, max_field_characters=100_000)
Mutation = Callable[[bytes, random.Random], bytes]


def truncate(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def splice_noise(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.randbytes(chance.randrange(1, 64)) + content[at + chance.randrange(64) :]


def flip_bits(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        if damaged:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def repeat_part(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    part = content[start : start + chance.randrange(1, 400)]
    return content[:start] + part * chance.randrange(2, 50) + content[start:]


def drop_part(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.randrange(1, 400) :]


def other_encoding(content: bytes, chance: random.Random) -> bytes:
    encoding = chance.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift_jis", "utf-7", "utf-8-sig"))
    return content.decode("utf-8", "replace").encode(encoding, "replace")


def other_newlines(content: bytes, chance: random.Random) -> bytes:
    return content.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b", b"\xe2\x80\xa8")))


def add_marks(content: bytes, chance: random.Random) -> bytes:
    return (
        chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0", b"PAR1", b"\x1f\x8b"))
        + content
    )


def huge_field(content: bytes, chance: random.Random) -> bytes:
    filler = chance.choice((b"a", b'"', b"[", b"{", b",", b"\\", b"\n", b"\xc3\xa9", b"\0", b"9"))
    at = chance.randrange(len(content) + 1)
    return content[:at] + filler * chance.choice((5_000, 150_000, 600_000)) + content[at:]


def gzip_again(content: bytes, chance: random.Random) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0) + chance.choice((b"", b"\0" * 8, b"rubbish"))


def gzip_bomb(content: bytes, chance: random.Random) -> bytes:
    return gzip.compress(content + chance.choice((b" ", b"\n", b"a")) * (16 << 20), compresslevel=9, mtime=0)


def nothing_at_all(content: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"", b"\n", b"{}", b"[]", b"null", b"[{}]", b"text,label\n", b'"', b"\xef\xbb\xbf"))


WILD: tuple[str, ...] = (
    *("null", "NaN", "-Infinity", "1e999", "true", "[]", "{}", "-1", "0.1", '""', '"   "', '"\\u0000"', '"\\ud800"'),
    *('"\\u202e\\u001b[31m"', '[["a"]]', '{"text": ["a", "b"]}', '["a", "b"]', '[{"role": "user"}]'),
    *("9" * 5_000, "[" * 40 + "]" * 40, "[" * 3_000 + "]" * 3_000, '"' + "x" * 120_000 + '"'),
)


def wild_value(content: bytes, chance: random.Random) -> bytes:
    """One value of one JSON row becomes something that should not stand there."""

    def change(row: dict[str, object]) -> str:
        key = chance.choice(list(row))
        kept = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in row.items() if name != key]
        return "{" + ", ".join([*kept, f"{json.dumps(key)}: {chance.choice(WILD)}"]) + "}"

    return _in_one_row(content, chance, change)


def repeated_key(content: bytes, chance: random.Random) -> bytes:
    return _in_one_row(
        content, chance, lambda row: json.dumps(row)[:-1] + f", {json.dumps(chance.choice(list(row)))}: 1}}"
    )


def missing_key(content: bytes, chance: random.Random) -> bytes:
    def change(row: dict[str, object]) -> str:
        row.pop(chance.choice(list(row)))
        return json.dumps(row)

    return _in_one_row(content, chance, change)


def many_keys(content: bytes, chance: random.Random) -> bytes:
    return _in_one_row(content, chance, lambda row: json.dumps(row | {f"k{i}": i for i in range(2_000)}))


def _in_one_row(content: bytes, chance: random.Random, change: Callable[[dict[str, object]], str]) -> bytes:
    """The content with one JSON line changed; what is no JSON lines gets its bits flipped instead."""
    lines = content.split(b"\n")
    at = chance.randrange(max(1, len(lines) - 1))
    try:
        row = json.loads(lines[at])
    except (ValueError, UnicodeDecodeError):
        return flip_bits(content, chance)
    if not isinstance(row, dict) or not row:
        return flip_bits(content, chance)
    lines[at] = change(row).encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


MUTATIONS: tuple[Mutation, ...] = (
    *(truncate, splice_noise, flip_bits, repeat_part, drop_part, other_encoding, other_newlines, add_marks, huge_field),
    *(gzip_again, gzip_bomb, nothing_at_all, wild_value, repeated_key, missing_key, many_keys),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one damaged file."""

    seed_file: str
    mutation: str
    result: str
    """`task`, `DataError`, or the name of an exception that should not have escaped."""
    message: str
    seconds: float
    extra_bytes: int


def damage(source: Path, target: Path, chance: random.Random) -> str:
    """A damaged copy of a seed; the name of the damage."""
    if source.is_dir():
        shutil.copytree(source, target)
        victim = chance.choice(sorted(path for path in target.rglob("*") if path.is_file()))
    else:
        shutil.copy(source, target)
        victim = target
    mutation = chance.choice(MUTATIONS)
    content = victim.read_bytes()
    inside = content[:2] == b"\x1f\x8b" and chance.random() < 0.5
    if inside:
        victim.write_bytes(gzip.compress(mutation(gzip.decompress(content), chance), compresslevel=1, mtime=0))
    else:
        victim.write_bytes(mutation(content, chance))
    return mutation.__name__


def attempt(seeds: list[Path], scratch: Path, number: int) -> Outcome:
    """Damage one seed and read it, measured; `number` decides everything."""
    chance = random.Random(number)
    source = seeds[number % len(seeds)]
    target = scratch / f"{number}-{source.name}"
    mutation = damage(source, target, chance)
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    began = time.perf_counter()
    result, message = _read(target, skip_bad=chance.random() < 0.5)
    seconds = time.perf_counter() - began
    peak = tracemalloc.get_traced_memory()[1] + max(0, pa.total_allocated_bytes() - before)
    tracemalloc.stop()
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    return Outcome(source.name, mutation, result, message, seconds, peak)


def _read(path: Path, skip_bad: bool) -> tuple[str, str]:
    try:
        task = read_task(path, bounds=BOUNDS, skip_bad=skip_bad)
    except DataError as fault:
        return "DataError", str(fault)
    except Exception as fault:
        return type(fault).__name__, repr(fault)[:300]
    sound = task.train and task.valid and task.test and all(row.target for row in task.train)
    return ("task", "") if sound else ("BrokenTask", "a split is empty or a target is missing")
