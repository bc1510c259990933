"""`medir qa --dry-run`: what asking would cost at most, before any model is asked anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from corpora import Collection
from corpora.workspace import Workspace
from medir.printable import printable_lines
from medir.report import Format, as_csv, as_table
from retrieval.generators.replay import is_recorded
from retrieval.spending import Spending, spendings
from tasks.asked import network
from tasks.qa.answerer import Answerer
from tasks.qa.asking import spending
from tasks.qa.contexts.i_medrag import IMedRagContext
from tasks.qa.contexts.searched import SearchedContext, queries_of
from tasks.qa.passages import Context
from tasks.qa.prompting.pictures import name_of
from tasks.qa.task import QaTask

from .qa_asked import Asked

COLUMNS = ("task", "system", "requests", "kept", "prompt_tokens", "completion_tokens", "price")
UNBOUNDED = "unbounded"


def qa_dry_run(asked: Sequence[tuple[Asked, Sequence[Answerer]]], place: Workspace, form: Format) -> str:
    """What the models would be asked at most, as a table; searches that ask no model are made, and kept.

    A search that asks one has a row of its own. What hangs on texts that are not yet written has no bound: `unbounded` (JSON:
    null).
    """
    with network(place):
        rows = [row for one, every in asked for row in _rows(one.task, every, place)]
        prompts = (
            [] if form in ("json", "csv") else [text for one, every in asked for text in _first_prompt(one.task, every, place)]
        )
    if form == "json":
        return json.dumps(rows, indent=1, ensure_ascii=False)
    cells = [{name: UNBOUNDED if value is None else value for name, value in row.items()} for row in rows]
    if form == "csv":
        return as_csv(cells)
    return "\n\n".join([as_table([list(COLUMNS), *([str(v) for v in row.values()] for row in cells)], form), *prompts])


def _first_prompt(task: QaTask, every: Sequence[Answerer], place: Workspace) -> Iterator[str]:
    """The first question with pictures as each is asked it, its pictures by name; not where texts are yet to be written."""
    row = next((row for row, one in enumerate(task.questions.items) if one.images), None)
    for answerer in every:
        context = getattr(answerer.context, "inner", answerer.context)
        if (row is None and answerer.prompting.show == "text") or _searches(context, task, place):
            continue
        found = answerer.context.find(task.questions, answerer.depth, place).passages[row or 0]
        asked = answerer.prompting.ready(task.questions).messages(task.questions.items[row or 0], found)
        lines = [f"the prompt of question {task.questions.ids[row or 0]!r}, {answerer.spec}:"]
        for said in asked.messages:
            lines += [f"{said.speaker}: {said.text}", *(f"image {at}: {name_of(one)}" for at, one in enumerate(said.images, 1))]
        yield printable_lines("\n".join([*lines, *(f"left out: {fault}" for fault in (*asked.faults, *asked.passage_faults))]))


def _rows(task: QaTask, every: Sequence[Answerer], place: Workspace) -> Iterator[dict[str, Any]]:
    searched: set[str] = set()
    for answerer in every:
        context = getattr(answerer.context, "inner", answerer.context)
        searches = _searches(context, task, place)
        if context.spec not in searched:
            searched.add(context.spec)
            yield from (_row(task, name, cost) for name, cost in searches)
        yield _row(task, answerer.spec, _answers(answerer, task, place, written=bool(searches)))
    if task.judges and not is_recorded(task.judges.generator):
        yield _row(task, f"judged by {task.judges.generator.spec}", Spending(None, 0, None, None, None))


def _row(task: QaTask, name: str, cost: Spending) -> dict[str, Any]:
    values = (cost.requests, cost.kept, cost.prompt_tokens, cost.completion_tokens, cost.price)
    return dict(zip(COLUMNS, (task.name, name, *values), strict=True))


def _searches(context: Context, task: QaTask, place: Workspace) -> list[tuple[str, Spending]]:
    """What a context's search would spend on language models, by the SPEC that asks them; empty where it asks none."""
    if isinstance(context, IMedRagContext):
        requests = len(task.questions) * context.rounds * (1 + context.queries)
        return [(context.spec, Spending(requests, 0, None, requests * context.generator.sampling.max_tokens, None))]
    if not isinstance(context, SearchedContext):
        return []
    card, corpus = replace(context.search.card, roll_up="none"), context.search.corpus
    asked = Collection(card, "", corpus, queries_of(task.questions, context.asked_by), task.questions.qrels)
    return spendings(context.search.system, asked, context.depth, place)


def _answers(answerer: Answerer, task: QaTask, place: Workspace, *, written: bool) -> Spending:
    """What answering would spend; where models write what is searched for first, what is shown is not known before."""
    if written:
        found = spending(answerer, task.questions, [()] * len(task.questions), place)
        requests = found.requests + found.kept
        free = is_recorded(answerer.generator)
        return Spending(0, requests, 0, 0, 0.0) if free else Spending(requests, 0, None, _most(answerer, requests), None)
    passages = answerer.context.find(task.questions, answerer.depth, place).passages
    own = spending(answerer, task.questions, passages, place)
    return Spending(own.requests, own.kept, own.prompt_tokens, own.completion_tokens, own.price)


def _most(answerer: Answerer, requests: int) -> int:
    return requests * answerer.generator.sampling.max_tokens
