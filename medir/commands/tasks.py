"""`medir tasks`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from corpora import UsageError
from corpora.registry import suggest
from medir.report import as_csv, as_table, check_format
from tasks.catalogue.entries import Entry, benchmarks, entries
from tasks.catalogue.entry import MODALITIES, QA, TYPES

COMMERCIAL = "commercial"
IMAGE = "image"


def tasks(
    *,
    benchmark: str | None = None,
    type: str | None = None,
    lang: str | None = None,
    licence: str | None = None,
    modality: str | None = None,
    format: str = "table",
) -> None:
    """List the tasks that can be run by name.

    Parameters
    ----------
    benchmark
        Only the tasks of a benchmark (r2med, cmirb, mteb-medical...).
    type
        Only retrieval, reranking, text-to-image, image-to-text, image-to-image, classification, clustering, pair, sts,
        zero-shot, qa (questions) or corpus (documents to answer from).
    lang
        Only tasks with queries or documents in a language (en, zh...).
    licence
        commercial: only those whose licence is known to allow commercial use.
    modality
        Only tasks with queries or documents of a kind: text or image.
    format
        table, markdown, csv or json.
    """
    form = check_format(format)
    found = selected(benchmark, type, lang, licence, modality)
    rows = [row(entry) for entry in found]
    if form == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    elif form == "csv":
        print(as_csv([{name: _plain(value) for name, value in one.items()} for one in rows]))
    else:
        hidden = set() if any(one.type == QA for one in found) else {"kind", "known_item"}
        hidden |= set() if any(IMAGE in one.modalities for one in found) else {"modalities"}
        names = [name for name in row(next(iter(entries().values()))) if name not in hidden]
        shown = [{**one, "licence": one["licence"].partition(" (")[0]} for one in rows]
        print(as_table([names, *([_cell(one[name]) for name in names] for one in shown)], form))
        print(f"\n{len(rows)} of {len(entries())} tasks; medir task show NAME prints one of them whole")


def selected(
    benchmark: str | None, kind: str | None, language: str | None, licence: str | None, modality: str | None = None
) -> list[Entry]:
    """The entries that pass all filters, in the order of the benchmark where one is named.

    Raises UsageError, with what there is, for a benchmark, type, language, licence or modality that no entry has.
    """
    found = list(_of_benchmark(benchmark) if benchmark else entries().values())
    if kind is not None:
        _check("type", kind, TYPES)
    if language is not None:
        _check("language", language, (code for entry in entries().values() for code in entry.languages))
    if licence is not None:
        _check("licence", licence, [COMMERCIAL])
    if modality is not None:
        _check("modality", modality, MODALITIES)
    return [
        entry
        for entry in found
        if kind in (None, entry.type)
        and (language is None or language in entry.languages)
        and (licence is None or entry.commercial)
        and (modality is None or modality in entry.modalities)
    ]


def row(entry: Entry) -> dict[str, Any]:
    """What `--format json` prints of a task; counts that are not known are null, and only questions have a kind."""
    return {
        "name": entry.name,
        "benchmark": entry.benchmark,
        "type": entry.type,
        "languages": list(entry.languages),
        "modalities": list(entry.modalities),
        "documents": _size(entry.counts, "documents", "texts"),
        "queries": _size(entry.counts, "queries", "topics", "pairs", "questions"),
        "measure": entry.main,
        "licence": entry.licence,
        "kind": entry.question_kind,
        "known_item": entry.known_item,
    }


def _size(counts: Mapping[str, int], *names: str) -> int | None:
    return next((counts[name] for name in names if name in counts), None)


def _of_benchmark(name: str) -> Iterable[Entry]:
    if name in benchmarks():
        return (entries()[task] for task in benchmarks()[name].tasks)
    families = {entry.benchmark for entry in entries().values()}
    _check("benchmark", name, families | set(benchmarks()))
    return (entry for entry in entries().values() if entry.benchmark == name)


def _check(what: str, name: str, known: Iterable[str]) -> None:
    listed = sorted(set(known))
    if name not in listed:
        raise UsageError(f"unknown {what} {name!r}", mend=suggest(name, listed))


def _plain(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else "" if value is None else value


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:,}" if isinstance(value, int) else str(_plain(value))
