"""The picture of a conversation shows it, and fetches nothing."""

from __future__ import annotations

import os
import xml.etree.ElementTree as Xml

from advisor.tui.picture import main, self_contained


def test_a_picture_of_a_conversation_is_made(tmp_path, desk):
    place, home = tmp_path / "conversation.svg", os.environ["PEFT_ADVISOR_HOME"]
    main(["--out", str(place), "what is lora?"])
    text = "".join(Xml.parse(place).getroot().itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert "› what is lora?" in text
    assert "✓ explain_method" in text
    assert "://" not in place.read_text().replace("http://www.w3.org", "").replace("https://www.textualize.io", "")
    assert os.environ["PEFT_ADVISOR_HOME"] == home
    assert not (desk / "conversations").exists()


def test_fonts_are_not_fetched():
    assert "url(" not in self_contained('@font-face { src: url("https://a/b"); } text { font-family: Fira Code; }')
