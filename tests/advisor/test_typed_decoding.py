"""Whatever a model prefers, what it writes fits the pattern, and it is asked only where there is a choice."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from advisor.reading.form import pattern_of
from advisor.reading.numbers import numbers_in
from advisor.typed_decoding import Logits, TypedDecoder, pieces
from metapeft_core.backbones.packages import smollm2_folder, smollm2_is_here

END = 0
FORM = pattern_of(True, True, numbers_in("500 rows, 300 тысяч, ３０ of 0.5"))
PATTERNS = (
    "act: run\n",
    "(cat|dog|cats) food",
    "a{1,4}b?",
    "act: (recommend|record|run)\n(task: (spam|topic)\n)?(domain: news\n)?",
    r"[0-9]{1,3}(\.[0-9])?",
    "(über|€|条|🙂){2}",
    "(٣٠٠|３０)件: (rows|nothing)",
    FORM,
)
PROMPT = [5, 6, 7]


@cache
def byte_level() -> Tokenizer:
    """Pieces of bytes, as GPT-2 and SmolLM2 have them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    texts = ["act: recommend\ntask: spam\ndomain: news\n500: rows\n", "cats and dogs eat cat food", "one two three"]
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        special_tokens=["<end>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts * 3, trainer)
    assert tokenizer.token_to_id("<end>") == END
    return tokenizer


@cache
def with_marks() -> Tokenizer:
    """Pieces with a mark for a space and names for bytes, as Llama 2 and Gemma have them."""
    names = ["</s>", "<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    # The automaton never offers a token of one byte right behind where a pattern may end: lines begin with longer ones.
    words = [
        "▁",
        "▁food",
        "food",
        "act",
        "act:",
        "task",
        "domain",
        "▁run",
        "cat",
        "dog",
        "s",
        *"abcdefghijklmnopqrstuvwxyz:0123456789.",
    ]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys([*names, *words]))}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], byte_fallback=True, unk_token="<unk>"))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


TOKENIZERS: dict[str, Callable[[], Tokenizer]] = {"bytes": byte_level, "marks": with_marks}


@cache
def decoder_of(kind: str) -> TypedDecoder:
    return TypedDecoder(TOKENIZERS[kind](), END)


class Writer:
    """Prefers what it is told to prefer, and remembers what it read."""

    def __init__(self, size: int, prefer: Callable[[int], Logits]) -> None:
        self.size, self.prefer = size, prefer
        self.read: list[list[int]] = []

    def following(self, ids: Sequence[int]) -> Logits:
        self.read.append(list(ids))
        return self.prefer(len(self.read))

    @classmethod
    def at_random(cls, size: int, seed: int, end: float = 0.0) -> Writer:
        """Prefers anything, and the end more than that by so much."""
        chance = np.random.default_rng(seed)

        def prefer(_: int) -> Logits:
            logits = chance.normal(size=size).astype(np.float32)
            logits[END] += end
            return logits

        return cls(size, prefer)


def writer_for(kind: str, seed: int = 0, end: float = 0.0) -> Writer:
    return Writer.at_random(TOKENIZERS[kind]().get_vocab_size(), seed, end)


@pytest.mark.parametrize("kind", TOKENIZERS)
@given(pattern=st.sampled_from(PATTERNS), seed=st.integers(0, 10**6), end=st.sampled_from([-9.0, 0.0, 9.0]))
def test_whatever_is_preferred_the_text_fits_the_pattern(kind: str, pattern: str, seed: int, end: float):
    text = decoder_of(kind).decode(pattern, PROMPT, writer_for(kind, seed, end).following).text
    assert re.fullmatch(pattern, text)


@pytest.mark.parametrize("kind", TOKENIZERS)
@given(pattern=st.sampled_from(PATTERNS), seed=st.integers(0, 10**6))
def test_every_token_is_read_once_and_in_order(kind: str, pattern: str, seed: int):
    writer = writer_for(kind, seed)
    text = decoder_of(kind).decode(pattern, PROMPT, writer.following).text
    bytes_of = {token: piece for piece, ids in pieces(TOKENIZERS[kind]()).items() for token in ids}
    read = [token for ids in writer.read for token in ids]
    assert all(writer.read)
    if read:
        assert read[: len(PROMPT)] == PROMPT
        assert text.encode().startswith(b"".join(bytes_of[token] for token in read[len(PROMPT) :]))


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize("pattern", ["act: run\n", "€ and more", "x"])
def test_where_there_is_no_choice_nothing_is_asked(kind: str, pattern: str):
    writer = writer_for(kind)
    assert decoder_of(kind).decode(pattern, PROMPT, writer.following).text == pattern
    assert writer.read == []


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_a_choice_between_two_is_asked_once_and_the_rest_follows(kind: str):
    writer = writer_for(kind)
    assert decoder_of(kind).decode("my (cat|dog) eats", PROMPT, writer.following).text in ("my cat eats", "my dog eats")
    assert len(writer.read) == 1
    assert writer.read[0][: len(PROMPT)] == PROMPT


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize(("end", "text"), [(99.0, "a"), (-99.0, "aaaa")])
def test_where_a_pattern_may_end_ending_competes_with_going_on(kind: str, end: float, text: str):
    assert decoder_of(kind).decode("a{1,4}", PROMPT, writer_for(kind, 3, end).following).text == text


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize(("end", "text"), [(99.0, "act: run\n"), (-99.0, "act: run\ntask: spam\n")])
def test_a_line_that_may_be_missing_is_written_where_it_is_preferred(kind: str, end: float, text: str):
    pattern = "act: run\n(task: spam\n)?"
    assert decoder_of(kind).decode(pattern, PROMPT, writer_for(kind, 3, end).following).text == text


