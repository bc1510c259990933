"""`rerank(SPEC, listwise(GEN), depth=20)`: a language model orders the top of each ranking, a window at a time.

Source: Sun et al., "Is ChatGPT Good at Search? Investigating Large Language Models as Re-Ranking Agents", EMNLP 2023 (RankGPT):
windows slide from the back of the list to its front, so that what is good can rise through all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from corpora import Corpus, Queries, TextRule, UsageError
from corpora.workspace import Workspace
from indexes import Candidates

from ..augment.prompts import first_words
from ..cost import Bill
from ..generators import Answers, Generator, Request, ask, make_generator, pinned
from ..generators.answer import answer
from ..prompts import TaskPrompts, with_prompts
from ..run import Run, one_bill
from ..spec import Spec, no_target, read_options, without_defaults
from ..system import Retriever, Search, System, searching
from .order import Rows, Tops, own_texts, with_counts
from .windows import ListPrompt, permutation, windows

DEFAULTS: dict[str, Any] = {"depth": 20, "window": 20, "step": 10, "words": 300, "rest": "keep", "prompt": ""}


@dataclass(frozen=True)
class Windowed:
    """How lists are shown: the first `depth` of a ranking, `window` at a time, `step` apart, each document cut to `words` words
    (a Chinese character counts as one).
    """

    depth: int
    window: int
    step: int
    words: int


@dataclass(frozen=True)
class ListwiseRetriever:
    """A retriever, and a language model that orders the top of its rankings. Its scores are ranks: they do not sum up."""

    inner: Retriever
    generator: Generator
    how: Windowed
    prompt: ListPrompt
    keep: bool
    corpus: Corpus
    rule: TextRule
    workspace: Workspace
    reads_documents = True
    sums_up = False

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query, at most k deep. A window that the model gives no usable answer to stays as it is."""
        return self.through(searching(candidates), queries, k)

    def through(self, search: Search, queries: Queries, k: int) -> Run:
        """The same with the inner retriever asked through `search`; all queries' windows of one turn are asked for together."""
        run = search(self.inner, queries, max(k, self.how.depth) if self.keep else self.how.depth)
        tops = Tops.of(run, self.how.depth, self.corpus)
        lists = [tops.rows[tops.asker == row] for row in range(len(queries))]
        texts, unread = own_texts(queries, "a reranker")
        lists, bill, notes = self._in_turns(queries.ids, texts, lists)
        place = {(row, doc): place for row, docs in enumerate(lists) for place, doc in enumerate(docs.tolist())}
        found = zip(tops.asker.tolist(), tops.rows.tolist(), strict=True)
        scores = np.array([len(lists[row]) - place[row, doc] for row, doc in found], np.float32)
        best = tops.ordered(scores, self.corpus.order).cut(k)
        paid = one_bill([run, replace(run, bill=bill)])
        return replace(best, notes=with_counts(run.notes, {**notes, **unread}), bill=paid)

    def echo(self, queries: Queries, corpus: Corpus) -> dict[str, Any]:
        """What the models inside are fed first, and the prompt."""
        echo = getattr(self.inner, "echo", None)
        shown = self.prompt.messages("{query}", ["{passage}"])
        return {**(echo(queries, corpus) if echo else {}), "listwise": [one.text for one in shown]}

    def _in_turns(self, names: Sequence[str], texts: Sequence[str], lists: list[Rows]) -> tuple[list[Rows], Bill, dict[str, int]]:
        """The lists after all turns, with the charges, and the counts of what went wrong."""
        spans = [list(windows(len(own), self.how.window, self.how.step)) for own in lists]
        bill: dict[str, Any] = {}
        notes: Counter[str] = Counter(listwise_windows=sum(map(len, spans)))
        worst: Counter[str] = Counter()
        for turn in range(max(map(len, spans), default=0)):
            asked = [row for row in range(len(lists)) if turn < len(spans[row])]
            requests = [self._request(names[row], texts[row], lists[row], spans[row][turn]) for row in asked]
            answers = ask(self.generator, requests, self.workspace)
            bill = {**answers.bill, **bill}
            worst |= Counter(answers.notes)
            for row in asked:
                lists[row] = self._moved(lists[row], spans[row][turn], answers, names[row], notes)
        return lists, bill, {**worst, **notes}

    def _request(self, name: str, text: str, rows: Rows, span: tuple[int, int]) -> Request:
        documents = self.corpus.texts("joined" if self.rule == "pair" else self.rule, rows[slice(*span)]).to_pylist()
        shown = [first_words(document, self.how.words)[0] for document in documents]
        return Request(name, self.prompt.messages(text, shown), self.generator.sampling)

    def _moved(self, rows: Rows, span: tuple[int, int], answers: Answers, name: str, notes: Counter[str]) -> Rows:
        made = answers.found[name, 0]
        start, end = span
        if made.error:
            notes["failed_windows"] += 1
            return rows
        said = answer(made.text, str(getattr(self.generator, "answer_after", "")), made.finish)
        places, wrong = permutation(said, end - start)
        notes += wrong
        return np.concatenate([rows[:start], rows[start:end][places], rows[end:]])


