"""The doors of the bridge: names, models of mteb as encoders, tasks through mteb's own loader, and results that mteb loads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.mteb import from_mteb, library
from baselines.mteb.export import export_results
from baselines.mteb.from_mteb import MtebEncoder
from baselines.mteb.measures import measure_of, score_of
from baselines.mteb.task import collection
from baselines.mteb.to_mteb import as_encoder, as_search
from corpora import Collection, Registry, SurroundingsError, UsageError
from corpora.catalogue import COLLECTIONS, open_named
from corpora.workspace import Workspace
from retrieval.contracts import check_encoder
from retrieval.encoders import ENCODERS, resolve_encoder
from retrieval.systems import make_system
from tasks.evaluate import evaluate
from tasks.retrieval_task import make_task
from tests.baselines.mteb_tasks import minilm_folder, no_hub, run_mteb  # noqa: F401
from tests.hub_stub import HubStub, hub_stub, jsonl, readme  # noqa: F401

mteb = pytest.importorskip("mteb")
NAME = "sentence-transformers/all-MiniLM-L6-v2"
REPOSITORY = {
    "README.md": readme(
        {"corpus": {"corpus": "corpus.jsonl"}, "queries": {"queries": "queries.jsonl"}, "default": {"test": "qrels/test.jsonl"}}
    ),
    "corpus.jsonl": jsonl(
        [
            {"_id": "d1", "title": "Aspirin", "text": "thins the blood"},
            {"_id": "d2", "title": "", "text": "insulin lowers sugar"},
            {"_id": "d3", "title": "Sugar", "text": "in the blood"},
        ]
    ),
    "queries.jsonl": jsonl(
        [{"_id": "1", "text": "blood"}, {"_id": "2", "text": "sugar"}, {"_id": "3", "text": "nobody judged it"}]
    ),
    "qrels/test.jsonl": jsonl(
        [{"query-id": "1", "corpus-id": "d1", "score": 1}, {"query-id": "2", "corpus-id": "d2", "score": 2}]
    ),
}
NFCORPUS = "ec0fa4fe99da2ff19ca1214b7966684033a58814"


@pytest.fixture(autouse=True)
def doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the package's entry points register where it is installed."""
    for names, maker in ((ENCODERS, from_mteb.encoder), (COLLECTIONS, collection)):
        if "mteb" not in names.prefixes:
            monkeypatch.setitem(names.prefixes._objects, "mteb", maker)


@pytest.fixture
def cached_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a model in mteb's registry, in a cache of the hub's layout whose revision is the registry's."""
    revision = mteb.get_model_meta(NAME).revision
    place = tmp_path / "hub" / f"models--{NAME.replace('/', '--')}"
    shutil.copytree(minilm_folder(), place / "snapshots" / revision)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(revision)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "hub"))
    return NAME


def test_a_prefix_opens_a_registry() -> None:
    names: Registry[Any] = Registry("thing")
    names.register("plain")("a thing")
    names.prefixes.register("far")(lambda rest, number: (rest, number))
    assert names.get("far:off/there:too")(3) == ("off/there:too", 3)
    assert "far:x" in names
    assert "far:" not in names
    assert "far" not in names
    assert names.names() == ["plain"]
    with pytest.raises(UsageError, match="far:NAME"):
        names.get("fer:x")


def test_a_model_of_the_registry_is_an_encoder(cached_model: str) -> None:
    found = resolve_encoder(f"mteb:{cached_model}")
    assert isinstance(found, MtebEncoder)
    assert found.name == cached_model
    own = resolve_encoder("minilm")
    texts = ["aspirin", "Does metformin lower HbA1c?", "二型糖尿病"]
    for role in ("query", "document", "plain"):
        assert np.abs(found.encode(texts, role) - own.encode(texts, role)).max() < 1e-5
    assert found.dim == 384
    assert found.echo(["aspirin"], "query") == {
        "prompt": "",
        "text": "aspirin",
        "mteb_task": "medir",
        "mteb_prompt_type": "query",
    }


