"""`medir qa` at its edges: a dry run asks nothing, what is left empty is refused, results are compared as gains are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from corpora.errors import SurroundingsError
from corpora.workspace import Workspace
from medir.answering import answer
from tasks.statistics import mcnemar_exact
from tests.medir.test_qa_command import CLOSED, CORPUS, OPEN, QUESTIONS, folder, medir, replies, rows, write

__all__ = ["folder"]
NOBODY = "openai:m@http://127.0.0.1:9/v1"


def out_of(*arguments: str) -> Any:
    done = medir(*arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_dry_run_asks_no_model_for_what_is_searched_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a model was asked")

    monkeypatch.setattr(sys.modules["retrieval.generators.ask"], "_generate", refuse)
    contexts = [f"hyde(bm25, {NOBODY}, n=1)", f"i-medrag(bm25, {NOBODY}, rounds=2)", "bm25"]
    flags = [word for context in contexts for word in ("--context", context)]
    judged = ["--judge", NOBODY, "--judges", "faithfulness"]
    found = rows("--data", str(folder), "--llm", NOBODY, *flags, *judged, "--k", "1,2", "--dry-run")
    assert [row["requests"] for row in found] == [4, 4, 4, 4 * 2 * 4, 4, 4, 4, 4, None]
    assert [row["prompt_tokens"] is None for row in found] == [False, True, True, True, True, True, False, False, True]
    shown = medir("qa", "--data", str(folder), "--llm", NOBODY, *flags, "--dry-run")
    assert "unbounded" in shown.stdout


@pytest.mark.parametrize(
    ("flags", "status", "says"),
    [
        (["--k", ""], 2, "k is ''"),
        (["--poison", "POISON"], 2, "there are none"),
        (["--data", "BARE", "--context", "gold"], 1, "nothing is left"),
        (["--data", "BARE", "--context", "gold", "--dry-run"], 1, "nothing is left"),
        (["--most-images", "2"], 2, "--most-images counts pictures of passages"),
    ],
)
def test_what_would_come_to_nothing_is_refused(folder: Path, tmp_path: Path, flags: list[str], status: int, says: str) -> None:
    poison = write(tmp_path / "poison.jsonl", [{"id": "p", "text": "Aspirin lowers glucose."}])
    for name in ("one", "two"):
        write(tmp_path / name / "questions.jsonl", QUESTIONS)
    first, *_ = bare = [str(tmp_path / name) for name in ("one", "two")]
    data = ["--data", first] if "BARE" not in flags else ["--data", bare[1]]
    asked = [{"POISON": str(poison), "BARE": bare[0]}.get(flag, flag) for flag in flags]
    done = medir("qa", *data, "--llm", replies(tmp_path / "closed.jsonl", CLOSED), *asked)
    assert done.returncode == status, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_results_are_compared_as_gains_are(tmp_path: Path) -> None:
    asked = [{**QUESTIONS[0], "id": f"q{n}"} for n in range(9)]
    data = str(write(tmp_path / "set" / "questions.jsonl", asked).parent)
    for name, letter in (("right", "A"), ("wrong", "B")):
        llm = replies(tmp_path / f"{name}.jsonl", {f"q{n}": letter for n in range(9)})
        rows("--data", data, "--llm", llm, "--out", str(tmp_path / name))
    one, other = str(tmp_path / "right"), str(tmp_path / "wrong")
    found = {row["measure"]: row["p"] for row in out_of("compare", one, other)}
    assert found == {"accuracy": mcnemar_exact(0, 9), "read": 1.0}
    rows("--data", data, "--llm", f"file:{tmp_path / 'wrong.jsonl'}", "--limit", "3", "--out", str(tmp_path / "few"))
    done = medir("compare", one, str(tmp_path / "few"))
    assert done.returncode == 1
    assert "differ in questions" in done.stderr


def test_a_run_is_measured_as_deep_as_it_is(folder: Path, tmp_path: Path) -> None:
    """Also behind poison, and of a run from a file; and what no question was shown is counted."""
    poison = write(tmp_path / "poison.jsonl", [{"id": "p", "text": "Aspirin lowers glucose."}])
    lines = [f"q1 Q0 {name} {rank} {20 - rank} x" for rank, name in enumerate(["d1", *(f"x{n}" for n in range(11))], 1)]
    (tmp_path / "own.trec").write_text("\n".join(lines) + "\n")
    contexts = ["--context", "bm25", "--context", f"run:{tmp_path / 'own.trec'}", "--poison", str(poison)]
    found = rows("--data", str(folder), "--llm", replies(tmp_path / "open.jsonl", OPEN), *contexts, "--k", "1", "--budget", "1")
    whole = {row["context"]: list(row["retrieval"]["whole"]) for row in found}
    assert [list(names) for names in whole.values()] == [["nDCG@10", "R@100"]] * 2 + [["nDCG@10"]] * 2
    assert all(row["notes"]["questions_without_passages"] == len(QUESTIONS) for row in found)


def test_nothing_behind_the_mark_replays_to_the_byte(folder: Path, tmp_path: Path) -> None:
    said = replies(tmp_path / "said.jsonl", {**CLOSED, "q1": "I think so </think> "})
    rows("--data", str(folder), "--llm", f'file:"{said[5:]}"(answer_after="</think>")', "--out", str(tmp_path / "one"))
    rows("--data", str(folder), "--llm", f"file:{tmp_path / 'one' / 'replies.jsonl'}", "--out", str(tmp_path / "two"))
    for name in ("answers.jsonl", "replies.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_name_comes_before_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "medmcqa" / "questions.jsonl", QUESTIONS)
    write(tmp_path / "medmcqa" / "corpus.jsonl", CORPUS)
    llm = replies(tmp_path / "closed.jsonl", CLOSED)
    with pytest.raises(SurroundingsError):
        answer("medmcqa", llm, workspace=Workspace(tmp_path / "home", offline=True))
    assert answer(Path("medmcqa"), llm, workspace=Workspace(tmp_path / "home")).queries == len(QUESTIONS)
