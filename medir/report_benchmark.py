"""A benchmark as one table: a row a task, a column a system, then the groups and the mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.benchmark_mean import averages
from tasks.catalogue.entries import Benchmark
from tasks.result import Result

from .report import Format, as_table
from .report_cost import cost_columns, cost_remarks
from .report_published import published_means_text

By = Mapping[str, Sequence[Result]]


def benchmark_text(whole: Benchmark, by_spec: By, form: Format, *, slices: bool = False) -> str:
    """The table of a benchmark, with the slices of its tasks pooled if asked for, and the means that were published.

    A mean that lacks runs says of how many tasks it is.
    """
    runs = dict.fromkeys(result.key[:3] for own in by_spec.values() for result in own)
    rows = [["task", "measure", *by_spec]]
    for run in runs:
        found = [next((result for result in own if result.key[:3] == run), None) for own in by_spec.values()]
        main = next(result.main for result in found if result)
        rows.append([_name(run), main, *(f"{one.measures[main].mean:.4f}" if one else "–" for one in found)])
    means = {spec: {one.subset: one for one in averages(whole, own, spec)} for spec, own in by_spec.items()}
    rows += [[f"mean of {group}", "", *(_mean(own.get(group)) for own in means.values())] for group in whole.groups]
    rows.append(["mean", "", *(_mean(own.get("mean"), interval=True) for own in means.values())])
    title = f"{'## ' if form == 'markdown' else ''}{whole.name}: {whole.title}"
    whole_means = [own["mean"] for own in means.values() if own]
    parts = [title, as_table([*rows, *_costs(list(by_spec), whole_means)], form), "\n".join(_remarks(means))]
    parts += _pooled(by_spec, form) if slices else []
    return "\n\n".join([*parts, *filter(None, [published_means_text(whole.name, whole_means, form)])])


def _name(run: tuple[str, ...]) -> str:
    task, subset, split = run
    return " ".join([task, *(part for part in (split, subset) if part not in ("test", "default"))])


def _mean(result: Result | None, *, interval: bool = False) -> str:
    """A mean, and of how many tasks it is where runs are missing."""
    if result is None:
        return "–"
    value = result.measures[result.main]
    ends = f" [{value.low:.4f}, {value.high:.4f}]" if interval else ""
    return f"{value.mean:.4f}{ends}{f' ({result.split})' if result.notes.get('runs_missing') else ''}"


def _costs(specs: Sequence[str], means: Sequence[Result]) -> list[list[str]]:
    """A row for each number of what was generated for the whole benchmark; none where nothing was."""
    heads, *cells = cost_columns(means)
    by_spec = {mean.system: own for mean, own in zip(means, cells, strict=True)}
    return [
        ["all tasks", head, *(by_spec[spec][at] if spec in by_spec else "–" for spec in specs)] for at, head in enumerate(heads)
    ]


def _remarks(means: Mapping[str, Mapping[str, Result]]) -> list[str]:
    lines = ["mean: over tasks (each the mean of its splits and subsets); 95 % bootstrap, queries drawn within each task"]
    for spec, own in means.items():
        notes = own["mean"].notes if own else {}
        if missing := notes.get("runs_missing", 0):
            lines.append(f"{spec}: {missing:,} runs of the benchmark are missing, so its mean is not the benchmark's")
        counted = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in notes.items() if count)
        lines.append(f"{spec}: {counted or 'nothing to note'}" if own else f"{spec}: takes none of its tasks")
    return lines + cost_remarks([own["mean"] for own in means.values() if own])


def _pooled(by_spec: By, form: Format) -> list[str]:
    """A table for each slice: its values over the queries of all tasks that have it; no cell where a system lacks some."""
    names = dict.fromkeys(name for own in by_spec.values() for result in own for name in result.slices)
    return [_slice(name, {spec: _means(name, own) for spec, own in by_spec.items()}, form) for name in names]


def _means(name: str, results: Sequence[Result]) -> dict[str, tuple[int, float]]:
    """By value of a slice, the number of queries and the mean of each one's main measure."""
    found: dict[str, tuple[int, float]] = {}
    for result in results:
        for value, row in result.slices.get(name, {}).items():
            if not row["queries"]:
                continue
            queries, mean = found.get(value, (0, 0.0))
            both = queries + int(row["queries"])
            found[value] = (both, (queries * mean + row["queries"] * row[result.main]) / both)
    return found


def _slice(name: str, by_spec: Mapping[str, Mapping[str, tuple[int, float]]], form: Format) -> str:
    rows = [[name, "queries", *by_spec]]
    for value in sorted({value for own in by_spec.values() for value in own}):
        found = [own.get(value, (0, 0.0)) for own in by_spec.values()]
        most = max(queries for queries, _ in found)
        rows.append([value, f"{most:,}", *(f"{mean:.4f}" if queries == most else "–" for queries, mean in found)])
    return as_table(rows, form)
