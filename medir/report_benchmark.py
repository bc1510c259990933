"""A benchmark as one table: a row a task, a column a system, then the groups and the mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.benchmark_mean import benchmark_mean, group_means
from tasks.catalogue.entries import Benchmark
from tasks.result import Result

from .report import Format, as_table

By = Mapping[str, Sequence[Result]]


def benchmark_text(whole: Benchmark, by_spec: By, form: Format) -> str:
    """The table of a benchmark. A mean is printed for a system that has a result of every run, and said to be partial else."""
    runs = dict.fromkeys(result.key[:3] for own in by_spec.values() for result in own)
    rows = [["task", "measure", *by_spec]]
    for run in runs:
        found = [next((result for result in own if result.key[:3] == run), None) for own in by_spec.values()]
        main = next(result.main for result in found if result)
        rows.append([_name(run), main, *(f"{one.measures[main].mean:.4f}" if one else "–" for one in found)])
    rows += [[f"mean of {group}", "", *cells] for group, cells in _groups(whole, by_spec).items()]
    means = {spec: benchmark_mean(whole.name, own, spec) for spec, own in by_spec.items() if own}
    rows.append(["mean", "", *(_mean(means.get(spec)) for spec in by_spec)])
    title = f"{'## ' if form == 'markdown' else ''}{whole.name}: {whole.title}"
    return "\n\n".join([title, as_table(rows, form), "\n".join(_remarks(whole, by_spec, means))])


def _name(run: tuple[str, ...]) -> str:
    task, subset, split = run
    return " ".join([task, *(part for part in (split, subset) if part not in ("test", "default"))])


def _groups(whole: Benchmark, by_spec: By) -> dict[str, list[str]]:
    found = {spec: group_means(whole.groups, own, spec) for spec, own in by_spec.items()}
    return {group: [_value(means.get(group)) for means in found.values()] for group in whole.groups}


def _value(result: Result | None) -> str:
    return f"{result.measures[result.main].mean:.4f}" if result else "–"


def _mean(result: Result | None) -> str:
    if result is None:
        return "–"
    value = result.measures[result.main]
    return f"{value.mean:.4f} [{value.low:.4f}, {value.high:.4f}]"


def _remarks(whole: Benchmark, by_spec: By, means: Mapping[str, Result]) -> list[str]:
    lines = ["mean: over tasks (each the mean of its splits and subsets); 95 % bootstrap, queries drawn within each task"]
    expected = len(whole.runs())
    for spec, own in by_spec.items():
        if len(own) < expected:
            lines.append(f"{spec}: {len(own)} of {expected} runs, so its mean is not the benchmark's")
        counted = (
            ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in means[spec].notes.items() if count) if own else ""
        )
        lines.append(f"{spec}: {counted or 'nothing to note'}")
    return lines
