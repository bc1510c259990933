"""`medir task show`: one task whole, with what was published on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cyclopts import App

from corpora import UsageError
from medir.report import as_table
from tasks.catalogue.entries import Benchmark, Entry, benchmarks, card_of_entry, entry

task = App(name="task", help="what is known of one task by name", help_format="plaintext")


@task.command
def show(name: str, /, *, format: str = "table") -> None:
    """Print the whole card of a task, and the published scores on it.

    Parameters
    ----------
    name
        A task of medir tasks, such as r2med/biology.
    format
        table or json.
    """
    if format not in ("table", "json"):
        raise UsageError(f"unknown format {format!r}", mend="use table or json")
    found = entry(name)
    scores = published_rows(found)
    if format == "json":
        print(json.dumps({**whole(found), "published": scores}, ensure_ascii=False, indent=1))
        return
    print(as_table([["key", "value"], *([key, text] for key, text in _lines(whole(found)))]))
    print(f"\n{_published(scores)}")


def whole(found: Entry) -> dict[str, Any]:
    """Every key of an entry with its value, the benchmarks that average it, and the models known to have seen it."""
    inside = [name for name, one in benchmarks().items() if found.name in one.tasks]
    values = asdict(found) | {"trained_on": card_of_entry(found).trained_on}
    return {"name": found.name, "in": inside, **{key: value for key, value in values.items() if key != "name"}} | _groups(found)


def published_rows(found: Entry) -> list[dict[str, Any]]:
    """The published scores on a task, as `medir reference` prints them."""
    from baselines.reference.tables import published

    return [dict(cell.row()) for cell in published(found.name)]


def _groups(found: Entry) -> dict[str, Any]:
    groups = {one.name: group for one in benchmarks().values() for group in _named(one, found.name)}
    return {"groups": groups} if groups else {}


def _named(benchmark: Benchmark, task: str) -> list[str]:
    return [group for group, tasks in benchmark.groups.items() if task in tasks]


def _lines(values: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Key and text of every value, tables flattened to `a.b`, what is empty left out."""
    lines: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines += _lines(value, f"{before}{key}.")
        elif value not in ("", (), [], None):
            lines.append((f"{before}{key}", json.dumps(value, ensure_ascii=False) if "prompts" in before else _text(value)))
    return lines


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value).replace("\n", "\\n")


def _published(scores: Sequence[Mapping[str, Any]]) -> str:
    if not scores:
        return "no published scores are known"
    rows = [
        [str(row["system"]), str(row.get("subset", "")), str(row["measure"]), f"{row['value']:.4f}", str(row["source"])]
        for row in scores
    ]
    return "published scores:\n\n" + as_table([["system", "subset", "measure", "value", "source"], *rows])
