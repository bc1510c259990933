"""From the flags of `medir qa` to sets of questions, and to what answers them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from corpora import Card, Corpus, UsageError
from corpora.question_folder import open_questions
from corpora.questions import Questions
from corpora.workspace import Workspace
from retrieval.generators.make import make_generator
from tasks.asked import network
from tasks.evaluate import evaluate
from tasks.qa.answerer import Answerer
from tasks.qa.contexts import make_context, poisoned, read_poison
from tasks.qa.judged import Judges
from tasks.qa.opening import has_gold, open_context_corpus, over, questions_named
from tasks.qa.passages import Context
from tasks.qa.prompting import MOST_IMAGES, NearestShots, Prompting, read_shots
from tasks.qa.readers import make_reader
from tasks.qa.task import QaTask, make_qa_task
from tasks.result import Result

from .options import commas
from .qa_flags import Flags


@dataclass(frozen=True)
class Asked:
    """A task of questions, and the corpus that is searched for them, if there is one."""

    task: QaTask
    corpus: Corpus | None
    card: Card | None


def asked_for(flags: Flags, place: Workspace) -> list[Asked]:
    """The sets of questions that the flags name, their data opened, each with its corpus.

    Raises UsageError for none of them, and where there are neither one corpus nor as many as sets.
    """
    sets = len(flags.task) + len(flags.data)
    if not sets:
        raise UsageError("no questions are named", mend="give --task NAME (see: medir tasks --type qa) or --data my/folder")
    if len(flags.corpus) not in (0, 1, sets):
        mend = "give --corpus once for all sets, or once for each in their order, tasks first"
        raise UsageError(f"{len(flags.corpus)} corpora for {sets} sets of questions", mend=mend)
    named = [questions_named(name, flags.split, flags.subset, place) for name in flags.task]
    every = [*named, *(open_questions(folder, flags.split, place) for folder in flags.data)]
    judges = Judges(make_generator(flags.judge), tuple(commas(flags.judges))) if flags.judge else None
    if flags.judges and not judges:
        raise UsageError("--judges needs a model that judges", mend="give --judge GEN")
    tasks = [make_qa_task(questions, commas(flags.measures), flags.limit, judges, commas(flags.kind)) for questions in every]
    opened: dict[str, tuple[Corpus, Card]] = {name: open_context_corpus(name, place) for name in dict.fromkeys(flags.corpus)}
    corpora = list(flags.corpus) * (sets if len(flags.corpus) == 1 else 1)
    if not corpora:
        return [Asked(task, task.questions.corpus, task.card) for task in tasks]
    return [_over(task, *opened[name]) for task, name in zip(tasks, corpora, strict=True)]


def _over(task: QaTask, corpus: Corpus, card: Card) -> Asked:
    return Asked(replace(task, questions=over(task.questions, corpus)), corpus, card)


def answerers_for(flags: Flags, asked: Asked, place: Workspace) -> list[Answerer]:
    """Every model with every context at every k; a context that is poisoned stands behind the clean one.

    Raises UsageError and InputError for what cannot be made, before anything is asked.
    """
    prompting, reader = _prompting(flags, asked, place), make_reader(flags.reader)
    contexts, numbers = list(_contexts(flags, asked)), [_number(k) for k in commas(flags.k) or [flags.k]]
    found = []
    for gen in flags.llm:
        generator = make_generator(gen)
        for context in contexts:
            every = [Answerer(generator, context, prompting, reader, k, flags.samples, flags.shuffles) for k in numbers]
            found += every[:1] if every[0].whole else every
    specs = [one.spec for one in found]
    if twice := next((spec for spec in specs if specs.count(spec) > 1), None):
        raise UsageError("the same is asked for twice", where=twice, mend="give each --llm, --context and k once")
    return found


def _contexts(flags: Flags, asked: Asked) -> Iterator[Context]:
    poison = read_poison(flags.poison) if flags.poison else None
    if poison and set(flags.context) == {"none"}:
        raise UsageError("--poison stands in front of passages, and there are none", mend="give another --context beside none")
    for text in flags.context:
        if text == "gold" and _left_out(flags, asked):
            print(
                f"{asked.task.name}: left out of gold, since no question comes with passages or judged documents", file=sys.stderr
            )
            continue
        context = make_context(text, corpus=asked.corpus, card=asked.card, asked_by=flags.query, depth=flags.depth)
        yield context
        if poison and context.spec != "none":
            yield poisoned(context, poison)


def _left_out(flags: Flags, asked: Asked) -> bool:
    """Whether a set without gold is one of several sets, or gold one of several contexts: then the others are still asked."""
    others = len(flags.task) + len(flags.data) > 1 or len(flags.context) > 1
    return others and not has_gold(asked.task.questions, asked.corpus)


def _number(k: str) -> int:
    if not k.isascii() or not k.isdigit():
        raise UsageError(f"k is {k!r}", mend="give whole numbers: --k 5, or --k 1,5,10")
    return int(k)


def _prompting(flags: Flags, asked: Asked, place: Workspace) -> Prompting:
    if flags.show == "text" and flags.most_images != MOST_IMAGES:
        raise UsageError("--most-images counts pictures of passages, and none are shown", mend="give --show image or --show both")
    plain = Prompting(
        style=flags.style,  # type: ignore[arg-type]
        order=flags.order,  # type: ignore[arg-type]
        budget=flags.budget,
        language=flags.language,
        insufficient=flags.insufficient,
        show=flags.show,  # type: ignore[arg-type]
        most_images=flags.most_images,
    )
    if flags.shots is None:
        if flags.nearest:
            raise UsageError("--nearest picks examples, and there are none", mend="give --shots FILE")
        return plain
    shots = read_shots(flags.shots)
    if not flags.nearest:
        return replace(plain, shots=shots)
    training = Questions(Card(flags.shots.stem, language=asked.task.language), "train", shots.items)
    return replace(plain, shots=NearestShots(training, flags.nearest, workspace=place))


def answered(asked: Asked, every: Sequence[Answerer], place: Workspace, *, force: bool) -> list[Result]:
    """The result of each answerer, kept or computed."""
    with network(place):
        return [evaluate(asked.task, one, place, force=force) for one in every]
