"""A task by name, as the catalogue describes it: where its data is, what it must hold, how it is measured and fed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from corpora.errors import UsageError
from corpora.registry import suggest
from corpora.text_rule import TextRule

CAPTIONED = ("text-to-image", "image-to-text", "image-to-image")
"""Retrieval made of pictures with a text each."""
RANKED = ("retrieval", "reranking", *CAPTIONED)
ZERO_SHOT = "zero-shot"
QA = "qa"
CORPUS = "corpus"
TYPES = (*RANKED, "classification", "clustering", "pair", "sts", ZERO_SHOT, QA, CORPUS)
MODALITIES = ("text", "image")
QUERY_TYPES = ("question", "title", "case", "text")
KINDS = ("hub", "files", "trec", "ir_datasets", "builtin")
SHAPES = ("retrieval", "reranking", "captions", "aligned", "labels", "pairs", "questions", CORPUS)
SHAPE_OF = {
    **{name: name for name in ("retrieval", "reranking", CORPUS)},
    **dict.fromkeys(CAPTIONED, "captions"),
    **dict.fromkeys(("classification", "clustering", ZERO_SHOT), "labels"),
    **dict.fromkeys(("pair", "sts"), "pairs"),
    QA: "questions",
}
"""What the data of each type is like."""


@dataclass(frozen=True)
class Entry:
    """One task of the catalogue.

    `languages` are ISO 639 codes, queries' and documents'; `language` is that of the documents (`{subset}` stands for the
    subset). `commercial` says whether the licence allows such use; where no licence was found it does not. `gate` names what
    must be accepted or asked for before the data can be had. `splits` and `subsets` are those that are scored, the first
    being the default; `stored_as` gives the source's own name of a split or subset where that is another.

    `modalities` (of `MODALITIES`) are what its queries and documents, or its questions, are made of.

    `counts` are those of the default split and subset (`documents`, `queries`, `judgements`, `texts`, `labels`, `pairs`,
    `questions`, and `topics`, queries that need not all be judged); a key such as `queries.es`, `queries.dermatology` or
    `queries.dermatology.es` is for others. `prompts` is fed by role to every model; `prompts_for` by role to the models of a
    family, where `instruct` holds the bare instruction that a model's own template takes. `query_type` (of `QUERY_TYPES`)
    says what the queries are to a language model that writes for them; empty where nothing does. `source` is read by
    `corpora.sources`; `generations` says where published hypothetical documents lie beside it (config, split, our columns,
    `generators`). `options` are those of a clustering (`fraction`...). `mteb` is the task's name in mteb.

    Of questions (type `qa`): `question_kind` is the kind of all of them, `known_item` whether each was made from one document
    that a corpus may hold, and `evidence` says where the ids of the documents are that answer them; empty where none are
    given. The type `corpus` is documents alone, which questions are answered from.
    """

    name: str
    benchmark: str
    type: str
    languages: tuple[str, ...]
    title: str = ""
    citation: str = ""
    language: str = ""
    modalities: tuple[str, ...] = ("text",)
    licence: str = ""
    commercial: bool = False
    gate: str = ""
    attribution: str = ""
    main: str = ""
    measures: tuple[str, ...] = ()
    text_rule: TextRule = "joined"
    k: int = 1000
    splits: tuple[str, ...] = ("test",)
    subsets: tuple[str, ...] = ()
    stored_as: Mapping[str, str] = field(default_factory=dict)
    version: int = 1
    drop_same_id: bool = False
    slices: tuple[str, ...] = ()
    macro: str = ""
    note: str = ""
    trained_on: tuple[str, ...] = ()
    mteb: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)
    prompts_for: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    query_type: str = ""
    source: Mapping[str, Any] = field(default_factory=dict)
    generations: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    question_kind: str = ""
    known_item: bool = False
    evidence: str = ""

    @property
    def kind(self) -> str:
        """How its data is got: one of `KINDS`."""
        return str(self.source["kind"])

    @property
    def shape(self) -> str:
        """What its data is like: one of `SHAPES`; what the type needs, where the source does not say."""
        return str(self.source.get("shape") or SHAPE_OF[self.type])

    def split(self, asked: str | None = None) -> str:
        """The split asked for, or the default. Raises UsageError, with those there are, for another."""
        return self._one("split", self.splits, asked)

    def subset(self, asked: str | None = None) -> str:
        """The subset asked for, or the default; empty where it has none. Raises UsageError, with those there are."""
        return self._one("subset", self.subsets, asked) if self.subsets or asked else ""

    def _one(self, what: str, known: tuple[str, ...], asked: str | None) -> str:
        if asked and asked not in known:
            mend = suggest(asked, list(known)) if known else f"it has none: leave out --{what}"
            raise UsageError(f"{self.name} has no {what} {asked!r}", mend=mend)
        return asked or known[0]

    def counts_of(self, split: str, subset: str) -> dict[str, int]:
        """What is known to be in one split and subset; nothing is carried over from another."""
        default = split == self.splits[0] and subset == (self.subsets[0] if self.subsets else "")
        found = {}
        for what in dict.fromkeys(key.partition(".")[0] for key in self.counts):
            keys = [f"{what}.{split}.{subset}", f"{what}.{subset}", f"{what}.{split}", *([what] if default else [])]
            if key := next((key for key in keys if key in self.counts), None):
                found[what] = self.counts[key]
        return found
