"""Questions from tables on the hub, and from files that a user brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..collection import Card
from ..errors import InputError
from ..queries import Qrels
from ..question_folder import SEVERAL_LANGUAGES, open_questions
from ..questions import LETTERED, QuestionKind, Questions
from ..reading.json_file import read_json
from ..reading.question_fields import as_number, is_missing, unpacked
from ..reading.questions import Read, Row, questions_of
from ..workspace import Workspace
from .files import user_file, user_folder
from .forms.temmed_questions import open_temmed_questions
from .opened import OpenTable, Values, id_at, moved_notes, open_tables
from .tables import FilesSource, HubSource, Table

_APART = ("options", "limits")
_ONLY = "only "
_NO_OPTION = ("n/a", "N/A")
_MIRAGE = "benchmark.json"


def open_hub_questions(source: HubSource, card: Card, split: str, workspace: Workspace) -> Questions:
    """The questions of the table `rows`; a column for each option (or limit) is a list of them.

    Without a column for ids, an id is the number of the row; one that occurs again gets `-2`, `-3`... Left out and counted
    are rows that `only` does not want (`rows_left_out`), and those without a text, an answer or two options
    (`rows_without_text`, `rows_without_answer`, `rows_without_options`), and where a number is asked those whose answer is
    none (`rows_without_number`); `repeated_ids` counts the ids that were changed.
    Raises InputError with the place for an answer that is none of its options and for values of the wrong kind.
    """
    tables = open_tables(source, workspace)
    counted: Counter[str] = Counter()
    table = tables["rows"].table
    rows = list(_rows(tables["rows"], counted))
    read = list(questions_of(rows, table.answers, table.question_kind or None))  # type: ignore[arg-type]
    if not read:
        raise InputError("there is no question in it", where=tables["rows"].where, mend="check the columns")
    return _gathered(read, card, split, dict(+counted) | moved_notes(tables))


def open_files_questions(
    source: FilesSource, card: Card, split: str, workspace: Workspace, kind: QuestionKind | None = None
) -> Questions:
    """The questions in the user's folder (see `open_questions`), or a set of MIRAGE's file, under the entry's card.

    `kind` is that of all of them, where it is known.

    Raises InputError, with the recipe, where there is no such folder or file, and for what is wrong in it.
    """
    folder = user_folder(source.folder or card.name, source.recipe)
    if source.layout == "mirage":
        path = user_file(folder, _MIRAGE, source.recipe)
        return _gathered(list(questions_of(_mirage(path, source.part), kind=kind)), card, split, {})
    if source.layout == "temmed":
        return open_temmed_questions(folder, source, card, split, workspace)
    found = open_questions(folder, split, workspace, kind=kind)
    told = card.language == "unknown" or found.card.language == SEVERAL_LANGUAGES
    return replace(found, card=replace(card, language=found.card.language) if told else card)


def _gathered(read: list[Read], card: Card, split: str, notes: Mapping[str, int]) -> Questions:
    grades = {one.question.id: dict.fromkeys(one.evidence, 1) for one in read if one.evidence}
    return Questions(card, split, tuple(one.question for one in read), None, Qrels(grades), notes)


def _rows(table: OpenTable, counted: Counter[str]) -> Iterator[Row]:
    """The rows that are wanted and can be asked, as records of a file of questions."""
    only = {f"{_ONLY}{column}": values for column, values in table.table.only.items()}
    columns = _singly(table.table.columns) | {name: (name.removeprefix(_ONLY),) for name in only}
    opened = replace(table, table=replace(table.table, columns=columns))
    kind, seen = table.table.question_kind, Counter[str]()
    for number, values in enumerate(opened.rows(*columns), 1):
        given = dict(zip(columns, values.fields, strict=True))
        if any(_plain(given[name]) not in wanted for name, wanted in only.items()):
            counted["rows_left_out"] += 1
            continue
        row = _record({name: value for name, value in given.items() if name not in only}, values, table.table)
        if lacking := _lacks(row, kind):
            counted[lacking] += 1
            continue
        name = str(number) if is_missing(row.get("id")) else id_at(row["id"], "question id", values.place)
        seen[name] += 1
        counted["repeated_ids"] += seen[name] > 1
        yield values.place, {**row, "id": name if seen[name] == 1 else f"{name}-{seen[name]}"}


def _singly(columns: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The columns with each option and each limit as a field of its own, where they have columns of their own."""
    single: dict[str, tuple[str, ...]] = {}
    for name, theirs in columns.items():
        apart = name in _APART and len(theirs) > 1
        single |= {f"{name} {place}": (column,) for place, column in enumerate(theirs)} if apart else {name: theirs}
    return single


