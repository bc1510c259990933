"""One split and one subset of an mteb task, loaded by mteb, and the card that its metadata makes."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from corpora import Card, InputError, MedirError, SurroundingsError, UsageError
from corpora.workspace import Workspace

from .library import mteb_library, short_code


@dataclass(frozen=True)
class Part:
    """An mteb task (AbsTask) whose `dataset` holds this split and subset."""

    task: Any
    split: str
    subset: str

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"mteb:{self.task.metadata.name}"

    @property
    def languages(self) -> list[str]:
        """The languages of the subset, as mteb writes them."""
        return list(self.task.metadata.hf_subsets_to_langscripts.get(self.subset, []))

    def data(self, split: str = "") -> Any:
        """What mteb loaded of the split, or of another one."""
        found, split = self.task.dataset, split or self.split
        return found[split] if self.subset not in found and self.subset == "default" else found[self.subset][split]

    def card(self, main: str, measures: Sequence[str] = (), **more: Any) -> Card:
        """The card: named `mteb:TASK`, with `/SUBSET` where there are several; its language known where there is one."""
        about = self.task.metadata
        known = {short_code(language) for language in self.languages}
        facts = {
            "name": self.where + ("" if self.subset == "default" else f"/{self.subset}"),
            "language": known.pop() if len(known) == 1 else "unknown",
            "source": str(about.dataset["path"]),
            "revision": str(about.dataset["revision"]),
            "licence": str(about.license or ""),
            "citation": (about.bibtex_citation or "").strip(),
        }
        return Card(**{**facts, "main": main, "measures": tuple(dict.fromkeys([main, *measures])), **more})

    def refuse(self, what: str) -> UsageError:
        """The error for a task that medir would not score as mteb does."""
        return UsageError(what, where=self.where, mend="run it in mteb, with the model of medir (docs/mteb.md)")


def named_task(name: str) -> tuple[Any, str]:
    """The task of mteb's registry, nothing loaded, and the subset that a name (`CUREv1/es`) asks for.

    Raises UsageError for an unknown name.
    """
    name, _, subset = name.partition("/")
    try:
        return mteb_library().get_task(name), subset
    except KeyError as problem:
        what = f"unknown task: {problem.args[0].removeprefix('KeyError: ')}"
        raise UsageError(what, where=f"mteb:{name}", mend="mteb available-tasks lists them") from None


def loaded_part(task: Any, split: str, subset: str, workspace: Workspace) -> Part:
    """A task with its data; an empty split or subset is the only one, else `test` or `default`.

    Raises UsageError for a split or subset that is not there or must be said, and for a task that is not of texts alone;
    SurroundingsError where the data is neither cached nor to be fetched (an offline workspace opens no connection),
    InputError where mteb fails to load it.
    """
    where = f"mteb:{task.metadata.name}"
    if list(task.metadata.modalities) != ["text"]:
        raise UsageError(f"it is made of {', '.join(task.metadata.modalities)}", where=where, mend="choose a task of texts")
    subset = _chosen("subset", subset, list(task.hf_subsets), "default", where)
    split = _chosen("split", split, list(task.eval_splits), "test", where)
    task.filter_eval_splits([split])
    task.hf_subsets = [subset]
    with _offline(workspace.offline):
        _load(task, where)
    return Part(task, split, subset)


def _chosen(what: str, asked: str, known: list[str], usual: str, where: str) -> str:
    if asked and asked not in known:
        raise UsageError(f"it has no {what} {asked!r}", where=where, mend=f"one of: {', '.join(known)}")
    if asked or len(known) == 1:
        return asked or known[0]
    if usual in known:
        return usual
    example = f"{where}/{known[0]}" if what == "subset" else f"--split {known[0]}"
    raise UsageError(f"it has {len(known)} {what}s: {', '.join(known)}", where=where, mend=f"say which: {example}")


def _load(task: Any, where: str) -> None:
    try:
        task.load_data()
        if hasattr(task, "convert_v1_dataset_format_to_v2"):
            task.convert_v1_dataset_format_to_v2(num_proc=None)
    except MedirError:
        raise
    except OSError as problem:  # no network, no access, no room on the disk
        what = f"mteb cannot fetch its data: {problem}"
        raise SurroundingsError(what, where=where, mend="check the network, and that the data is open to you") from problem
    except Exception as problem:
        what = f"mteb fails to load its data: {type(problem).__name__}: {problem}"
        raise InputError(what, where=where, mend="see whether mteb itself loads it") from problem


@contextmanager
def _offline(wanted: bool) -> Iterator[None]:
    """The hub's libraries without the network, for as long as this lasts; they read their switch when they are imported."""
    if not wanted:
        yield
        return
    libraries = [importlib.import_module(name) for name in ("huggingface_hub.constants", "datasets.config")]
    before, kept = [library.HF_HUB_OFFLINE for library in libraries], os.environ.get("HF_HUB_OFFLINE")
    try:
        _switch(libraries, [True] * len(libraries), "1")
        yield
    finally:
        _switch(libraries, before, kept)


def _switch(libraries: Sequence[Any], values: Sequence[bool], name: str | None) -> None:
    for library, value in zip(libraries, values, strict=True):
        library.HF_HUB_OFFLINE = value
    if name is None:
        os.environ.pop("HF_HUB_OFFLINE", None)
    else:
        os.environ["HF_HUB_OFFLINE"] = name