@dataclass(frozen=True)
class ListwiseSystem:
    """`rerank(SPEC, listwise(GEN), depth=20, window=20, step=10, words=300, rest=keep, prompt=FILE)`."""

    spec: str
    inner: System
    generator: Generator
    how: Windowed
    rest: str
    prompt: str

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """All that moves a rank."""
        how = {**asdict(self.how), "rest": self.rest}
        asked = {"generator": pinned(self.generator), "prompt": self.list_prompt(language).digest}
        return {"engine": "listwise-2", **how, **asked, "inner": self.inner.identity(language)}

    def prompted(self, prompts: TaskPrompts) -> ListwiseSystem:
        """The same with a task's prompts fed to the models of the inner system."""
        return replace(self, inner=with_prompts(self.inner, prompts))

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The inner system bound, and reranked."""
        inner, prompt = self.inner.bind(corpus, workspace, rule=rule, language=language), self.list_prompt(language)
        return ListwiseRetriever(inner, self.generator, self.how, prompt, self.rest == "keep", corpus, rule, workspace)

    def list_prompt(self, language: str) -> ListPrompt:
        """What the model is asked in a language."""
        return ListPrompt(Path(self.prompt).expanduser()) if self.prompt else ListPrompt.of(language)


def listwise_system(spec: Spec, inner: System) -> ListwiseSystem:
    """The maker of `rerank(SPEC, listwise(GEN), ...)`, whose inner system is made already."""
    asked = spec.args[1]
    no_target(asked)
    if len(asked.args) != 1 or asked.options:
        mend = "for example: rerank(bm25, listwise(openai:MODEL@URL), depth=20, window=20, step=10)"
        raise UsageError("listwise takes one generator; options stand behind it", where=str(spec), mend=mend)
    chosen = read_options(spec, DEFAULTS)
    for name in ("depth", "window", "step", "words"):
        if chosen[name] < (2 if name == "window" else 1):
            raise UsageError(f"{name}={chosen[name]} is out of range", where=str(spec), mend=f"the default is {DEFAULTS[name]}")
    if chosen["step"] >= chosen["window"]:
        what = f"step={chosen['step']} is not below window={chosen['window']}: nothing could rise from window to window"
        raise UsageError(what, where=str(spec), mend="for example: window=20, step=10")
    if chosen["rest"] not in ("keep", "drop"):
        raise UsageError(f"rest={chosen['rest']} is not known", where=str(spec), mend="one of: keep, drop")
    generator = make_generator(asked.args[0])
    shortest = str(replace(without_defaults(spec, DEFAULTS), args=(asked,))).replace("rerank(", f"rerank({inner.spec}, ", 1)
    canonical = shortest.replace(str(asked), f"listwise({generator.spec})", 1)
    how = Windowed(*(chosen[name] for name in ("depth", "window", "step", "words")))
    return ListwiseSystem(canonical, inner, generator, how, chosen["rest"], chosen["prompt"])
