"""A conversation on the screen: steps, answers, cards, questions back, a yes and a no, earlier conversations."""

from __future__ import annotations

import json

import pytest
from textual.widgets import DataTable, Input, Static, TextArea

from advisor.conversations import ConversationError, names, turns_of
from advisor.tui.card_view import CardView
from advisor.tui.confirm_screen import ConfirmScreen
from advisor.tui.help_screen import HelpScreen
from advisor.tui.history_screen import HistoryScreen
from advisor.tui.line_screen import LineScreen
from advisor.tui.paste_screen import PasteScreen
from advisor.tui.plots_screen import PlotsScreen
from advisor.tui.runs_screen import RunScreen, RunsScreen
from advisor.tui.step_view import StepView
from advisor.tui.talker import STOPPED
from metapeft_core.data.readers import read_with_report

QUESTION = "best PEFT for 500 legal QA examples"


def steps_of(screen) -> list[StepView]:
    return list(screen.app.conversation.query(StepView))


def test_a_question_is_answered_by_steps_and_a_card(play):
    async def scene(screen):
        await screen.say(QUESTION)
        lines = [step.line for step in steps_of(screen)]
        assert lines[0].startswith("· recommend: task question answering")
        assert lines[1].startswith("✓ select_method (")
        found = screen.app.latest.step.recommendation
        assert screen.app.query_one(CardView).border_title.lower() == found.method.replace("_", " ")
        assert f"{found.confidence:.0%} that nothing beats it" in screen.text

    play(scene)


def test_a_step_unfolds_to_arguments_and_result(play):
    async def scene(screen):
        await screen.say(QUESTION)
        call = steps_of(screen)[1]
        assert call.collapsed
        call.query_one("CollapsibleTitle").focus()
        await screen.press("enter")
        assert not call.collapsed
        told = str(call.query_one("Contents Static", Static).content)
        assert "arguments\n  task  rows 500, task_type question_answering, domain legal" in told
        assert "result\n  method  " in told
        assert f"{screen.app.latest.step.recommendation.confidence:.3g}" in told

    play(scene)


def test_a_follow_up_leans_on_what_came_before(play):
    async def scene(screen):
        await screen.say(QUESTION)
        first = screen.app.latest.step.recommendation
        await screen.say("why not adalora?")
        assert "AdaLoRA" in screen.app.said[-1].told.step.text
        await screen.say("give me the axolotl config on Qwen3-4B")
        assert "adapter" in screen.app.said[-1].told.step.text
        assert screen.app.latest.step.recommendation == first

    play(scene)


def test_a_question_back_is_answered_by_the_next_line(play):
    async def scene(screen):
        await screen.say("best PEFT for sentiment classification of tweets")
        assert screen.app.said[-1].told.step.kind == "asking"
        assert screen.app.prompt.placeholder == "Your answer"
        await screen.say("about 500")
        assert screen.app.latest.state.task.rows == 500
        assert screen.app.prompt.placeholder != "Your answer"

    play(scene)


def test_whatever_writes_waits_for_a_yes(play, desk):
    async def scene(screen):
        await screen.say(QUESTION)
        for key, answered in (("n", "Nothing was done."), ("escape", "Nothing was done."), ("y", "Remembered.")):
            turns = len(screen.app.said)
            await screen.type("lora scored 0.81")
            window = await screen.window(ConfirmScreen)
            assert "score  0.81" in str(window.query_one("Static", Static).content)
            await screen.press(key)
            await screen.until(lambda turns=turns: len(screen.app.said) > turns and not screen.app.is_busy)
            assert screen.app.said[-1].told.step.text.startswith(answered)
        tools = [step.line for step in steps_of(screen) if "record_outcome" in step.line]
        assert len(tools) == 1

    play(scene)


def test_a_training_shows_its_steps_and_ends_with_escape(play, tickets):
    async def scene(screen):
        await screen.type("train it with lora for 500 steps")
        await screen.window(ConfirmScreen)
        await screen.press("y")
        await screen.until(lambda: "of 500, loss" in steps_of(screen)[-1].line)
        assert "at work, escape stops it" in screen.text
        await screen.type("what is lora?")
        assert screen.app.prompt.value == "what is lora?"
        await screen.press("escape")
        await screen.until(lambda: not screen.app.is_busy)
        assert screen.app.said[-1].told.step.text == STOPPED
        assert steps_of(screen)[-1].line == "× run_finetuning"
        await screen.say("what is lora?")

    play(scene, data=tickets, backbone="minilm:3")


