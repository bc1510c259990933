"""Folders whose documents, queries and questions have pictures: reading, keeping, bad input, and validation."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

pytest.importorskip("PIL")

import pyarrow as pa
import pyarrow.parquet as parquet
from painted import cut, huge, lines, painted

from corpora.errors import InputError
from corpora.folder import open_folder_collection, open_folder_corpus
from corpora.images import ImageRef, pinned
from corpora.question_folder import open_questions
from corpora.state import digest, file_digest
from corpora.validation import validate
from corpora.workspace import Workspace


@pytest.fixture
def home(tmp_path) -> Workspace:
    return Workspace(tmp_path / "home")


def folder_of(folder, documents, queries=({"_id": "q1", "text": "a"},), judged=(("q1", "d1"),)):
    lines(folder / "corpus.jsonl", documents)
    lines(folder / "queries.jsonl", queries)
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(f"{q}\t{d}\t1\n" for q, d in judged))
    return folder


def sound(folder):
    for number in range(4):
        painted(folder / "images" / f"{number}.png", number)
    documents = [
        {"_id": "d1", "text": "words", "image": "images/0.png", "year": 3},
        {"_id": "d2", "image": ["images/1.png", "images/2.png"]},
        {"_id": "d3", "text": "words alone"},
        {"_id": "d4", "caption": "a caption", "image": None},
    ]
    queries = [
        {"_id": "q1", "caption": "both", "image_path": "images/3.png", "field": "Head"},
        {"_id": "q2", "image_path": "images/0.png"},
        {"_id": "q3", "text": "text alone"},
    ]
    return folder_of(folder, documents, queries, [("q1", "d1"), ("q2", "d2"), ("q3", "d3")])


def test_documents_and_queries_of_text_picture_or_both(tmp_path, home):
    folder = sound(tmp_path / "data")
    collection = open_folder_collection(folder, None, home)
    corpus, queries = collection.corpus, collection.queries
    expected = [pinned(ImageRef(str(folder / "images" / f"{number}.png"))) for number in range(4)]
    assert corpus.images(np.arange(4)) == [(expected[0],), (expected[1], expected[2]), (), ()]
    assert corpus.table.column("text").to_pylist() == ["words", "", "words alone", "a caption"]
    assert corpus.table.column("files").to_pylist()[1] == '["images/1.png","images/2.png"]'
    assert json.loads(corpus.table.column("metadata").to_pylist()[0]) == {"year": 3}
    assert (corpus.root, corpus.faults, queries.faults, collection.notes) == (folder, (), (), {})
    assert [queries.images(row) for row in range(3)] == [(expected[3],), (expected[0],), ()]
    assert queries.texts == ["both", "", "text alone"]
    assert [len(parts) for parts in queries.parts] == [2, 1, 1]
    assert [row["modality"] for row in queries.metadata] == ["text+image", "image", "text"]
    assert queries.metadata[0]["field"] == "Head"
    assert collection.card.slices == ("modality",)


def test_pictures_from_a_table(tmp_path, home):
    painted(tmp_path / "data" / "a.png")
    folder = folder_of(tmp_path / "data", [])
    (folder / "corpus.jsonl").unlink()
    rows = {"id": ["d1", "d2"], "images": [["a.png"], []], "text": ["x", "y"]}
    parquet.write_table(pa.table(rows), folder / "corpus.parquet")
    (folder / "queries.jsonl").unlink()
    (folder / "queries.csv").write_text('id,image\nq1,"[""a.png""]"\n')
    collection = open_folder_collection(folder, None, home)
    assert [len(images) for images in collection.corpus.images(np.arange(2))] == [1, 0]
    assert len(collection.queries.images(0)) == 1


def test_a_kept_corpus_is_read_anew_when_a_picture_changes(tmp_path, home):
    folder = sound(tmp_path / "data")
    first = open_folder_corpus(folder, home)[0]
    assert open_folder_corpus(folder, home)[0].fingerprint == first.fingerprint
    kept = home.folder("collections")
    assert len(list(kept.iterdir())) == 1
    os.utime(folder / "images" / "0.png", ns=(1, 1))
    assert open_folder_corpus(folder, home)[0].fingerprint == first.fingerprint
    assert len(list(kept.iterdir())) == 2
    painted(folder / "images" / "2.png", 77)
    changed = open_folder_corpus(folder, home)[0]
    assert changed.fingerprint != first.fingerprint
    (folder / "images" / "2.png").unlink()
    less, _, notes = open_folder_corpus(folder, home)
    assert notes == {"missing_images": 1}
    assert [len(images) for images in less.images(np.arange(2))] == [1, 1]


def test_a_folder_of_texts_is_kept_under_the_key_that_it_always_had(tmp_path, home):
    folder = folder_of(tmp_path / "data", [{"_id": "d1", "text": "a"}, {"_id": "d2", "text": "b"}])
    corpus = open_folder_corpus(folder, home)[0]
    key = digest("folder", "1", "corpus.jsonl", file_digest(folder / "corpus.jsonl"))
    assert [path.name for path in home.folder("collections").iterdir()] == [key]
    assert not corpus.pictured
    assert open_folder_collection(folder, None, home).card.slices == ()


def test_the_place_of_the_pictures_is_no_part_of_the_fingerprint(tmp_path, home):
    folder = sound(tmp_path / "data")
    first = open_folder_corpus(folder, home)[0]
    (folder / "images").rename(folder / "moved")
    path = folder / "corpus.jsonl"
    path.write_text(path.read_text().replace("images/", "moved/"))
    assert open_folder_corpus(folder, home)[0].fingerprint == first.fingerprint


def bad(folder):
    painted(folder / "sound.png")
    huge(folder / "huge.png")
    (folder / "text.png").write_text("no picture at all\n" * 20)
    cut(folder / "cut.png")
    documents = [
        {"_id": "d1", "text": "words", "image": "none.png"},
        {"_id": "d2", "text": "words", "image": "text.png"},
        {"_id": "d3", "text": "words", "image": "huge.png"},
        {"_id": "d4", "image": None},
        {"_id": "d5", "image": "cut.png"},
        {"_id": "d6", "image": ["sound.png", "none.png"]},
        {"_id": "d7", "image": "none.png"},
    ]
    queries = [{"_id": "q1", "image": "none.png"}, {"_id": "q2", "text": "a", "image": "text.png"}, {"_id": "q3", "image": None}]
    return folder_of(folder, documents, queries, [("q1", "d1"), ("q2", "d2"), ("q3", "d3")])


def test_faulty_pictures_are_left_out_counted_and_named(tmp_path, home):
    folder = bad(tmp_path / "data")
    corpus, _, notes = open_folder_corpus(folder, home)
    assert notes == {"missing_images": 3, "unreadable_images": 1, "oversized_images": 1, "empty_documents": 2}
    expected = [
        "corpus.jsonl:1, document 'd1': none.png: there is no such file",
        "corpus.jsonl:2, document 'd2': text.png: the file is no picture",
        "corpus.jsonl:3, document 'd3': huge.png: the picture is too large to decode",
        "corpus.jsonl:6, document 'd6': none.png: there is no such file",
        "corpus.jsonl:7, document 'd7': none.png: there is no such file",
    ]
    for fault, start in zip(corpus.faults, expected, strict=True):
        assert fault.startswith(str(folder / start))
    assert [len(images) for images in corpus.images(np.arange(7))] == [0, 0, 0, 0, 1, 1, 0]
    assert open_folder_corpus(folder, home)[0].faults == corpus.faults
    collection = open_folder_collection(folder, None, home)
    assert collection.notes["empty_queries"] == 2
    assert collection.notes["missing_images"] == 4
    assert collection.queries.faults[0] == f"{folder / 'queries.jsonl'}:1, query 'q1': none.png: there is no such file"
    assert [len(parts) for parts in collection.queries.parts] == [1, 1, 1]


def test_validation_decodes_all_and_names_all(tmp_path, home):
    folder = bad(tmp_path / "data")
    lines(folder / "more.jsonl", [{"_id": f"m{number}", "image": f"m{number}.png"} for number in range(30)])
    (folder / "corpus.jsonl").rename(folder / "corpus-0.jsonl")
    (folder / "more.jsonl").rename(folder / "corpus-1.jsonl")
    report = validate(folder, home)
    found = {finding.name: finding for finding in report.findings}
    counts = {name: finding.count for name, finding in found.items() if "image" in name or "empty" in name}
    assert counts == {
        "missing_images": 34,
        "unreadable_images": 2,
        "oversized_images": 1,
        "undecodable_images": 1,
        "empty_documents": 33,
        "empty_queries": 2,
    }
    assert len(found["missing_images"].examples) == 34
    assert (
        found["undecodable_images"].examples[0].startswith(f"{folder / 'corpus-0.jsonl'}:5, document 'd5': cut.png: the picture")
    )
    assert not report.refused
    lines(folder / "corpus-1.jsonl", [{"_id": "x", "image": "../x.png"}])
    report = validate(folder, home)
    assert report.refused
    refused = next(finding for finding in report.findings if finding.name == "unreadable")
    assert refused.examples == (f"{folder / 'corpus-1.jsonl'}:1, document 'x': the picture '../x.png' lies outside the folder",)


def test_pictures_outside_the_folder_are_refused(tmp_path, home):
    painted(tmp_path / "x.png")
    folder = folder_of(tmp_path / "data", [{"_id": "d1", "text": "a", "image": "../x.png"}])
    with pytest.raises(InputError, match=r"corpus.jsonl:1, document 'd1': the picture '\.\./x.png' lies outside the folder"):
        open_folder_corpus(folder, home)
    folder_of(folder, [{"_id": "d1", "text": "a"}], [{"_id": "q1", "text": "a", "image": str(tmp_path / "x.png")}])
    with pytest.raises(InputError, match=r"queries.jsonl:1, query 'q1': the picture '/"):
        open_folder_collection(folder, None, home)


def test_a_picture_after_a_first_record_without_the_field_is_refused(tmp_path, home):
    folder = folder_of(tmp_path / "data", [{"_id": "d1", "text": "a"}, {"_id": "d2", "text": "b", "image": "x.png"}])
    with pytest.raises(InputError, match=r"corpus\.jsonl:2: this record has a field 'image', and the first of the file has none"):
        open_folder_corpus(folder, home)


def test_questions_have_pictures(tmp_path, home):
    painted(tmp_path / "data" / "a.png")
    rows = [
        {"id": "1", "question": "Is it?", "answer_text": "yes", "image": "a.png", "organ": "HEAD"},
        {"id": "2", "question": "Is it?", "answer_text": "yes", "image": "none.png"},
        {"id": "3", "question": "Is it?", "answer_text": "yes"},
    ]
    lines(tmp_path / "data" / "questions.jsonl", rows)
    questions = open_questions(tmp_path / "data", None, home)
    assert [len(one.images) for one in questions.items] == [1, 0, 0]
    assert questions.items[0].metadata == {"organ": "HEAD"}
    assert questions.notes == {"missing_images": 1}
    report = validate(tmp_path / "data", home)
    assert [(finding.name, finding.count) for finding in report.findings] == [("missing_images", 1)]
    assert (report.queries, report.documents) == (3, 0)


def test_vqa_rad(shared, home):
    questions = open_questions(shared / "data" / "vqa-rad", "all", home)
    named = {json.loads(line)["image"] for line in (shared / "data" / "vqa-rad" / "questions.jsonl").read_text().splitlines()}
    assert {image.path for one in questions.items for image in one.images} == {
        str(shared / "data" / "vqa-rad" / name) for name in named
    }
    assert all(len(one.images) == 1 and "image" not in one.metadata for one in questions.items)
    assert questions.notes == {}


def test_a_kept_corpus_names_faults_where_its_folder_lies_now(tmp_path, home):
    folder = folder_of(tmp_path / "old", [{"_id": "d1", "text": "words", "image": "none.png"}])
    first, _, _ = open_folder_corpus(folder, home)
    moved = folder.rename(tmp_path / "new")
    second, _, notes = open_folder_corpus(moved, home)
    message = "corpus.jsonl:1, document 'd1': none.png: there is no such file"
    assert (first.faults, second.faults) == ((f"{folder}/{message}",), (f"{moved}/{message}",))
    assert notes == {"missing_images": 1}


def test_questions_beside_a_corpus_are_validated_too(tmp_path, home):
    painted(tmp_path / "data" / "a.png")
    lines(tmp_path / "data" / "corpus.jsonl", [{"_id": "d1", "text": "words"}])
    rows = [{"id": name, "question": "Is it?", "answer": "yes", "image": f"{name}.png"} for name in "ab"]
    lines(tmp_path / "data" / "questions.jsonl", rows)
    report = validate(tmp_path / "data", home)
    assert (report.documents, report.queries, report.refused) == (1, 2, False)
    assert [(one.name, one.count) for one in report.findings] == [("missing_images", 1)]
