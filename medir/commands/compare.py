"""`medir compare`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from corpora import InputError
from medir.report import check_format, comparisons_text
from tasks.comparison import Comparison, against_first, all_pairs, compared
from tasks.measures import parse_measure
from tasks.result import Result
from tasks.result_folder import RESULT, read_result

from .options import commas


def compare(
    folders: list[Path],
    /,
    *,
    pairs: bool = False,
    measures: str = "",
    format: str = "table",
) -> None:
    """Hold kept results against each other, with tests.

    Parameters
    ----------
    folders
        Result folders, or folders of result folders. The first system of a task is what the others are held against.
    pairs
        Compare all pairs (randomised Tukey HSD) instead of each with the first (sign flips, Holm).
    measures
        Comma-separated; by default all that the results share.
    format
        table, markdown, csv or json.
    """
    form = check_format(format)
    results = [read_result(folder) for given in folders for folder in result_folders(given)]
    held = {name for result in results for name in result.measures}
    wanted = [name if name in held else str(parse_measure(name)) for name in commas(measures)]
    found: list[Comparison] = []
    for _, group in groupby(sorted(results, key=_task), key=_task):
        of_task = list(group)
        _check(of_task, wanted)
        found += all_pairs(of_task, wanted) if pairs else against_first(of_task, wanted)
    if not found:
        what = "nothing to compare: no two results are of the same task, subset and split, with values of single queries or texts"
        raise InputError(what, mend="give two results or more; AP, Spearman and clusterings have an interval, but no test")
    print(comparisons_text(found, form))


def result_folders(given: Path) -> list[Path]:
    """The folder itself if it holds a result, else those right below it that do, by name."""
    if (given / RESULT).is_file():
        return [given]
    below = sorted(path.parent for path in given.glob(f"*/{RESULT}")) if given.is_dir() else []
    if not below:
        raise InputError("no result is kept here (no result.json)", where=str(given), mend="give a folder that medir run wrote")
    return below


def _task(result: Result) -> tuple[str, ...]:
    return result.key[:3]


def _check(results: list[Result], wanted: list[str]) -> None:
    for name in wanted:
        if name not in compared(results):
            raise InputError(f"not all results hold {name}", mend=f"measures they share: {', '.join(compared(results))}")
