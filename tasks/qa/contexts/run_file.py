"""`run:FILE`: passages from a ranking that somebody made before."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corpora import Corpus, InputError
from corpora.questions import Questions
from corpora.state import file_digest
from corpora.workspace import Workspace
from retrieval import Run

from ..passages import Found
from .documents import first_of, read_passages
from .ground import corpus_identity
from .kept import RUN
from .own_images import without_own_images

MEND = "give a TREC run of these very questions: question Q0 document rank score tag"


@dataclass(frozen=True)
class RunContext:
    """The first documents of a TREC run's rankings, plain or gzipped; its queries are the questions' ids."""

    path: Path
    corpus: Corpus

    @property
    def spec(self) -> str:
        """`run:` and the file's name, behind that of its folder where it is called as in every kept result."""
        return f"run:{self.path.resolve().parent.name}/{RUN}" if self.path.name == RUN else f"run:{self.path.name}"

    def identity(self) -> Mapping[str, Any]:
        """The digests of the file and the corpus."""
        return {"context": "run-1", "content": file_digest(self.path), **corpus_identity(self.corpus)}

    def find(self, questions: Questions, k: int, workspace: Workspace) -> Found:
        """The first k documents of each question's ranking that the corpus has.

        Notes: `unranked_questions` (not in the file), `unknown_documents` (entries of rankings that the corpus lacks: passed
        over), `own_image_left_out_questions`. Raises InputError for a file that cannot be read, that ranks none of the questions,
        or none of whose documents is in the corpus.
        """
        questions, own_images = without_own_images(questions, self.corpus)
        run = self._read(questions)
        unranked = int((np.diff(run.offsets) == 0).sum())
        if unranked == len(run):
            raise InputError("it ranks none of the questions", where=str(self.path), mend=MEND)
        known = self.corpus.rows_of(run.docs) >= 0
        if not known.any():
            what = f"none of its documents is in the corpus, such as {run.docs[0].as_py()!r}"
            raise InputError(what, where=str(self.path), mend="give the corpus that it was made of: --corpus FOLDER")
        offsets = np.concatenate([[0], np.cumsum(known)])[run.offsets].astype(np.int64)
        there = Run(run.queries, offsets, run.docs.filter(pa.array(known)), run.scores[known])
        notes = {**own_images, "unranked_questions": unranked, "unknown_documents": int((~known).sum())}
        passages = read_passages(self.corpus, first_of(there, k))
        return Found(passages, run, {name: count for name, count in notes.items() if count})

    def _read(self, questions: Questions) -> Run:
        where = str(self.path)
        try:
            run = Run.read(self.path, questions.ids)
        except (OSError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError) as problem:
            raise InputError(f"cannot read the run: {problem}", where=where, mend=MEND) from None
        if not np.isfinite(run.scores).all():
            raise InputError("a score is not a finite number", where=where, mend=MEND)
        return run.without(questions.qrels.ignored)


def run_context(path: Path, corpus: Corpus) -> RunContext:
    """The context of a run file. Raises InputError where there is none."""
    if not path.is_file():
        raise InputError("no such run file", where=str(path), mend=MEND)
    return RunContext(path, corpus)
