"""From graded answers to a Result: its measures, single questions' values, slices and details."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from corpora.images import FAULTS_NAMED
from corpora.questions import Questions
from corpora.workspace import Workspace
from retrieval.cost import Bill
from retrieval.generators.protocol import Message

from ..costs import costs
from ..result import PerQuery, Result, Value
from .answerer import Answerer
from .asking import Replies
from .contexts.poison import PoisonedContext
from .figures.accuracy import columns
from .figures.details import Known, details, gradable
from .figures.shares import means
from .figures.slices import macro, slices, with_free
from .free import FreeAnswers, free_answers
from .graded import Graded
from .grading import Read, confidences, grade
from .judged import Verdicts
from .judges import Answered
from .passages import Found, Passage
from .prompting.pictures import name_of

if TYPE_CHECKING:
    from .task import QaTask


def outcome(
    task: QaTask,
    system: Answerer,
    found: Found,
    replies: Replies,
    read: Sequence[Sequence[Read]],
    graded: Graded,
    workspace: Workspace,
) -> Result:
    """The result of the answers to a task's questions, as yet without identity and versions.

    Questions with a right answer give the measures; where there is none of these, the free-text answers do.
    """
    questions, shown = task.questions, _shown(replies)
    free, said = free_answers(task, graded, workspace), _verdicts(task, replies, graded, shown, workspace)
    rows = gradable(questions)
    closed = graded.take(rows)
    told = details(questions, graded, _known(questions, found, system, read, replies, shown))
    own = {name: Value(**value) for name, value in told.pop("graded", {}).items() if name != "questions"}
    per_query = (
        PerQuery(closed.ids, closed.groups, columns(closed)) if len(rows) else PerQuery(free.ids, free.groups, free.columns)
    )
    bill: Bill = {**said.bill, **replies.bill, **found.bill}
    cost, calls = costs(bill, len(questions))
    metadata = [questions.items[row].metadata for row in rows.tolist()]
    sliced = slices(closed, metadata, task.slices) if len(rows) else {}
    of = {one.id: one.metadata for one in questions.items}
    every = with_free(sliced, free.columns, [of[name] for name in free.ids], task.slices) if free.ids else sliced
    answered = {**replies.notes, **_counted(replies, read, closed=found.run is None and not any(found.passages))}
    notes = {**questions.notes, **free.notes, **said.notes, **_with_context(answered, found)}
    return Result(
        task=task.name,
        subset=task.card.subset,
        split=questions.split,
        system=system.spec,
        k=system.k,
        queries=len(per_query.ids),
        unit="questions",
        measures=own | (means(free.columns, free.groups) if free.ids else {}) | dict(said.values),
        notes={name: int(count) for name, count in sorted(notes.items()) if count},
        per_query=per_query,
        slices=every,
        macro=macro((sliced or every)[task.card.macro]) if task.card.macro in every else {},
        prompts=_prompts(replies, found),
        details=_details(system, questions, told) | _texts(free, said) | _faults(questions, replies),
        cost=cost,
        calls=calls,
    )


def _shown(replies: Replies) -> list[list[Passage]]:
    """The passages of each question as they stand in its prompt, cut where they are cut."""
    return [[Passage(name, "", text) for name, text in zip(p.shown, p.texts, strict=True)] for p in replies.prompted]


def _known(
    questions: Questions,
    found: Found,
    system: Answerer,
    read: Sequence[Sequence[Read]],
    replies: Replies,
    shown: Sequence[Sequence[Passage]],
) -> Known:
    lettered = [row for row, question in enumerate(questions.items) if question.lettered]
    shuffled = lettered if system.shuffles else []
    orders = range(1 + system.shuffles) if shuffled else range(0)
    some = questions.take(shuffled) if shuffled else questions
    return Known(
        confidences=confidences(read) if system.samples > 1 else None,
        shown=shown if any(shown) else None,
        run=found.run,
        k=system.k,
        depth=_depth(system),
        forms=[grade(some, [read[row][number].reading for row in shuffled]) for number in orders],
        backs=[[form.back for form in replies.forms[row]] for row in shuffled],
    )


def _depth(system: Answerer) -> int:
    """How deep the run was asked for, poison aside; 0 where only the run itself can tell."""
    deep = getattr(getattr(system.context, "inner", system.context), "depth", 0)
    return max(system.k, deep) if deep else 0


def _details(system: Answerer, questions: Questions, told: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in a result besides measures: what was asked, and all other figures."""
    return {
        "llm": system.generator.spec,
        "context": system.context.spec,
        "k": 0 if system.whole else system.k,
        "reader": system.reader.name,
        "kinds": dict(Counter(question.kind for question in questions.items)),
        "known_item": questions.card.known_item,
        **told,
        **_poison(system, questions),
    }


