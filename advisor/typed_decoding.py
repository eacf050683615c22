"""Text that a model writes under a regular expression: it chooses, the expression decides among what. Knows no prompt.

The automaton is outlines' own (outlines_core), which knows tokens and no array library, so it is the same on Metal,
CUDA and the CPU. Where only one continuation is possible nothing is asked: the tokens are appended, and read together
with the next ones that are. How sure the model was is told for each line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from outlines_core import Guide, Index, Vocabulary
from tokenizers import Tokenizer

from advisor.chosen import Chosen, Leaning

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

    def decode(
        self, pattern: str, prompt: Sequence[int], following: NextLogits, leaning: Leaning | None = None
    ) -> Chosen:
        """Write what fits the pattern, greedily, after the prompt: what model and leaning like best together."""
        guide = Guide(self._index(pattern))
        unread, written = list(prompt), _Lines()
        # A guide calls itself finished wherever the pattern may end, though it may go on there too.
        while True:
            tokens = guide.get_tokens()
            allowed = [token for token in tokens if token not in self._ends]
            if not allowed:
                break
            may_end = len(allowed) < len(tokens)
            token, chance = None if may_end else self._forced(allowed), 1.0
            if token is None:
                # Where the pattern may end, ending competes with going on.
                options = np.array([*allowed, *(self._ends if may_end else ())])
                liked = following(unread)[options].astype(np.float64)
                if leaning is not None:
                    liked += [self._leant(leaning, written.text, one) for one in options]
                token, chance = _preferred(options, liked)
                unread = []
                if token in self._ends:
                    break
            unread.append(token)
            written.add(self._bytes[token], chance)
            guide.advance(token, return_tokens=False)
        return written.whole()

    def _leant(self, leaning: Leaning, text: bytes, token: int) -> float:
        """What speaks for going on with a token; a part of a character is none yet."""
        ends = token in self._ends
        return leaning((text if ends else text + self._bytes[token]).decode(errors="ignore"), ends)

    def _forced(self, allowed: Sequence[int]) -> int | None:
        """The longest token where all others are beginnings of it: whichever is taken, the text is the same."""
        longest = max(allowed, key=lambda token: len(self._bytes[token]))
        text = self._bytes[longest]
        return longest if all(text.startswith(self._bytes[token]) for token in allowed) else None


@dataclass(slots=True)
class _Lines:
    """A text as it grows, and how likely each of its lines is."""

    text: bytes = b""
    chances: list[float] = field(default_factory=list)
    chance: float = 1.0

    def add(self, piece: bytes, chance: float) -> None:
        self.text += piece
        self.chance *= chance
        if piece.endswith(b"\n"):
            self.chances.append(self.chance)
            self.chance = 1.0

    def whole(self) -> Chosen:
        rest = [self.chance] if self.text and not self.text.endswith(b"\n") else []
        return Chosen(self.text.decode(), (*self.chances, *rest))


def _preferred(options: npt.NDArray[np.int64], liked: npt.NDArray[np.float64]) -> tuple[int, float]:
    """The token that is liked best of these, and its share."""
    shares = np.exp(liked - liked.max())
    place = int(liked.argmax())
    return int(options[place]), float(shares[place] / shares.sum())


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
