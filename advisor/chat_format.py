"""A prompt in the form that a chat model was trained on: what stands before the user's words, and what after them.

The template comes with the model and is rendered in a sandbox. Knows no model and no conversation.
"""

from __future__ import annotations

import json
from pathlib import Path

from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

MARK = "\u2063here the user speaks\u2063"


def around_the_user(folder: Path, system: str) -> tuple[str, str]:
    """Before and after the user's words, with this system text; plain lines where the model brings no template."""
    plain = (f"{system}\n", "")
    template = _template(folder)
    if template is None:
        return plain
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    messages = [{"role": "system", "content": system}, {"role": "user", "content": MARK}]
    told = {"messages": messages, "add_generation_prompt": True, "enable_thinking": False, **_tokens(folder)}
    try:
        rendered = environment.from_string(template).render(**told)
    except TemplateError:
        return plain
    before, found, after = rendered.partition(MARK)
    return (before, after) if found else plain


def _template(folder: Path) -> str | None:
    beside = folder / "chat_template.jinja"
    if beside.exists():
        return beside.read_text(encoding="utf-8")
    found = _config(folder).get("chat_template")
    return found if isinstance(found, str) else None


def _tokens(folder: Path) -> dict[str, str]:
    """The special tokens that templates name."""
    told = _config(folder)
    names = ("bos_token", "eos_token", "pad_token")
    values = {name: told.get(name) for name in names}
    return {name: value["content"] if isinstance(value, dict) else str(value or "") for name, value in values.items()}


def _config(folder: Path) -> dict[str, object]:
    try:
        found = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
