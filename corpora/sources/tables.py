"""How a source is described: frozen values that say where data is got and which of its columns is which of ours.

Strings of a source may hold `{split}` and `{subset}`, which `filled` replaces. A column, a config, a split or a file may be
written as alternatives, `_id|id`, of which the first that is there is taken. An empty last one, `title|`, lets a column be
missing; of a config or a split it means the only one there is. So no name may hold a `|`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

Shape = Literal["retrieval", "reranking", "captions", "aligned", "labels", "pairs", "questions", "corpus"]
DocumentFormat = Literal["folder", "nxml", "trials"]
Layout = Literal["beir", "medir", "mirage", "fields", "roco", "medicat", "temmed", "m3d-cap"]
IN_PARTS: tuple[Layout, ...] = ("mirage", "fields", "roco", "temmed", "m3d-cap")
"""The layouts of which a source means a `part`."""
SPLIT = "{split}|"


@dataclass(frozen=True)
class Table:
    """One table of a hub repository: a split of one of its configs, or a `file` of it.

    `columns` maps our field to their column, or to several whose texts are joined by a space; `metadata` lists columns
    that are kept under their own names, where they are there. Without a `split`, it is the one asked for, else the only one
    there is. `train_split` (of labels) is the split that is learned from. `repo` at `revision` is where it lies; a revision
    that is empty, short or a branch is resolved once and then kept. Of questions, `answers` is the form in which they are
    given (`AnswerForm`), `question_kind` the kind of all of them, and `only` the values of columns that rows must have. A
    text ends where `cut` begins (options that are repeated in it), and `ask` is added to one that asks nothing, a case.
    """

    repo: str
    columns: Mapping[str, tuple[str, ...]]
    revision: str = ""
    config: str = "default"
    split: str = SPLIT
    file: str = ""
    metadata: tuple[str, ...] = ()
    train_split: str = ""
    answers: str = "letter"
    question_kind: str = ""
    cut: str = ""
    ask: str = ""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pictures:
    """Where pictures lie that tables name: in the `archives` (zip) of the tables' repository whose names fit these patterns,
    else beside the tables; and in which of the folders `under` there, of which the first that holds a picture is taken.
    """

    archives: tuple[str, ...] = ()
    under: tuple[str, ...] = (".",)


@dataclass(frozen=True)
class HubSource:
    """Tables on the hub, in one of the shapes; `allow_dangling` takes judgements of unknown documents as they are. Of captions,
    `sample` is the protocol and `label` the field by which pictures are alike (see `corpora.sources.captioned`).
    """

    shape: Shape
    tables: Mapping[str, Table]
    allow_dangling: bool = False
    pictures: Pictures = field(default_factory=Pictures)
    sample: str = ""
    label: str = ""


@dataclass(frozen=True)
class FilesSource:
    """A folder that the user brings, of corpus, queries and judgements, of questions, or of pictures; `recipe` says what must be
    in it and how to make it. `part` is what is meant of a layout of several: of `mirage` (MIRAGE's `benchmark.json`) the set, of
    `fields` (M3Retrieve) the folder, of `temmed` the task, of `m3d-cap` the list, of `roco` the kind of picture. What the
    layout `temmed` does not find in the folder is fetched from `repo` at `revision`. `pictures` is where those of `fields` lie;
    `sample` and `label` as of a hub source.
    """

    recipe: str
    layout: Layout = "medir"
    folder: str = ""
    part: str = ""
    repo: str = ""
    revision: str = ""
    pictures: Pictures = field(default_factory=Pictures)
    sample: str = ""
    label: str = ""


@dataclass(frozen=True)
class TrecSource:
    """Topics, judgements and documents in the formats of TREC, as paths inside a folder that the user brings.

    `documents` is read by `format`: `folder` (a corpus as in any folder), `nxml` (articles of PubMed Central) or `trials`
    (studies of ClinicalTrials.gov), both XML files in a tree of folders. A query is the text of the topic's `fields`
    joined by a space; without `fields` all of them are.
    """

    topics: str
    qrels: str
    recipe: str
    documents: str = ""
    format: DocumentFormat = "folder"
    fields: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True)
class IrDatasetsSource:
    """A data set of ir_datasets by its `id`."""

    id: str


@dataclass(frozen=True)
class BuiltinSource:
    """A collection of medir's own by its `name`."""

    name: str


Source: TypeAlias = HubSource | FilesSource | TrecSource | IrDatasetsSource | BuiltinSource


@dataclass(frozen=True)
class Columns:
    """What a table must say and may say."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Both."""
        return self.needed + self.optional


_RETRIEVAL = {
    "corpus": Columns(("id", "text"), ("title", "image")),
    "queries": Columns(("id", "text"), ("image",), extra=("metadata",)),
    "qrels": Columns(("query", "document"), ("grade",)),
}
_QUESTIONS = Columns(
    ("text",),
    ("id", "options", "answer", "limits", "context", "evidence", "group", "record", "language"),
    ("metadata", "answers", "question_kind", "cut", "ask", "only"),
)
SHAPES: Mapping[str, tuple[Mapping[str, Columns], ...]] = {
    "retrieval": (_RETRIEVAL,),
    "reranking": (
        {**_RETRIEVAL, "candidates": Columns(("query", "documents"))},
        {"lists": Columns(("query", "positive", "negative"))},
    ),
    "captions": ({"rows": Columns(("image", "text"), ("id",), extra=("metadata",))},),
    "aligned": ({"rows": Columns(("left", "right"), extra=("metadata",))},),
    "labels": ({"rows": Columns(("text", "label"), extra=("train_split",))},),
    "pairs": ({"rows": Columns(("left", "right", "value"))},),
    "questions": ({"rows": _QUESTIONS},),
    "corpus": ({"corpus": _RETRIEVAL["corpus"]},),
}
"""Per shape the sets of tables that it may be made of."""


def filled(source: Source, split: str, subset: str) -> Source:
    """The source with `{split}` and `{subset}` replaced in every string of it, but the recipe."""
    names = [item.name for item in fields(source) if item.name != "recipe"]
    return replace(source, **{name: _filled(getattr(source, name), split, subset) for name in names})


def _filled(value: Any, split: str, subset: str) -> Any:
    if isinstance(value, str):
        return value.replace("{split}", split).replace("{subset}", subset)
    if isinstance(value, tuple):
        return tuple(_filled(item, split, subset) for item in value)
    if isinstance(value, Mapping):
        return {name: _filled(item, split, subset) for name, item in value.items()}
    if isinstance(value, Table | Pictures):
        return replace(value, **{item.name: _filled(getattr(value, item.name), split, subset) for item in fields(value)})
    return value