def test_identities(cached_model: str) -> None:
    plain = resolve_encoder(f"mteb:{cached_model}").identity()
    assert resolve_encoder(f"mteb:{cached_model}").identity() == plain
    assert resolve_encoder(f"mteb:{cached_model}", {"task": "NFCorpus"}).identity() != plain
    folder = resolve_encoder(f"mteb:{minilm_folder()}")
    assert isinstance(folder, MtebEncoder)
    assert len({plain, folder.identity(), folder.unscaled().identity(), resolve_encoder("minilm").identity()}) == 4


def test_an_identity_needs_no_torch(tmp_path: Path) -> None:
    code = "import sys; from baselines.mteb.from_mteb import encoder; e = encoder(sys.argv[1]); e.identity(); e.prompt('query');"
    code += "print([m for m in ('torch', 'sentence_transformers') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code, NAME], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_imports_mteb_before_it_is_needed() -> None:
    code = "import sys, medir, baselines.mteb.from_mteb, baselines.mteb.task, baselines.mteb.to_mteb, baselines.mteb.export;"
    code += "print([m for m in ('mteb', 'torch', 'datasets', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_contract_of_encoders(cached_model: str) -> None:
    findings = check_encoder(f"mteb:{cached_model}")
    assert [found for found in findings if not found.ok] == []


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        (NAME, {"pooling": "mean"}, "no option 'pooling'"),
        (NAME, {"revision": "0" * 40}, "not found for model"),
        (NAME, {"batch": "many"}, "not a whole number"),
        ("mteb/baseline-bm25s", {}, "no single vector"),
        ("sentence-transformers/all-MiniLM-L6", {}, "Did you mean: 'sentence-transformers/all-MiniLM-L6-v2'"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_is_no_encoder(target: str, options: dict[str, str], message: str) -> None:
    with pytest.raises((UsageError, SurroundingsError), match=message):
        resolve_encoder(f"mteb:{target}", options)


def test_a_model_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    with pytest.raises(SurroundingsError, match="mteb cannot load it"):
        resolve_encoder(f"mteb:{NAME}").encode(["aspirin"], "query")


def test_an_unknown_task_for_prompts() -> None:
    with pytest.raises(UsageError, match="NFCorpus"):
        resolve_encoder(f"mteb:{NAME}", {"task": "NFCorpu"}).identity()


def test_mteb_chooses_the_prompts(tmp_path: Path) -> None:
    """By task and prompt type, as mteb documents: the task's own key goes before the prompt type's."""
    folder = tmp_path / "model"
    shutil.copytree(minilm_folder(), folder)
    prompts = {"query": "q: ", "document": "d: ", "NFCorpus-query": "nutrition: ", "STS": "same: "}
    config = json.loads((folder / "config_sentence_transformers.json").read_text()) | {"prompts": prompts}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(config))
    usual, asked, sts = (MtebEncoder(str(folder), options) for options in ((), (("task", "NFCorpus"),), (("task", "BIOSSES"),)))
    bare = MtebEncoder(str(minilm_folder()))
    assert usual.prompt("query") == usual.echo(["fever"], "query")["prompt"] == "q: "
    for encoder, role, fed in (
        (usual, "query", "q: fever"),
        (usual, "document", "d: fever"),
        (usual, "plain", "fever"),
        (asked, "query", "nutrition: fever"),
        (asked, "document", "d: fever"),
        (sts, "plain", "same: fever"),
    ):
        assert encoder.echo(["fever"], role)["prompt"] + "fever" == fed
        assert np.abs(encoder.encode(["fever"], role) - bare.encode([fed], "plain")).max() < 1e-5, (role, fed)


@pytest.mark.parametrize("missing", [True, False])
def test_without_mteb_the_message_is_the_install_command(monkeypatch: pytest.MonkeyPatch, missing: bool) -> None:
    if missing:
        monkeypatch.setattr(library, "find_spec", lambda name: None)
    else:
        monkeypatch.setattr(mteb, "__version__", "1.38.0")
    for call in (lambda: as_search("bm25"), lambda: as_encoder("minilm"), lambda: open_named("mteb:NFCorpus", None, Workspace())):
        with pytest.raises(SurroundingsError, match=r"medir\[mteb\]"):
            call()


