"""From the flags of `medir run` to the tasks that it scores."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from corpora import UsageError
from corpora.caption_tasks import RANKED_TYPES
from corpora.captions import CaptionedImages
from corpora.workspace import Workspace
from medir.folder_data import RETRIEVAL, open_data
from retrieval.systems import make_system
from tasks.asked import DENSE, Asked, ask, ask_named, is_named
from tasks.captioned import BY_LABEL, CAPTION_TYPES
from tasks.catalogue.entries import Benchmark, benchmark, entries, entry
from tasks.embedding import EMBEDDING_TYPES
from tasks.retrieval_task import RetrievalTask, make_task

from .options import changed, commas

TYPES = (RETRIEVAL, *RANKED_TYPES, *EMBEDDING_TYPES)
DEPTH = 1000
DANGLING = "--allow-dangling"
RANKED_ONLY = ("--k", "--text-rule", "--roll-up")
OPTION_TYPES = {
    "--label": BY_LABEL,
    "--pairs": CAPTION_TYPES,
    "--seed": CAPTION_TYPES,
    "--template": ("zero-shot",),
    "--label-names": ("zero-shot",),
}
"""Which types take the flags that are options of what is made of captions."""
DRAWN_ANYWAY = ("classification", "question-to-image")
"""Types that draw by the seed even where all pairs are used: halves, and questions."""


@dataclass(frozen=True)
class Flags:
    """What the flags say of data and tasks; `changes` are language, text_rule and roll_up, `options` those of `options_of`."""

    task: tuple[str, ...] = ()
    benchmark: str = ""
    data: Path | None = None
    kind: str | None = None
    split: str | None = None
    subset: str | None = None
    licence: str | None = None
    measures: tuple[str, ...] = ()
    k: int | None = None
    allow_dangling: bool = False
    changes: tuple[tuple[str, str | None], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


def options_of(
    label: str | None = None,
    pairs: int | None = None,
    seed: int | None = None,
    template: Sequence[str] | None = None,
    label_names: str = "",
) -> dict[str, Any]:
    """The options of a task (see `tasks.asked.ask`) that the flags give: those of captions, and of a zero-shot classification.

    Raises UsageError for fewer than one pair, and for label names that are not `LABEL=name, LABEL=name`.
    """
    if pairs is not None and pairs < 1:
        raise UsageError(f"--pairs is {pairs}", mend="draw at least one: --pairs 100")
    named = dict(_named(one) for one in commas(label_names))
    given = {"label": label, "pairs": pairs, "seed": seed, "templates": tuple(template or ()) or None, "names": named or None}
    return {name: value for name, value in given.items() if value is not None}


def _named(pair: str) -> tuple[str, str]:
    label, equals, name = (part.strip() for part in pair.partition("="))
    if not (label and equals and name):
        raise UsageError(f"{pair!r} names no label", mend='write --label-names "ABD=abdomen, HEAD=head"')
    return label, name


def specs_of(retriever: Sequence[str] | None, encoder: Sequence[str] | None) -> list[str]:
    """All systems as canonical SPECs: an ENCODER is `dense:ENCODER`.

    Raises UsageError for none, for one given twice, and, before any data is opened, for an unknown name.
    """
    for one in encoder or []:
        if one.startswith(DENSE):
            raise UsageError(f"{one!r} is a retriever", mend=f"give --retriever, or --encoder {one.removeprefix(DENSE)}")
    specs = [make_system(one).spec for one in [*(retriever or []), *(DENSE + one for one in encoder or [])]]
    if not specs:
        raise UsageError("nothing to score", mend="give --retriever bm25, or --encoder minilm")
    if len(set(specs)) < len(specs):
        raise UsageError("the same system is given twice", mend="give each --retriever or --encoder once")
    return specs


def asked_for(flags: Flags, place: Workspace) -> tuple[list[Asked], Benchmark | None]:
    """The tasks that the flags name, their data opened, and the benchmark, if it is one.

    Raises UsageError where not exactly one of --task, --benchmark and --data is given, for unknown names, and for flags
    that are not for what is asked.
    """
    _check(flags)
    if flags.data:
        return [_of_folder(flags.data, flags, place)], None
    whole = benchmark(flags.benchmark) if flags.benchmark else None
    runs = whole.runs() if whole else [(name, flags.split or "", flags.subset or "") for name in flags.task]
    left_out = list(dict.fromkeys(name for name, _, _ in runs if not _allowed(name, flags)))
    if len(left_out) == len({name for name, _, _ in runs}):
        raise UsageError("no task is left whose licence allows it", mend="see: medir tasks --licence commercial")
    if left_out:
        print(f"left out, for their licence forbids commercial use or is not known: {', '.join(left_out)}", file=sys.stderr)
    kept = [run for run in runs if run[0] not in left_out]
    return [_of_name(name, split or None, subset or None, flags, place) for name, split, subset in kept], whole


def _check(flags: Flags) -> None:
    """Raise UsageError for flags that contradict each other or that nothing would take."""
    if sum(map(bool, (flags.task, flags.benchmark, flags.data))) != 1:
        mend = "for example: --task hpo-lay, --benchmark r2med, or --data my/folder"
        raise UsageError("give one of --task, --benchmark and --data", mend=mend)
    if flags.kind is not None and flags.kind not in TYPES:
        raise UsageError(f"unknown type {flags.kind!r}", mend=f"one of: {', '.join(TYPES)}")
    if flags.licence not in (None, "commercial"):
        raise UsageError(f"unknown use {flags.licence!r}", mend="--licence commercial leaves out what may not be used so")
    if flags.k is not None and flags.k < 1:
        raise UsageError(f"k is {flags.k}", mend="search at least one document deep: --k 1000")
    if len(set(flags.task)) < len(flags.task):
        raise UsageError("the same task is given twice", mend="give each --task once")
    what = "--data" if flags.data else "--benchmark" if flags.benchmark else "--task"
    refused = {"--data": ("--subset", "--licence"), "--benchmark": ("--split", "--subset", "--type", DANGLING)}
    _refuse(flags, refused.get(what, ("--type", DANGLING)), f"{what} takes no")
    if not flags.data:
        _refuse(flags, list(OPTION_TYPES), f"{what} takes no")
    _refuse(flags, [name for name, types in OPTION_TYPES.items() if flags.kind not in types], _no_option(flags.kind))
    if flags.data and flags.kind in EMBEDDING_TYPES:
        _refuse(flags, RANKED_ONLY, f"{flags.kind} embeds {_embedded(flags.kind)}, and takes no")
    if flags.kind in CAPTION_TYPES:
        _refuse(flags, [DANGLING], f"{flags.kind} takes no")
    if "seed" in flags.options and "pairs" not in flags.options and flags.kind not in DRAWN_ANYWAY:
        raise UsageError("--seed decides which pairs are drawn, and all are used", mend="give --pairs too, or leave out --seed")


def _no_option(kind: str | None) -> str:
    return f"{kind} takes no" if kind else "without --type, retrieval takes no"


def _embedded(kind: str | None) -> str:
    return "pictures" if kind == "zero-shot" else "texts"


def _refuse(flags: Flags, names: Sequence[str], says: str) -> None:
    """Raise UsageError for the first of the flags of these names that is given."""
    given = {"--split": flags.split, "--subset": flags.subset, "--type": flags.kind, "--licence": flags.licence, "--k": flags.k}
    given |= {DANGLING: flags.allow_dangling or None, **_given_options(flags)}
    given |= {f"--{name.replace('_', '-')}": value for name, value in flags.changes}
    for name in names:
        if given.get(name) is not None:
            raise UsageError(f"{says} {name}", mend=f"leave out {name}")


def _given_options(flags: Flags) -> dict[str, Any]:
    """The options of captions by the names of their flags."""
    called = {"templates": "--template", "names": "--label-names"}
    return {called.get(name, f"--{name}"): value for name, value in flags.options.items()}


def _allowed(name: str, flags: Flags) -> bool:
    """Whether a task's licence is known to allow what `--licence` asks for. Raises UsageError for an unknown name."""
    if name in entries() or not is_named(name):
        return entry(name).commercial or flags.licence is None
    return flags.licence is None