def test_a_data_file_is_used_and_a_missing_one_is_told(play, tickets):
    async def scene(screen):
        await screen.type("/data nowhere.csv")
        await screen.until(lambda: screen.app.conversation.query(".fault"))
        assert screen.app.state.data is None
        await screen.type(f"/data {tickets}")
        await screen.until(lambda: screen.app.state.data == tickets)
        assert "data tickets.jsonl" in screen.text
        await screen.say("which method?")
        assert screen.app.latest.state.data == tickets
        assert str(tickets) in str(screen.app.query(CardView).last().query_one(".next", Static).content)
        await screen.type("/words")
        await screen.until(lambda: screen.app.state.data is None)

    play(scene)


def test_the_window_for_a_data_file_takes_a_path(play, tickets):
    async def scene(screen):
        await screen.press("ctrl+o")
        window = await screen.window(LineScreen)
        window.query_one(Input).value = f"'{tickets}'"
        await screen.press("enter")
        await screen.until(lambda: screen.app.state.data == tickets)

    play(scene)


def test_pasted_rows_become_the_data(play, tickets):
    rows = tickets.read_text()

    async def scene(screen):
        await screen.type("/paste")
        window = await screen.window(PasteScreen)
        window.query_one(TextArea).text = rows
        await screen.press("ctrl+s")
        await screen.until(lambda: screen.app.state.data is not None)
        kept = screen.app.state.data
        assert kept.name == "pasted.jsonl"
        assert kept.read_text() == rows
        assert read_with_report(kept).task.labels == read_with_report(tickets).task.labels

    play(scene)


def test_several_lines_pasted_in_the_prompt_are_rows(play):
    from textual import events

    async def scene(screen):
        screen.app.prompt.post_message(events.Paste("text,label\na,b\n"))
        window = await screen.window(PasteScreen)
        assert window.query_one(TextArea).text == "text,label\na,b\n"
        await screen.press("escape")
        assert screen.app.prompt.value == ""
        screen.app.prompt.post_message(events.Paste("one line"))
        await screen.until(lambda: screen.app.prompt.value == "one line")

    play(scene)


def test_the_runs_behind_a_recommendation_open_one_by_one(play):
    async def scene(screen):
        await screen.press("ctrl+r")
        assert len(screen.app.screen_stack) == 1
        await screen.say(QUESTION)
        await screen.press("ctrl+r")
        window = await screen.window(RunsScreen)
        found = screen.app.latest.step.recommendation
        table = window.query_one(DataTable)
        assert [key.value for key in table.rows] == [each for each in found.evidence if each in screen.app.latest.runs]
        assert table.row_count > 10
        await screen.press("down", "enter")
        opened = await screen.window(RunScreen)
        assert opened.run.id == list(screen.app.latest.runs)[1]
        assert opened.run.id in screen.text
        await screen.press("escape", "escape")
        assert len(screen.app.screen_stack) == 1

    play(scene)


def test_plots_and_the_map_are_shown(play):
    async def scene(screen):
        await screen.say(QUESTION)
        await screen.press("ctrl+g")
        await screen.window(PlotsScreen)
        assert all(letter in screen.text for letter in "ABCDE")
        assert "LoRA" in screen.text
        await screen.press("2")
        await screen.until(lambda: "MiB" in screen.text)
        await screen.press("3")
        await screen.until(lambda: screen.app.screen.query("MapChart"))
        assert "★ your task" in screen.text
        await screen.press("escape")
        await screen.type("/map")
        await screen.window(PlotsScreen)
        await screen.until(lambda: screen.app.screen.query("MapChart"))

    play(scene)


