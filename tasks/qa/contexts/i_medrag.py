"""`i-medrag(SPEC, GEN, rounds=4, queries=3, k=8, words=0)`: follow-up questions, each answered from what is found for it.

Source: Xiong et al., "Improving Retrieval-Augmented Generation in Medicine with Iterative Follow-up Questions" (i-MedRAG),
arXiv 2408.00727, for the loop and its 4 rounds of 3 questions; there each is answered from 32 snippets, and the answers alone
are the final context. The prompts are ours, and so is that follow-ups are read from JSON or numbered lines, never evaluated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from corpora import Queries, UsageError
from corpora.questions import Questions
from corpora.workspace import Workspace
from retrieval.augment.passages import Reader
from retrieval.augment.prompts import Prompt, framed
from retrieval.augment.writer import sampled
from retrieval.generators.ask import ask
from retrieval.generators.keys import pinned
from retrieval.generators.make import make_generator
from retrieval.generators.protocol import Generator, Message, Request
from retrieval.generators.replay import is_recorded
from retrieval.prompts import with_prompts
from retrieval.spec import Spec, no_target, parse_spec, read_options, without_defaults
from retrieval.systems import make_system

from ..passages import Found
from .documents import Rows, read_passages, records_of
from .follow_ups import read_follow_ups
from .ground import AskedBy, Ground, asked_spec, asked_text
from .inquiry import FollowUp, Inquiry, new_of
from .own_images import without_own_images
from .plain import numbered_run
from .search import Limits, Search

DEFAULTS = {"rounds": 4, "queries": 3, "k": 8, "words": 0}
ASKING, ANSWERING = "follow-ups", "follow-up-answer"
SAMPLING: Mapping[str, Any] = {"temperature": 0.0, "max_tokens": 512}


@dataclass(frozen=True)
class IMedRagContext:
    """What a model asked and was told in up to `rounds` rounds of up to `queries` follow-ups, each answered from `k` documents,
    of each the first `words` words (0: all).
    """

    name: str
    search: Search
    generator: Generator
    rounds: int
    queries: int
    k: int
    words: int
    asked_by: AskedBy

    @property
    def spec(self) -> str:
        """The canonical SPEC, in `asked(SPEC, by=...)` where the model is shown the options as well."""
        return asked_spec(self.name, self.asked_by)

    def identity(self) -> Mapping[str, Any]:
        """The model, what it is asked, the loop, and the system that is searched."""
        prompts = [prompt_for(name, tongue).identity() for name in (ASKING, ANSWERING) for tongue in ("en", "zh")]
        loop = {"rounds": self.rounds, "queries": self.queries, "k": self.k, "words": self.words, "asked_by": self.asked_by}
        inner = {"generator": pinned(self.generator), "prompts": prompts, "inner": self.search.identity()}
        return {"context": "i-medrag-1", **loop, **inner}

    def find(self, questions: Questions, k: int, workspace: Workspace) -> Found:
        """For each question a passage for every follow-up that was answered (title: the follow-up; they do not count against
        k), then the first k documents found: those at the top for each follow-up in order, then the next of each, each once.
        The run has all documents in that order; its scores only number them.

        A question ends where the model asks nothing new (`[]`), where its reply cannot be read, or where it gives none. Notes:
        `unparsed_follow_ups_queries` (a reply that could not be read), `unasked_follow_ups_queries` (not one follow-up),
        `unanswered_follow_ups`, `repeated_follow_ups`, `dropped_follow_ups` (more than allowed), `cut_passages`, and those of
        the generations and the searches.
        """
        questions, own_images = without_own_images(questions, self.search.corpus)
        rows, unknown = records_of(questions, self.search.corpus)
        told = Inquiry([[] for _ in questions.items], list(range(len(questions))))
        for number in range(1, self.rounds + 1):
            fresh = self._follow_ups(told, questions, workspace)
            if not fresh:
                break
            self._look_up(told, questions, rows, fresh, number, workspace)
        told.counted["unasked_follow_ups_queries"] = sum(not own for own in told.asked)
        run = numbered_run(questions.ids, [told.documents(row) for row in range(len(questions))])
        documents = read_passages(self.search.corpus, [run.of(row)[0][:k] for row in range(len(run))])
        passages = tuple((*told.passages(row), *own) for row, own in enumerate(documents))
        return Found(passages, run, {**told.notes(), **unknown, **own_images}, told.bill, told.echo)

    def _follow_ups(self, told: Inquiry, questions: Questions, workspace: Workspace) -> dict[int, tuple[str, ...]]:
        """What the model asks next, by row of the questions that go on."""
        prompt, sampling = prompt_for(ASKING, questions.card.language), self.generator.sampling
        requests = []
        for row in told.open:
            query = framed(asked_text(questions.items[row], self.asked_by))
            text = prompt.filled(query=query, count=str(self.queries), passages=told.so_far(row))
            requests.append(Request(questions.ids[row], (Message("user", text.strip()),), sampling))
        given = ask(self.generator, requests, workspace)
        told.charge(given.bill)
        if requests and not told.echo:
            told.echo = {"asked": [{"speaker": one.speaker, "text": one.text} for one in requests[0].messages]}
        mark = str(getattr(self.generator, "answer_after", ""))
        said = {row: told.said(given, questions.ids[row], row, mark) for row in told.open}
        fresh = {row: self._new(told, row, text) for row, text in said.items() if text}
        told.open = [row for row, texts in fresh.items() if texts]
        return {row: fresh[row] for row in told.open}

    def _new(self, told: Inquiry, row: int, reply: str) -> tuple[str, ...]:
        read = read_follow_ups(reply)
        if read is None:
            told.marked.add(("unparsed_follow_ups_queries", row))
            return ()
        texts, repeated, dropped = new_of(read, told.asked[row], self.queries)
        told.counted.update({"repeated_follow_ups": repeated, "dropped_follow_ups": dropped})
        return texts

    def _look_up(
        self,
        told: Inquiry,
        questions: Questions,
        rows: Mapping[str, Rows],
        fresh: Mapping[int, Sequence[str]],
        number: int,
        workspace: Workspace,
    ) -> None:
        """Every new follow-up searched for, inside its question's record, and answered; all of a round at once."""
        of = {f"{questions.ids[row]}#{number}.{at}": (row, text) for row, own in fresh.items() for at, text in enumerate(own, 1)}
        records = [questions.items[row].record for row, _ in of.values()]
        ignored = {name: questions.qrels.ignored.get(questions.ids[row], frozenset()) for name, (row, _) in of.items()}
        queries = Queries.of_texts(tuple(of), [text for _, text in of.values()])
        found = self.search.ranked(queries, Limits(records, rows, ignored), self.k, workspace)
        told.charge(found.run.bill)
        told.inner |= Counter(found.run.notes)
        shown, cut = Reader(self.search.corpus, self.search.card.text_rule, self.k, self.words).of(found.run)
        told.counted["cut_passages"] += cut
        answers = self._answers(told, questions.card.language, of, shown, workspace)
        for at, (row, text) in enumerate(of.values()):
            told.counted["unanswered_follow_ups"] += not answers[at]
            told.asked[row].append(FollowUp(text, tuple(found.run.of(at)[0]), answers[at]))

    def _answers(
        self, told: Inquiry, language: str, of: Mapping[str, tuple[int, str]], shown: Sequence[str], workspace: Workspace
    ) -> list[str]:
        """The answer of the model to each follow-up, from the passages shown with it; empty where it failed."""
        prompt, sampling = prompt_for(ANSWERING, language), self.generator.sampling
        texts = [
            prompt.filled(query=framed(text), passages=own).strip() for (_, text), own in zip(of.values(), shown, strict=True)
        ]
        requests = [Request(name, (Message("user", text),), sampling) for name, text in zip(of, texts, strict=True)]
        given = ask(self.generator, requests, workspace)
        told.charge(given.bill)
        mark = str(getattr(self.generator, "answer_after", ""))
        return [told.said(given, name, row, mark) for name, (row, _) in of.items()]