def _of_name(name: str, split: str | None, subset: str | None, flags: Flags, place: Workspace) -> Asked:
    """A task by its name, with what the flags change; in a benchmark, flags for rankings pass over what embeds."""
    says = f"{name} embeds texts, and takes no"
    if name in entries() and entry(name).type in EMBEDDING_TYPES and not flags.benchmark:
        _refuse(flags, RANKED_ONLY, says)
    asked = ask_named(name, split, subset, place, measures=flags.measures, k=flags.k)
    if asked.embeds and not flags.benchmark:
        _refuse(flags, RANKED_ONLY, says)
    return _with_changes(asked, flags)


def _of_folder(folder: Path, flags: Flags, place: Workspace) -> Asked:
    depth = DEPTH if flags.k is None else flags.k
    loaded = open_data(folder, flags.kind or "", flags.split, place, allow_dangling=flags.allow_dangling)
    if not isinstance(loaded, CaptionedImages):
        _refuse(flags, list(OPTION_TYPES), f"{folder} has no captions to use, and takes no")
    asked = ask(loaded, flags.kind or "", flags.split, flags.measures, depth, flags.options)
    return _with_changes(asked, flags)


def _with_changes(asked: Asked, flags: Flags) -> Asked:
    """The task over data with a card as the flags say."""
    changes = dict(flags.changes)
    task = asked.task
    if isinstance(task, RetrievalTask):
        of, names = changed(task.collection, **changes), [str(measure) for measure in task.measures]
        return replace(asked, task=make_task(of, names, task.k))
    language = changes.get("language")
    return replace(asked, task=replace(task, card=replace(task.card, language=language))) if language else asked
