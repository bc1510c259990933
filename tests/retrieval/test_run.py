"""Runs: order, files, cutting, stacking."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import InputError, corpus_of
from indexes import Hits
from retrieval import Run
from retrieval.run import decode_id, encode_id, stack


def test_order_is_float32_score_then_id_descending() -> None:
    run = Run.from_rankings({"q": {"a": 1.0, "b": 1.0 + 1e-9, "c": 2.0, "é": 1.0}})
    assert run.of(0)[0] == ["c", "é", "b", "a"]


def test_hits_become_ids_and_padding_goes() -> None:
    corpus = corpus_of(pa.table({"id": ["x", "y"], "text": ["", ""]}))
    hits = Hits(np.array([[1, 0], [-1, -1]]), np.array([[2, 1], [-np.inf, -np.inf]], np.float32))
    assert Run.from_hits(["1", "2"], corpus, hits).rankings() == {"1": {"y": 2.0, "x": 1.0}, "2": {}}


@pytest.mark.parametrize("name", ["run.trec", "run.trec.gz"])
def test_a_file_gives_back_the_run(tmp_path: Path, name: str) -> None:
    run = Run.from_rankings({"q 1": {"a b": 0.1, "c%20d": 1e-30, "中\u3000文": -3.5}, "q2": {}})
    run.write(tmp_path / name)
    again = Run.read(tmp_path / name, ["q2", "q 1", "q3"])
    assert again.rankings() == {"q2": {}, "q 1": run.rankings()["q 1"], "q3": {}}


def test_equal_runs_are_equal_bytes(tmp_path: Path) -> None:
    run = Run.from_rankings({f"q{i}": {f"d{j}": 1 / (j + 1) for j in range(50)} for i in range(600)})
    run.write(tmp_path / "a.gz")
    run.write(tmp_path / "b.gz")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_lines_are_trec_lines(tmp_path: Path) -> None:
    Run.from_rankings({"q": {"d1": 0.1, "d2": 12345678.9}}).write(tmp_path / "r")
    assert (tmp_path / "r").read_text() == "q Q0 d2 1 12345679 medir\nq Q0 d1 2 0.100000001 medir\n"


@pytest.mark.parametrize("line", ["q Q0 d 1", "q Q0 d 1 x medir", "q Q0 d 1 0.5 medir extra"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "r").write_text(f"q Q0 a 1 0.5 medir\n{line}\n")
    with pytest.raises(InputError, match=r"r:2: not a TREC run line"):
        Run.read(tmp_path / "r", ["q"])


def test_a_document_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("q Q0 a 1 0.5 m\nq Q0 a 2 0.4 m\n")
    with pytest.raises(InputError, match="twice"):
        Run.read(tmp_path / "r", ["q"])


@given(st.text(min_size=1))
def test_ids_survive_the_file(name: str) -> None:
    word = encode_id(name)
    assert not any(c.isspace() for c in word)
    assert decode_id(word) == name


def test_without_cut_and_stack() -> None:
    run = Run.from_rankings({"1": {"a": 3, "b": 2, "c": 1}, "2": {"a": 1}})
    assert run.without({"1": frozenset({"a"}), "2": frozenset({"a"})}).cut(1).rankings() == {"1": {"b": 2.0}, "2": {}}
    both = stack([Run.from_rankings({"2": {"x": 1}}), run], np.array([1, 0, 2]), {})
    assert both.queries == ("1", "2", "2")
    assert both.of(0)[0] == ["a", "b", "c"]
    assert both.of(1)[0] == ["x"]
