"""Some hundred malformed folders: each gives a right result or a MedirError, never anything else, and nothing half-written."""

from __future__ import annotations

import gzip
import io
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from corpora.errors import InputError, MedirError, UsageError
from corpora.folder import open_folder_collection
from corpora.validation import validate
from corpora.workspace import Workspace

VALUES = [
    None,
    True,
    0,
    1,
    -7,
    1.5,
    10**25,
    "",
    " ",
    "a\tb",
    "x\ny",
    "é",
    "\0",
    "心",
    "\u2028",
    "1",
    [],
    ["a"],
    {},
    {"a": {"b": [1, None]}},
    "d1",
]
NAMES = ["_id", "id", "text", "contents", "title", "metadata", "parent", "group", "query-id", "corpus-id", "score", "", "url"]
BYTES = [
    b"\xff",
    b"\0",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\n",
    b"\t",
    b'"',
    b",",
    b"{",
    b"}",
    b"\\ud800",
    b"\x1f\x8b",
    b"1",
    b"null",
]


def rows(chance: random.Random, kind: str) -> list[dict[str, object]]:
    """Sound rows, some of them then spoilt."""
    made: list[dict[str, object]] = []
    for number in range(chance.choice([0] + list(range(3, 8)) * 5)):
        if kind == "qrels":
            made.append({"query-id": f"q{number // 3}", "corpus-id": f"d{number % 3}", "score": chance.randint(0, 2)})
        else:
            made.append({"_id": f"{kind[0].replace('c', 'd')}{number}", "text": f"words {number}"})
    for row in made:
        while chance.random() < 0.04:
            row[chance.choice(NAMES)] = chance.choice(VALUES)
        if chance.random() < 0.02:
            row.pop(chance.choice(list(row)), None)
    return made + made[: chance.randint(0, 1)]


def written(chance: random.Random, made: list[dict[str, object]], ending: str) -> bytes:
    if ending == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=chance.random() < 0.5) + "\n" for row in made).encode(
            "utf-8", "surrogatepass"
        )
    names = list(dict.fromkeys(name for row in made for name in row))
    if ending == "parquet":
        columns = {name: [None if (value := row.get(name)) is None else str(value) for row in made] for name in names}
        out = io.BytesIO()
        parquet.write_table(pa.table(columns), out)
        return out.getvalue()
    separator = "\t" if ending == "tsv" else ","
    lines = [separator.join(names), *(separator.join(str(row.get(name, "")) for name in names) for row in made)]
    return ("\n".join(lines) + "\n").encode()


def spoilt(chance: random.Random, data: bytes) -> bytes:
    """Bytes cut, put in, overwritten or packed."""
    for _ in range(chance.choice([0, 0, 0, 0, 0, 1, 2])):
        at = chance.randint(0, len(data))
        data = data[:at] + (b"" if chance.random() < 0.3 else chance.choice(BYTES)) + data[at + chance.randint(0, 2) :]
    return data[: chance.randint(0, len(data))] if chance.random() < 0.03 else data


def spoil(chance: random.Random, folder: Path) -> None:
    places = {"corpus": ["corpus", "corpus-0"], "queries": ["queries"], "qrels": ["qrels", "qrels/test", "qrels-dev"]}
    for kind, stems in places.items():
        if chance.random() < 0.03:
            continue
        ending = chance.choice(["jsonl", "jsonl", "tsv", "csv", "parquet"])
        data = spoilt(chance, written(chance, rows(chance, kind), ending))
        if packed := chance.random() < 0.2:
            data = gzip.compress(data)
            data = data[: chance.randint(0, len(data))] if chance.random() < 0.3 else data
        path = folder / f"{chance.choice(stems)}.{ending}{'.gz' * packed}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@pytest.mark.parametrize("seed", range(8))
def test_malformed_folders(tmp_path, seed):
    chance = random.Random(seed)
    outcomes = []
    for number in range(60):
        folder, home = tmp_path / f"f{number}", tmp_path / f"h{number}"
        folder.mkdir()
        spoil(chance, folder)
        fault = fault_of(folder, home, allow_dangling=chance.random() < 0.5)
        outcomes.append(fault is None)
    assert 0 < sum(outcomes) < 60


def fault_of(folder: Path, home: Path, allow_dangling: bool) -> MedirError | None:
    """What opening the folder raised, if anything, once it is known to agree with what validation reports."""
    fault = None
    try:
        check(open_folder_collection(folder, None, Workspace(home), allow_dangling=allow_dangling))
    except MedirError as problem:
        fault = problem
        assert fault.where
        assert fault.mend
        assert not [path for path in home.rglob("*") if path.name.startswith(".")]
    try:
        report = validate(folder, Workspace(home))
    except InputError:
        assert fault
        return fault
    json.dumps(report.as_dict())
    if not report.refused and not isinstance(fault, UsageError):
        assert fault is None, (fault, report)
    if fault is None and not allow_dangling and len(report.splits) == 1:
        assert not report.refused, report
    return fault


def check(collection) -> None:
    """What was read holds together."""
    ids = collection.corpus.ids.to_pylist()
    assert len(set(ids)) == len(ids) > 0
    assert all(ids)
    assert all("\0" not in text for text in collection.corpus.table.column("text").to_pylist())
    assert all(json.loads(text) for text in collection.corpus.table.column("metadata").to_pylist() if text)
    assert set(collection.qrels.grades) == set(collection.queries.ids) != set()
    assert all(type(grade) is int for judged in collection.qrels.grades.values() for grade in judged.values())