def test_a_task_of_mteb_through_its_own_loader(hub: HubStub, tmp_path: Path) -> None:
    hub.add("mteb/nfcorpus", REPOSITORY, NFCORPUS)
    workspace = Workspace(tmp_path)
    found = open_named("mteb:NFCorpus", None, workspace)
    assert isinstance(found, Collection)
    assert (found.name, found.split, found.card.language) == ("mteb:NFCorpus", "test", "en")
    assert (found.card.source, found.card.revision) == ("mteb/nfcorpus", NFCORPUS)
    assert found.card.main == "nDCG@10"
    assert dict(zip(found.queries.ids, found.queries.texts, strict=True)) == {"1": "blood", "2": "sugar"}
    assert found.qrels.grades == {"1": {"d1": 1}, "2": {"d2": 2}}
    result = evaluate(make_task(found), make_system("bm25"), workspace)
    theirs = run_mteb(as_search("bm25", workspace), mteb.get_task("NFCorpus"))
    assert theirs["main_score"] == pytest.approx(result.measures["nDCG@10"].mean, abs=1e-5)
    [file] = export_results([result], tmp_path / "out")
    assert json.loads(file.read_bytes())["dataset_revision"] == NFCORPUS
    kept = mteb.ResultCache(tmp_path / "out").load_results(tasks=["NFCorpus"], validate_and_filter=True)
    assert kept.model_results[0].task_results[0].get_score() == pytest.approx(theirs["main_score"], abs=1e-5)


