"""An open index: the hits of the command line, for many at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple
from pathlib import Path

import pytest

from corpora import InputError, Queries, UsageError
from corpora.catalogue import open_corpus_of
from corpora.workspace import Workspace
from medir.commands.search import search
from medir.serving.indexes import Hit, open_served
from medir.serving.scratch import A_TURN
from retrieval.systems import make_system
from tests.medir.serving.running import large_folder, write_folder


def command_line(
    capsys: pytest.CaptureFixture[str], folder: Path, text: str, k: int, spec: str = "bm25"
) -> list[dict[str, object]]:
    """What `medir search` prints."""
    search(str(folder), text, retriever=spec, k=k, format="json")
    return list(json.loads(capsys.readouterr().out))


def as_json(hits: list[Hit]) -> list[dict[str, object]]:
    return list(json.loads(json.dumps([asdict(hit) for hit in hits])))


@pytest.mark.parametrize("spec", ["bm25", "rrf(bm25, bm25(k1=2))"])
def test_hits_are_those_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], spec: str) -> None:
    folder = write_folder(tmp_path / "small")
    served = open_served("small", str(folder), spec, Workspace())
    (found, nothing) = served.search(["high fever at night", "xylophone"], 3)
    assert as_json(found) == command_line(capsys, folder, "high fever at night", 3, spec)
    assert len(found) == 3
    assert nothing == []
    assert served.search(["xylophone"], 3) == [[]]


def test_hits_are_those_of_the_retriever(tmp_path: Path) -> None:
    """As `medir run` binds and asks it; `medir search` and the server share what stands between."""
    folder = write_folder(tmp_path / "small")
    corpus, card = open_corpus_of(str(folder), Workspace())
    bound = make_system("bm25").bind(corpus, Workspace(), rule=card.text_rule, language=card.language)
    ids, scores = bound.retrieve(Queries.of_texts(["q"], ["high fever at night"]), 3).of(0)
    texts = {row["id"]: (row["title"], row["text"]) for row in corpus.table.select(["id", "title", "text"]).to_pylist()}
    wanted = [(rank, doc, score, *texts[doc], ()) for rank, (doc, score) in enumerate(zip(ids, scores.tolist(), strict=True), 1)]
    found = open_served("small", str(folder), "bm25", Workspace()).search(["high fever at night"], 3)[0]
    assert [astuple(hit) for hit in found] == wanted


def test_a_batch_finds_what_each_query_finds_alone(tmp_path: Path) -> None:
    served = open_served("notes", str(large_folder(tmp_path / "notes", 300)), "bm25", Workspace())
    texts = ["fever and cough", "gout", "sepsis stroke angina", "gout"]
    assert served.search(texts, 7) == [served.search([text], 7)[0] for text in texts]
    assert [hit.rank for hit in served.search(["gout"], 7)[0]] == list(range(1, 8))
    assert len(served.search(["gout fever cough chills rash"], 1000)[0]) <= 300


def test_many_threads_find_the_same(tmp_path: Path) -> None:
    served = open_served("notes", str(large_folder(tmp_path / "notes", 300)), "bm25", Workspace())
    texts = ["fever", "cough rash", "gout anaemia", "stroke"] * 20
    alone = [served.search([text], 5)[0] for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: served.search([text], 5)[0], texts)) == alone


def test_no_text_and_texts_that_cannot_be(tmp_path: Path) -> None:
    served = open_served("small", str(write_folder(tmp_path / "small")), "bm25", Workspace())
    assert served.search([], 3) == []
    assert served.search([""], 3) == [[]]
    with pytest.raises(UsageError, match="k is 0"):
        served.search(["fever"], 0)
    with pytest.raises(InputError, match="text 2 holds half of a character") as problem:
        served.search(["fever", "secret \ud800"], 3)
    assert "secret" not in str(problem.value)


@pytest.mark.parametrize("form", ["table", "markdown", "csv", "json"])
def test_the_command_line_prints_no_order_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    folder = write_folder(tmp_path / "small", [("d\x1b[2J", "\u202e\x9b0m", "fever\r\x07 \u2028")])
    search(str(folder), "fever", format=form)
    shown = capsys.readouterr().out
    assert "[2J" in shown
    assert not set(shown) & set("\x1b\x9b\u202e\r\x07\u2028")
    with pytest.raises(InputError, match="half of a character"):
        search(str(folder), "fever \udcff", format=form)


TWO = """
import numpy as np
class Two:
    name = "two"; dim = 2; similarity = "dot"; fingerprint = "1"
    def encode_queries(self, texts):
        return np.array([[len(t) % 7, 1 + len(t) % 5] for t in texts], np.float32)
    encode_documents = encode_queries
"""


def test_a_model_is_asked_again_and_again_and_nothing_piles_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "two.py").write_text(TWO)
    spec, folder, place = f"dense:{tmp_path / 'two.py'}:Two", large_folder(tmp_path / "notes", 50), Workspace()
    served = open_served("notes", str(folder), spec, place)

    def kept(root: Path) -> int:
        return len(list(root.rglob("*.journal")))

    before = kept(place.root)
    texts = [f"{'x' * (n % 30)} number {n}" for n in range(3 * A_TURN + 5)]
    alone = [served.search([text], 3)[0] for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: served.search([text], 3)[0], texts)) == alone
    assert kept(place.root) == before > 0
    assert 0 < kept(served.scratch.folder().parent) <= 3 * A_TURN
    assert as_json(alone[-1]) == command_line(capsys, folder, texts[-1], 3, spec)
