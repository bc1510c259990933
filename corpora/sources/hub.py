"""The Hugging Face hub: what a repository holds at a revision, and its files; the only file that knows the hub's libraries.

`datasets.load_dataset` is not used, because a benchmark must not load quietly what was not asked for: when the hub cannot
be reached it falls back on whatever revision its cache has; whether it is offline is read once, at import; all configs of
a repository are read in the format of the first one's files, so that a table of judgements beside Parquet documents
fails; its CSV reader turns the id 007 into 7; and it keeps a second copy of everything. So each part does what it is best
at: `huggingface_hub` resolves revisions and fetches single files (their sizes checked; where a connection drops, the rest is
asked for, in steps of 10 MB; files that came whole are kept, so that a killed fetch begins only its last file anew), offline
with `local_files_only`, which opens no socket; `datasets` says, by its own rules for cards and file names, which files make up
a split; and the files are read by the readers that read a user's own, with the place of every fault.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError, MedirError, SurroundingsError, missing_extra
from ..state import disk_error
from ..workspace import Workspace

Configs = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Config -> split -> files in reading order."""

EXTRA = "hub"
CARDS = ("README.md", ".huggingface.yaml", "dataset_infos.json")
COMMIT = re.compile(r"[0-9a-f]{40}")
_SHORT = re.compile(r"[0-9a-f]{7,39}")
_PATIENCE = 60.0
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


def is_offline(workspace: Workspace) -> bool:
    """Whether the workspace, or `HF_HUB_OFFLINE` in the environment, forbids the network."""
    return workspace.offline or os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def resolve(repo: str, revision: str, patience: float = _PATIENCE) -> str:
    """The full commit that a revision means now: a branch, a tag, the first digits of a commit, or empty for `main`.

    `patience` is how long an answer is waited for, in seconds. Raises InputError where the hub has no such repository or
    revision, SurroundingsError where it cannot be asked.
    """
    api = _hub().HfApi(endpoint=_endpoint())
    with _faults(repo, revision):
        if not _SHORT.fullmatch(revision):
            return str(api.dataset_info(repo, revision=revision or None, timeout=patience).sha)
        for commit in api.list_repo_commits(repo, repo_type="dataset"):
            if commit.commit_id.startswith(revision):
                return str(commit.commit_id)
    raise _no_revision(repo, revision)


def list_files(repo: str, commit: str) -> tuple[str, ...]:
    """The names of all files of a repository at a commit, sorted. Raises as `resolve`."""
    with _faults(repo, commit):
        info = _hub().HfApi(endpoint=_endpoint()).dataset_info(repo, revision=commit, timeout=_PATIENCE)
    return tuple(sorted(file.rfilename for file in info.siblings or ()))


def fetch(repo: str, commit: str, file: str, *, offline: bool) -> Path:
    """The local path of a file of a repository at a commit, from the hub's cache or, unless `offline`, fetched.

    Raises SurroundingsError where it cannot be had: not in the cache while offline, gated, or cut short on its way.
    """
    with _faults(repo, commit, file, offline=offline):
        found = _hub().hf_hub_download(
            repo, file, repo_type="dataset", revision=commit, local_files_only=offline, endpoint=_endpoint()
        )
    return Path(found)


