"""Published scores beside ours: the same task and measure, and by how much each system of ours is above or below."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.reference import Published, published
from tasks.result import Result

from .report import Format, as_table

SHOWN = 12
MIXED = "mean of main scores"
"""How tables call the mean over tasks whose main measures differ."""


def published_text(results: Sequence[Result], form: Format) -> str:
    """The table for the results of one task of the catalogue, on its default split; empty where nothing was published on
    it under its main measure.
    """
    first = results[0]
    cells = [cell for cell in published(first.task) if cell.measure == first.main and not cell.is_mean]
    cells = [cell for cell in cells if (cell.subset or "default") == first.subset]
    return _beside(cells, results, first.task, form)


def published_means_text(name: str, means: Sequence[Result], form: Format) -> str:
    """The means that were published for a benchmark beside ours; those of ours that lack runs are held against none."""
    whole = [mean for mean in means if not mean.notes.get("runs_missing")]
    mains = {mean.main for mean in means} | {MIXED for mean in means if mean.main == "main"}
    return _beside([cell for cell in published(name) if cell.is_mean and cell.measure in mains], whole, name, form)


def _beside(cells: list[Published], results: Sequence[Result], name: str, form: Format) -> str:
    cells = sorted(cells, key=lambda cell: -cell.value)
    if not cells:
        return ""
    measure = cells[0].measure
    rows = [[f"published {measure}", "value", *(f"{result.system} less it" for result in results), "source"]]
    for cell in _spread(cells):
        gaps = [f"{result.measures[result.main].mean - cell.value:+.4f}" for result in results]
        rows.append([cell.system, f"{cell.value:.4f}", *gaps, cell.source])
    more = [f"{len(cells) - SHOWN} more: medir reference {name}"] if len(cells) > SHOWN else []
    return "\n".join([as_table(rows, form), *more])


def _spread(cells: list[Published]) -> list[Published]:
    """All cells, or where they are many, the best of them and then some of every height."""
    if len(cells) <= SHOWN:
        return cells
    step = (len(cells) - 1) / (SHOWN - 1)
    return [cells[round(step * place)] for place in range(SHOWN)]
