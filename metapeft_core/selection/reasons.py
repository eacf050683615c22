"""A recommendation's reasons in plain sentences, put together from its figures. Knows figures, no language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metapeft_core.types import MethodForecast, PEFTMethod

NAMES: Mapping[PEFTMethod, str] = {
    PEFTMethod.LORA: "LoRA",
    PEFTMethod.ADALORA: "AdaLoRA",
    PEFTMethod.PROMPT_TUNING: "prompt tuning",
    PEFTMethod.PREFIX_TUNING: "prefix tuning",
    PEFTMethod.P_TUNING: "P-tuning",
}
NOTICEABLE_SHARE = 0.05
"""Of the judgement, from which on published figures are mentioned."""


def reasons(
    taken: MethodForecast,
    ranking: Sequence[MethodForecast],
    tied: Sequence[PEFTMethod],
    abstained: str | None,
    cases: int,
    published: float,
) -> str:
    """What speaks for the method, what against, and on what that rests."""
    sentences = [_choice(taken, ranking, tied), _expected(taken), *_against(taken, ranking, tied)]
    if abstained:
        sentences.append(abstained)
    sentences.append(_grounds(cases, published))
    return " ".join(sentences)


def _choice(taken: MethodForecast, ranking: Sequence[MethodForecast], tied: Sequence[PEFTMethod]) -> str:
    name = NAMES[taken.method]
    if tied:
        others = listed([NAMES[method] for method in tied if method != taken.method])
        return f"{begun(name)} and {others} are within noise of each other; {name} is the cheapest of them."
    if taken.method == ranking[0].method:
        return (
            f"{begun(name)} is expected to be best, or as good as the best, with a probability of {taken.chance:.0%}."
        )
    return f"{begun(name)} is the safe choice, as good as the best with a probability of {taken.chance:.0%}."


def _expected(taken: MethodForecast) -> str:
    quality = taken.quality
    return (
        f"Expected score {quality.expected:.2f}, between {quality.low:.2f} and {quality.high:.2f} in nine of ten cases."
    )


def _against(taken: MethodForecast, ranking: Sequence[MethodForecast], tied: Sequence[PEFTMethod]) -> list[str]:
    rivals = [one for one in ranking if one.method != taken.method and one.method not in tied and one.fits]
    if not rivals:
        return []
    rival = max(rivals, key=lambda one: one.chance)
    return [f"Against it: {NAMES[rival.method]} is as good as the best with a probability of {rival.chance:.0%}."]


def _grounds(cases: int, published: float) -> str:
    measured = f"{cases} comparisons of measured runs"
    if published > 1 - NOTICEABLE_SHARE:
        return "For a model of this size that rests on published figures alone, which were measured on other data."
    if published > NOTICEABLE_SHARE:
        return f"That rests on {measured}, and to {published:.0%} on published figures of larger models."
    return f"That rests on {measured}."


def listed(names: Sequence[str]) -> str:
    """Names one after the other."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def begun(name: str) -> str:
    """A name as it stands at the beginning of a sentence."""
    return name[0].upper() + name[1:]
