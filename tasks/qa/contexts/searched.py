"""Any system as a context: questions searched for in a corpus, the first documents found as passages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corpora import Part, Queries
from corpora.questions import Questions
from corpora.workspace import Workspace

from ..passages import Found
from .documents import first_of, read_passages, records_of
from .ground import AskedBy, asked_spec, asked_text
from .own_images import without_own_images
from .search import Limits, Search


@dataclass(frozen=True)
class SearchedContext:
    """The first documents that a system finds for a question; its run, at least `depth` deep, is kept and read again."""

    search: Search
    asked_by: AskedBy
    depth: int

    @property
    def spec(self) -> str:
        """The canonical SPEC, in `asked(SPEC, by=...)` where it is asked by more than the question."""
        return asked_spec(self.search.system.spec, self.asked_by)

    def identity(self) -> Mapping[str, Any]:
        """The system, the corpus and how it is read, what is searched for, and how deep."""
        return {"context": "search-1", **self.search.identity(), "asked_by": self.asked_by, "depth": self.depth}

    def find(self, questions: Questions, k: int, workspace: Workspace) -> Found:
        """The first k documents found for each question, chunks as they are; a question with a record searches that alone.

        `questions.qrels.ignored` are left out of the rankings, and so are documents that show a question's own picture. Notes:
        those of the run, `unknown_records_questions` and `own_image_left_out_questions`.
        """
        corpus = self.search.corpus
        questions, own = without_own_images(questions, corpus)
        rows, unknown = records_of(questions, corpus)
        limits = Limits([one.record for one in questions.items], rows, questions.qrels.ignored)
        found = self.search.ranked(queries_of(questions, self.asked_by), limits, max(k, self.depth), workspace)
        passages = read_passages(corpus, first_of(found.run, k))
        return Found(passages, found.run, {**found.run.notes, **unknown, **own}, found.run.bill, found.echo)


def queries_of(questions: Questions, asked_by: AskedBy) -> Queries:
    """The questions as they are searched for, under their own ids: of each its text, then its pictures."""
    parts = tuple((Part(asked_text(one, asked_by)), *(Part(image=image) for image in one.images)) for one in questions.items)
    return Queries(questions.ids, parts, tuple(one.metadata for one in questions.items), questions.groups)
