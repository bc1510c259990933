"""Folders that a user brings, TREC's formats, and ir_datasets."""

from __future__ import annotations

import gzip
import json
import socket
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from folders import write_folder

from corpora import Card, Collection, InputError, SurroundingsError, UsageError
from corpora.sources import open_source, source_of
from corpora.sources.trec_topics import read_topics
from corpora.workspace import Workspace

CLASSIC = """<top>
<num> Number: 301
<title> International &amp; Organized Crime

<desc> Description:
Identify organizations.

<narr> Narrative: A relevant document
names them.
</top>
<top><num>302</num><title>Polio</title></top>
"""
DECISIONS = """<?xml version="1.0" encoding="UTF-8"?>
<topics>
 <topic number="1" type="diagnosis"><note>78 M w/ pmh</note><description>A long
   case.</description><summary>A <b>short</b> case.</summary></topic>
 <topic number="2" type="test"><description>Another long case.</description><summary>Another.</summary></topic>
</topics>"""
TRIALS = '<topics task="2021 TREC Clinical Trials"><topic number="7">A 45-year-old\nman</topic></topics>'
PRECISION = """<topics task="2017"><topic number="1"><disease>Melanoma</disease><gene>BRAF (V600E)</gene>
<demographic>50-year-old male</demographic><other>None</other></topic></topics>"""
ARTICLE = """<!DOCTYPE article PUBLIC "-//NLM//DTD//EN" "archivearticle.dtd">
<article><front><article-meta><article-id pub-id-type="pmid">99</article-id><article-id pub-id-type="pmc">PMC42</article-id>
<title-group><article-title>On <i>aspirin</i></article-title></title-group><abstract><p>It thins.</p></abstract></article-meta>
</front><body><sec><title>One</title><p> Blood.</p></sec></body></article>"""
TRIAL = """<clinical_study><id_info><nct_id>NCT01</nct_id></id_info><brief_title>A trial</brief_title>
<brief_summary><textblock>It is
   tried.</textblock></brief_summary><condition>Flu</condition><condition>Cold</condition>
<eligibility><criteria><textblock>Adults</textblock></criteria><gender>All</gender>
<minimum_age>18 Years</minimum_age></eligibility>
</clinical_study>"""


def topics(folder: Path, text: str | bytes, *fields: str) -> dict[str, str]:
    path = folder / "topics"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_topics(path, fields).texts


def test_topics_of_every_kind(tmp_path: Path) -> None:
    assert topics(tmp_path, CLASSIC, "title") == {"301": "International & Organized Crime", "302": "Polio"}
    assert topics(tmp_path, CLASSIC, "title", "narrative")["301"].endswith("Crime A relevant document names them.")
    assert topics(tmp_path, DECISIONS, "summary") == {"1": "A short case.", "2": "Another."}
    assert topics(tmp_path, DECISIONS, "note", "description") == {"1": "78 M w/ pmh A long case.", "2": "Another long case."}
    assert topics(tmp_path, TRIALS) == {"7": "A 45-year-old man"}
    assert topics(tmp_path, PRECISION, "disease", "gene") == {"1": "Melanoma BRAF (V600E)"}
    assert topics(tmp_path, gzip.compress(PRECISION.encode())) == {"1": "Melanoma BRAF (V600E) 50-year-old male None"}
    assert read_topics(tmp_path / "topics", ["disease"]).metadata["1"]["gene"] == "BRAF (V600E)"
    (tmp_path / "topics").write_text(DECISIONS)
    assert read_topics(tmp_path / "topics", ["summary"]).metadata["2"]["type"] == "test"


