"""The flags of `medir qa`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What is asked of whom, from which passages, and how.

    Parameters
    ----------
    llm
        A GEN: openai:MODEL@URL, gguf:PATH, hf:FOLDER or file:REPLIES.jsonl; may be given several times.
    task
        A set of questions by name (see medir tasks --type qa); may be given several times.
    data
        A folder with questions.jsonl; may be given several times.
    context
        Where passages come from: none, gold, random, run:FILE or a SPEC such as bm25; may be given several times, and the
        others are held against the first. None by default.
    corpus
        The folder or collection that is searched, once for all or once for each set; by default what comes with the questions.
    split
        The split of the questions; test by default, or the only one.
    subset
        The variant of a catalogue's task, such as its language.
    kind
        Ask only questions of these kinds, with commas: choice, several, yes-no, yes-no-maybe, numeric, free.
    limit
        Ask only the first so many questions.
    k
        How many passages a question gets; several numbers with commas show accuracy against k.
    depth
        How deep each ranking is kept and measured.
    query
        What is searched for: question, or question+options.
    style
        How is asked: direct (the answer alone), cot (reasons first) or json.
    order
        How passages are ordered: best-first, reversed or sandwich.
    budget
        How many tokens of passages are shown at most, a picture counting as 800; 0 sets no limit.
    show
        What of passages is shown: text, image or both; the question's own pictures always are.
    most_images
        How many pictures of passages are shown at most.
    shots
        A file of questions with answers that are shown as examples.
    nearest
        Of these, show only so many that are most like the question.
    insufficient
        Offer "insufficient evidence" as an answer; it is counted apart.
    language
        The language of the prompts; by default that of the questions.
    reader
        How replies are read: strict, or mirage-legacy, which counts an unreadable reply as A.
    samples
        Ask each question so often, and take the answer that was read most often.
    shuffles
        Ask each question so often again with its options in another order.
    poison
        A file of passages that are put first into each context, to measure what that does.
    measures
        Of free-text answers: exact, token_f1, rouge_l, bertscore:ENCODER, with commas.
    judge
        A GEN that judges free-text answers.
    judges
        What it judges: statement-recall, faithfulness, context-precision, with commas.
    slices
        Also print the accuracy by slice.
    out
        A new folder that gets a copy of the results.
    format
        table, markdown, csv or json.
    offline
        Open no connection.
    force
        Compute again what is kept; what was generated or retrieved is not generated or retrieved again.
    dry_run
        Ask nothing; print how many texts the models would be asked for, and what that would cost at most.
    """

    llm: tuple[str, ...]
    task: tuple[str, ...] = ()
    data: tuple[Path, ...] = ()
    context: tuple[str, ...] = ("none",)
    corpus: tuple[str, ...] = ()
    split: str | None = None
    subset: str | None = None
    kind: str = ""
    limit: int | None = None
    k: str = "5"
    depth: int = 100
    query: str = "question"
    style: str = "direct"
    order: str = "best-first"
    budget: int = 0
    show: str = "text"
    most_images: int = 4
    shots: Path | None = None
    nearest: int = 0
    insufficient: bool = False
    language: str = ""
    reader: str = "strict"
    samples: int = 1
    shuffles: int = 0
    poison: Path | None = None
    measures: str = ""
    judge: str | None = None
    judges: str = ""
    slices: bool = False
    out: Path | None = None
    format: str = "table"
    offline: bool = False
    force: bool = False
    dry_run: bool = False
