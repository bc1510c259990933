"""The same documents, queries and judgements in every format and layout are the same collection."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from folders import write_folder

from corpora.folder import open_folder_collection, open_folder_corpus
from corpora.workspace import Workspace

ROWS = [
    {"_id": "d 1", "title": 'A, "B"', "text": "plain ascii", "year": "1999"},
    {"_id": "17", "title": "", "text": "心脏病 \U0001f600 ünï", "year": ""},
    {"_id": "é", "title": "only a title", "text": "", "year": "x"},
]


def jsonl(rows) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(rows, dialect: str) -> str:
    out = io.StringIO()
    if dialect == "tsv":
        return "".join("\t".join(line) + "\n" for line in [list(rows[0]), *(list(map(str, row.values())) for row in rows)])
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def packed_parquet(rows) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), out, row_group_size=2)
    return out.getvalue()


FORMATS = {
    "corpus.jsonl": jsonl,
    "corpus.jsonl.gz": jsonl,
    "corpus.tsv": lambda rows: table(rows, "tsv"),
    "corpus.tsv.gz": lambda rows: table(rows, "tsv").replace("\n", "\r\n"),
    "corpus.csv": lambda rows: table(rows, "csv"),
    "corpus.csv.gz": lambda rows: "\ufeff" + table(rows, "csv"),
    "corpus.parquet": packed_parquet,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_documents(tmp_path, name):
    folder = write_folder(tmp_path / "data", {"corpus.jsonl": None, name: FORMATS[name](ROWS)})
    corpus, _, notes = open_folder_corpus(folder, Workspace(tmp_path / "home"))
    assert [(d["id"], d["title"], d["text"], json.loads(d["metadata"])) for d in corpus.table.to_pylist()] == [
        (row["_id"], row["title"], row["text"], {"year": row["year"]}) for row in ROWS
    ]
    assert notes == ({"byte_order_marks": 1} if name == "corpus.csv.gz" else {})


def test_shards_are_read_by_number_and_packed_ones_as_plain_ones(tmp_path):
    rows = [{"_id": f"d{number}", "text": f"text {number}"} for number in range(24)]
    shards = {f"corpus-{at}.jsonl{'.gz' * (at % 2)}": jsonl(rows[2 * at : 2 * at + 2]) for at in range(12)}
    folder = write_folder(tmp_path / "data", {"corpus.jsonl": None, **shards})
    corpus, _, _ = open_folder_corpus(folder, Workspace(tmp_path / "home"))
    assert corpus.ids.to_pylist() == [row["_id"] for row in rows]


def test_a_gzip_stream_of_several_members_is_read_to_its_end(tmp_path):
    data = b"".join(gzip.compress(jsonl([row]).encode()) for row in ROWS)
    folder = write_folder(tmp_path / "data", {"corpus.jsonl": None, "corpus.jsonl.gz": data})
    assert len(open_folder_corpus(folder, Workspace(tmp_path / "home"))[0]) == 3


@pytest.mark.parametrize("id_field", ["_id", "id", "doc_id", "docid", "corpus-id"])
@pytest.mark.parametrize("text_field", ["text", "contents", "body"])
def test_fields_are_found_by_their_usual_names(tmp_path, id_field, text_field):
    row = {id_field: 7, text_field: "words", "parent": "p", "metadata": {"a": [1, {"b": None}]}, "year": 3}
    folder = write_folder(tmp_path / "data", {"corpus.jsonl": jsonl([row])})
    document = open_folder_corpus(folder, Workspace(tmp_path / "home"))[0].table.to_pylist()[0]
    assert json.loads(document.pop("metadata")) == {"a": [1, {"b": None}], "year": 3}
    assert document == {"id": "7", "title": "", "text": "words", "parent": "p", "images": "", "files": ""}


def test_metadata_that_shares_a_name_with_a_field_stays_apart(tmp_path):
    row = {"_id": "d", "text": "words", "metadata": {"year": 1}, "year": 2}
    folder = write_folder(tmp_path / "data", {"corpus.jsonl": jsonl([row])})
    document = open_folder_corpus(folder, Workspace(tmp_path / "home"))[0].table.to_pylist()[0]
    assert json.loads(document["metadata"]) == {"metadata": {"year": 1}, "year": 2}


JUDGED = [("q1", "d1", 1), ("q2", "d2", 2), ("q2", "d1", 0)]
NAMED = [{"query-id": query, "corpus-id": document, "score": grade} for query, document, grade in JUDGED]
QRELS = {
    "qrels/test.tsv": table(NAMED, "tsv"),
    "qrels/test.tsv.gz": table(NAMED, "tsv"),
    "qrels/test.csv": table(NAMED, "csv"),
    "qrels/test.jsonl": jsonl(NAMED),
    "qrels/test.parquet": packed_parquet(NAMED),
    "qrels.tsv": table(NAMED, "tsv").replace("\n", "\r\n"),
    "qrels-test.csv": table([{"qid": q, "docid": d, "relevance": g} for q, d, g in JUDGED], "csv"),
    "qrels.txt": "".join(f"{query} 0 {document} {grade}\n" for query, document, grade in JUDGED),
    "qrels-test.tsv": "".join(f"{query}\t0\t{document}\t{grade}\n" for query, document, grade in JUDGED),
    "qrels/test.txt": "".join(f"{query}\t{document}\t{grade}\n" for query, document, grade in JUDGED),
}


@pytest.mark.parametrize("name", QRELS)
def test_every_layout_gives_the_same_judgements(tmp_path, name):
    folder = write_folder(tmp_path / "data", {"qrels/test.tsv": None, name: QRELS[name], "qrels/README.txt": "not a split"})
    collection = open_folder_collection(folder, None, Workspace(tmp_path / "home"))
    assert collection.split == "test"
    assert collection.qrels.grades == {"q1": {"d1": 1}, "q2": {"d2": 2, "d1": 0}}


@pytest.mark.parametrize("name", ["queries.jsonl", "queries.tsv", "queries.csv", "queries.parquet"])
def test_every_format_gives_the_same_queries(tmp_path, name):
    rows = [
        {"_id": "q1", "text": 'a "quoted" one', "kind": "x", "group": "g"},
        {"_id": "q2", "text": "二", "kind": "y", "group": "g"},
    ]
    writer = {"jsonl": jsonl, "parquet": packed_parquet}.get(name.split(".")[1], lambda rows: table(rows, name.split(".")[1]))
    folder = write_folder(tmp_path / "data", {"queries.jsonl": None, name: writer(rows)})
    queries = open_folder_collection(folder, None, Workspace(tmp_path / "home")).queries
    assert (queries.ids, queries.texts, queries.group) == (("q1", "q2"), ['a "quoted" one', "二"], ("g", "g"))
    assert [dict(one) for one in queries.metadata] == [{"kind": "x"}, {"kind": "y"}]
