"""A prompt takes the form that a model's chats have; a model without one gets plain lines."""

from __future__ import annotations

import json

import pytest

from advisor.chat_format import around_the_user
from advisor.instructions import instructions
from tools.registry import all_tools

TEMPLATE = "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}<assistant>"


def folder_with(tmp_path, config: dict, jinja: str | None = None):
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    if jinja is not None:
        (tmp_path / "chat_template.jinja").write_text(jinja)
    return tmp_path


def test_what_stands_around_the_user_comes_from_the_template(tmp_path):
    folder = folder_with(tmp_path, {"chat_template": TEMPLATE, "bos_token": {"content": "<s>"}})
    assert around_the_user(folder, "be brief") == ("<s><system>be brief</system><user>", "</user><assistant>")


def test_a_template_in_a_file_of_its_own_goes_first(tmp_path):
    folder = folder_with(tmp_path, {"chat_template": TEMPLATE}, "{{ messages[1].content }}!")
    assert around_the_user(folder, "be brief") == ("", "!")


@pytest.mark.parametrize(
    "template", [None, "{% raise %}", "{{ messages[5].content }}", "{{ ''.__class__.__mro__ }}", "no user"]
)
def test_without_a_template_that_works_lines_are_plain(tmp_path, template):
    folder = folder_with(tmp_path, {} if template is None else {"chat_template": template})
    assert around_the_user(folder, "be brief") == ("be brief\n", "")


def test_the_instructions_name_every_tool_and_every_act():
    text = instructions()
    assert all(name in text for name in all_tools())
    assert all(f"- {act}:" in text for act in ("recommend", "refine", "other", "help"))
