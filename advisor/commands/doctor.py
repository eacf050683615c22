"""`advisor doctor`: shows what helps or hinders a run on this machine. Judges nothing itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.printing import answers, inert, show_facts, show_json

if TYPE_CHECKING:
    from advisor.health import Finding

FAULT = 1


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Show device, speed, memory, models and versions, and what mends each fault."""
    from advisor.health import examine, is_usable

    findings = examine()
    if as_json:
        show_json([asdict(finding) for finding in findings])
    else:
        _show(findings)
    if not is_usable(findings):
        raise typer.Exit(FAULT)


def _show(findings: list[Finding]) -> None:
    console = answers()
    show_facts(console, [(finding.name, _value(finding)) for finding in findings])
    faults = [finding for finding in findings if not finding.ok]
    console.print()
    console.print("everything is in place" if not faults else "to mend:")
    for finding in faults:
        console.print(f"  {finding.name}: [bold]{inert(finding.remedy)}[/bold]")


def _value(finding: Finding) -> str:
    value = inert(finding.value)
    return value if finding.ok else f"[{'red' if finding.blocks else 'yellow'}]{value}[/]"