def test_a_form_without_numbers_may_say_what_the_task_is():
    pattern = pattern_of(False, False, ())
    found = {
        decoder_of("bytes").decode(pattern, PROMPT, writer_for("bytes", seed, -99.0).following).text
        for seed in range(8)
    }
    assert any("task: " in form or "domain: " in form for form in found)


def test_the_same_preferences_write_the_same_text():
    texts = {decoder_of("bytes").decode(FORM, PROMPT, writer_for("bytes", 4).following).text for _ in range(3)}
    assert len(texts) == 1


def test_what_is_preferred_most_is_taken():
    tokenizer = byte_level()
    wanted = tokenizer.encode("dog").ids[0]
    logits = np.zeros(tokenizer.get_vocab_size(), np.float32)
    logits[wanted] = 1
    writer = Writer(len(logits), lambda _: logits)
    assert decoder_of("bytes").decode("(cat|dog) food", PROMPT, writer.following).text == "dog food"


@given(st.text(max_size=40))
def test_the_pieces_of_a_text_come_to_the_text(text: str):
    tokenizer = byte_level()
    bytes_of = {token: piece for piece, ids in pieces(tokenizer).items() for token in ids}
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert b"".join(bytes_of[token] for token in ids) == text.encode()


def test_marks_are_spaces_and_names_of_bytes_are_bytes():
    found = pieces(with_marks())
    vocabulary = with_marks().get_vocab()
    assert found[b" food"] == [vocabulary["▁food"]]
    assert found[b"\n"] == [vocabulary["<0x0A>"]]
    assert found[b"\xe2"] == [vocabulary["<0xE2>"]]
    assert b"<0x0A>" not in found


def test_a_pattern_that_no_token_fits_is_told():
    with pytest.raises(ValueError, match="incompatible"):
        TypedDecoder(_without_digits(), END).decode("500: rows", PROMPT, writer_for("marks").following)


def _without_digits() -> Tokenizer:
    letters = ["</s>", "▁", *"abcdefghijklmnopqrstuvwxyz:"]
    return Tokenizer(models.BPE({piece: number for number, piece in enumerate(letters)}, []))


@pytest.mark.decoder
@pytest.mark.parametrize(
    "question", ["which method", "500 rows, 4 classes", "300 ТЫСЯЧ", "３０件 and ٣٠٠", "milhão, dreißig"]
)
def test_smollm2s_tokens_write_any_form(question: str):
    if not smollm2_is_here():
        pytest.skip("SmolLM2-135M-Instruct is not here: run `advisor fetch smollm2` once")
    decoder, size = smollm2_tokens()
    pattern = pattern_of(True, True, numbers_in(question))
    for seed in range(3):
        text = decoder.decode(pattern, PROMPT, Writer.at_random(size, seed).following).text
        assert re.fullmatch(pattern, text)


@cache
def smollm2_tokens() -> tuple[TypedDecoder, int]:
    tokenizer = Tokenizer.from_file(str(smollm2_folder() / "tokenizer.json"))
    return TypedDecoder(tokenizer, tokenizer.token_to_id("<|im_end|>")), tokenizer.get_vocab_size()


@pytest.mark.parametrize("kind", TOKENIZERS)
@given(seed=st.integers(0, 10**6))
def test_how_sure_a_model_is_of_each_line_is_a_share_of_what_it_could_have_written(kind: str, seed: int):
    pattern = "act: (run|why|help)\n(task: spam\n)?500: (rows|steps)\n"
    chosen = decoder_of(kind).decode(pattern, PROMPT, writer_for(kind, seed).following)
    assert len(chosen.chances) == len(chosen.text.splitlines())
    assert all(0 < chance <= 1 for chance in chosen.chances)


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_a_line_without_a_choice_is_sure(kind: str):
    assert decoder_of(kind).decode("act: run\n500: rows", PROMPT, writer_for(kind).following).chances == (1.0, 1.0)