def test_the_buttons_of_a_card_do_what_the_keys_do(play, monkeypatch):
    async def scene(screen):
        copied = []
        monkeypatch.setattr(screen.app, "copy_to_clipboard", copied.append)
        await screen.say(QUESTION)
        await screen.press("ctrl+y")
        card = screen.app.query_one(CardView)
        for button in card.query("Button"):
            button.press()
            await screen.pilot.pause()
            if len(screen.app.screen_stack) > 1:
                await screen.press("escape")
        assert copied == [copied[0]] * 2
        assert copied[0].startswith("advisor run DATA --method ")

    play(scene)


def test_a_conversation_is_kept_and_gone_on_with(play):
    async def first(screen):
        await screen.say(QUESTION)
        await screen.say("why not adalora?")

    async def second(screen):
        await screen.say("what is lora?")
        await screen.press("ctrl+l")
        window = await screen.window(HistoryScreen)
        assert QUESTION in screen.text
        assert window.query_one("OptionList").option_count == 2
        await screen.press("down", "enter")
        await screen.until(lambda: len(screen.app.said) == 2)
        assert screen.app.query_one(CardView)
        await screen.say("and with prompt tuning?")

    play(first)
    play(second)
    assert sorted(len(turns_of(name)) for name in names()) == [1, 3]


def test_the_command_line_can_name_the_conversation(play):
    async def first(screen):
        await screen.say(QUESTION)

    async def second(screen):
        assert [one.question for one in screen.app.said] == [QUESTION]
        assert screen.app.latest is not None
        await screen.type("/clear")
        await screen.until(lambda: not screen.app.said)
        assert not screen.app.query(CardView)

    play(first)
    play(second, go_on="last")


def test_a_conversation_that_is_not_there_ends_the_program_with_the_reason(play):
    async def scene(screen):
        assert screen.app.return_code == 1

    with pytest.raises(ConversationError, match="no conversation nothing"):
        play(scene, go_on="nothing")


def test_conversation_and_recommendation_are_exported_where_the_user_says(play, tmp_path):
    async def scene(screen):
        await screen.say(QUESTION)
        await screen.press("ctrl+s")
        window = await screen.window(LineScreen)
        window.query_one(Input).value = str(tmp_path / "said.md")
        await screen.press("enter")
        await screen.type(f"/export {tmp_path / 'found.json'}")
        found = screen.app.latest.step.recommendation
        told = json.loads((tmp_path / "found.json").read_text())
        assert told["method"] == found.method
        assert len(told["ranking"]) == 5
        text = (tmp_path / "said.md").read_text()
        assert QUESTION in text
        assert "advisor run DATA" in text
        (tmp_path / "said.md").write_text("mine")
        await screen.type(f"/export {tmp_path / 'said.md'}")
        assert (tmp_path / "said.md").read_text() == "mine"

    play(scene)


def test_light_and_dark_change_places(play):
    async def scene(screen):
        assert screen.app.current_theme.dark
        await screen.press("ctrl+t")
        assert not screen.app.current_theme.dark
        await screen.type("/theme")
        assert screen.app.current_theme.dark

    play(scene)


def test_help_tells_keys_and_typed_commands(play):
    async def scene(screen):
        await screen.press("f1")
        await screen.window(HelpScreen)
        assert "ctrl+o" in screen.text
        assert "/history" in screen.text
        await screen.press("escape")
        await screen.type("/nonsense")
        await screen.type("/help")
        await screen.window(HelpScreen)

    play(scene, size=(80, 60))


def test_the_model_is_taken_where_it_is_known(play):
    async def scene(screen):
        await screen.type("/model Qwen3-4B")
        await screen.until(lambda: screen.app.state.backbone == "Qwen3-4B")
        await screen.type("/model no/such/model")
        await screen.until(lambda: screen.app.conversation.query(".fault"))
        assert screen.app.state.backbone == "Qwen3-4B"

    play(scene)


def test_earlier_lines_come_back_with_the_arrow_keys(play):
    async def scene(screen):
        await screen.say("what is lora?")
        await screen.press("up")
        assert screen.app.prompt.value == "what is lora?"
        await screen.press("down")
        assert screen.app.prompt.value == ""

    play(scene)


def test_the_palette_has_the_commands_of_the_prompt(play):
    async def scene(screen):
        titles = {command.title for command in screen.app.get_system_commands(screen.app.screen)}
        assert {"Data file", "Model", "Export", "History", "Light or dark", "Clear"} <= titles

    play(scene)
