"""Text to token ids and back. Knows the tokenizer file, not the model that reads the ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from metapeft_core.errors import BackboneError


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenizer with its own special tokens, cut at a length only when asked."""

    tokenizer: Tokenizer
    end: int | None
    """The id that ends a text, None where the model has none."""
    pad: int = 0
    ends: frozenset[int] = frozenset()
    """All ids that end a text: chats may end otherwise than documents."""

    def encode(self, texts: Sequence[str], limit: int | None = None, special: bool = True) -> list[list[int]]:
        """Ids of every text, the model's special tokens included, cut to `limit` ids."""
        if limit is None:
            self.tokenizer.no_truncation()
        else:
            self.tokenizer.enable_truncation(limit)
        return [list(e.ids) for e in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=special)]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of the ids, special tokens left out."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    @property
    def size(self) -> int:
        """How many ids there are."""
        return int(self.tokenizer.get_vocab_size())


def read_tokens(folder: Path, end: int | None, pad: int = 0, ends: frozenset[int] = frozenset()) -> Tokens:
    """The tokenizer of a model folder."""
    path = folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path)) if path.exists() else _slow_tokenizer(folder)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Tokens(tokenizer, end, pad, ends | ({end} if end is not None else set()))


def _slow_tokenizer(folder: Path) -> Tokenizer:
    # Only old folders lack tokenizer.json; transformers, which converts them, takes seconds to import.
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(str(folder))
    backend = getattr(loaded, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise BackboneError(
            f"{folder} has no tokenizer.json and its tokenizer has no fast form: convert it with "
            "transformers' AutoTokenizer(...).save_pretrained and try again"
        )
    return backend
