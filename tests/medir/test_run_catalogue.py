"""`medir run` on tasks and benchmarks of the catalogue, their data served by a local stub of the hub."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from corpora import UsageError
from medir.commands.run import run
from tasks.catalogue.entries import benchmark, entry, open_entry
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
    assert [row["task"] for row in rows] == [*benchmark("r2med").tasks, "r2med"]
    values = [row["measures"]["nDCG@10"]["mean"] for row in rows]
    assert values[-1] == pytest.approx(sum(values[:-1]) / 8)


def test_published_scores_stand_beside_ours(hub: HubStub, capsys: Any) -> None:
    serve(hub, entry("r2med/biology"), "test", "")
    run(task=["r2med/biology"], retriever=[BM25])
    shown = capsys.readouterr().out
    assert "published nDCG@10" in shown
    assert "medir reference r2med/biology" in shown


def test_a_subset_is_named_in_the_result(hub: HubStub, capsys: Any) -> None:
    found = entry("curev1")
    serve(hub, found, found.splits[0], "es")
    run(task=["curev1"], subset="es", retriever=[BM25], format="json")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["task"], row["subset"], row["split"]) == ("curev1", "es", found.splits[0])


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"task": ["r2med/biologie"]}, "did you mean r2med/biology"),
        ({"benchmark": "r2"}, "unknown benchmark 'r2'"),
        ({"benchmark": "r2med", "task": ["r2med/biology"]}, "give one of"),
        ({"task": ["r2med/biology"], "licence": "free"}, "unknown use 'free'"),
        ({"task": ["curev1"], "subset": "de"}, "no subset 'de'"),
    ],
)
def test_wrong_names_are_told(flags: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        run(retriever=[BM25], **flags)


def test_a_licence_that_allows_no_commercial_use_leaves_a_task_out() -> None:
    with pytest.raises(UsageError, match="no task is left"):
        run(task=["curev1"], retriever=[BM25], licence="commercial")
