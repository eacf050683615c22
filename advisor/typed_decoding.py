"""Text that a model writes under a regular expression: it chooses, the expression decides among what. Knows no prompt.

The automaton is outlines' own (outlines_core), which knows tokens and no array library, so it is the same on Metal,
CUDA and the CPU. Where only one continuation is possible nothing is asked: the tokens are appended, and read together
with the next ones that are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from outlines_core import Guide, Index, Vocabulary
from tokenizers import Tokenizer, decoders

Logits = npt.NDArray[np.float32]
NextLogits = Callable[[Sequence[int]], Logits]
"""Reads some more tokens and returns the logits of the one that follows."""
KEPT = 64
"""Automata that are kept: building one takes a tenth of a second."""


class TypedDecoder:
    """Turns regular expressions into automata over one tokenizer's tokens."""

    def __init__(self, tokenizer: Tokenizer, end: int) -> None:
        self._pieces = pieces(tokenizer)
        own = {text: ids for text, ids in self._pieces.items() if end not in ids}
        self._vocabulary = Vocabulary(end, own)
        self._end = end
        self._texts = {token: text for text, ids in own.items() for token in ids}
        self._index = lru_cache(maxsize=KEPT)(lambda pattern: Index(pattern, self._vocabulary))

    def decode(self, pattern: str, prompt: Sequence[int], following: NextLogits) -> str:
        """Write what fits the pattern, greedily, after the prompt."""
        guide = Guide(self._index(pattern))
        unread, written = list(prompt), []
        while not guide.is_finished():
            tokens = guide.get_tokens()
            allowed = [token for token in tokens if token != self._end]
            if not allowed:
                break
            may_end = len(allowed) < len(tokens)
            token = None if may_end else self._forced(allowed)
            if token is None:
                logits = following(unread)
                unread = []
                # Where the pattern may end, ending competes with going on.
                options = np.array(tokens)
                token = int(options[int(logits[options].argmax())])
                if token == self._end:
                    break
            unread.append(token)
            written.append(token)
            guide.advance(token, return_tokens=False)
        return "".join(self._texts[token] for token in written)

    def _forced(self, allowed: Sequence[int]) -> int | None:
        """The longest token where all others are beginnings of it: whichever is taken, the text is the same."""
        longest = max(allowed, key=lambda token: len(self._texts[token]))
        text = self._texts[longest]
        return longest if all(text.startswith(self._texts[token]) for token in allowed) else None


def pieces(tokenizer: Tokenizer) -> dict[str, list[int]]:
    """The texts that tokens stand for; what is no whole text by itself, a part of a character, is left out."""
    plain = _decoder(tokenizer)
    found: dict[str, list[int]] = {}
    for piece, token in tokenizer.get_vocab(with_added_tokens=False).items():
        text = plain(piece)
        if text and "\ufffd" not in text:
            found.setdefault(text, []).append(token)
    return found


def _decoder(tokenizer: Tokenizer) -> Callable[[str], str]:
    """How a piece of the vocabulary becomes text: by bytes, or with a mark that stands for a space."""
    if "Ġ" in "".join(list(tokenizer.get_vocab())[:5000]):
        by_bytes = decoders.ByteLevel()
        return lambda piece: by_bytes.decode([piece])
    return lambda piece: piece.replace("▁", " ")
