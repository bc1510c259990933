"""From the flags of `medir run` to the tasks that it scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpora import Collection, UsageError
from corpora.catalogue import COLLECTIONS, open_folder, open_named
from corpora.workspace import Workspace
from retrieval.systems import make_system
from tasks.asked import DENSE, TASKS, Asked, Loaded, ask, ask_entry
from tasks.catalogue.entries import Benchmark, benchmark, entries, entry
from tasks.embedding import EMBEDDING_TYPES

from .labelled_folder import open_labelled_folder
from .options import changed

RETRIEVAL = "retrieval"
TYPES = (RETRIEVAL, *EMBEDDING_TYPES)


@dataclass(frozen=True)
class Flags:
    """What the flags say of data and tasks; `changes` are language, text_rule and roll_up."""

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

    Raises UsageError where not exactly one of --task, --benchmark and --data is given, and for unknown names.
    """
    if sum(map(bool, (flags.task, flags.benchmark, flags.data))) != 1:
        mend = "for example: --task hpo-lay, --benchmark r2med, or --data my/folder"
        raise UsageError("give one of --task, --benchmark and --data", mend=mend)
    if flags.kind is not None and flags.kind not in TYPES:
        raise UsageError(f"unknown type {flags.kind!r}", mend=f"one of: {', '.join(TYPES)}")
    if flags.data:
        return [_with(_of_folder(flags.data, flags, place), flags)], None
    whole = benchmark(flags.benchmark) if flags.benchmark else None
    runs = whole.runs() if whole else [(name, "", "") for name in flags.task]
    allowed = [run for run in runs if _allowed(run[0], flags)]
    if not allowed:
        raise UsageError("no task is left whose licence allows it", mend="see: medir tasks --licence commercial")
    if whole:
        return [_of_entry(task, split, subset or None, flags, place) for task, split, subset in allowed], whole
    return [_of_name(name, flags, place) for name, _, _ in allowed], None


def _allowed(name: str, flags: Flags) -> bool:
    """Whether a task's licence allows what `--licence` asks for."""
    if flags.licence not in (None, "commercial"):
        raise UsageError(f"unknown use {flags.licence!r}", mend="--licence commercial leaves out what may not be used so")
    return flags.licence is None or name not in entries() or entry(name).commercial


def _of_name(name: str, flags: Flags, place: Workspace) -> Asked:
    if TASKS.is_prefixed(name):
        return TASKS.get(name)(flags.split or "", flags.subset or "", place, flags.measures, flags.k)
    if name in COLLECTIONS:
        return _with(ask(_changed(open_named(name, flags.split, place), flags), **_depth(flags)), flags)
    return _of_entry(name, flags.split, flags.subset, flags, place)


def _of_entry(name: str, split: str | None, subset: str | None, flags: Flags, place: Workspace) -> Asked:
    """A task of the catalogue, with what the flags change."""
    found = entry(name)
    asked = ask_entry(found, split, subset, place, measures=flags.measures, k=flags.k)
    if not any(value for _, value in flags.changes) or asked.embeds:
        return asked
    changed_to: Any = _changed(asked.task.collection, flags)  # type: ignore[union-attr]
    return replace(asked, task=replace(asked.task, collection=changed_to))


def _of_folder(folder: Path, flags: Flags, place: Workspace) -> Asked:
    if flags.kind in (None, RETRIEVAL):
        loaded: Loaded = open_folder(folder, flags.split, place, allow_dangling=flags.allow_dangling)
        return ask(_changed(loaded, flags), **_depth(flags))
    loaded = open_labelled_folder(flags.kind or "", folder, flags.split)
    return ask(_changed(loaded, flags), flags.kind or "", flags.split, flags.measures)


def _with(asked: Asked, flags: Flags) -> Asked:
    """The same task. Raises UsageError where a subset is asked for that only the catalogue's tasks have."""
    if flags.subset:
        raise UsageError(f"{asked.task.name} has no subsets", mend="leave out --subset")
    return asked


def _depth(flags: Flags) -> dict[str, Any]:
    return {"measures": flags.measures, **({"k": flags.k} if flags.k is not None else {})}


def _changed(loaded: Loaded, flags: Flags) -> Loaded:
    """The data with a card as the flags say."""
    changes = dict(flags.changes)
    if isinstance(loaded, Collection):
        return changed(loaded, **changes)
    language = changes.get("language")
    return replace(loaded, card=replace(loaded.card, language=language)) if language else loaded
