"""`rerank(SPEC, MODEL, depth=100, rest=keep)`: the top of another system's rankings, ordered by a model that reads the texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from corpora import Corpus, Queries, TextRule, UsageError
from corpora.workspace import Workspace
from indexes import Candidates

from ..prompts import TaskPrompts, with_prompts
from ..run import Run
from ..spec import Spec, no_target, read_options, without_defaults
from ..system import Retriever, Search, System, searching
from ..systems import make_system
from .listwise import listwise_system
from .order import Tops, own_text, own_texts, with_counts
from .protocol import Reranker
from .resolve import resolve_reranker, word_of
from .scores import Pairs, Scored, as_document, score_pairs

RESTS = ("keep", "drop")
DEFAULTS: dict[str, Any] = {"depth": 100, "rest": "keep"}
LISTWISE = "listwise"
MEND = "for example: rerank(bm25, ./models/cross-encoder, depth=100) or rerank(dense:minilm, medcpt)"


@dataclass(frozen=True)
class RerankingRetriever:
    """A retriever, and a model that scores each query with the first `depth` documents of its ranking.

    The model reads the user's own words (see `own_text`) and the document under the task's text rule; where that is `pair`,
    and the model does not take title and text apart, under `joined`.
    """

    inner: Retriever
    reranker: Reranker
    depth: int
    keep: bool
    corpus: Corpus
    rule: TextRule
    workspace: Workspace
    reads_documents = True

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query, at most k deep: the reranked, and behind them what lay deeper if that is kept."""
        return self.through(searching(candidates), queries, k)

    def through(self, search: Search, queries: Queries, k: int) -> Run:
        """The same with the inner retriever asked through `search`; the pairs of all queries are scored together."""
        run = search(self.inner, queries, max(k, self.depth) if self.keep else self.depth)
        tops = Tops.of(run, self.depth, self.corpus)
        texts, unread = own_texts(queries, "a reranker")
        pairs = Pairs(texts, queries.ids, self.corpus, self._read, tops.asker, tops.rows)
        scored = score_pairs(self.reranker, pairs, self.workspace)
        best = tops.ordered(scored.scores, self.corpus.order).cut(k)
        return replace(best, notes=with_counts(run.notes, {**self._losses(scored), **unread}))

    def echo(self, queries: Queries, corpus: Corpus) -> dict[str, Any]:
        """What the models inside are fed first, and the first query with the first document as this one is fed them."""
        echo = getattr(self.inner, "echo", None)
        told: dict[str, Any] = echo(queries, corpus) if echo else {}
        if not len(queries) or not len(corpus):
            return told
        document = corpus.texts(self._read, np.zeros(1, np.int64)).to_pylist()[0]
        return {**told, "reranked": self.reranker.echo(own_text(queries.parts[0]), as_document(document, self.reranker))}

    @property
    def sums_up(self) -> bool:
        """Whether the scores of a document's chunks may be added: not where what lies deeper keeps a place without a score."""
        return not self.keep

    @property
    def _read(self) -> TextRule:
        return "joined" if self.rule == "pair" and not self.reranker.takes_pairs else self.rule

    def _losses(self, scored: Scored) -> dict[str, int]:
        """How many pairs were cut, and of how many tokens; a model that feeds itself, or a class, cannot be asked."""
        cut = int((scored.lost > 0).sum())
        if len(scored.lost) and (self.reranker.unit != "tok" or (not cut and self.reranker.longest is None)):
            return {"truncation_of_pairs_unknown": 1}
        return {"reranked_pairs_truncated": cut, "tokens_lost_in_pairs": int(scored.lost.sum())}


@dataclass(frozen=True)
class RerankingSystem:
    """`rerank(SPEC, MODEL, depth=100, rest=keep)`: `rest` is `keep`, or `drop` (only the reranked are left)."""

    spec: str
    inner: System
    target: str
    options: tuple[tuple[str, str], ...]
    depth: int
    rest: str

    @cached_property
    def reranker(self) -> Reranker:
        """What MODEL names; a cross-encoder is loaded only when a pair must be scored."""
        return resolve_reranker(self.target, dict(self.options))

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a score."""
        how = {"model": self.reranker.identity(), "depth": self.depth, "rest": self.rest}
        return {"engine": "rerank-2", **how, "inner": self.inner.identity(language)}

    def prompted(self, prompts: TaskPrompts) -> RerankingSystem:
        """The same with a task's prompts fed to the models of the inner system."""
        return replace(self, inner=with_prompts(self.inner, prompts))

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The inner system bound, and reranked."""
        inner = self.inner.bind(corpus, workspace, rule=rule, language=language)
        return RerankingRetriever(inner, self.reranker, self.depth, self.rest == "keep", corpus, rule, workspace)


def rerank(spec: Spec) -> System:
    """The maker of `rerank(SPEC, MODEL, ...)` and of `rerank(SPEC, listwise(GEN), ...)`."""
    no_target(spec)
    if len(spec.args) != 2:
        raise UsageError("rerank takes one system and one model", where=str(spec), mend=MEND)
    inner = make_system(spec.args[0])
    if spec.args[1].name == LISTWISE:
        return listwise_system(spec, inner)
    chosen = read_options(spec, DEFAULTS)
    if chosen["depth"] < 1:
        raise UsageError(f"depth={chosen['depth']} is out of range", where=str(spec), mend="rerank at least one document")
    if chosen["rest"] not in RESTS:
        raise UsageError(f"rest={chosen['rest']} is not known", where=str(spec), mend=f"one of: {', '.join(RESTS)}")
    shortest = [f"{key}={value}" for key, value in without_defaults(spec, DEFAULTS).options]
    canonical = f"rerank({', '.join([inner.spec, str(spec.args[1]), *shortest])})"
    return RerankingSystem(canonical, inner, word_of(spec.args[1]), spec.args[1].options, chosen["depth"], chosen["rest"])
