"""From a reference file (TOML) to its tables, every entry checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from corpora import InputError

from .published import PrintedMean, Published, ReferenceFile, Table

UNITS = {"percent": Decimal(100), "fraction": Decimal(1)}
KINDS = ("authors", "independent", "repeated")
HEAD = {"benchmark", "title", "aliases", "table"}
NEEDED = {"id", "kind", "measure", "unit", "source", "tasks", "rows"}
PER_ROW = ("means", "notes", "sources", "mean_exceptions")
OPTIONAL = {"subsets", "note", "mean_task", "mean_measure", "mean_note", *PER_ROW}


def read_reference(name: str, text: str) -> ReferenceFile:
    """The file called `name` whose content is `text`.

    Raises InputError, with the table and the row, for TOML that cannot be read, a missing or unknown key, a row of another
    length than the columns, a value that is no number or off its scale, a cell without source, or one that stands twice.
    """
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as problem:
        raise InputError(f"is not TOML: {problem}", where=name, mend="mend the file") from None
    if unknown := sorted(set(data) - HEAD) or sorted({"benchmark", "title"} - set(data)):
        _refuse(name, f"unknown or missing key {unknown[0]!r}")
    tables = tuple(_table(f"{name}, table {number}", raw) for number, raw in enumerate(data.get("table", ()), 1))
    keys = [cell.key for table in tables for cell in table.cells]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        _refuse(name, f"this cell stands twice: {' / '.join(twice[0])}")
    return ReferenceFile(name, data["benchmark"], data["title"], tuple(data.get("aliases", ())), tables)


@dataclass(frozen=True)
class _Columns:
    """The columns of a table, all of one length: task, subset and measure of each."""

    tasks: tuple[str, ...]
    subsets: tuple[str, ...]
    measures: tuple[str, ...]


def _table(where: str, raw: Mapping[str, Any]) -> Table:
    if missing := sorted(NEEDED - set(raw)) or sorted(set(raw) - NEEDED - OPTIONAL):
        _refuse(where, f"unknown or missing key {missing[0]!r}")
    where = f"{where} ({raw['id']})"
    for key, known in (("unit", tuple(UNITS)), ("kind", KINDS)):
        if raw[key] not in known:
            _refuse(where, f"{key} is {raw[key]!r}, not one of {', '.join(known)}")
    for key in PER_ROW:
        if strange := sorted(set(raw.get(key, ())) - set(raw["rows"])):
            _refuse(where, f"{key} names {strange[0]!r}, which is no row")
    columns, cells, means = _columns(where, raw), list[Published](), list[PrintedMean]()
    for system, values in raw["rows"].items():
        numbers = _numbers(f"{where}, row {system!r}", values, columns, raw["unit"])
        cells += _cells(raw, system, columns, numbers)
        if system in raw.get("means", ()):
            means.append(_mean(f"{where}, row {system!r}", raw, system, [n for n, _ in numbers if n is not None]))
            cells.append(_mean_cell(where, raw, system))
    if any(not cell.source for cell in cells):
        _refuse(where, "a cell has no source")
    return Table(raw["id"], raw["unit"], tuple(cells), tuple(means), raw["source"], raw.get("note", ""))


def _columns(where: str, raw: Mapping[str, Any]) -> _Columns:
    tasks = tuple(raw["tasks"])
    measures = raw["measure"] if isinstance(raw["measure"], list) else [raw["measure"]] * len(tasks)
    subsets = raw.get("subsets", [""] * len(tasks))
    if not len(tasks) == len(measures) == len(subsets):
        _refuse(where, f"{len(tasks)} tasks, {len(measures)} measures and {len(subsets)} subsets")
    return _Columns(tasks, tuple(subsets), tuple(measures))


def _numbers(where: str, values: Sequence[Any], columns: _Columns, unit: str) -> list[tuple[Decimal | None, str]]:
    """Each value of a row with its own note; None where the source has none."""
    if len(values) != len(columns.tasks):
        _refuse(where, f"{len(values)} values for {len(columns.tasks)} columns")
    return [_number(where, value, unit) for value in values]


def _number(where: str, value: Any, unit: str) -> tuple[Decimal | None, str]:
    note = ""
    if isinstance(value, dict):
        value, note = value.get("value"), str(value.get("note", ""))
    if value == "" or (isinstance(value, Decimal) and value.is_nan()):
        return None, note
    if not isinstance(value, int | Decimal) or isinstance(value, bool) or not 0 <= value <= UNITS[unit]:
        _refuse(where, f"{value!r} is no value in {unit}")
    return Decimal(value), note


def _cells(
    raw: Mapping[str, Any], system: str, columns: _Columns, numbers: Sequence[tuple[Decimal | None, str]]
) -> list[Published]:
    source = raw.get("sources", {}).get(system, raw["source"])
    said = (raw.get("notes", {}).get(system, ""), raw.get("note", ""))
    found = []
    for task, subset, measure, (number, own) in zip(columns.tasks, columns.subsets, columns.measures, numbers, strict=True):
        if number is not None:
            value, note = float(number / UNITS[raw["unit"]]), "; ".join(part for part in (own, *said) if part)
            found.append(Published(task, subset, system, measure, value, source, raw["id"], raw["kind"], note))
    return found


def _mean(where: str, raw: Mapping[str, Any], system: str, numbers: Sequence[Decimal]) -> PrintedMean:
    printed, _ = _number(where, raw["means"][system], raw["unit"])
    if printed is None or not numbers:
        _refuse(where, "a mean of nothing")
    scale = 100 / UNITS[raw["unit"]]
    recomputed = sum(numbers, Decimal(0)) / len(numbers)
    return PrintedMean(system, printed * scale, recomputed * scale, raw.get("mean_exceptions", {}).get(system, ""))


def _mean_cell(where: str, raw: Mapping[str, Any], system: str) -> Published:
    """The printed mean as a cell of the benchmark."""
    measure = raw.get("mean_measure", raw["measure"])
    if "mean_task" not in raw or not isinstance(measure, str):
        _refuse(where, "a table with means needs mean_task, and mean_measure where its columns differ in measure")
    value = float(Decimal(raw["means"][system]) / UNITS[raw["unit"]])
    note = "; ".join(part for part in ("mean over its tasks", raw.get("mean_note", "")) if part)
    source = raw.get("sources", {}).get(system, raw["source"])
    return Published(raw["mean_task"], "", system, measure, value, source, raw["id"], raw["kind"], note, is_mean=True)


def _refuse(where: str, what: str) -> NoReturn:
    raise InputError(what, where=where, mend="mend the reference file")
