"""A model as mteb finds and loads it: of its registry, of the hub, or in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpora import InputError, MedirError, SurroundingsError, UsageError
from retrieval.encoders.model_folder import ModelFolder

from .library import mteb_library

NO_REVISION = "no_revision_available"
_DESCRIBING = {"citation", "contacts", "training_datasets", "reference", "public_training_code", "public_training_data"}


def folder_of(target: str) -> ModelFolder | None:
    """The model folder that a name is the path of, or None. Raises InputError for a folder that holds no model."""
    path = Path(target).expanduser()
    return ModelFolder(path.resolve()) if path.is_dir() else None


def meta_of(target: str, revision: str | None, where: str) -> Any:
    """The ModelMeta of a name; nothing is loaded, and the hub is asked only for names that are not in mteb's registry.

    Raises UsageError for an unknown name, for another revision than the registry's, and for a model that gives no single
    vector a text; SurroundingsError where the hub cannot be asked.
    """
    if folder_of(target):
        about = {"name": f"local/{Path(target).expanduser().resolve().name}", "revision": revision}
        return mteb_library("models.model_meta").ModelMeta.create_empty(about)
    try:
        found = mteb_library().get_model_meta(target, revision)
    except ValueError as problem:
        raise UsageError(str(problem), where=where, mend="leave out revision=") from None
    except KeyError as problem:
        found = _of_the_hub(target, revision, where, problem.args[0])
    if "dense" not in found.model_type:
        what = f"it is of type {', '.join(found.model_type)}, and gives no single vector a text"
        raise UsageError(what, where=where, mend="use a dense model")
    return found


def _of_the_hub(target: str, revision: str | None, where: str, missed: str) -> Any:
    try:
        found = mteb_library().get_model_meta(target, revision, fetch_from_hf=True)
    except Exception as problem:
        raise SurroundingsError(f"{missed} The hub cannot be asked: {problem}", where=where, mend="check the name") from problem
    if found.loader is None:
        raise UsageError(f"{missed} Nor does the hub know it.", where=where, mend="mteb.get_model_metas() lists the registry")
    return found


def load(meta: Any, folder: ModelFolder | None, device: str | None, where: str) -> Any:
    """The model, loaded by mteb. Raises SurroundingsError where a package or the network is missing, else InputError."""
    try:
        if folder:
            return mteb_library("models").SentenceTransformerEncoderWrapper(str(folder.path), device=device)
        return meta.load_model(device=device)
    except MedirError:
        raise
    except (ImportError, OSError) as problem:
        what = f"mteb cannot load it: {type(problem).__name__}: {problem}"
        raise SurroundingsError(what, where=where, mend="install what it asks for, or let it use the network") from problem
    except Exception as problem:
        what = f"mteb fails to load it: {type(problem).__name__}: {problem}"
        raise InputError(what, where=where, mend="see whether mteb.get_model loads it") from problem


def facts_of(meta: Any) -> dict[str, Any]:
    """All of a ModelMeta that can move a vector, as JSON that is the same in every process."""
    return {key: plain(value) for key, value in meta.to_dict().items() if key not in _DESCRIBING}


def plain(value: Any) -> Any:
    """A value as JSON that is the same in every process: what is called is named, sets are sorted."""
    if callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        found = [plain(inner) for inner in value]
        return sorted(found, key=json.dumps) if isinstance(value, set | frozenset) else found
    return value if isinstance(value, str | int | float | bool | None) else str(value)
