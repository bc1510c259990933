"""Bad input: a message that names the file and line (or the id) and the mend, and nothing left behind."""

from __future__ import annotations

import gzip
import io
import json
import random

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from folders import DOCUMENTS, QRELS, QUERIES, write_folder

from corpora.errors import InputError, UsageError
from corpora.folder import open_folder_collection
from corpora.reading import streams
from corpora.workspace import Workspace


def document(text: object, name: object = "d3", **more: object) -> str:
    return json.dumps({"_id": name, "text": text, **more}) + "\n"


def packed(table: pa.Table) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


CUT = gzip.compress("".join(document(random.Random(n).random().hex(), f"c{n}") for n in range(5000)).encode())[:-20_000]
UNCHECKED = bytearray(gzip.compress(DOCUMENTS.encode()))
UNCHECKED[-6] ^= 1

CORPUS = {
    "broken UTF-8": (
        DOCUMENTS.encode() + b'{"_id": "d3", "text": "\xff"}\n',
        "corpus.jsonl:3",
        "not UTF-8: byte 0xff at position 24",
    ),
    "UTF-16": (DOCUMENTS.encode("utf-16"), "corpus.jsonl", "UTF-16"),
    "raw NUL": (DOCUMENTS.encode() + b'{"_id": "d3", "text": "a\0"}\n', "corpus.jsonl:3", "control character"),
    "NUL": (DOCUMENTS + document("a\0b"), "corpus.jsonl:3", "NUL character in 'text', at position 2"),
    "NUL in an id": (DOCUMENTS + document("a", "d\0"), "corpus.jsonl:3", "NUL character in 'id'"),
    "duplicates": (DOCUMENTS + document("other", "d1"), "corpus.jsonl:3", "share the id 'd1' and differ"),
    "int beside str": (DOCUMENTS + document("a", 7) + document("b", "7"), "corpus.jsonl:4", "share the id '7' and differ"),
    "float id": (DOCUMENTS + document("a", 7.5), "corpus.jsonl:3", "the id is a number"),
    "bool id": (DOCUMENTS + document("a", True), "corpus.jsonl:3", "the id is true or false"),
    "empty id": (DOCUMENTS + document("a", ""), "corpus.jsonl:3", "the id is empty"),
    "null id": (DOCUMENTS + document("a", None), "corpus.jsonl:3", "the id is null"),
    "no id": (DOCUMENTS + '{"text": "a"}\n', "corpus.jsonl:3", "no document id; the fields there are: 'text'"),
    "no text": (DOCUMENTS + '{"_id": "d3", "title": "a"}\n', "corpus.jsonl:3", "no text; the fields there are: '_id', 'title'"),
    "no known column": ('{"pid": "d3", "passage": "a"}\n', "corpus.jsonl:1", "the fields there are: 'pid', 'passage'"),
    "number as text": (DOCUMENTS + document(12), "corpus.jsonl:3", "'text' is a number, not text"),
    "list as title": (DOCUMENTS + document("a", title=["b"]), "corpus.jsonl:3", "'title' is a list, not text"),
    "cut line": (DOCUMENTS + '{"_id": "d3", "te', "corpus.jsonl:3", "the line is cut short"),
    "not JSON": (DOCUMENTS + "hello\n", "corpus.jsonl:3", "not JSON"),
    "not an object": (DOCUMENTS + '["d3", "a"]\n', "corpus.jsonl:3", "the line is a list, not an object"),
    "null line": (DOCUMENTS + "null\n", "corpus.jsonl:3", "the line is null, not an object"),
    "lone surrogate": (DOCUMENTS + '{"_id": "d3", "text": "\\ud800"}\n', "corpus.jsonl:3", "half of a surrogate pair"),
    "swapped surrogates": (DOCUMENTS + '{"_id": "d3", "text": "\\udc00\\ud800"}\n', "corpus.jsonl:3", "half of a surrogate pair"),
    "lone surrogate before text": (
        DOCUMENTS + '{"_id": "d3", "text": "\\ud800abcdefg"}\n',
        "corpus.jsonl:3",
        "half of a surrogate pair",
    ),
    "deep metadata": (
        DOCUMENTS + '{"_id": "d3", "text": "a", "metadata": ' + '{"a":' * 300 + "1" + "}" * 301 + "\n",
        "corpus.jsonl:3",
        "metadata cannot be kept",
    ),
    "empty": ("", "data", "no document"),
    "blank lines only": ("\n \n\r\n", "data", "no document"),
}