def _texts(free: FreeAnswers, said: Verdicts) -> dict[str, Any]:
    """What free-text measures and judges depend on, where there are any."""
    return {name: dict(told) for name, told in (("free_text", free.told), ("judges", said.told)) if told}


def _verdicts(
    task: QaTask, replies: Replies, graded: Graded, shown: Sequence[Sequence[Passage]], workspace: Workspace
) -> Verdicts:
    """What the judges say of the answers: of texts as they were read, of letters by the whole reply."""
    if not task.judges:
        return Verdicts()
    items = []
    for row, question in enumerate(task.questions.items):
        read = graded.answers[row][0] if question.kind == "free" and graded.read[row] else ""
        items.append(Answered(question, read if question.kind == "free" else replies.texts[row][0][0].text, tuple(shown[row])))
    return task.judges.of(items, task.questions.groups, task.language, workspace)


def _poison(system: Answerer, questions: Questions) -> dict[str, Any]:
    if not isinstance(system.context, PoisonedContext):
        return {}
    return {"poisoned_context": system.context.inner.spec, "targets": dict(system.context.targets(questions))}


def _with_context(own: Mapping[str, int], found: Found) -> dict[str, int]:
    """What was counted of the answers and of the passages; of the passages as `context_...` where both have one name."""
    counts = {name: count for name, count in own.items() if count}
    return counts | {f"context_{name}" if name in counts else name: count for name, count in found.notes.items() if count}


def _counted(replies: Replies, read: Sequence[Sequence[Read]], *, closed: bool) -> dict[str, int]:
    """What was cut and dropped of the passages (`closed`: none were meant to be), what was not read, and votes that were tied."""
    return {
        "unread_questions": sum(bool(own[0].reading.cause) for own in read),
        "cut_passages": sum(one.cut for one in replies.prompted),
        "dropped_passages": sum(one.dropped for one in replies.prompted),
        "questions_without_passages": 0 if closed else sum(not one.shown for one in replies.prompted),
        "tied_votes_questions": sum(own[0].tied for own in read),
        "images_shown": sum(one.images_shown for one in replies.prompted),
        "images_dropped": sum(one.images_dropped for one in replies.prompted),
        "scaled_images": sum(one.scaled for one in replies.prompted),
        "undecodable_images_questions": sum(bool(one.faults) for one in replies.prompted),
        "undecodable_passage_images": sum(len(one.passage_faults) for one in replies.prompted),
    }


def _faults(questions: Questions, replies: Replies) -> dict[str, Any]:
    """The first pictures that could not be decoded, by question, so that it was asked without them."""
    own = zip(questions.ids, replies.prompted, strict=True)
    named = [f"question {name!r}: {fault}" for name, one in own for fault in (*one.faults, *one.passage_faults)]
    return {"faulty_images": list(dict.fromkeys(named))[:FAULTS_NAMED]} if named else {}


def _told(one: Message) -> dict[str, Any]:
    """A message as a result shows it: its pictures by the names and keys of their files."""
    images = [{"file": name_of(image), "key": image.key} for image in one.images]
    return {"speaker": one.speaker, "text": one.text, **({"images": images} if images else {})}


def _prompts(replies: Replies, found: Found) -> dict[str, Any]:
    """What the model was asked first, and what the retriever's models were fed first."""
    asked = [_told(one) for one in replies.prompted[0].messages]
    return {"asked": asked, **({"retriever": dict(found.echo)} if found.echo else {})}
