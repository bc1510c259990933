"""Questions in the catalogue: all sets are there, say what they must, and load from stand-ins of the declared layouts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpora import InputError, UsageError
from corpora.questions import LETTERED, QUESTION_KINDS, Questions
from corpora.sources import HubSource, filled, source_of
from corpora.workspace import Workspace
from medir.commands.task import show
from medir.commands.tasks import tasks
from tasks.catalogue.entries import Entry, benchmark, entries, entry, open_entry
from tasks.catalogue.opening import open_context_corpus
from tasks.catalogue.reader import entry_of
from tests.hub_stub import HubStub, hub_stub, jsonl, parquet, readme  # noqa: F401

QA = [one for one in entries().values() if one.type == "qa"]
CORPORA = [one for one in entries().values() if one.type == "corpus"]
NAMED = """
mirage/mmlu mirage/medqa mirage/medmcqa mirage/pubmedqa mirage/bioasq medagentsbench medqa medqa/zh-hans medqa/zh-hant medmcqa
pubmedqa/closed pubmedqa/gold pubmedqa/open bioasq/yes-no mmlu-medical medxpertqa cmexam cmb/val cmb/test medexpqa casimedicos
mmedbench afrimed-qa/choice afrimed-qa/short healthqa-br persianmedqa jmedbench igakuqa kokushimd head-qa frenchmedmcqa
cmmlu-medical longhealth medcalc-bench med-halt medconceptsqa diagnosisarena medcasereasoning healthsearchqa medlfqa
""".split()
OPTIONS = ["x", "y"]


def of_kind(kind: str, entries: list[Entry] = QA) -> pytest.MarkDecorator:
    found = [one for one in entries if one.kind == kind and "image" not in one.modalities]
    return pytest.mark.parametrize("one", found, ids=lambda one: one.name)


def test_every_set_that_was_asked_for_is_there() -> None:
    assert set(NAMED) <= {one.name for one in QA}
    assert {one.question_kind for one in QA} == set(QUESTION_KINDS)


@pytest.mark.parametrize("one", QA, ids=lambda one: one.name)
def test_every_set_says_what_it_must(one: Entry) -> None:
    assert one.question_kind in QUESTION_KINDS
    assert one.main == ("token_f1" if one.question_kind == "free" else "accuracy")
    assert set(one.counts_of(one.splits[0], (*one.subsets, "")[0])) <= {"questions"}
    assert not one.slices or one.kind == "files" or set(one.slices) <= set(one.source["rows"]["metadata"])
    assert one.kind != "files" or one.source.get("part") or "questions.jsonl" in one.source["recipe"]


def test_what_is_known_item_gated_or_has_evidence() -> None:
    known = {one.name for one in QA if one.known_item}
    assert known == {"mirage/pubmedqa", "pubmedqa/closed", "pubmedqa/gold", "pubmedqa/open", "medconceptsqa"}
    evidence = {one.name for one in QA if one.evidence}
    assert evidence == {"mirage/pubmedqa", "mirage/bioasq", "pubmedqa/gold", "pubmedqa/open", "bioasq/yes-no", "longhealth"}
    gated = {one.name for one in QA if one.gate and "image" not in one.modalities}
    assert gated == {"mirage/bioasq", "bioasq/yes-no", "afrimed-qa/choice", "afrimed-qa/short", "persianmedqa"}
    assert all(not one.commercial for one in QA if one.licence == "not found" or one.gate)


# -- from the hub ------------------------------------------------------------------------------------------------------


def stand_in(one: Entry, subset: str) -> tuple[dict[str, bytes], HubSource]:
    """The files of a repository with one question, under the entry's names for the columns, and the source."""
    source = filled(source_of(one.source, one.name), one.stored_as.get(one.splits[0], one.splits[0]), subset)
    assert isinstance(source, HubSource)
    table = source.tables["rows"]
    answers = {"0": 1, "1": 2, "letters": "B", "letter": "B", "text": "y"}
    kinds = {"free": "Flu", "numeric": "2.5", "yes-no": "no", "yes-no-maybe": "no"}
    values: dict[str, Any] = {"id": 11, "text": "Which?", "evidence": 12, "context": {"contexts": ["one"], "labels": ["L"]}}
    values |= {"options": OPTIONS, "answer": kinds.get(one.question_kind, answers[table.answers])}
    row: dict[str, Any] = {}
    for field, columns in table.columns.items():
        several = {"options": OPTIONS * 2, "limits": ["2", "3"]}.get(field, []) if len(columns) > 1 else []
        for place, column in enumerate(columns):
            row[column.split("|")[0]] = several[place] if several else values[field]
    row |= {column: allowed[0] for column, allowed in table.only.items()} | dict.fromkeys(table.metadata, "something")
    path = table.file or "data/0.parquet"
    files = {
        path: json.dumps([row]).encode()
        if path.endswith(".json")
        else jsonl([row])
        if path.endswith(".jsonl")
        else parquet([row])
    }
    card = {} if table.file else {"README.md": readme({table.config: {table.split.strip("|") or "only": path}})}
    return {**files, **card}, source


