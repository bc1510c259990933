"""The catalogue: complete, strict, and holding what the specification says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from corpora import Card, Collection, InputError, Qrels, Queries, UsageError, corpus_of
from corpora.sources import source_of
from corpora.workspace import Workspace
from retrieval.augment.prompts import KINDS as KINDS_OF_PROMPTS
from tasks.asked import ask_named
from tasks.catalogue.benchmark import read_benchmarks
from tasks.catalogue.entries import FOLDER, NO_FAMILY, Entry, benchmark, benchmarks, card_of_entry, entries, entry, open_entry
from tasks.catalogue.entry import KINDS, QUERY_TYPES, RANKED, TYPES
from tasks.catalogue.models import models, seen_by
from tasks.catalogue.reader import entry_of, merged, read_family
from tasks.measure_names import parse_measure

LANGUAGES = set("ar de en es fa fr gl it ja ko nl no pl pt ru sv vi zh".split())
FAMILIES = [path for path in sorted(FOLDER.glob("*.toml")) if path.name not in NO_FAMILY]
WHOLE = {"type": "retrieval", "languages": ["en"], "benchmark": "b", "source": {"kind": "files", "recipe": "bring it"}}

every_entry = pytest.mark.parametrize("one", entries().values(), ids=lambda one: one.name)


def test_there_are_enough_and_every_name_is_there_once() -> None:
    assert len(entries()) >= 80
    names = [name for path in FAMILIES for name in read_family(path)]
    assert len(names) == len(set(names))
    assert set(TYPES) - {one.type for one in entries().values()} == {"image-to-image", "zero-shot"}
    assert {one.kind for one in entries().values()} == set(KINDS)


@every_entry
def test_every_entry_is_whole(one: Entry) -> None:
    assert set(one.languages) <= LANGUAGES
    assert one.language.replace("{subset}", one.languages[0]) in one.languages
    assert one.title
    assert one.citation
    assert one.licence
    assert one.measures[0] == one.main or one.type == "corpus"
    if one.type in RANKED:
        assert all(str(parse_measure(name)) == name for name in one.measures)
    source_of(one.source, where=one.name)
    for split in one.splits:
        for subset in one.subsets or ("",):
            card = card_of_entry(one, split, subset)
            assert card.language in LANGUAGES
            assert set(card.counts) <= {"documents", "queries", "judgements", "texts", "labels", "pairs", "questions"}


def test_what_queries_are_to_a_language_model() -> None:
    told = {one.name: one.query_type for one in entries().values() if one.query_type}
    assert {name.partition("/")[0] for name in told} == {"cmirb", "r2med"}
    others = {name: kind for name, kind in told.items() if kind != "question"}
    assert others == {
        "cmirb/iiyipost": "title",
        "cmirb/cslcite": "title",
        "cmirb/cslrel": "text",
        "r2med/pmc-clinical": "case",
        "r2med/iiyi-clinical": "case",
    }
    assert len(told) == 18
    assert QUERY_TYPES == KINDS_OF_PROMPTS


def test_a_task_says_what_its_queries_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    corpus = corpus_of(pa.table({"id": ["a"], "text": ["fever"]}))
    collection = Collection(Card("t"), "test", corpus, Queries.of_texts(["1"], ["fever"]), Qrels({"1": {"a": 1}}))
    monkeypatch.setattr("tasks.asked.open_entry", lambda *_, **__: collection)
    assert ask_named("r2med/pmc-clinical", None, None, Workspace(tmp_path)).prompts.query_type == "case"


@every_entry
def test_what_may_be_used_commercially_is_said_to_be_so(one: Entry) -> None:
    free = re.compile(r"cc-?(by|0)(?!-?nc)|mit|apache|public domain|hpo licence", re.IGNORECASE)
    closed = re.compile(r"-nc\b|not (found|specified)|terms", re.IGNORECASE)
    licence = one.licence.replace(" ", "-") if one.licence.startswith("CC") else one.licence
    assert bool(free.match(licence) and not closed.search(licence)) == one.commercial


def test_measures_of_embedding_tasks_are_those_that_are_computed() -> None:
    from tasks.embedding import classification, clustering, pairs, sts

    modules: dict[str, Any] = {"classification": classification, "clustering": clustering, "pair": pairs, "sts": sts}
    for one in entries().values():
        if one.type in modules:
            assert set(one.measures) <= set(modules[one.type].MEASURES), one.name


def test_clinical_trials_count_grade_2_alone() -> None:
    trials = [one for one in entries().values() if re.search(r"trec-ct\b", one.name)]
    assert len(trials) == 3
    assert {one.main for one in trials} == {"P(rel=2)@10"}


# -- against the specification ---------------------------------------------------------------------------------------


def rows_of(text: str, heading: str, end: str = "\n#") -> Iterator[list[str]]:
    part = text[text.index(heading) :]
    part = part[: part.index(end, len(heading))]
    yield from ([cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| "))


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


@pytest.fixture(scope="module")
def specification(shared: Path) -> str:
    path = shared / "spec" / "retrieval-benchmarks.md"
    if not path.exists():
        pytest.skip("no specification there")
    return path.read_text(encoding="utf-8")


def test_cmirb_is_as_specified(specification: str) -> None:
    by_repo = {one.source["repo"]: one for one in entries().values() if one.benchmark == "cmirb"}
    checked = 0
    for cells in rows_of(specification, "### A.1 Datasets"):
        if cells[1].startswith("CMIRB/"):
            one = by_repo.pop(cells[1].partition(" ")[0])
            assert one.splits == (cells[2],)
            assert dict(one.counts) == {
                "documents": number(cells[4]),
                "queries": number(cells[3]),
                "judgements": number(cells[5]),
            }
            checked += 1
    assert (checked, by_repo) == (10, {})


def test_r2med_is_as_specified(specification: str) -> None:
    by_repo = {one.source["repo"]: one for one in entries().values() if one.benchmark == "r2med"}
    for cells in rows_of(specification, "### B.1 Datasets"):
        if cells[1].startswith("R2MED/"):
            one = by_repo.pop(cells[1])
            assert one.source["revision"] == cells[2]
            assert dict(one.counts) == {
                "documents": number(cells[4]),
                "queries": number(cells[3]),
                "judgements": number(cells[5]),
            }
            assert one.licence == "cc-by-4.0"
    assert by_repo == {}


def test_text_sets_are_as_specified(specification: str) -> None:
    by_repo = {one.source.get("repo"): one for one in entries().values() if one.kind == "hub"}
    checked = 0
    for cells in rows_of(specification, "### D.2 BEIR / MTEB text sets", "\nCounts:"):
        repo = re.match(r"[\w-]+/[\w-]+", cells[1])
        one = by_repo.get(repo[0]) if repo else None
        if one is not None and re.fullmatch("[0-9a-f]{7}", cells[2]):
            assert one.source["revision"].startswith(cells[2]), one.name
            for what, cell in (("queries", cells[4]), ("documents", cells[5])):
                if re.fullmatch("[0-9,]+", cell):
                    assert one.counts[what] == number(cell), (one.name, what)
                    checked += 1
    assert checked >= 14


def test_trec_collections_are_as_specified(specification: str) -> None:
    by_id = {one.source["id"]: one for one in entries().values() if one.kind == "ir_datasets"}
    checked = 0
    for cells in rows_of(specification, "### D.3 TREC collections", "\nBEIR's"):
        if one := by_id.get(cells[1]):
            found = {"documents": number(cells[3]), "topics": number(cells[2]), "judgements": number(cells[4])}
            assert dict(one.counts) == found, one.name
            checked += 1
    assert checked >= 8


def test_mteb_medical_is_as_specified(shared: Path) -> None:
    path = shared / "spec" / "embedding-benchmarks.md"
    if not path.exists():
        pytest.skip("no specification there")
    by_mteb = {one.mteb: one for one in map(entry, benchmark("mteb-medical").tasks)}
    for cells in rows_of(path.read_text(encoding="utf-8"), "### 2.1 `MTEB(Medical, v1)`"):
        if cells[0] in by_mteb:
            one = by_mteb.pop(cells[0])
            repo, _, revision = cells[2].partition(" @")
            assert one.source["repo"] == repo
            assert one.source["revision"].startswith(revision) or "unpinned" in revision
            assert one.licence.lower() == cells[7].lower()
            assert one.type == cells[1].lower()
            if sizes := re.match(r"([\d,]+) / ([\d,]+)\b", cells[6]):
                assert (one.counts["documents"], one.counts["queries"]) == (number(sizes[1]), number(sizes[2]))
    assert by_mteb == {}


def test_public_health_qa_adds_up(specification: str) -> None:
    one = entry("public-health-qa")
    counts = [card_of_entry(one, None, subset).counts["queries"] for subset in one.subsets]
    assert f"({sum(counts)} rels)" in specification
    assert len(counts) == 8


def test_ir_datasets_says_the_same() -> None:
    ir_datasets = pytest.importorskip("ir_datasets")
    for one in entries().values():
        if one.kind == "ir_datasets":
            of = ir_datasets.load(one.source["id"])
            found = {
                "documents": of.docs_count(),
                "topics": of.metadata()["queries"]["count"],
                "judgements": of.metadata()["qrels"]["count"],
            }
            assert dict(one.counts) == found, one.name


def test_mteb_says_the_same() -> None:
    mteb = pytest.importorskip("mteb")
    mains = {"nDCG@10": "ndcg_at_10", "nDCG@20": "ndcg_at_20", "AP@1000": "map_at_1000"}
    for one in entries().values():
        if one.mteb:
            found = mteb.get_task(one.mteb).metadata
            assert found.dataset["path"] == one.source["repo"], one.name
            assert found.dataset["revision"] in (one.source["revision"], "main"), one.name
            assert sorted(found.eval_splits) == sorted(one.splits), one.name
            assert found.main_score == mains.get(one.main, one.main), one.name
            assert (one.licence == found.license) or found.license.startswith("http"), one.name
            prompt = found.prompt.get("query") if isinstance(found.prompt, dict) else found.prompt
            assert prompt in ("", None, *one.prompts_for.get("instruct", {}).values()), one.name
    assert {entry(name).mteb for name in benchmark("mteb-medical").tasks} == {
        task.metadata.name for task in mteb.get_benchmark("MTEB(Medical, v1)").tasks
    }


def test_every_task_that_has_published_scores_is_there() -> None:
    tables = pytest.importorskip("baselines.reference.tables")
    cells = [cell for file in tables.reference_files() for cell in file.cells if not cell.is_mean]
    wanted = {cell.task for cell in cells if cell.task not in ("m3d-cap", "r2med")}  # a direction that is not stated; means
    assert wanted <= entries().keys()
    assert {cell.subset for cell in cells if cell.task.startswith("roco/")} <= set(entry("roco/text-to-image").subsets)


# -- asking -----------------------------------------------------------------------------------------------------------


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one() -> None:
    with pytest.raises(UsageError, match="did you mean r2med/biology"):
        entry("r2med/biolgy")
    with pytest.raises(UsageError, match="did you mean cmirb/medexam"):
        entry("medexam")
    with pytest.raises(UsageError, match="did you mean r2med or"):
        benchmark("r2meds")


def test_splits_and_subsets_that_are_not_there() -> None:
    assert entry("curev1").split() == "all"
    assert entry("curev1").subset("fr") == "fr"
    with pytest.raises(UsageError, match=r"no split 'dermatolgy'.*\n.*did you mean dermatology"):
        entry("curev1").split("dermatolgy")
    with pytest.raises(UsageError, match="no subset 'de'"):
        entry("curev1").subset("de")
    with pytest.raises(UsageError, match="no subset 'en'"):
        entry("nfcorpus").subset("en")


def test_the_language_of_a_card_is_that_of_the_documents() -> None:
    assert card_of_entry(entry("curev1"), None, "es").language == "en"
    assert card_of_entry(entry("public-health-qa"), None, "ru").language == "ru"
    assert card_of_entry(entry("cmirb/covid")).language == "zh"


def test_counts_are_those_of_the_split_and_subset_alone() -> None:
    assert card_of_entry(entry("curev1")).counts["queries"] == card_of_entry(entry("curev1"), "all", "fr").counts["queries"]
    assert set(card_of_entry(entry("curev1"), "genetics", "fr").counts) == {"queries"}
    one = Entry(
        "n", "b", "retrieval", ("en",), splits=("test", "dev"), subsets=("a", "b"), counts={"queries": 1, "queries.dev.b": 2}
    )
    assert [one.counts_of(*asked) for asked in (("test", "a"), ("test", "b"), ("dev", "b"))] == [
        {"queries": 1},
        {},
        {"queries": 2},
    ]


def test_models_that_have_seen_a_task_stand_on_its_card() -> None:
    assert all(model.trained_on and model.source for model in models().values())
    assert "BioLORD" in card_of_entry(entry("hpo-lay")).trained_on
    assert seen_by("r2med/biology") == []


# -- benchmarks -------------------------------------------------------------------------------------------------------


def test_benchmarks_name_tasks_that_are_there() -> None:
    assert {"r2med", "cmirb", "mteb-medical", "pmc-patients"} <= benchmarks().keys()
    assert [len(benchmark(name).tasks) for name in ("cmirb", "r2med", "mteb-medical")] == [10, 8, 12]
    for one in benchmarks().values():
        assert one.averaging == "tasks"
        assert sorted({task for tasks in one.groups.values() for task in tasks}) in ([], sorted(one.tasks))


def test_mteb_medical_runs_every_split_and_language() -> None:
    runs = benchmark("mteb-medical").runs()
    assert len(runs) == len(set(runs)) == 11 * 3 + 8 + 10
    assert ("curev1", "pulmonology", "fr") in runs
    assert ("nfcorpus", "test", "") in runs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[b]\ntitle = "t"\ntasks = ["nfcorpsu"]', "no task 'nfcorpsu'"),
        ('[b]\ntitle = "t"\ntasks = ["curev1"]\n[b.only.curev1]\nsubsets = ["de"]', "no subset 'de'"),
        ('[b]\ntitle = "t"\ntasks = ["curev1"]\n[b.only.nfcorpus]\nsplits = ["test"]', "no task 'nfcorpus'"),
        ('[b]\ntitle = "t"\ntasks = ["nfcorpus"]\naveraging = "queries"', "'averaging' is 'queries'"),
        ('[b]\ntitle = "t"\ntasks = ["nfcorpus"]\nmean = 1', "unknown key 'mean'"),
    ],
)
def test_a_benchmark_that_cannot_be_taken(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "benchmarks.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_benchmarks(path, entries())


def test_only_narrows_a_task(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.toml"
    path.write_text(
        '[b]\ntitle = "t"\ntasks = ["curev1"]\nonly.curev1 = {splits = ["all"], subsets = ["en", "es"]}', encoding="utf-8"
    )
    assert read_benchmarks(path, entries())["b"].runs() == [("curev1", "all", "en"), ("curev1", "all", "es")]


# -- strictness -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"langauges": ["en"]}, "unknown key 'langauges'"),
        ({"name": "x"}, "unknown key 'name'"),
        ({"languages": "en"}, "'languages' is 'en'"),
        ({"commercial": "yes"}, "'commercial' is 'yes'"),
        ({"k": True}, "'k' is True"),
        ({"k": 0}, "'k' is 0"),
        ({"counts": {"queries": "many"}}, "'counts' is"),
        ({"prompts_for": {"e5": "query: "}}, "'prompts_for' is"),
        ({"type": "ranking"}, "'type' is 'ranking'"),
        ({"modalities": ["text", "sound"]}, "'modalities' has 'sound'"),
        ({"type": "text-to-image", "main": "Recal@1"}, "unknown measure 'Recal@1'"),
        ({"text_rule": "title"}, "'text_rule' is 'title'"),
        ({"query_type": "poem"}, "'query_type' is 'poem'"),
        ({"main": "nDGC@10"}, "unknown measure 'nDGC@10'"),
        ({"source": {"kind": "web"}}, "'source.kind' is 'web'"),
        ({"source": {"kind": "hub"}}, "'source.shape' is ''"),
        ({"source": {}}, "no 'source'"),
        ({"type": ""}, "no 'type'"),
    ],
)
def test_an_entry_that_cannot_be_taken(change: dict[str, Any], message: str) -> None:
    assert entry_of("n", WHOLE, where="here").name == "n"
    with pytest.raises(InputError, match=message) as caught:
        entry_of("n", {**WHOLE, **change}, where="here")
    assert str(caught.value).startswith("here: ")


def test_every_field_can_be_written_but_the_name() -> None:
    for field in fields(Entry):
        if field.name != "name":
            with pytest.raises(InputError, match=repr(field.name)):
                entry_of("n", {**WHOLE, field.name: 1.5}, where="here")


def test_a_family_that_cannot_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "family.toml"
    for text, message in (
        ('benchmark = "b"', "'task'"),
        ('benchmark = "b"\nentries = 1\n[task]', "'entries'"),
        ("[task", "not TOML"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=message):
            read_family(path)


def test_defaults_are_laid_under_every_task() -> None:
    under = {"note": "of all", "k": 1, "source": {"kind": "hub", "shape": "retrieval", "corpus": {"id": "_id", "title": "title"}}}
    over = {"note": "of one", "source": {"repo": "a/b", "corpus": {"title": "", "split": "dev"}}}
    both = merged(under, over)
    assert both["note"] == "of one of all"
    assert both["source"] == {"kind": "hub", "shape": "retrieval", "repo": "a/b", "corpus": {"id": "_id", "split": "dev"}}
    alone = {"kind": "hub", "shape": "labels", "rows": {"text": "t"}}
    assert merged(under, {"source": alone})["source"] == alone
    assert under["source"]["corpus"] == {"id": "_id", "title": "title"}


# -- data that a user brings -------------------------------------------------------------------------------------------


def test_data_that_must_be_brought_comes_with_its_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from corpora.workspace import Workspace

    monkeypatch.setenv("MEDIR_DATA", str(tmp_path))
    for name, words in (
        ("pmc-patients/par", "Figshare 24504121"),
        ("bioasq", "register with BioASQ"),
        ("seeds/cmedtc", "labels.jsonl"),
    ):
        with pytest.raises(InputError, match=words):
            open_entry(entry(name), None, None, Workspace(tmp_path / "home"))


def test_a_folder_of_pairs_is_opened_under_the_entry_s_card(tmp_path: Path) -> None:
    from corpora.labelled import TextPairs
    from corpora.workspace import Workspace

    (tmp_path / "pairs.jsonl").write_text('{"id": "1", "text1": "a", "text2": "b", "label": 1}\n', encoding="utf-8")
    one = entry("seeds/cmedqq")
    found = open_entry(one, None, None, Workspace(tmp_path / "home"), folder=tmp_path, check=False)
    assert isinstance(found, TextPairs)
    assert (found.card.name, found.card.language, len(found)) == (one.name, "zh", 1)
    with pytest.raises(InputError, match="1,935 pairs and not 1"):
        open_entry(one, None, None, Workspace(tmp_path / "home"), folder=tmp_path)


# -- options of a clustering -------------------------------------------------------------------------------------------


def test_clusterings_embed_the_share_that_mteb_embeds() -> None:
    mteb = pytest.importorskip("mteb")
    ours = {one.mteb: one.options.get("fraction") for one in entries().values() if one.type == "clustering" and one.mteb}
    assert ours == {name: mteb.get_task(name).max_fraction_of_documents_to_embed for name in ours}
    assert ours["MedrxivClusteringP2P.v2"] == 0.04


def test_options_reach_the_clustering_and_no_other_type_has_any() -> None:
    from corpora.builders import labelled_column
    from tasks.asked import ask

    data = labelled_column(Card("c", "en"), [f"text {n}" for n in range(100)], ["a", "b"] * 50)
    for options, size in (({"fraction": 0.04}, 4), ({}, 100)):
        assert ask(data, "clustering", options=options).task.recipe.size == size  # type: ignore[union-attr]
    for change in ({"options": {"fraction": 0.1}}, {"type": "clustering", "options": {"share": 0.1}}):
        with pytest.raises(InputError, match="'options' has"):
            entry_of("n", {**WHOLE, **change}, where="here")
