"""`advisor experiences`: look at, search, bring in and give out what has been learned. Knows its commands by name."""

from __future__ import annotations

import typer

from advisor.commands.experiences.export import export
from advisor.commands.experiences.import_ import import_
from advisor.commands.experiences.list import list_
from advisor.commands.experiences.map import map_
from advisor.commands.experiences.rebuild import rebuild
from advisor.commands.experiences.show import show
from advisor.commands.experiences.similar import similar
from advisor.commands.experiences.stats import stats

app = typer.Typer(no_args_is_help=True, help="Past fine-tuning runs: what ships, what you made, what was published.")
for command in (show, similar, export, rebuild, stats):
    app.command()(command)
app.command("list")(list_)
app.command("map")(map_)
app.command("import")(import_)
