"""Models named as on the Hugging Face hub: the folder in the local cache, fetched if the network may be used."""

from __future__ import annotations

import os
from pathlib import Path

from corpora import SurroundingsError, UsageError
from corpora.errors import missing_extra
from corpora.registry import suggest

_OTHER_ENGINES = ["onnx/*", "openvino/*", "coreml/*", "*.onnx", "*.msgpack", "*.h5", "*.ot"]


def hub_folder(name: str, revision: str | None, known: list[str], *, offline: bool) -> Path:
    """The local folder of a hub model at a revision (None: the newest one); offline, only what is in the cache.

    Raises SurroundingsError where it is not cached and cannot be fetched, UsageError where the hub has no such model.
    """
    try:
        from huggingface_hub import errors, snapshot_download
    except ImportError as problem:
        raise missing_extra("huggingface-hub", "st") from problem
    offline = offline or offline_by_environment()
    try:
        found = snapshot_download(name, revision=revision, ignore_patterns=_OTHER_ENGINES, local_files_only=offline)
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as problem:
        raise UsageError(f"the hub has no model {name!r}: {_first_line(problem)}", mend=suggest(name, known)) from None
    except OSError as problem:
        if offline:
            raise _not_cached(name, known) from None
        raise SurroundingsError(
            f"the model {name!r} cannot be fetched: {_first_line(problem)}", mend="check the network, or give a folder"
        ) from None
    return Path(found)


def offline_by_environment() -> bool:
    """Whether `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE` forbids the network."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE") for name in names)


def _not_cached(name: str, known: list[str]) -> SurroundingsError:
    return SurroundingsError(
        f"the model {name!r} is not in the local cache, and the network is switched off (--offline or HF_HUB_OFFLINE)",
        mend=f"run once with the network, or give a folder; {suggest(name, known)}",
    )


def _first_line(problem: Exception) -> str:
    return next((line.strip() for line in str(problem).splitlines() if line.strip()), type(problem).__name__)
