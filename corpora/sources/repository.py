"""A repository of the hub at one commit: what is in it, written down once, so that nothing has to be asked again."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError, SurroundingsError
from ..state import kept_or_built
from ..workspace import Workspace
from . import hub
from .tables import Table

READER = "1"
"""Raised whenever repositories or their tables are read differently: part of the keys under which they are kept."""
_QUICKLY = 5.0


@dataclass(frozen=True)
class Repository:
    """The files of a repository at a commit, and which of them make up every split of every config.

    `moved` says that the revision asked for, once resolved to this commit, means another one on the hub now.
    """

    name: str
    commit: str
    files: frozenset[str]
    configs: hub.Configs
    moved: bool = False

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"{self.name}@{self.commit[:7]}"

    @property
    def pin(self) -> str:
        """What pins its content: the commit."""
        return self.commit

    def path(self, file: str, workspace: Workspace) -> Path:
        """The local path of one of its files, fetched where it is not in the hub's cache. Raises as `hub.fetch`."""
        return hub.fetch(self.name, self.commit, file, offline=hub.is_offline(workspace))

    def files_of(self, table: Table, split: str = "") -> tuple[str, ...]:
        """The files of a table, or of another `split` of its config, in reading order.

        Raises InputError, listing those there are, for a file, a config or a split that is not in the repository.
        """
        found = self.placed(table, split)
        return (found.file,) if found.file else self.configs[found.config][found.split]

    def placed(self, table: Table, split: str = "") -> Table:
        """A table, or another `split` of its config, with the one file, or config and split, that its alternatives mean.

        Raises as `files_of`.
        """
        if table.file:
            return replace(table, file=self._one_of("file", table.file, sorted(self.files)))
        config = self._one_of("config", table.config, list(self.configs))
        splits = [name for name, files in self.configs[config].items() if files]
        return replace(table, config=config, split=self._one_of("split", split or table.split, splits, f", config {config}"))

    def _one_of(self, what: str, names: str, known: Sequence[str], inside: str = "") -> str:
        asked = [name for name in names.split("|") if name]
        if found := next((name for name in asked if name in known), ""):
            return found
        if names.endswith("|") and len(known) == 1:
            return known[0]
        near = difflib.get_close_matches(names, known, n=3, cutoff=0.5) if len(known) > 20 else known
        mend = f"the source must name one of those there are: {', '.join(near or known[:20]) or 'none'}"
        raise InputError(f"there is no {what} {' or '.join(map(repr, asked))} in it", where=self.where + inside, mend=mend)


def open_repository(name: str, revision: str, workspace: Workspace) -> Repository:
    """A repository at a revision, kept in the workspace; what is not kept is asked of the hub, unless that is forbidden.

    A full commit is taken as it is; any other revision is resolved at the first opening and then stays what it was. A
    branch is asked for again at every opening with the network, to tell whether it moved.
    Raises as the functions of `hub`, and SurroundingsError where it is not kept and the network is switched off.
    """
    offline = hub.is_offline(workspace)
    commit, moved = _resolved(name, revision, workspace, offline)

    def build(folder: Path) -> dict[str, Any]:
        _refuse_offline(name, offline)
        files = hub.list_files(name, commit)
        cards = {card: hub.fetch(name, commit, card, offline=False) for card in hub.CARDS if card in files}
        return {"kind": "hub", "repo": name, "commit": commit, "names": files, "configs": hub.configs_of(name, files, cards)}

    kept = kept_or_built(workspace.folder("collections", _folder(name, commit, READER)), build, repair=_REPAIR)
    return Repository(name, commit, frozenset(kept["names"]), _tuples(kept["configs"]), moved)


_REPAIR = "the next run asks the hub anew"


def _resolved(name: str, revision: str, workspace: Workspace, offline: bool) -> tuple[str, bool]:
    """The commit of a revision, and whether the hub now means another one by it."""
    if hub.COMMIT.fullmatch(revision):
        return revision, False

    def build(folder: Path) -> dict[str, Any]:
        _refuse_offline(name, offline)
        return {"kind": "hub-revision", "repo": name, "asked": revision, "commit": hub.resolve(name, revision)}

    record = workspace.folder("collections", _folder(name, "at", revision or "main"))
    known = record.exists()
    commit = str(kept_or_built(record, build, repair=_REPAIR)["commit"])
    checked = known and not offline and not commit.startswith(revision or "main")
    return commit, checked and _now(name, revision, commit) != commit


def _now(name: str, revision: str, commit: str) -> str:
    """What the revision means on the hub now, nothing where it is gone; what it meant before, where the hub does not answer."""
    try:
        return hub.resolve(name, revision, _QUICKLY)
    except SurroundingsError:
        return commit
    except InputError:
        return ""


def _refuse_offline(name: str, offline: bool) -> None:
    if offline:
        what = "it is not kept, and the network is switched off (--offline or HF_HUB_OFFLINE)"
        raise SurroundingsError(what, where=name, mend="run once with the network; what is fetched is kept")


def _folder(*parts: str) -> str:
    return "-".join(["hub", *(part.replace("/", "--") for part in parts)])


def _tuples(configs: Mapping[str, Mapping[str, Sequence[str]]]) -> hub.Configs:
    return {config: {split: tuple(names) for split, names in splits.items()} for config, splits in configs.items()}