def refusal(tmp_path, files) -> InputError:
    folder, home = write_folder(tmp_path / "data", files), tmp_path / "home"
    with pytest.raises((InputError, UsageError)) as caught:
        open_folder_collection(folder, None, Workspace(home))
    assert not home.exists() or not [path for path in home.rglob("*") if path.is_file()]
    assert caught.value.mend
    return caught.value


@pytest.mark.parametrize("case", CORPUS)
def test_bad_documents(tmp_path, case):
    content, where, what = CORPUS[case]
    fault = refusal(tmp_path, {"corpus.jsonl": content})
    assert fault.where.endswith(where), fault
    assert what in fault.what


TABLES = {
    "corpus.tsv": ("id\ttext\nd1\ta\nd2\ta\tb\n", "corpus.tsv:3", "3 fields in place of 2"),
    "corpus.tsv.gz": ("id\ttext\r\nd1\ta\r\n\r\nd2\r\n", "corpus.tsv.gz:4", "1 fields in place of 2"),
    "corpus.csv": ('id,text\nd1,"a\nb"\nd2,a,b\n', "corpus.csv:4", "3 fields in place of 2"),
    "corpus-0.csv": ('id,text\nd1,"a" b\n', "corpus-0.csv:2", "not CSV"),
    "corpus-1.csv": ('id,text\nd1,a\nd2,"never closed\n', "corpus-1.csv:3", "not CSV: unexpected end of data"),
    "corpus-2.csv": ("id,text,id\nd1,a,b\n", "corpus-2.csv:1", "two columns are called 'id'"),
    "corpus-3.csv": (b"id,text\nd1,a\nd2,\xe9\n", "corpus-3.csv:3", "not UTF-8: byte 0xe9 at position 4"),
    "corpus-4.csv": ("pid,passage\nd1,a\n", "corpus-4.csv:2", "the fields there are: 'pid', 'passage'"),
    "corpus-5.tsv": ("id\ttext\nd1\ta\0b\n", "corpus-5.tsv:2", "NUL"),
    "corpus-6.parquet": (b"PAR1 and then nothing", "corpus-6.parquet", "not Parquet"),
    "corpus-7.parquet": (packed(pa.table({"id": ["d1", "d2"], "text": ["a", "b"]}))[:-30], "corpus-7.parquet", "not Parquet"),
    "corpus-8.parquet": (
        packed(pa.table({"id": ["d1", "d2"], "text": [["a"], ["b"]]})),
        "corpus-8.parquet, row 1",
        "a list, not text",
    ),
    "corpus-9.parquet": (packed(pa.table({"id": ["d1", ""], "text": ["a", "b"]})), "corpus-9.parquet, row 2", "the id is empty"),
    "corpus-10.parquet": (packed(pa.table({"id": ["d1"]})), "corpus-10.parquet, row 1", "no text; the fields there are: 'id'"),
    "corpus.jsonl.gz": (CUT, "corpus.jsonl.gz", "cut short or damaged"),
    "corpus-0.jsonl.gz": (b"not packed", "corpus-0.jsonl.gz", "not gzipped"),
    "corpus-1.jsonl.gz": (b"", "corpus-1.jsonl.gz", "not gzipped"),
    "corpus-2.jsonl.gz": (bytes(UNCHECKED), "corpus-2.jsonl.gz", "cut short or damaged"),
}


@pytest.mark.parametrize("name", TABLES)
def test_bad_tables_and_streams(tmp_path, name):
    content, where, what = TABLES[name]
    fault = refusal(tmp_path, {"corpus.jsonl": None, name: content})
    assert fault.where.endswith(where), fault
    assert what in fault.what


JUDGEMENTS = {
    "different grades": (QRELS + "q1\td1\t2\n", "test.tsv:4", "judged 2 here and 1 before"),
    "grade is a word": (QRELS + "q1\td2\tyes\n", "test.tsv:4", "'yes' is not a whole number"),
    "grade is a fraction": (QRELS + "q1\td2\t0.5\n", "test.tsv:4", "'0.5' is not a whole number"),
    "grade in other digits": (QRELS + "q1\td2\t١\n", "test.tsv:4", "is not a whole number"),
    "field missing": (QRELS + "q1\td2\n", "test.tsv:4", "2 fields in place of 3"),
    "id empty": (QRELS + "q1\t\t1\n", "test.tsv:4", "the document id is empty"),
    "column missing": ("query-id\tscore\nq1\t1\n", "test.tsv:2", "no document id; the fields there are: 'query-id', 'score'"),
    "unknown document": (QRELS + "q1\tnowhere\t1\n", "test.tsv", "1 of 3 judgements name what is not there: document 'nowhere'"),
    "unknown query": (QRELS + "nobody\td1\t1\n", "test.tsv", "query 'nobody'"),
    "empty": ("", "test.tsv", "no judgement"),
    "header alone": ("query-id\tcorpus-id\tscore\n", "test.tsv", "no judgement"),
    "broken UTF-8": (QRELS.encode() + b"q\xff\td1\t1\n", "test.tsv:4", "not UTF-8"),
}