def _record(given: Mapping[str, Any], values: Values, table: Table) -> dict[str, Any]:
    """The row under the names that a file of questions has for its fields."""
    row: dict[str, Any] = {"options": None, "answer": None, "metadata": values.metadata}
    for name, value in given.items():
        field, apart, _ = name.partition(" ")
        if apart:
            row[field] = [*(row.get(field) or []), value]
        else:
            row["question" if field == "text" else field] = value
    row["question"], row["options"] = _asked(row["question"], table), _filled(unpacked(row["options"]))
    row["answer"] = _answer(row["answer"], table)
    if isinstance(limits := row.get("limits"), list):
        ends = [number for limit in limits if (number := as_number(limit)) is not None]
        row["limits"] = sorted(ends) or None
    return row


def _asked(text: Any, table: Table) -> Any:
    """The text up to where its options are repeated, with what is asked of it."""
    if not isinstance(text, str) or not text.strip():
        return text
    kept = text.partition(table.cut)[0].strip() if table.cut else text
    return f"{kept}\n{table.ask}" if table.ask else kept


def _filled(options: Any) -> Any:
    """The options, those emptied that tables of a fixed number of columns fill with `n/a`."""
    if isinstance(options, dict):
        return {key: None if text in _NO_OPTION else text for key, text in options.items()}
    return [None if option in _NO_OPTION else option for option in options] if isinstance(options, list) else options


def _lacks(row: Mapping[str, Any], kind: str) -> str:
    """What a row lacks to be a question, as the note that counts it; nothing where it is one."""
    text = row["question"]
    if is_missing(text) or (isinstance(text, str) and not text.strip()):
        return "rows_without_text"
    if kind != "free" and is_missing(row["answer"]):
        return "rows_without_answer"
    if kind == "numeric" and as_number(row["answer"]) is None:
        return "rows_without_number"
    wanted = kind in LETTERED and not kind.startswith("yes-no")
    return "rows_without_options" if wanted and _few(row["options"]) else ""


def _few(options: Any) -> bool:
    """Whether there are fewer than two options; what is no table of options is not counted here."""
    if not isinstance(options, dict | list):
        return is_missing(options)
    return sum(not is_missing(text) for text in (options.values() if isinstance(options, dict) else options)) < 2


def _answer(value: Any, table: Table) -> Any:
    """The answer; a place before the first option is none (a hidden answer, an annulled question)."""
    if table.answers in ("0", "1") and (place := as_number(value)) is not None and place < int(table.answers):
        return None
    return value


def _plain(value: Any) -> str:
    return "" if is_missing(value) else str(value)


def _mirage(path: Path, part: str) -> Iterator[Row]:
    """The questions of one set of MIRAGE's file; their `PMID` are the evidence, and the subject of MMLU is in the id."""
    whole = read_json(path)
    sets = whole if isinstance(whole, dict) else {}
    if not isinstance(sets.get(part), dict):
        raise InputError(f"there is no set {part!r} in it", where=str(path), mend=f"those there are: {', '.join(sets) or 'none'}")
    for name, given in sets[part].items():
        place = f"{path}, {part}, {name}"
        if not isinstance(given, dict):
            raise InputError("the question is not an object", where=place, mend="fetch the file again")
        row = {key: value for key, value in given.items() if key != "PMID"}
        subject = {"subject": name.rpartition("-")[0]} if part == "mmlu" else {}
        yield place, {**subject, **row, "id": name, "evidence": given.get("PMID")}
