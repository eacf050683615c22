"""`advisor ask`: a question in words, answered with what it asks for. Knows options and consoles, no tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.printing import answers, inert, remarks, show_json

if TYPE_CHECKING:
    from advisor.plans import Call
    from advisor.session import Session
    from advisor.steps import Step

NO_MODEL = "none"


def ask(
    question: Annotated[
        str | None, typer.Argument(help='In words: "best PEFT for 500 legal QA examples".', show_default=False)
    ] = None,
    data: Annotated[Path | None, typer.Option(help="A data file of the task, which tells more than words do.")] = None,
    model: Annotated[str | None, typer.Option(help="The model to adapt: a name, a folder or a hub id.")] = None,
    llm: Annotated[
        str | None,
        typer.Option(help="The model that reads and writes; none for rules.", show_default="what is at hand"),
    ] = None,
    go_on: Annotated[
        str | None, typer.Option("--continue", "-c", metavar="NAME", help="Follow up; `last` is the latest one.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="Show the conversations that are kept.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Let it write and train without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    store: Annotated[Path | None, typer.Option(help="A store other than your own.")] = None,
) -> None:
    """Ask which method to use, with which settings, what to expect and how sure that is."""
    from advisor.session import Session
    from tools.workbench import Workbench

    if listing:
        _list()
        return
    if question is None or not question.strip():
        raise typer.BadParameter("ask something, or give --list", param_hint="QUESTION")
    name, resume = conversation_of(go_on)
    with Workbench(store) as bench:
        confirm = (lambda _: True) if yes else _asked
        session = Session(
            model=reader_of(llm), data=data, backbone=model, bench=bench, confirm=confirm, name=name, resume=resume
        )
        last = None
        for step in session.ask(question):
            last = step
            _show_step(step)
        if last is not None:
            _show_answer(last, session, as_json)


def conversation_of(go_on: str | None) -> tuple[str, bool]:
    """The name of the conversation, and whether it goes on."""
    from advisor.conversations import ConversationError, names, new_name, place_of

    if go_on is None:
        return new_name(), False
    known = names()
    if go_on == "last" and not known:
        raise ConversationError("there is no conversation to go on with: ask something first")
    name = known[0] if go_on == "last" else go_on
    if not place_of(name).exists():
        raise ConversationError(f"there is no conversation {name}: see `advisor ask --list`")
    return name, True


def _list() -> None:
    from advisor.conversations import names, turns_of

    for name in names():
        turns = turns_of(name)
        if turns:
            more = f" and {len(turns) - 1} more" if len(turns) > 1 else ""
            answers().print(f"{name}  {inert(turns[0].question)}[dim]{more}[/dim]")


def reader_of(llm: str | None) -> Any:
    """The language model, loading already; None where rules are to do."""
    if llm == NO_MODEL:
        return None
    from advisor.models import chosen_model

    return chosen_model(llm)


def _asked(call: Call) -> bool:
    return typer.confirm(f"{call.tool} writes: go ahead?", err=True)


def _show_step(step: Step) -> None:
    if step.kind == "called":
        remarks().print(f"[dim]✓ {step.tool} ({step.seconds:.1f} s)[/dim]")
    elif step.kind in ("understood", "mistake"):
        remarks().print(f"[dim]{'·' if step.kind == 'understood' else '!'} {inert(step.text)}[/dim]")


def _show_answer(step: Step, session: Session, as_json: bool) -> None:
    from advisor.recommendation_card import plain, show_recommendation

    found = step.recommendation
    if as_json:
        show_json({"answer": step.text, "recommendation": None if found is None else plain(found)})
    elif found is not None:
        state = session.state
        show_recommendation(answers(), found, session.bench.experiences, state.backbone, state.data)
    else:
        answers().print(inert(step.text))