@pytest.mark.parametrize(
    ("name", "split", "message"),
    [
        ("NFCorpu", "", "NFCorpus"),
        ("NFCorpus", "dev", "one of: test"),
        ("NFCorpus/de", "", "no subset 'de'"),
        ("CUREv1", "", "say which: mteb:CUREv1/en"),
        ("CUREv1/es", "", "say which: --split"),
        ("BIOSSES", "", "measures encoders"),
        ("DanishMedicinesAgencyBitextMining", "", "BitextMining"),
        ("Vidore3PharmaceuticalsRetrieval", "", "is made of"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_task_that_cannot_be_opened(name: str, split: str, message: str, tmp_path: Path) -> None:
    with pytest.raises((UsageError, SurroundingsError)) as told:
        collection(name, split, Workspace(tmp_path))
    assert message in str(told.value)


def test_offline_opens_no_connection(hub: HubStub, tmp_path: Path) -> None:
    hub.add("mteb/nfcorpus", REPOSITORY, NFCORPUS)
    with pytest.raises(SurroundingsError, match="cannot fetch its data"):
        collection("NFCorpus", "", Workspace(tmp_path, offline=True))
    assert hub.requests == []
    assert "HF_HUB_OFFLINE" not in os.environ
    assert len(collection("NFCorpus", "", Workspace(tmp_path)).corpus) == 3


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("ndcg_at_10", "nDCG@10"), ("map_at_1000", "AP@1000"), ("mrr_at_10", "RR@10"), ("hit_rate_at_1", "Success@1")],
)
def test_names_of_measures(theirs: str, ours: str) -> None:
    assert measure_of(theirs) == ours
    assert score_of(ours) == theirs


def test_names_without_a_counterpart() -> None:
    assert [score_of(name) for name in ("Judged@10", "P(rel=2)@10", "AP", "cosine_spearman")] == [
        "Judged@10",
        "P(rel=2)@10",
        "AP",
        "cosine_spearman",
    ]
    with pytest.raises(UsageError, match="p-MRR"):
        measure_of("p-MRR")


def test_results_become_files_that_mteb_loads(hub: HubStub, tmp_path: Path) -> None:
    """Rows of one task from several runs, under one model, beside what was there; all that was measured is kept."""
    hub.add("mteb/nfcorpus", REPOSITORY, NFCORPUS)
    place = Workspace(tmp_path / "home")
    found = open_named("mteb:NFCorpus", None, place)
    spanish = replace(found, card=replace(found.card, name="mteb:NFCorpus/es", language="es"), split="dev")
    mine = replace(found, card=replace(found.card, name="my/own"))
    results = [evaluate(make_task(one), make_system("bm25"), place) for one in (found, spanish, mine)]
    files = export_results(results, tmp_path / "out", model="team/bm25", revision="7", tasks={"my/own": "MyOwn"})
    root = tmp_path / "out" / "results" / "team__bm25" / "7"
    assert files == [root / "NFCorpus.json", root / "MyOwn.json"]
    export_results(results[:1], tmp_path / "out", model="team/bm25", revision="7")

    loaded = mteb.TaskResult.from_disk(files[0])
    assert loaded.task_name == "NFCorpus"
    assert loaded.eval_splits == ["test", "dev"] or loaded.eval_splits == ["dev", "test"]
    row = loaded.scores["test"][0]
    assert (row["hf_subset"], row["languages"]) == ("default", ["eng-Latn"])
    assert row["main_score"] == row["ndcg_at_10"] == pytest.approx(results[0].measures["nDCG@10"].mean, abs=1e-6)
    assert {"map_at_1000", "mrr_at_10", "recall_at_100", "Judged@10", "computed_by"} <= row.keys()
    assert (loaded.scores["dev"][0]["hf_subset"], loaded.scores["dev"][0]["languages"]) == ("es", ["spa-Latn"])

    cache = mteb.ResultCache(tmp_path / "out")
    kept = cache.load_results(models=["team/bm25"])
    assert {(one.model_name, one.model_revision) for one in kept.model_results} == {("team/bm25", "7")}
    assert sorted(result.task_name for result in kept.model_results[0].task_results) == ["MyOwn", "NFCorpus"]
    assert cache.load_task_result("MyOwn", "team/bm25", "7").get_score() == row["main_score"]
    with pytest.raises(UsageError, match="org/name"):
        export_results(results, tmp_path / "out", model="bm25")


def test_what_would_be_lost_in_a_file_is_refused(hub: HubStub, tmp_path: Path) -> None:
    hub.add("mteb/nfcorpus", REPOSITORY, NFCORPUS)
    place, out = Workspace(tmp_path / "home"), tmp_path / "out"
    task = make_task(open_named("mteb:NFCorpus", None, place))
    one, other = (evaluate(task, make_system(spec), place) for spec in ("bm25", "bm25(b=0)"))
    kept = {"model": "team/m", "revision": "1"}
    with pytest.raises(UsageError, match="two results would be one row: split test, subset default"):
        export_results([one, other], out, **kept)
    assert not out.exists() or not list(out.rglob("*.json"))
    [file] = export_results([one], out, **kept)
    before = file.read_bytes()
    lower = replace(one, measures={name: replace(value, mean=value.mean / 2) for name, value in one.measures.items()})
    with pytest.raises(UsageError, match="other values of the split test"):
        export_results([lower], out, **kept)
    with pytest.raises(UsageError, match=f"revision {NFCORPUS}, not 9"):
        export_results([replace(one, split="dev")], out, revisions={"NFCorpus": "9"}, **kept)
    assert file.read_bytes() == before
    assert export_results([lower], out, model="team/m", revision="2") != [file]


def test_languages_are_mtebs_own(hub: HubStub, tmp_path: Path) -> None:
    hub.add("mteb/nfcorpus", REPOSITORY, NFCORPUS)
    found = evaluate(make_task(open_named("mteb:NFCorpus", None, Workspace(tmp_path))), make_system("bm25"), Workspace(tmp_path))
    chinese = replace(found, task="my/chinese", identity={**found.identity, "language": "zh"})
    unknown = replace(found, identity={**found.identity, "language": "unknown"})
    cmedqa, own, nf = (
        json.loads(export_results([one], tmp_path / "out", tasks=names)[0].read_bytes())["scores"]["test"][0]["languages"]
        for one, names in ((chinese, {"my/chinese": "CmedqaRetrieval"}), (chinese, {}), (unknown, {}))
    )
    assert cmedqa == list(mteb.get_task("CmedqaRetrieval").metadata.eval_langs)
    assert (own, nf) == (["cmn-Hans"], ["eng-Latn"])


def test_an_encoder_has_no_index() -> None:
    with pytest.raises(UsageError, match="no index"):
        as_encoder("dense:minilm(index=hnsw)")
    assert as_encoder("dense:minilm").encoder.identity() == as_encoder("minilm").encoder.identity()
