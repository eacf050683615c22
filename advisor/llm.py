"""The language model of a conversation: an MLX model on the one thread that may touch it. Knows no tool, no question.

It does two things: it fills in what a pattern leaves open, and it writes a few sentences. What stands before every
prompt is read once and kept on disk. Loading happens on the thread, while others go on with their work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock
from typing import Self, TypeVar

from advisor.chat_format import around_the_user
from advisor.chosen import Chosen, Leaning
from advisor.typed_decoding import Logits, TypedDecoder
from metapeft_core import runtime
from metapeft_core.backbones.continuation import Continuation
from metapeft_core.backbones.decoder import Decoder
from metapeft_core.backbones.load import load_backbone, model_folder
from metapeft_core.errors import BackboneError
from metapeft_core.files import home
from metapeft_core.lanes import leave_thread
from metapeft_core.methods.inside_linears import LinearAdapter
from metapeft_core.methods.storage import load_adapter

Found = TypeVar("Found")
PATIENCE = 10.0
"""Seconds that closing waits at most: a load cannot be interrupted."""


class LanguageModel:
    """A model, loaded when it is first needed and used from any thread."""

    def __init__(self, name: str, adapter: Path | None = None, system: str = "") -> None:
        """`adapter` is merged into the weights; `system` is told before every prompt, as the model's chats have it."""
        self.name, self.adapter, self.system = name, adapter, system
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inference")
        self._loading: Future[_Loaded] | None = None
        self._closing, self._gate = Event(), Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the thread end, and wait until it has; whoever waits for an answer meets a `CancelledError`.

        What is being written ends at the next token. A load goes on, but is waited for only `PATIENCE` long.
        """
        with self._gate:
            if self._closing.is_set():
                return
            self._closing.set()
            # What was handed in before ends by itself; to cancel it would be to cancel this too.
            left = None if self._loading is None else self._thread.submit(leave_thread)
            self._thread.shutdown(wait=False)
        if left is not None and wait([left], PATIENCE).done:
            self._thread.shutdown()

    def start(self) -> None:
        """Begin to load, and do not wait."""
        if self._loading is None:
            self._loading = self._handed_in(lambda: _Loaded(self.name, self.adapter, self.system, self._closing))

    def choose(self, prompt: str, pattern: str, leaning: Leaning | None = None) -> Chosen:
        """What the model puts where the pattern leaves it a choice, weighed with what else speaks for it."""
        return self._on_thread(lambda loaded: loaded.choose(prompt, pattern, leaning))

    def write(self, prompt: str, most: int, opening: str = "") -> Iterator[str]:
        """A text of at most so many tokens after the prompt, and after how it is to begin; piece by piece."""
        pieces: SimpleQueue[str | None] = SimpleQueue()
        enough = Event()

        def work(loaded: _Loaded) -> None:
            try:
                for piece in loaded.write(prompt, most, opening):
                    if enough.is_set():
                        break
                    pieces.put(piece)
            finally:
                pieces.put(None)

        writing = self._begun(work)
        try:
            yield from iter(pieces.get, None)
            writing.result()
        finally:
            # Whoever has read enough does not keep the thread busy.
            enough.set()

    def _on_thread(self, work: Callable[[_Loaded], Found]) -> Found:
        return self._begun(work).result()

    def _begun(self, work: Callable[[_Loaded], Found]) -> Future[Found]:
        self.start()
        assert self._loading is not None
        loaded = self._loading.result()
        return self._handed_in(lambda: work(loaded))

    def _handed_in(self, work: Callable[[], Found]) -> Future[Found]:
        with self._gate:
            if self._closing.is_set():
                raise CancelledError
            return self._thread.submit(work)


class _Loaded:
    """The model itself; everything here runs on its thread."""

    def __init__(self, name: str, adapter: Path | None, system: str, closing: Event) -> None:
        self._closing = closing
        model = load_backbone(name)
        if not isinstance(model, Decoder) or model.tokens.end is None:
            raise BackboneError(f"{name} is no model that writes: choose a decoder, such as smollm2")
        if adapter is not None:
            adapted = load_adapter(adapter, model)
            assert isinstance(adapted.adapter, LinearAdapter)
            adapted.adapter.merge()
        self.tokens = model.tokens
        self.decoder = TypedDecoder(self.tokens.tokenizer, model.tokens.end, self.tokens.ends)
        prefix, self.after = around_the_user(model_folder(name), system) if system else ("", "")
        self.begins = not prefix
        self.text = Continuation(model)
        self._heed()
        if prefix:
            self.text.begin_with(self.tokens.encode([prefix])[0], _prefix_place(name, adapter, prefix))

    def choose(self, prompt: str, pattern: str, leaning: Leaning | None) -> Chosen:
        """Greedy, under the pattern."""
        self.text.rewind()
        return self.decoder.decode(pattern, self._ids(prompt), self._following, leaning)

    def write(self, prompt: str, most: int, opening: str) -> Iterator[str]:
        """Greedy, until the model ends or the tokens are used up."""
        self.text.rewind()
        written: list[int] = []
        told = ""
        unread = self._ids(prompt, opening)
        for _ in range(most):
            token = int(self._following(unread).argmax())
            if token in self.tokens.ends:
                break
            written.append(token)
            unread = [token]
            text = self.tokens.decode(written)
            # A part of a character is no text yet.
            if not text.endswith("\N{REPLACEMENT CHARACTER}"):
                yield text[len(told) :]
                told = text

    def _following(self, ids: Sequence[int]) -> Logits:
        self._heed()
        return self.text.following(ids)

    def _heed(self) -> None:
        """End the work where the model is being closed."""
        if self._closing.is_set():
            raise CancelledError

    def _ids(self, text: str, opening: str = "") -> list[int]:
        # What marks the beginning of a text stands before the prefix where there is one.
        return self.tokens.encode([text + self.after + opening], special=self.begins)[0]


def _prefix_place(name: str, adapter: Path | None, prefix: str) -> Path:
    """Where the prefix is kept: another model, adapter or text has another place, and so has one trained again."""
    weights = [_state_of(place) for place in (model_folder(name), adapter) if place is not None]
    told = json.dumps([name, weights, prefix, runtime.current().mlx])
    return home() / "prefixes" / f"{hashlib.sha256(told.encode()).hexdigest()[:24]}.safetensors"


def _state_of(folder: Path) -> list[tuple[str, int, int]]:
    """What tells the files of a folder, wherever it is named from, from those of another and from their own past."""
    files = sorted(file for file in folder.resolve().iterdir() if file.is_file())
    return [(str(file), status.st_size, status.st_mtime_ns) for file in files for status in (file.stat(),)]
