"""Text that a model writes under a regular expression: it chooses, the expression decides among what. Knows no prompt.

The automaton is outlines' own (outlines_core), which knows tokens and no array library, so it is the same on Metal,
CUDA and the CPU. Where only one continuation is possible nothing is asked: the tokens are appended, and read together
with the next ones that are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from outlines_core import Guide, Index, Vocabulary
from tokenizers import Tokenizer

Logits = npt.NDArray[np.float32]
NextLogits = Callable[[Sequence[int]], Logits]
"""Reads some more tokens and returns the logits of the one that follows."""
KEPT = 64
"""Automata that are kept: building one takes a tenth of a second."""


class TypedDecoder:
    """Turns regular expressions into automata over one tokenizer's tokens."""

    def __init__(self, tokenizer: Tokenizer, end: int, ends: Collection[int] = ()) -> None:
        """`ends`: tokens that end a text as well as `end` does."""
        self._ends = frozenset({end, *ends})
        own = {text: ids for text, ids in pieces(tokenizer).items() if not self._ends & set(ids)}
        self._vocabulary = Vocabulary(end, own)
        self._bytes = {token: text for text, ids in own.items() for token in ids}
        self._index = lru_cache(maxsize=KEPT)(lambda pattern: Index(pattern, self._vocabulary))

    def decode(self, pattern: str, prompt: Sequence[int], following: NextLogits) -> str:
        """Write what fits the pattern, greedily, after the prompt."""
        guide = Guide(self._index(pattern))
        unread, written = list(prompt), []
        # A guide calls itself finished wherever the pattern may end, though it may go on there too.
        while True:
            tokens = guide.get_tokens()
            allowed = [token for token in tokens if token not in self._ends]
            if not allowed:
                break
            may_end = len(allowed) < len(tokens)
            token = None if may_end else self._forced(allowed)
            if token is None:
                logits = following(unread)
                unread = []
                # Where the pattern may end, ending competes with going on.
                options = np.array([*allowed, *(self._ends if may_end else ())])
                token = int(options[int(logits[options].argmax())])
                if token in self._ends:
                    break
            unread.append(token)
            written.append(token)
            guide.advance(token, return_tokens=False)
        return b"".join(self._bytes[token] for token in written).decode()

    def _forced(self, allowed: Sequence[int]) -> int | None:
        """The longest token where all others are beginnings of it: whichever is taken, the text is the same."""
        longest = max(allowed, key=lambda token: len(self._bytes[token]))
        text = self._bytes[longest]
        return longest if all(text.startswith(self._bytes[token]) for token in allowed) else None


def pieces(tokenizer: Tokenizer) -> dict[bytes, list[int]]:
    """The bytes that tokens stand for, which may be a part of a character only."""
    plain = _decoder(tokenizer)
    found: dict[bytes, list[int]] = {}
    for piece, token in tokenizer.get_vocab(with_added_tokens=False).items():
        if text := plain(piece):
            found.setdefault(text, []).append(token)
    return found


def _decoder(tokenizer: Tokenizer) -> Callable[[str], bytes]:
    """How a piece of the vocabulary becomes bytes: letter by letter, or with a mark that stands for a space."""
    if "Ġ" in "".join(list(tokenizer.get_vocab())[:5000]):
        letters = _byte_letters()
        return lambda piece: b"".join(letters.get(letter, letter.encode()) for letter in piece)
    return lambda piece: _spelt_byte(piece) or piece.replace("▁", " ").encode()


def _spelt_byte(piece: str) -> bytes | None:
    """The byte that a piece such as <0x0A> spells."""
    spelt = re.fullmatch(r"<0x([0-9A-Fa-f]{2})>", piece)
    return bytes.fromhex(spelt[1]) if spelt else None


def _byte_letters() -> dict[str, bytes]:
    """GPT-2's alphabet, in which every byte is a letter that can be seen; most are those of Latin-1."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    unseen = [byte for byte in range(256) if byte not in seen]
    pairs = [(chr(byte), byte) for byte in seen] + [(chr(256 + place), byte) for place, byte in enumerate(unseen)]
    return {letter: bytes([byte]) for letter, byte in pairs}
