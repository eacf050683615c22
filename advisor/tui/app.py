"""Keys, typed commands and windows around the conversation. Knows what can be wished for, not how it is done."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from advisor.tui.card_view import CardView, command_of
from advisor.tui.exporting import export
from advisor.tui.figures import one_line
from advisor.tui.help_screen import HelpScreen
from advisor.tui.history_screen import HistoryScreen, kept_conversations
from advisor.tui.line_screen import LineScreen
from advisor.tui.paste_screen import PasteScreen
from advisor.tui.pasted import kept
from advisor.tui.plots_screen import PlotsScreen
from advisor.tui.prompt import Prompt
from advisor.tui.recalling import Recalled, begun_anew, resumed, with_backbone, with_data
from advisor.tui.runs_screen import RunsScreen
from advisor.tui.talking import TalkingApp
from advisor.tui.task_points import task_points
from advisor.tui.typed import COMMANDS, Order, order_of, path_of
from metapeft_core.errors import AdvisorError

if TYPE_CHECKING:
    from advisor.state import State
    from advisor.tui.events import Stepped
    from metapeft_core.types import TaskCharacteristics

DARK, LIGHT = "textual-dark", "textual-light"
NONE_YET = "There is no recommendation yet: ask for one first."
UNFIT_TO_COPY = "The command holds characters that a shell might act on: type it yourself."


class AdvisorApp(TalkingApp):
    """The conversation, and everything that can be done beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help"),
        Binding("ctrl+o", "data", "Data"),
        Binding("ctrl+r", "runs", "Runs"),
        Binding("ctrl+g", "plots", "Plots"),
        Binding("ctrl+y", "copy_command", "Copy"),
        Binding("ctrl+s", "export", "Export"),
        Binding("ctrl+l", "history", "History"),
        Binding("ctrl+t", "theme", "Theme", show=False),
        Binding("escape", "stop", "Stop", show=False),
        Binding("pageup", "turn_page(-1)", "Back", show=False),
        Binding("pagedown", "turn_page(1)", "On", show=False),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the conversation do nothing while a window lies above it."""
        own = any(action == each.action for each in COMMANDS.values()) or action in ("stop", "turn_page")
        return not own or action == "quit" or len(self.screen_stack) <= 1

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What is typed in the prompt can be found in the palette as well."""
        yield from super().get_system_commands(screen)
        for each in COMMANDS.values():
            if each.action != "quit":
                yield SystemCommand(each.title, each.meaning, partial(self.run_action, each.action))

    async def on_input_submitted(self, event: Prompt.Submitted) -> None:
        """A question, an answer, or a command."""
        line = self.prompt.take() if self.is_free() else ""
        order = order_of(line)
        if order is not None:
            await self._obey(order)
        elif line:
            await self.ask(line)

    async def _obey(self, order: Order) -> None:
        command = COMMANDS.get(order.name)
        if command is None:
            self.tell(f"There is no /{one_line(order.name)}: /help tells what there is.", fault=True)
        elif order.argument and command.argument:
            getattr(self, f"action_{command.action}")(order.argument)
        else:
            await self.run_action(command.action)

    def on_prompt_rows(self, event: Prompt.Rows) -> None:
        """Several lines were pasted where a question belongs: they are rows."""
        self.action_paste(event.text)

    def on_card_view_chosen(self, event: CardView.Chosen) -> None:
        """A button of a card, which may be an older one."""
        {"copy": self._copy, "runs": self._show_runs, "plots": self._show_plots}[event.way](event.told)

    def action_help(self) -> None:
        """What there is."""
        self.push_screen(HelpScreen())

    def action_stop(self) -> None:
        """End what is under way."""
        if self.is_busy:
            self.talker.stop()

    def action_turn_page(self, by: int) -> None:
        """Scroll the conversation."""
        (self.conversation.scroll_page_up if by < 0 else self.conversation.scroll_page_down)(animate=False)

    def action_theme(self) -> None:
        """Light or dark."""
        self.theme = LIGHT if self.theme == DARK else DARK

    def action_data(self, line: str = "") -> None:
        """Judge by a data file."""
        hint = "A CSV, TSV, JSON, JSON lines or Parquet file, or a folder with train, valid and test."
        if line:
            self._use_data(path_of(line))
        elif self.is_free():
            window = LineScreen("Data file", hint, is_path=True)
            self.push_screen(window, lambda line: self._use_data(path_of(line)) if line else None)

    def action_paste(self, rows: str = "") -> None:
        """Paste rows."""
        if self.is_free():
            self.push_screen(PasteScreen(rows), self._use_rows)

    def action_words(self) -> None:
        """Judge by words again."""
        self._use_data(None)

    def action_model(self, line: str = "") -> None:
        """The model to adapt."""
        hint = "A name such as Qwen3-4B, a folder, or a hub id. Nothing: the one that comes along."
        if line:
            self._use_model(line)
        elif self.is_free():
            self.push_screen(LineScreen("Model", hint), lambda line: None if line is None else self._use_model(line))

    def action_runs(self) -> None:
        """What the recommendation rests on."""
        self._with_latest(self._show_runs)

    def action_plots(self) -> None:
        """Quality against time and memory."""
        self._with_latest(self._show_plots)

    def action_map(self) -> None:
        """The known tasks."""
        self._show_plots(self.latest, "tasks")

    def action_copy_command(self) -> None:
        """The next command, to paste in a shell."""
        self._with_latest(self._copy)

    def action_export(self, line: str = "") -> None:
        """Save the conversation or the recommendation."""
        hint = "*.md for the conversation, *.json for the last recommendation."
        if line:
            self._export(path_of(line))
        else:
            window = LineScreen("Export", hint, "conversation.md", is_path=True)
            self.push_screen(window, lambda line: self._export(path_of(line)) if line else None)

    def action_history(self) -> None:
        """Go on with an earlier conversation."""
        if self.is_free():
            # Reading them needs what the session is made of, which is on its thread.
            self.do(lambda _: kept_conversations(), self._choose_conversation)

    def action_clear(self) -> None:
        """Begin a new conversation."""
        if self.is_free():
            self.do(begun_anew, self._show_other)

    def _choose_conversation(self, found: list[tuple[str, str]]) -> None:
        self.push_screen(HistoryScreen(found), self._go_on)

    def _go_on(self, name: str | None) -> None:
        if name is not None and self.is_free():
            self.do(lambda session: resumed(session, name), self._show_other)

    async def _show_other(self, found: Recalled) -> None:
        await self.conversation.clear()
        await self.show_standing(found)

    def _use_rows(self, rows: str | None) -> None:
        if rows is None:
            return
        try:
            self._use_data(kept(rows))
        except AdvisorError as fault:
            self.tell(str(fault), fault=True)

    def _use_data(self, place: Path | None) -> None:
        if self.is_free():
            self.do(lambda session: with_data(session, place), self._data_used)

    async def _data_used(self, found: tuple[TaskCharacteristics | None, State]) -> None:
        facts, state = found
        self.state = state
        self.show_status()
        if facts is None or state.data is None:
            await self.conversation.note("Without a data file, by words.")
            return
        classes = f", {facts.classes} classes" if facts.classes else ""
        told = f"{facts.dataset_size:,} rows to train, {facts.task_type.replace('_', ' ')}{classes}, {facts.language}"
        await self.conversation.note(f"Data: {one_line(state.data)}: {told}.")

    def _use_model(self, name: str) -> None:
        if self.is_free():
            self.do(lambda session: with_backbone(session, name or None), self._model_used)

    async def _model_used(self, state: State) -> None:
        self.state = state
        self.show_status()
        await self.conversation.note(f"Model: {one_line(state.backbone or 'none is named')}.")

    def _with_latest(self, show: object) -> None:
        assert callable(show)
        if self.latest is None:
            self.tell(NONE_YET, fault=True)
        else:
            show(self.latest)

    def _copy(self, told: Stepped) -> None:
        command = command_of(told)
        if command.isprintable():
            self.copy_to_clipboard(command)
            self.tell("Copied.")
        else:
            self.tell(UNFIT_TO_COPY, fault=True)

    def _show_runs(self, told: Stepped) -> None:
        self.push_screen(RunsScreen(told.runs))

    def _show_plots(self, told: Stepped | None, first: str = "seconds") -> None:
        screen = PlotsScreen(None if told is None else told.step.recommendation, first)
        self.push_screen(screen)
        self.do(task_points, screen.show_map)

    def _export(self, place: Path) -> None:
        try:
            export(self.said, place)
        except AdvisorError as fault:
            self.tell(str(fault), fault=True)
        else:
            self.tell(f"Wrote {one_line(place)}.")
