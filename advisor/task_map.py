"""A map of tasks as a picture, PNG or SVG, with a name at every point. Knows no store and no command.

The same tasks give the same file: no date, no chance, and matplotlib's own settings whatever the user's are.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from advisor.map_labels import PULLED, Crowd, gap, placed
from advisor.map_looks import REST_COLOUR, Colouring, Look, looks, told
from advisor.mapped_tasks import MappedTask, Placing
from metapeft_core.embedding.map import PlaneMap
from metapeft_core.errors import AdvisorError
from metapeft_core.files import replaced_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

INK, QUIET_INK, LEADER, BOND, PAPER = "#1A1A1A", "#5C5C5C", "#8F8F8F", "#DCDAD3", "#FFFFFF"
INCH = 72.0
"""Points in an inch; everything on the map is measured in points."""
DPI = 150
LABEL_SIZE, NOTE_SIZE, TITLE_SIZE = 7.5, 8.5, 13.0
LINE_HEIGHT = 1.25
USUAL_TASKS = 60
"""Tasks for which the usual size of the picture is enough; more make it larger."""
WIDTH, LEGEND_WIDTH, TITLE_HEIGHT, MARGIN = 10.0 * INCH, 2.1 * INCH, 58.0, 14.0
FLATTEST, STEEPEST = 0.55, 0.85
"""Heights of the map over its width, whatever the shape of the points."""
SIDES, ENDS = 52.0, 26.0
"""Room for names beyond the outermost points."""
AREAS = (24.0, 150.0)
"""Of the marks of the fewest and of the most runs, in square points."""

Corner = Literal["upper left", "lower left"]
Numbers = npt.NDArray[np.float64]
TITLES: Mapping[Placing, str] = {
    Placing.CENTROID: "Tasks of past runs: near each other where their texts are alike",
    Placing.NETWORK: "Tasks of past runs: near each other where methods are expected to behave alike",
}
HEADINGS: Mapping[Colouring, str] = {
    Colouring.DOMAIN: "domain",
    Colouring.FAMILY: "family",
    Colouring.WINNER: "best method",
}
UNCLEAR = "hollow: lead within noise"


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Where everything is, in points."""

    width: float
    height: float
    points: Numbers
    radii: Numbers
    labels: Sequence[str]
    sizes: Numbers
    corners: Numbers
    """The lower left of each label."""


def draw(
    tasks: Sequence[MappedTask], plane: PlaneMap, placing: Placing, colouring: Colouring, path: Path, note: str = ""
) -> None:
    """Write the picture; it appears whole or not at all, and the ending of its name says as what."""
    matplotlib = drawing_library()
    with matplotlib.rc_context(_settings(matplotlib)), warnings.catch_warnings():
        # A name in a script for which there is no letter is shown as boxes, and not told on the terminal.
        warnings.simplefilter("ignore", UserWarning)
        figure = _figure(tasks, plane, placing, colouring, note)
        write = _write_png if path.suffix.lower() == ".png" else _write_svg
        try:
            with replaced_file(path) as fresh:
                write(figure, fresh, TITLES[placing])
        except OSError as fault:
            raise AdvisorError(f"{path} cannot be written ({fault}): name another place") from fault


def _write_svg(figure: Figure, path: Path, title: str) -> None:
    figure.savefig(path, format="svg", metadata={"Title": title, "Date": None, "Creator": "peft-advisor"})