WALK = [(one, subset) for one in QA if one.kind == "hub" for subset in one.subsets or ("",)]


@pytest.mark.parametrize(("one", "subset"), WALK, ids=lambda value: value.name if isinstance(value, Entry) else value)
def test_every_set_of_the_hub_loads(hub: HubStub, tmp_path: Path, one: Entry, subset: str) -> None:
    files, source = stand_in(one, subset)
    hub.add(source.tables["rows"].repo, files, source.tables["rows"].revision)
    found = open_entry(one, None, subset or None, Workspace(tmp_path), check=False)
    assert isinstance(found, Questions)
    assert (found.name, found.split, found.card.known_item) == (one.name, one.splits[0], one.known_item)
    question = found.items[0]
    assert (question.kind, question.text.startswith("Which?")) == (one.question_kind, True)
    assert question.answers == (("B",) if question.lettered else ("2.5",) if question.kind == "numeric" else question.answers)
    assert bool(question.answers) == (one.name != "healthsearchqa")
    assert set(one.slices) <= question.metadata.keys()
    assert bool(found.qrels.grades) == (one.name in ("pubmedqa/gold", "pubmedqa/open"))
    assert question.context == (("one",) if one.name == "pubmedqa/gold" else ())


def test_counts_that_differ_stop(hub: HubStub, tmp_path: Path) -> None:
    files, source = stand_in(entry("medqa"), "")
    hub.add(source.tables["rows"].repo, files)
    with pytest.raises(InputError, match="1,273 questions and not 1"):
        open_entry(entry("medqa"), None, None, Workspace(tmp_path))


# -- that a user brings ------------------------------------------------------------------------------------------------


def brought(folder: Path, one: Entry) -> Path:
    """What the entry's recipe asks for, in small."""
    options = {"yes-no": ["yes", "no"], "yes-no-maybe": ["yes", "no", "maybe"]}.get(one.question_kind, OPTIONS)
    row = {"question": "Which?", "options": dict(zip("ABC", options, strict=False)), "answer": "B"}
    folder.mkdir(parents=True)
    if part := one.source.get("part"):
        (folder / "benchmark.json").write_text(json.dumps({part: {"1": row}}), encoding="utf-8")
        return folder
    row |= {"id": "1", "record": "p"} if one.name == "longhealth" else {"id": "1"}
    (folder / "questions.jsonl").write_text(json.dumps(row), encoding="utf-8")
    if one.name == "longhealth":
        (folder / "corpus.jsonl").write_text('{"_id": "p-1", "text": "A letter.", "parent": "p"}\n', encoding="utf-8")
    return folder


@of_kind("files")
def test_every_set_from_files_loads(tmp_path: Path, one: Entry) -> None:
    found = open_entry(one, None, None, Workspace(tmp_path / "home"), folder=brought(tmp_path / "data", one), check=False)
    assert isinstance(found, Questions)
    assert (found.name, found.card.language) == (one.name, one.languages[0])
    assert (found.items[0].kind, found.items[0].answers) == (one.question_kind, ("B",))
    assert (found.corpus is not None, found.items[0].record) == ((True, "p") if one.name == "longhealth" else (False, ""))


def test_a_folder_for_every_subset_under_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIR_DATA", str(tmp_path))
    brought(tmp_path / "mmedbench" / "zh", entry("mmedbench"))
    found = open_entry(entry("mmedbench"), None, "zh", Workspace(tmp_path / "home"), check=False)
    assert (found.card.language, found.card.subset) == ("zh", "zh")
    with pytest.raises(InputError, match=r"mmedbench/en(.|\n)*MMedBench.zip"):
        open_entry(entry("mmedbench"), None, None, Workspace(tmp_path / "home"))
    with pytest.raises(InputError, match="3,426 questions and not 1"):
        open_entry(entry("mmedbench"), None, "zh", Workspace(tmp_path / "home"))


@pytest.mark.parametrize(
    ("name", "folder", "language"),
    [
        ("casimedicos", "casimedicos", "mul"),
        ("frenchmedmcqa", "frenchmedmcqa", "fr"),
        ("cmmlu-medical", "cmmlu-med-zh", "zh"),
        ("medxpertqa/sampled", "medxpertqa-sampled", "en"),
    ],
)
def test_the_shared_sets_are_what_the_entries_count(shared: Path, tmp_path: Path, name: str, folder: str, language: str) -> None:
    if not (shared / "data" / folder).is_dir():
        pytest.skip(f"no {folder} there")
    found = open_entry(entry(name), None, None, Workspace(tmp_path), folder=shared / "data" / folder)
    assert isinstance(found, Questions)
    assert (found.card.language, found.notes.get("counts_unchecked", 0)) == (language, 0)
    assert all(field in question.metadata for question in found.items[:50] for field in found.card.slices)
    assert all(question.kind in LETTERED for question in found.items)


# -- corpora -----------------------------------------------------------------------------------------------------------


