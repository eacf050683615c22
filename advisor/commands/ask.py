"""`advisor ask`: a question in words, answered with what it asks for. Knows options and consoles, no tool."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.asking_options import AdaptedModel, GoOn, Reader, TaskData
from advisor.data_options import CompletionColumn, LabelColumn, PromptColumn, SkipBad, SplitColumn, TextColumn
from advisor.data_reading import DataReading
from advisor.exit_codes import FAILED
from advisor.filter_options import AsJson, Store
from advisor.printing import answers, inert, remarks, show_json

if TYPE_CHECKING:
    from advisor.plans import Call
    from advisor.session import Session
    from advisor.steps import Step


def ask(
    question: Annotated[
        str | None, typer.Argument(help='In words: "best PEFT for 500 legal QA examples".', show_default=False)
    ] = None,
    data: TaskData = None,
    model: AdaptedModel = None,
    llm: Reader = None,
    go_on: GoOn = None,
    listing: Annotated[bool, typer.Option("--list", help="Show the conversations that are kept.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Let it write and train without asking.")] = False,
    as_json: AsJson = False,
    skip_bad: SkipBad = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    prompt_column: PromptColumn = None,
    completion_column: CompletionColumn = None,
    split_column: SplitColumn = None,
    store: Store = None,
) -> None:
    """Ask which method to use, with which settings, what to expect and how sure that is."""
    from advisor.conversations import conversation_of
    from advisor.models import chosen_model
    from advisor.session import Session
    from tools.workbench import Workbench

    if listing:
        _list()
        return
    if question is None or not question.strip():
        raise typer.BadParameter("ask something, or give --list", param_hint="QUESTION")
    name, resume = conversation_of(go_on)
    reading = DataReading(skip_bad, text_column, label_column, prompt_column, completion_column, split_column)
    with chosen_model(llm) or nullcontext() as leader, Workbench(store, reading.read) as bench:
        confirm = (lambda _: True) if yes else _asked
        session = Session(
            model=leader, data=data, backbone=model, bench=bench, confirm=confirm, name=name, resume=resume
        )
        _answer(question, session, reading, as_json)


def _answer(question: str, session: Session, reading: DataReading, as_json: bool) -> None:
    """Show the steps as they happen, and the answer; a training that failed is told by the exit code too."""
    last = None
    for step in session.ask(question):
        last = step
        _show_step(step)
    if last is not None:
        _show_answer(last, session, reading, as_json)
        if is_failed_run(last):
            raise typer.Exit(FAILED)


def _list() -> None:
    from advisor.conversations import names, turns_of

    for name in names():
        turns = turns_of(name)
        if turns:
            more = f" and {len(turns) - 1} more" if len(turns) > 1 else ""
            answers().print(f"{name}  {inert(turns[0].question)}[dim]{more}[/dim]")


def _asked(call: Call) -> bool:
    try:
        return typer.confirm(f"{call.tool} writes: go ahead?", err=True)
    except typer.Abort as stopped:
        if isinstance(stopped.__context__, EOFError):
            raise typer.BadParameter(
                f"{call.tool} writes, and nobody is there to be asked", param_hint="--yes"
            ) from None
        raise KeyboardInterrupt from None


def is_failed_run(last: Step) -> bool:
    """Whether an answer tells of a training that failed."""
    from metapeft_core.types import PEFTExperience

    runs = last.result if isinstance(last.result, tuple) else ()
    return any(isinstance(run, PEFTExperience) and run.failure is not None for run in runs)


def _show_step(step: Step) -> None:
    if step.kind == "called":
        remarks().print(f"[dim]✓ {step.tool} ({step.seconds:.1f} s)[/dim]")
    elif step.kind == "writing" and not step.text:
        remarks().print("[dim]… writing the reasons[/dim]")
    elif step.kind in ("understood", "mistake"):
        remarks().print(f"[dim]{'·' if step.kind == 'understood' else '!'} {inert(step.text)}[/dim]")


def _show_answer(step: Step, session: Session, reading: DataReading, as_json: bool) -> None:
    from advisor.recommendation_card import plain, show_recommendation
    from metapeft_core.errors import AdvisorError

    found = step.recommendation
    if step.kind == "failed":
        raise AdvisorError(step.text)
    if as_json:
        show_json({"answer": step.text, "recommendation": None if found is None else plain(found)})
    elif found is not None:
        state = session.state
        options = () if state.data is None else reading.options()
        show_recommendation(answers(), found, session.bench.experiences, state.backbone, state.data, options)
    else:
        answers().print(inert(step.text))