def configs_of(repo: str, files: Iterable[str], cards: Mapping[str, Path]) -> Configs:
    """Which files make up every split of every config of a repository; `cards` are those of its files that describe it.

    Told by `datasets` itself, from the names alone: it is shown a folder of empty files of these names, with the cards.
    Empty where it finds no data. Raises InputError where the card cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="medir-hub-") as name:
        shadow = Path(name).resolve()
        known = set(files)
        for file in known:
            _shade(shadow, file, cards.get(file))
        try:
            return {config: _within(shadow, splits, known) for config, splits in _told(shadow)}
        except MedirError:
            raise
        except Exception as problem:
            if type(problem).__name__ in ("EmptyDatasetError", "DataFilesNotFoundError"):
                return {}
            what = f"its card cannot be followed: {type(problem).__name__}: {_first_line(problem)}"
            raise InputError(what, where=repo, mend="name the files in the source, with 'file'") from problem


def _shade(shadow: Path, file: str, card: Path | None) -> None:
    place = (shadow / file).resolve()
    if not place.is_relative_to(shadow) or place.suffix == ".py":
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(card.read_bytes() if card else b"")


def _told(shadow: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        from datasets import get_dataset_config_names, load_dataset_builder
    except ImportError as problem:
        raise missing_extra("datasets", EXTRA) from problem
    cache = str(shadow / ".builders")
    for config in get_dataset_config_names(str(shadow)):
        yield config, load_dataset_builder(str(shadow), config, cache_dir=cache).config.data_files or {}


def _within(shadow: Path, splits: Mapping[str, Any], known: set[str]) -> dict[str, tuple[str, ...]]:
    """Splits with the names of their files; what a card names outside its own repository is left out."""

    def name(path: str) -> str:
        place = Path(path).resolve()
        return place.relative_to(shadow).as_posix() if place.is_relative_to(shadow) else ""

    return {str(split): tuple(file for file in map(name, paths) if file in known) for split, paths in splits.items()}


def _hub() -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
    except ImportError as problem:
        raise missing_extra("huggingface-hub", EXTRA) from problem
    return huggingface_hub


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


@contextmanager
def _faults(repo: str, revision: str, file: str = "", *, offline: bool = False) -> Iterator[None]:
    """What the hub's library raises, as one of ours."""
    errors = _hub().errors
    where = f"{repo}@{revision[:7] or 'main'}"
    try:
        yield
    except MedirError:
        raise
    except (errors.GatedRepoError, errors.DisabledRepoError) as problem:
        raise _closed(repo, _first_line(problem)) from None
    except errors.RevisionNotFoundError:
        raise _no_revision(repo, revision) from None
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as problem:
        if _status(problem) in (401, 403):
            raise _closed(repo, "the hub has no such dataset, or does not show it to you") from None
        raise InputError("the hub has no such dataset", where=repo, mend="check the name of the repository") from None
    except errors.RemoteEntryNotFoundError:
        raise InputError(f"there is no file {file!r} in it", where=where, mend="check the name of the file") from None
    except Exception as problem:
        if _status(problem) in (401, 403):
            raise _closed(repo, _first_line(problem)) from None
        raise _not_fetched(where, file, problem, offline) from None


def _closed(repo: str, why: str) -> SurroundingsError:
    page = f"{_endpoint() or _hub().constants.ENDPOINT}/datasets/{repo}"
    mend = f"accept its licence on the page {page}, then log in with: hf auth login (or set HF_TOKEN)"
    return SurroundingsError(f"access is refused: {why}", where=repo, mend=mend)


def _no_revision(repo: str, revision: str) -> InputError:
    mend = "it was moved or removed: pin another revision, and raise the task's version"
    return InputError(f"the hub has no revision {revision!r} of it", where=repo, mend=mend)


def _not_fetched(where: str, file: str, problem: Exception, offline: bool) -> MedirError:
    what = f"{file!r} of it" if file else "it"
    if offline:
        mend = "run once with the network"
        return SurroundingsError(f"{what} is not in the local cache, and the network is switched off", where=where, mend=mend)
    if isinstance(problem, OSError) and problem.errno in _DISK:
        return disk_error(problem, Path(_hub().constants.HF_HUB_CACHE))
    mend = "check the network and run it again: files that came whole are kept"
    return SurroundingsError(f"{what} cannot be fetched: {_first_line(problem)}", where=where, mend=mend)


def _status(problem: Exception) -> int | None:
    return getattr(getattr(problem, "response", None), "status_code", None)


def _first_line(problem: Exception) -> str:
    return next((line.strip() for line in str(problem).splitlines() if line.strip()), type(problem).__name__)