@of_kind("hub", CORPORA)
def test_every_corpus_of_the_hub_loads(hub: HubStub, tmp_path: Path, one: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = one.source["corpus"]
    rows = [{columns["id"]: n, "title": f"title {n}", columns["text"]: f"text {n}"} for n in range(3)]
    files = {
        "README.md": readme({"default": {"train": "chunk/*.jsonl"}}),
        "chunk/a.jsonl": jsonl(rows[:2]),
        "chunk/b.jsonl": jsonl(rows[2:]),
    }
    hub.add(one.source["repo"], files, one.source.get("revision", ""))
    if one.counts:
        with pytest.raises(InputError, match="documents and not 3"):
            open_context_corpus(one.name, Workspace(tmp_path))
        monkeypatch.setitem(one.counts, "documents", 3)
    corpus, card = open_context_corpus(one.name, Workspace(tmp_path))
    assert (corpus.ids.to_pylist(), card.name, card.language) == (["0", "1", "2"], one.name, "en")
    assert corpus.texts("joined", corpus.order * 0)[0].as_py() == "title 0 text 0"


@of_kind("files", CORPORA)
def test_every_corpus_from_files_loads(tmp_path: Path, one: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIR_DATA", str(tmp_path))
    with pytest.raises(InputError, match="its data must be brought"):
        open_context_corpus(one.name, Workspace(tmp_path / "home"))
    (tmp_path / one.name).mkdir(parents=True)
    (tmp_path / one.name / "corpus.jsonl").write_text('{"_id": "d", "text": "a"}\n', encoding="utf-8")
    assert len(open_context_corpus(one.name, Workspace(tmp_path / "home"))[0]) == 1


def test_documents_to_answer_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: HubStub) -> None:
    place = Workspace(tmp_path / "home")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text('{"_id": "d", "text": "a"}\n', encoding="utf-8")
    assert open_context_corpus(str(folder), place)[1].name == "own"
    monkeypatch.setenv("MEDIR_DATA", str(tmp_path))
    brought(tmp_path / "longhealth", entry("longhealth"))
    monkeypatch.setitem(entry("longhealth").counts, "questions", 1)
    assert len(open_context_corpus("longhealth", place)[0]) == 1
    brought(tmp_path / "igakuqa", entry("igakuqa"))
    with pytest.raises(UsageError, match="igakuqa has no documents"):
        open_context_corpus("igakuqa", place)
    with pytest.raises(UsageError, match=r"no corpus 'medrag/textbook'(.|\n)*medrag/textbooks"):
        open_context_corpus("medrag/textbook", place)
    with pytest.raises(UsageError, match="medrag/textbooks is a corpus and asks nothing"):
        open_entry(entry("medrag/textbooks"), None, None, place)


# -- benchmarks, strictness, listing -----------------------------------------------------------------------------------


def test_benchmarks_of_questions() -> None:
    assert [run[0] for run in benchmark("mirage").runs()] == [
        f"mirage/{part}" for part in "mmlu medqa medmcqa pubmedqa bioasq".split()
    ]
    assert sum(entry(name).counts["questions"] for name in benchmark("mirage").tasks) == 7663
    hard = entry("medagentsbench")
    sizes = [hard.counts_of("test_hard", subset)["questions"] for subset in hard.subsets]
    assert (len(benchmark("medagentsbench").runs()), sum(sizes[:7]), sum(sizes)) == (10, 594, 894)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"question_kind": ""}, "'question_kind' is ''"),
        ({"question_kind": "open"}, "'question_kind' is 'open'"),
        ({"type": "retrieval"}, "only the type qa has one"),
        ({"known_item": "yes"}, "'known_item' is 'yes'"),
    ],
)
def test_an_entry_of_questions_that_cannot_be_taken(change: dict[str, Any], message: str) -> None:
    whole = {
        "type": "qa",
        "languages": ["en"],
        "question_kind": "choice",
        "benchmark": "b",
        "source": {"kind": "files", "recipe": "r"},
    }
    assert entry_of("n", whole, where="here").main == "accuracy"
    with pytest.raises(InputError, match=message):
        entry_of("n", whole | change, where="here")


def test_questions_are_listed_with_kind_licence_and_known_item(capsys: pytest.CaptureFixture[str]) -> None:
    tasks(type="qa", format="json")
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows.keys() == {one.name for one in QA}
    told = [rows["mirage/pubmedqa"][key] for key in ("kind", "known_item", "licence", "queries", "measure")]
    assert told == ["yes-no-maybe", True, "MIT", 500, "accuracy"]
    tasks(type="qa", lang="fa")
    out = capsys.readouterr().out
    assert "known_item" in out
    assert "persianmedqa" in out
    tasks(benchmark="r2med")
    assert "known_item" not in capsys.readouterr().out
    show("pubmedqa/open")
    out = capsys.readouterr().out
    for words in ("question_kind", "yes-no-maybe", "known_item", "yes", "evidence", "PMID"):
        assert words in out
