"""A question read without any model: by the words that usually say a thing. Knows English, and a little of others.

What a model reads better is measured against this (benchmarks/controller.py); without a model it is what there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from advisor.reading.behind import said_behind
from advisor.reading.names import methods_in, model_in, targets_in
from advisor.reading.number import Number, Role
from advisor.reading.reading import Act, sensible_acts
from advisor.reading.subjects import domains_in, hinted_tasks, tasks_in


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})", re.I)


ACTS: Mapping[Act, re.Pattern[str]] = {
    Act.RECORD: _any(
        r"(?:i|we) (?:got|reached|ended)",
        r"(?:result|update) ?:",
        "it scored",
        "scored",
        "reached",
        "gave (?:me )?[0-9]",
    ),
    Act.EXPORT: _any("export", "config", "yaml", "command", "recipe", "konfigur"),
    Act.DESCRIBE: _any("describe", "characteri[sz]e", "profile", "what is in", "look at my data", "analy[sz]e my"),
    Act.RUN: _any(
        "run it",
        "train it",
        "start (?:the )?training",
        "go ahead",
        "now run",
        "launch",
        "execute",
        "kick off",
        "run it now",
    ),
    Act.EVIDENCE: _any("evidence", "past runs?", "similar", "experiences?", "previous runs?", "earlier runs?", "prove"),
    Act.COST: _any(
        "how long",
        "how much (?:memory|ram|vram)",
        "how many (?:minutes|hours)",
        "training time",
        "cost",
        "runtime",
        "fit (?:in|on)",
        "wie lange",
    ),
    Act.WHY: _any("why", "how come", "how sure", "warum", "wieso", "pourquoi", "por qué", "perché", "reason"),
    Act.COMPARE: _any("compare", "vs", "versus", "better than", "difference between", "side by side"),
    Act.EXPLAIN: _any(
        "what is", "what's", "what are", "how does", "how do", "explain", "tell me about", "was ist", "define"
    ),
    Act.REFINE: _any(
        "and (?:if|with|for|what)", "what if", "what about", "instead", "same but", "actually", "only have", "make that"
    ),
    Act.HELP: _any(
        "hi$",
        "hello",
        "thanks",
        "thank you",
        "help",
        "what can you",
        "who are you",
        "bye",
        "hallo",
        "danke",
        "merci",
        "hola",
    ),
    Act.RECOMMEND: _any(
        "best",
        "which",
        "recommend",
        "should i",
        "method",
        "peft",
        "fine-?tun",
        "settings",
        "adapter",
        "adapt",
        "train",
        "suggest",
        "classif",
    ),
}
"""The first that fits and makes sense decides."""


def read_by_rules(
    question: str, numbers: Sequence[Number], after_one: bool, with_data: bool
) -> tuple[dict[str, str], dict[str, Role]]:
    """Act, task and domain by key, and what each number is."""
    act = act_of(question, after_one, with_data)
    found = {"act": str(act)}
    for key, named in (("task", (*tasks_in(question), *hinted_tasks(question))), ("domain", domains_in(question))):
        if named:
            found[key] = named[0]
    roles: dict[str, Role] = {}
    for number in numbers:
        if len(number.roles) > 1:
            roles.setdefault(number.text, role_of(number, question, act))
    return found, roles


def act_of(question: str, after_one: bool, with_data: bool) -> Act:
    """What is wanted."""
    sensible = sensible_acts(after_one, with_data)
    about = bool(methods_in(question) or model_in(question) or targets_in(question))
    on_topic = about or bool(tasks_in(question) or hinted_tasks(question))
    if Act.COMPARE in sensible and len(methods_in(question)) > 1:
        return Act.COMPARE
    for act, pattern in ACTS.items():
        if act not in sensible or not pattern.search(question):
            continue
        if act in (Act.EXPLAIN, Act.COMPARE, Act.COST) and not about:
            continue
        if act is Act.RECOMMEND and not on_topic and not with_data and "peft" not in question.lower():
            continue
        return act
    if on_topic:
        return Act.REFINE if after_one else Act.RECOMMEND
    return Act.OTHER


def role_of(number: Number, question: str, act: Act) -> Role:
    """What a number is, by what stands behind it."""
    said = number.sole or said_behind(number, question)
    if said is not None:
        return said
    if Role.SCORE in number.roles:
        return Role.SCORE if act is Act.RECORD else Role.NOTHING
    return Role.ROWS if Role.ROWS in number.roles else Role.NOTHING
