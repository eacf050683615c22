"""A conversation becomes a prompt and a completion: the last answer is to be learned. Knows no chat template."""

from __future__ import annotations

from metapeft_core.data.record import shown

ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant", "chatgpt": "assistant"}


def render(value: object) -> tuple[str, str]:
    """What comes before the last assistant message, and that message. ValueError says what is wrong."""
    if not isinstance(value, list) or not value:
        raise ValueError(f"has {shown(value)} where a list of messages should be: write [{{role, content}}, ...]")
    said = [_message(i, each) for i, each in enumerate(value, start=1)]
    last = max((i for i, (role, _) in enumerate(said) if role == "assistant"), default=None)
    if last is None:
        raise ValueError("has no assistant message: there is nothing to learn from; add one, or drop the row")
    completion = said[last][1]
    if not completion.strip():
        raise ValueError("has an empty last assistant message: fill it, or drop the row")
    before = said[:last]
    if len(before) == 1 and before[0][0] == "user":
        return before[0][1], completion
    return "\n".join(f"{role}: {content}" for role, content in before), completion


def _message(place: int, value: object) -> tuple[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"has {shown(value)} as message {place}: write {{role, content}}")
    role = value.get("role", value.get("from"))
    content = value.get("content", value.get("value"))
    if not isinstance(role, str) or not role.strip():
        raise ValueError(f"has no role in message {place}: write user, assistant or system")
    if isinstance(content, list):
        content = "\n".join(_part(place, part) for part in content)
    if not isinstance(content, str):
        raise ValueError(f"has {shown(content)} as the content of message {place}: write text")
    role = role.strip().casefold()
    return ROLES.get(role, role), content


def _part(place: int, part: object) -> str:
    text = part.get("text") if isinstance(part, dict) else None
    if not isinstance(text, str):
        raise ValueError(f"has a part in message {place} that is not text: only text can be learned")
    return text