@pytest.mark.parametrize("case", JUDGEMENTS)
def test_bad_judgements(tmp_path, case):
    content, where, what = JUDGEMENTS[case]
    folder = write_folder(tmp_path / "data", {"qrels/test.tsv": content})
    with pytest.raises(InputError) as caught:
        open_folder_collection(folder, None, Workspace(tmp_path / "home"))
    assert caught.value.where.endswith(where), caught.value
    assert what in caught.value.what
    assert caught.value.mend


ASKED = {
    "differing duplicates": (
        QUERIES + '{"_id": "q1", "text": "other"}\n',
        "queries.jsonl:3",
        "two queries share the id 'q1' and differ",
    ),
    "group in some": (QUERIES + '{"_id": "q3", "text": "a", "group": "g"}\n', "queries.jsonl:1", "'q1' has no group"),
    "empty": ("", "queries.jsonl", "no query"),
    "no text": ('{"_id": "q1"}\n', "queries.jsonl:1", "no text"),
}


@pytest.mark.parametrize("case", ASKED)
def test_bad_queries(tmp_path, case):
    content, where, what = ASKED[case]
    fault = refusal(tmp_path, {"queries.jsonl": content})
    assert fault.where.endswith(where), fault
    assert what in fault.what


LAYOUTS = {
    "no corpus": ({"corpus.jsonl": None}, "no corpus; the files there are: queries.jsonl"),
    "no queries": ({"queries.jsonl": None}, "no queries"),
    "no judgements": ({"qrels/test.tsv": None}, "no judgements"),
    "corpus twice": ({"corpus.jsonl.gz": DOCUMENTS}, "two files hold the same"),
    "shards beside the whole": ({"corpus-0.jsonl": DOCUMENTS}, "two files hold the same"),
    "shard missing": ({"corpus.jsonl": None, "corpus-0.jsonl": DOCUMENTS, "corpus-2.jsonl": DOCUMENTS}, "corpus-1 is missing"),
    "split twice": ({"qrels.tsv": QRELS}, "two files hold the same"),
    "no split called test": ({"qrels/test.tsv": None, "qrels/a.tsv": QRELS, "qrels/b.tsv": QRELS}, "no split 'test'"),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_bad_layouts(tmp_path, case):
    files, what = LAYOUTS[case]
    assert what in refusal(tmp_path, files).what


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        open_folder_collection(tmp_path / "nowhere", None, Workspace(tmp_path / "home"))


def test_a_line_too_long_is_refused_and_a_long_one_read(tmp_path, monkeypatch):
    long = DOCUMENTS + document("word " * 1_000_000)
    collection = open_folder_collection(write_folder(tmp_path / "a", {"corpus.jsonl": long}), None, Workspace(tmp_path / "home"))
    assert collection.corpus.table.column("text")[2].as_py() == "word " * 1_000_000
    monkeypatch.setattr(streams, "LONGEST_LINE", 1 << 20)
    fault = refusal(tmp_path / "b", {"corpus.jsonl": long + document("more", "d4")})
    assert fault.where.endswith("corpus.jsonl:3")
    assert "longer than 1 MiB" in fault.what


def test_what_is_odd_but_sound_is_read(tmp_path):
    lines = "\ufeff" + DOCUMENTS.replace("\n", "\r\n") + "\n" + document(None, " d 3\t", title=None) + document("", 4)
    folder = write_folder(tmp_path / "data", {"corpus.jsonl": lines.rstrip("\n"), "queries.jsonl": "\ufeff" + QUERIES})
    collection = open_folder_collection(folder, None, Workspace(tmp_path / "home"))
    assert collection.corpus.ids.to_pylist() == ["d1", "d2", " d 3\t", "4"]
    assert collection.notes == {"byte_order_marks": 2, "empty_documents": 2}
