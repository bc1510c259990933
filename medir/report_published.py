"""Published scores beside ours: the same task and measure, and by how much each system of ours is above or below."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.reference import Published, published
from tasks.result import Result

from .report import Format, as_table

SHOWN = 12


def published_text(results: Sequence[Result], form: Format) -> str:
    """The table for one task's results; empty where nothing was published on it under its main measure."""
    first = results[0]
    cells = [cell for cell in published(first.task) if cell.measure == first.main and not cell.is_mean]
    cells = [cell for cell in cells if (cell.subset or "default") == first.subset]
    cells = sorted(cells, key=lambda cell: -cell.value)
    if not cells:
        return ""
    rows = [[f"published {first.main}", "value", *(f"{result.system} less it" for result in results), "source"]]
    for cell in _spread(cells):
        gaps = [f"{result.measures[first.main].mean - cell.value:+.4f}" for result in results]
        rows.append([cell.system, f"{cell.value:.4f}", *gaps, cell.source])
    more = [f"{len(cells) - SHOWN} more: medir reference {first.task}"] if len(cells) > SHOWN else []
    return "\n".join([as_table(rows, form), *more])


def _spread(cells: list[Published]) -> list[Published]:
    """All cells, or where they are many, the best of them and then some of every height."""
    if len(cells) <= SHOWN:
        return cells
    step = (len(cells) - 1) / (SHOWN - 1)
    return [cells[round(step * place)] for place in range(SHOWN)]