def _write_png(figure: Figure, path: Path, title: str) -> None:
    """With 256 colours, which nobody sees and which take a third of the room; those of the groups stay as they are."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    canvas, facts = FigureCanvasAgg(figure), PngInfo()
    canvas.draw()
    facts.add_text("Title", title)
    whole = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    few = whole.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, format="PNG", optimize=True, dpi=(DPI, DPI), pnginfo=facts)


def drawing_library() -> Any:
    """Matplotlib, or what to do where it is not."""
    try:
        import matplotlib
        import matplotlib.figure
    except ImportError as fault:
        raise AdvisorError(
            f"a picture needs matplotlib, which cannot be imported ({fault}): pip install 'peft-advisor[pictures]'"
        ) from fault
    return matplotlib


def _settings(matplotlib: Any) -> dict[str, Any]:
    own = {"svg.hashsalt": "peft-advisor", "svg.fonttype": "none", "font.family": "DejaVu Sans"}
    return {**matplotlib.rcParamsDefault, **own}


def _figure(tasks: Sequence[MappedTask], plane: PlaneMap, placing: Placing, colouring: Colouring, note: str) -> Figure:
    from matplotlib.figure import Figure

    sheet, drawn = _sheet(tasks, plane), looks(tasks, colouring)
    width, height = sheet.width + LEGEND_WIDTH + 2 * MARGIN, sheet.height + TITLE_HEIGHT + 2 * MARGIN
    figure = Figure(figsize=(width / INCH, height / INCH), dpi=DPI, facecolor=PAPER)
    axes = figure.add_axes((MARGIN / width, MARGIN / height, sheet.width / width, sheet.height / height))
    axes.set(xlim=(0, sheet.width), ylim=(0, sheet.height), xticks=[], yticks=[])
    axes.spines[:].set_color("#D9D9D9")
    _bonds(axes, plane, sheet)
    _marks(axes, tasks, sheet, drawn, colouring)
    _names(axes, sheet)
    side = (1 - (LEGEND_WIDTH + 0.3 * MARGIN) / width, (sheet.height + MARGIN) / height)
    _legend(figure, tasks, drawn, colouring, side)
    top, left = 1 - MARGIN / height, MARGIN / width
    figure.text(left, top, TITLES[placing], fontsize=TITLE_SIZE, color=INK, va="top", weight="bold")
    words = f"{_trust(tasks, plane)}{note and f' {note}'}"
    figure.text(left, top - 22 / height, words, fontsize=NOTE_SIZE, color=QUIET_INK, va="top", linespacing=1.35)
    return figure


def _trust(tasks: Sequence[MappedTask], plane: PlaneMap) -> str:
    """What is shown, and how far it can be believed."""
    runs = sum(task.experiences for task in tasks)
    return (
        f"{len(tasks):,} tasks, {runs:,} runs. Metric scaling to a plane, stress {plane.stress:.2f} (0 is exact): "
        f"of the five tasks nearest to each, {plane.kept:.0%} are among its five nearest here.\n"
        "Distances mean something, directions do not. A line joins each task to the one that is nearest in truth."
    )


def _sheet(tasks: Sequence[MappedTask], plane: PlaneMap) -> Sheet:
    """Lay it out: the points fill the room, and the names find theirs."""
    span = np.maximum(np.ptp(plane.points, axis=0), 1e-9)
    width = WIDTH * max(1.0, (len(tasks) / USUAL_TASKS) ** 0.5)
    scale = min((width - 2 * SIDES) / span[0], (STEEPEST * width - 2 * ENDS) / span[1])
    height = max(FLATTEST * width, scale * span[1] + 2 * ENDS)
    middle = (plane.points.max(axis=0) + plane.points.min(axis=0)) / 2
    # Rounded, so that the last digits of a training with another number of threads change nothing in the file.
    points = ((plane.points - middle) * scale + np.array([width, height]) / 2).round(2)
    labels = [told(task.name) for task in tasks]
    sizes, radii = _sizes(labels), np.sqrt(_areas(tasks) / np.pi) + 0.8
    corners = placed(Crowd(points, radii, sizes, (2.0, 2.0, width - 2.0, height - 2.0)))
    return Sheet(width, height, points, radii, labels, sizes, corners)


def _sizes(labels: Sequence[str]) -> Numbers:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=LABEL_SIZE)
    widths = [text_to_path.get_text_width_height_descent(label, font, ismath=False)[0] for label in labels]
    return np.array([(width, LABEL_SIZE * LINE_HEIGHT) for width in widths])


def _areas(tasks: Sequence[MappedTask]) -> Numbers:
    """In proportion to the runs, so that ten times the runs are ten times the ink."""
    runs = np.array([task.experiences for task in tasks], dtype=np.float64)
    return np.clip(AREAS[1] * runs / runs.max(), *AREAS)


def _marks(axes: Axes, tasks: Sequence[MappedTask], sheet: Sheet, drawn: Sequence[Look], colouring: Colouring) -> None:
    """Large marks first, so that small ones are not covered."""
    areas = _areas(tasks)
    for number in np.argsort(-areas, kind="stable").tolist():
        look, winner = drawn[number], tasks[number].winner
        hollow = colouring == Colouring.WINNER and winner is not None and not winner.is_clear
        axes.scatter(
            sheet.points[number, 0],
            sheet.points[number, 1],
            s=areas[number],
            marker=look.shape,
            facecolor=PAPER if hollow else look.colour,
            edgecolor=look.colour if hollow else PAPER,
            linewidth=1.3 if hollow else 0.6,
            zorder=3,
        )


def _bonds(axes: Axes, plane: PlaneMap, sheet: Sheet) -> None:
    """A line from each task to the one that is nearest to it in truth: long ones show where the plane misleads."""
    pairs = {(min(pair), max(pair)) for pair in enumerate(plane.nearest)}
    for pair in sorted(pairs):
        axes.plot(*sheet.points[list(pair)].T, color=BOND, linewidth=1.2, solid_capstyle="round", zorder=1)


def _names(axes: Axes, sheet: Sheet) -> None:
    for point, radius, label, corner, size in zip(
        sheet.points, sheet.radii, sheet.labels, sheet.corners, sheet.sizes, strict=True
    ):
        x, y = corner
        axes.text(x, y + 0.28 * size[1], label, fontsize=LABEL_SIZE, color=INK, parse_math=False, zorder=4)
        away = gap(point, np.concatenate([corner, corner + size]))
        length = float(np.hypot(*away))
        if length - radius > PULLED:
            axes.plot(
                *np.stack([point + away * (radius / length), point + away]).T, color=LEADER, linewidth=0.5, zorder=2
            )


def _legend(
    figure: Figure, tasks: Sequence[MappedTask], drawn: Sequence[Look], colouring: Colouring, side: tuple[float, float]
) -> None:
    """What colours and shapes mean, and below it what sizes do."""
    counts = {look: sum(other == look for other in drawn) for look in dict.fromkeys(drawn)}
    ordered = sorted(counts, key=lambda look: (look.colour == REST_COLOUR, -counts[look], look.label))
    entries = [(f"{look.label} ({counts[look]:,})", _mark(look.colour, look.shape, 7.0)) for look in ordered]
    if colouring == Colouring.WINNER:
        entries += [(UNCLEAR, _mark(INK, "o", 7.0, hollow=True))]
    _entries(figure, HEADINGS[colouring], entries, side, "upper left")
    runs = [task.experiences for task in tasks]
    shown = sorted({min(runs), round((min(runs) * max(runs)) ** 0.5), max(runs)})
    by_runs = {count: float(np.clip(AREAS[1] * count / max(runs), *AREAS)) for count in shown}
    sizes = [(f"{count:,}", _mark(REST_COLOUR, "o", area**0.5)) for count, area in by_runs.items()]
    _entries(figure, "runs", sizes, (side[0], 0.0), "lower left")


def _mark(colour: str, shape: str, size: float, *, hollow: bool = False) -> Line2D:
    from matplotlib.lines import Line2D

    face = PAPER if hollow else colour
    return Line2D([], [], marker=shape, linestyle="", color=colour, markerfacecolor=face, markersize=size)


def _entries(
    figure: Figure, heading: str, entries: Sequence[tuple[str, Line2D]], place: tuple[float, float], corner: Corner
) -> None:
    # Names come from data: matplotlib leaves out one that begins with a line, and sets dollars as a formula.
    legend = figure.legend(
        [mark for _, mark in entries],
        [str(number) for number in range(len(entries))],
        title=heading,
        loc=corner,
        bbox_to_anchor=place,
        frameon=False,
        fontsize=NOTE_SIZE,
        title_fontsize=NOTE_SIZE,
        alignment="left",
        labelcolor=INK,
        labelspacing=0.55,
        handletextpad=0.4,
    )
    legend.get_title().set(color=QUIET_INK)
    for text, (name, _) in zip(legend.get_texts(), entries, strict=True):
        text.set_parse_math(False)
        text.set_text(name)