def i_medrag(spec: Spec, ground: Ground) -> IMedRagContext:
    """The context that a Spec names. Raises UsageError for arguments that are not a SPEC and a GEN that can be asked, and for
    an option that is unknown or out of range.
    """
    no_target(spec)
    mend = "for example: i-medrag(bm25, openai:MODEL@URL, rounds=2)"
    if len(spec.args) != 2:
        raise UsageError("i-medrag takes one system and one generator", where=str(spec), mend=mend)
    chosen = read_options(spec, DEFAULTS)
    if low := [name for name, value in chosen.items() if value < (name != "words")]:
        raise UsageError(f"{low[0]}={chosen[low[0]]} is out of range", where=str(spec), mend=f"the default is {DEFAULTS[low[0]]}")
    system, made = make_system(spec.args[0]), make_generator(spec.args[1])
    if is_recorded(made):
        what = "texts written earlier answer no follow-up question"
        raise UsageError(what, where=str(spec), mend="give it a model: openai:MODEL@URL, gguf:PATH or hf:FOLDER")
    generator, gen = sampled(made, spec.args[1], SAMPLING)
    name = str(Spec(spec.name, "", (parse_spec(system.spec), gen), without_defaults(spec, DEFAULTS).options))
    search = Search(with_prompts(system, ground.prompts), ground.needed(name), ground.card)
    return IMedRagContext(name, search, generator, asked_by=ground.asked_by, **chosen)


def prompt_for(name: str, language: str) -> Prompt:
    """What the model is asked: in Chinese for `zh` and its variants, else in English."""
    return _prompt(f"{name}.{'zh' if language.lower().startswith('zh') else 'en'}")


@cache
def _prompt(name: str) -> Prompt:
    return Prompt(name, (files(__package__) / "prompts" / f"{name}.txt").read_text(encoding="utf-8"))