@pytest.mark.parametrize(
    ("text", "fields", "message"),
    [
        ("<topics></topics>", (), "there is no topic in it"),
        ("not even XML", (), "not XML"),
        (DECISIONS, ("title",), "no topic has a 'title'; the fields there are: type, note, description, summary"),
        (DECISIONS, ("note",), "topic '2' has none of: note"),
        ("<topics><topic>x</topic></topics>", (), "topic 1 of the file has no number"),
        ('<topics><topic number="1">x</topic><topic number="1">y</topic></topics>', (), "two topics have the number '1'"),
        ('<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><topics><topic number="1">&b;</topic></topics>', (), "entities"),
        ('<topics><topic number="1">x</topic></topics>'.encode("utf-16"), (), "NUL bytes"),
    ],
)
def test_topics_that_cannot_be_read(tmp_path: Path, text: str | bytes, fields: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        topics(tmp_path, text, *fields)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that `MEDIR_DATA` names."""
    monkeypatch.setenv("MEDIR_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def load(tmp_path: Path, card: Card, **source: Any) -> Collection:
    found = open_source(source_of(source, "here"), card, "test", "", Workspace(tmp_path / "home"))
    assert isinstance(found, Collection)
    return found


TREC: dict[str, Any] = {"kind": "trec", "topics": "topics.xml", "qrels": "qrels.txt", "recipe": "get it from NIST"}


def brought(data: Path, name: str, documents: dict[str, str], qrels: str) -> None:
    for path, text in {"topics.xml": DECISIONS, "qrels.txt": qrels, **documents}.items():
        (data / name / path).parent.mkdir(parents=True, exist_ok=True)
        (data / name / path).write_text(text)


def test_articles_with_topics_and_judgements(tmp_path: Path, data: Path) -> None:
    brought(
        data,
        "cds",
        {"pmc/00/42.nxml": ARTICLE, "pmc/01/43.nxml": "<article><body>Other</body></article>"},
        "1 0 42 2\n1 0 77 1\n",
    )
    card = Card("cds", counts={"documents": 2, "queries": 1, "judgements": 2})
    found = load(tmp_path, card, **TREC, documents="pmc", format="nxml", fields=["summary"])
    assert found.corpus.table.select(["id", "title", "text"]).to_pylist() == [
        {"id": "42", "title": "On aspirin", "text": "It thins.\nOne Blood."},
        {"id": "43", "title": "", "text": "Other"},
    ]
    assert found.queries.texts == ["A short case."]
    assert found.queries.metadata[0]["type"] == "diagnosis"
    assert found.qrels.grades == {"1": {"42": 2, "77": 1}}
    assert found.notes == {"dangling_judgements": 1, "unjudged_queries": 1}


def test_clinical_trials(tmp_path: Path, data: Path) -> None:
    brought(data, "ct", {"trials/NCT01.xml": TRIAL}, "1 0 NCT01 1\n")
    found = load(tmp_path, Card("ct"), **TREC, documents="trials", format="trials", fields=["description"])
    row = found.corpus.table.to_pylist()[0]
    assert (row["id"], row["title"], row["text"]) == ("NCT01", "A trial", "It is tried.\nFlu, Cold\nAdults")
    assert json.loads(row["metadata"])["minimum_age"] == "18 Years"
    (data / "ct" / "trials" / "NCT02.xml").write_text("<clinical_study/>")
    with pytest.raises(InputError, match=r"NCT02\.xml: the study has no NCT number"):
        load(tmp_path, Card("ct"), **TREC, documents="trials", format="trials")


def test_documents_as_a_folder(tmp_path: Path, data: Path) -> None:
    documents = {"docs/corpus.jsonl": '{"_id": "42", "text": "here"}\n'}
    brought(data, "cds", documents, "1\t0\t42\t2\n1\t0\t42\t2\n")
    found = load(tmp_path, Card("cds"), **TREC, documents="docs")
    assert found.notes == {"merged_judgements": 1, "unjudged_queries": 1}
    (data / "cds" / "qrels.2014").write_text("1 0 42 2\n")
    with pytest.raises(InputError, match="does not say how it is written"):
        load(tmp_path, Card("cds"), **{**TREC, "qrels": "qrels.2014"}, documents="docs")


def test_what_the_user_has_not_brought(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = {"kind": "files", "recipe": "Register at BioASQ."}
    with pytest.raises(InputError, match=r"no such folder(.|\n)*Register at BioASQ"):
        load(tmp_path, Card("bioasq"), **recipe)
    (data / "cds").mkdir()
    with pytest.raises(InputError, match=r"topics\.xml: there is no such file(.|\n)*get it from NIST"):
        load(tmp_path, Card("cds"), **TREC)
    monkeypatch.delenv("MEDIR_DATA")
    with pytest.raises(InputError, match=r"MEDIR_DATA is not set(.|\n)*Register at BioASQ"):
        load(tmp_path, Card("bioasq"), **recipe)


def test_a_folder_that_the_user_brings(tmp_path: Path, data: Path) -> None:
    write_folder(data / "mine", {})
    card = Card("bioasq", language="en", main="nDCG@20", drop_same_id=True, counts={"documents": 2, "queries": 2})
    found = load(tmp_path, card, kind="files", layout="beir", folder="mine", recipe="write it")
    assert (found.name, found.card.main, found.card.language) == ("bioasq", "nDCG@20", "en")
    assert found.qrels.ignored["q1"] == frozenset({"q1"})
    assert load(tmp_path, card, kind="files", folder=str(data / "mine"), recipe="").corpus.fingerprint == found.corpus.fingerprint


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small data set in the registry of ir_datasets."""
    ir_datasets = pytest.importorskip("ir_datasets")
    monkeypatch.setenv("IR_DATASETS_HOME", str(tmp_path / "ir"))
    files = {
        "docs": "d1\taspirin thins\nd2\tinsulin lowers\n",
        "queries": "q1\tblood\nq2\tsugar\n",
        "qrels": "q1 0 d1 1\nq1 0 d9 2\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    dataset = ir_datasets.create_dataset(str(tmp_path / "docs"), str(tmp_path / "queries"), str(tmp_path / "qrels"))
    name = f"medir-test-{tmp_path.name}"
    ir_datasets.registry.register(name, dataset)
    return name


def test_ir_datasets(tmp_path: Path, registered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of({"kind": "ir_datasets", "id": registered}, "here")
    card = Card("mini", counts={"documents": 2, "queries": 1, "judgements": 2})
    first = open_source(source, card, "test", "", Workspace(tmp_path / "home"))
    assert isinstance(first, Collection)
    assert first.corpus.table.column("text").to_pylist() == ["aspirin thins", "insulin lowers"]
    assert first.qrels.grades == {"q1": {"d1": 1, "d9": 2}}
    assert first.notes == {"dangling_judgements": 1, "unjudged_queries": 1}

    def refuse(*_: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in ("docs", "queries", "qrels"):
        (tmp_path / name).unlink()
    again = open_source(source, card, "test", "", Workspace(tmp_path / "home", offline=True))
    assert isinstance(again, Collection)
    assert (again.corpus.fingerprint, again.queries, again.qrels) == (first.corpus.fingerprint, first.queries, first.qrels)
    with pytest.raises(SurroundingsError, match="not kept, and the network is switched off"):
        open_source(source, card, "test", "", Workspace(tmp_path / "other", offline=True))


def test_a_title_of_ir_datasets_is_set_apart(tmp_path: Path, registered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import ir_datasets

    class Article(NamedTuple):
        doc_id: str
        title: str
        abstract: str

        def default_text(self) -> str:
            return f"{self.title} {self.abstract}"

    monkeypatch.setattr(
        ir_datasets.load(registered), "docs_iter", lambda: iter([Article("d1", "One", "two"), Article("d2", "", "x")]), False
    )
    source = source_of({"kind": "ir_datasets", "id": registered}, "here")
    found = open_source(source, Card("mini"), "test", "", Workspace(tmp_path / "home"))
    assert isinstance(found, Collection)
    rows = found.corpus.table.select(["title", "text"]).to_pylist()
    assert rows == [{"title": "One", "text": "two"}, {"title": "", "text": "x"}]


def test_ir_datasets_says_what_it_lacks(tmp_path: Path, registered: str) -> None:
    for name, error, message in (
        ("nfcorpuss", UsageError, "ir_datasets has no 'nfcorpuss'(.|\n)*nfcorpus"),
        ("nfcorpus", InputError, "it has no queries and no qrels"),
    ):
        with pytest.raises(error, match=message):
            open_source(source_of({"kind": "ir_datasets", "id": name}, "here"), Card("x"), "test", "", Workspace(tmp_path))
    (tmp_path / "docs").unlink()
    with pytest.raises(SurroundingsError, match="ir_datasets cannot give it"):
        open_source(source_of({"kind": "ir_datasets", "id": registered}, "here"), Card("x"), "test", "", Workspace(tmp_path))


def test_a_field_ends_at_a_tag_and_at_no_other_angle(tmp_path: Path) -> None:
    path = tmp_path / "topics"
    text = (
        "<top>\n<num> Number: 1\n<title lang='en'> BMI < 30, p <0.05 <!-- checked -->\n<desc> Description:\na<b and c > d\n</top>"
    )
    path.write_text(text, encoding="utf-8")
    assert read_topics(path).texts == {"1": "BMI < 30, p <0.05 a<b and c > d"}
