"""Which columns hold what: the names in common use, and the objective that follows. Knows no values, only names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from metapeft_core.data.record import shown
from metapeft_core.errors import DataError
from metapeft_core.types import Objective

LABELS = ("label_text", "label_name", "label", "labels", "class", "category", "gold_label", "class_label")
WEAK_LABELS = ("target", "sentiment", "intent", "topic", "emotion", "coarse_label", "tag", "rating", "stars", "y")
"""Names that hold a class only where no completion stands beside them."""
TEXTS = (
    *("text", "sentence", "content", "document", "review", "review_body", "tweet", "comment", "comment_text", "body"),
    *("utterance", "query", "question", "message", "post", "headline", "description", "abstract", "article", "passage"),
    *("statement", "claim", "input", "title", "prompt"),
)
PAIRS = (
    *(("premise", "hypothesis"), ("sentence1", "sentence2"), ("sentence_1", "sentence_2"), ("question1", "question2")),
    *(("text1", "text2"), ("text_1", "text_2"), ("text_a", "text_b"), ("sentence_a", "sentence_b")),
    *(("passage", "question"), ("question", "sentence"), ("context", "question"), ("question", "answer")),
    *(("claim", "evidence"), ("query", "document"), ("query", "passage"), ("query", "text")),
)
PROMPTED = ((("prompt",), "completion"), (("prompt",), "response"), (("prompt",), "output"), (("prompt",), "target"))
GENERATION: tuple[tuple[tuple[str, ...], str], ...] = (
    *((("instruction", "input"), "output"), (("instruction", "context"), "response")),
    *((("instruction",), "output"), (("instruction",), "response"), (("instruction",), "completion")),
    *((("context", "question"), "answer"), (("context", "question"), "answers"), (("question",), "answer")),
    *((("question",), "response"), (("question",), "answers"), (("question",), "query"), (("question",), "sql")),
    *((("query",), "response"), (("query",), "answer"), (("input",), "output"), (("input",), "target")),
    *((("inputs",), "targets"), (("source",), "target"), (("src",), "tgt"), (("document",), "summary")),
    *((("article",), "highlights"), (("article",), "summary"), (("dialogue",), "summary"), (("text",), "summary")),
    *((("original",), "simplification"), (("meaning_representation",), "human_reference"), (("mr",), "ref")),
)
CONVERSATIONS = ("messages", "conversations", "conversation")
SPLITS = ("split", "partition")
OPTIONAL = frozenset({("instruction", "input"), ("instruction", "context")})
"""Pairs whose second column may be empty in a row."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Columns that the user names, which overrule every guess."""

    text: str | None = None
    label: str | None = None
    prompt: str | None = None
    completion: str | None = None
    split: str | None = None

    def __post_init__(self) -> None:
        if (self.prompt is None) != (self.completion is None):
            raise DataError("name both the prompt column and the completion column, or neither")
        if self.prompt is not None and (self.text or self.label):
            raise DataError("name a text and a label column, or a prompt and a completion column, not both")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns a task is read from."""

    objective: Objective
    inputs: tuple[str, ...] = ()
    target: str | None = None
    """None for bare text, where the text itself is to be learned, and for conversations."""
    conversation: str | None = None
    split: str | None = None
    optional: frozenset[str] = field(default_factory=frozenset)
    """Inputs that a row may lack."""

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column that has to be read, without repetition."""
        names = (*self.inputs, self.target, self.conversation, self.split)
        return tuple(dict.fromkeys(name for name in names if name is not None))


def plain(name: str) -> str:
    """A column name as it is compared: case, spaces and hyphens do not count."""
    return "_".join(name.strip().casefold().replace("-", " ").split())


def known_names(names: Sequence[str]) -> set[str]:
    """Those of the names that some layout knows."""
    pairs = {name for pair in PAIRS for name in pair}
    generation = {name for inputs, target in (*PROMPTED, *GENERATION) for name in (*inputs, target)}
    every = {*LABELS, *WEAK_LABELS, *TEXTS, *CONVERSATIONS, *SPLITS} | pairs | generation
    return {name for name in map(plain, names) if name in every}


def choose_columns(names: Sequence[str], wishes: Wishes) -> Columns:
    """The columns to read, from the user's wishes or else from the names in common use."""
    here = {plain(name): name for name in reversed(names)}
    wished = _wished(names, wishes)
    chosen = wished or _conversation(here) or _prompted(here) or _labelled(here, LABELS)
    chosen = chosen or _generation(here) or _labelled(here, WEAK_LABELS) or _bare(here)
    if chosen is None:
        listed = ", ".join(shown(name) for name in names[:12]) or "none"
        raise DataError(
            f"no known columns (found: {listed}): name them text and label, or prompt and completion, "
            "or say which they are with text_column=, label_column=, prompt_column=, completion_column="
        )
    split = wishes.split if wishes.split is not None else _first(here, SPLITS)
    if split and split not in names:
        raise _absent(split, names)
    return replace(chosen, split=split or None)


def _wished(names: Sequence[str], wishes: Wishes) -> Columns | None:
    for wish in (wishes.text, wishes.label, wishes.prompt, wishes.completion):
        if wish is not None and wish not in names:
            raise _absent(wish, names)
    if wishes.prompt is not None:
        return Columns("generation", (wishes.prompt,), wishes.completion)
    if wishes.text is None and wishes.label is None:
        return None
    here = {plain(name): name for name in reversed(names) if name not in (wishes.text, wishes.label)}
    label = wishes.label or _first(here, (*LABELS, *WEAK_LABELS))
    if label is None:
        return Columns("generation", (), wishes.text)
    inputs = (wishes.text,) if wishes.text else _inputs(here)
    if inputs is None:
        raise DataError(f"no known text column beside {shown(label)}: say which it is with text_column=")
    return Columns("classification", inputs, label)


def _absent(wish: str, names: Sequence[str]) -> DataError:
    listed = ", ".join(shown(name) for name in names[:12])
    return DataError(f"there is no column {shown(wish)}; the data has {listed}")


def _conversation(here: dict[str, str]) -> Columns | None:
    found = _first(here, CONVERSATIONS)
    return None if found is None else Columns("generation", conversation=found)


def _prompted(here: dict[str, str]) -> Columns | None:
    return _from_table(here, PROMPTED)


def _generation(here: dict[str, str]) -> Columns | None:
    return _from_table(here, GENERATION)


def _from_table(here: dict[str, str], table: Sequence[tuple[tuple[str, ...], str]]) -> Columns | None:
    for inputs, target in table:
        if target in here and all(name in here for name in inputs):
            optional = frozenset({here[inputs[1]]} if inputs in OPTIONAL else ())
            return Columns("generation", tuple(here[name] for name in inputs), here[target], optional=optional)
    return None


def _labelled(here: dict[str, str], labels: Sequence[str]) -> Columns | None:
    label = _first(here, labels)
    if label is None:
        return None
    inputs = _inputs({name: found for name, found in here.items() if found != label})
    return None if inputs is None else Columns("classification", inputs, label)


def _inputs(here: dict[str, str]) -> tuple[str, ...] | None:
    for first, second in PAIRS:
        if first in here and second in here:
            return here[first], here[second]
    found = _first(here, TEXTS)
    return None if found is None else (found,)


def _bare(here: dict[str, str]) -> Columns | None:
    found = _first(here, ("text", "content", "document"))
    return None if found is None else Columns("generation", (), found)


def _first(here: dict[str, str], names: Sequence[str]) -> str | None:
    return next((here[name] for name in names if name in here), None)
