"""The makers of the lexical systems: what their SPECs may say."""

from __future__ import annotations

from typing import Any

from corpora import UsageError
from indexes.analysis.named import analyser

from .lexical import BM25System, LuceneSystem, RankBM25System
from .spec import Spec, no_args, no_target, read_options, without_defaults

BM25: dict[str, Any] = {"analyser": "", "variant": "lucene", "k1": 0.9, "b": 0.4, "delta": ""}
RANK_BM25: dict[str, Any] = {"analyser": "", "variant": "okapi", "k1": "", "b": "", "epsilon": "", "delta": ""}
LUCENE: dict[str, Any] = {"language": "", "k1": 0.9, "b": 0.4}


def bm25(spec: Spec) -> BM25System:
    """The maker of `bm25(...)`."""
    from indexes.bm25.variants import variant

    chosen, name = _read(spec, BM25)
    variant(chosen["variant"])
    delta = None if chosen["delta"] == "" else _number(spec, "delta", chosen["delta"], 1e6)
    k1, b = _number(spec, "k1", chosen["k1"], 1e6), _number(spec, "b", chosen["b"], 1.0)
    return BM25System(name, chosen["analyser"], chosen["variant"], k1, b, delta)


def rank_bm25(spec: Spec) -> RankBM25System:
    """The maker of `rank-bm25(...)`."""
    chosen, name = _read(spec, RANK_BM25)
    given = {key: _number(spec, key, chosen[key], 1e6) for key in ("k1", "b", "epsilon", "delta") if chosen[key] != ""}
    return RankBM25System(name, chosen["analyser"], chosen["variant"], given)


def lucene(spec: Spec) -> LuceneSystem:
    """The maker of `lucene(...)`."""
    chosen, name = _read(spec, LUCENE)
    return LuceneSystem(name, chosen["language"], _number(spec, "k1", chosen["k1"], 1e6), _number(spec, "b", chosen["b"], 1.0))


def _read(spec: Spec, defaults: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The options of a SPEC that takes nothing else, and its canonical form."""
    no_target(spec)
    no_args(spec)
    chosen = read_options(spec, defaults)
    if chosen.get("analyser"):
        analyser(chosen["analyser"])
    return chosen, str(without_defaults(spec, defaults))


def _number(spec: Spec, name: str, value: float | str, high: float) -> float:
    try:
        if 0.0 <= float(value) <= high:
            return float(value)
    except ValueError:
        pass
    raise UsageError(f"{name}={value} is out of range", where=str(spec), mend=f"{name} lies between 0 and {high:g}")
