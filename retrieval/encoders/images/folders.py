"""Which kind of model a folder holds, told by its files alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

FolderKind = Literal["text", "towers", "joint", "backbone", "open-clip"]
OPEN_CLIP = "open_clip_config.json"
PREPROCESSORS = ("preprocessor_config.json", "processor_config.json")
TOKENIZERS = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model")
TWO_TOWERS = frozenset(
    "align altclip chinese_clip clip clipseg groupvit metaclip_2 mlcd siglip siglip2 vision-text-dual-encoder".split()
)


def folder_kind(folder: Path) -> FolderKind:
    """`towers`: one space for texts and for pictures; `joint`: a text and its pictures together, too; `backbone`: pictures alone;
    `open-clip`: a folder of open_clip; `text` for all else. Unreadable files say nothing here: who opens the folder says why.
    """
    modules = _json(folder / "modules.json")
    if isinstance(modules, list) and modules:
        return _of_modules(folder, modules)
    config = _dict(folder / "config.json")
    if (folder / OPEN_CLIP).is_file() and "model_type" not in config:
        return "open-clip"
    if isinstance(config.get("vision_config"), dict):
        return "towers" if config.get("model_type") in TWO_TOWERS else "joint"
    pictured = any((folder / name).is_file() for name in PREPROCESSORS)
    worded = any((folder / name).is_file() for name in TOKENIZERS)
    return "backbone" if config and pictured and not worded else "text"


def _of_modules(folder: Path, modules: list[Any]) -> FolderKind:
    types = [str(module.get("type", "")) for module in modules if isinstance(module, dict)]
    if any(name.endswith("CLIPModel") for name in types):
        return "towers"
    read = set(_modalities(folder, modules))
    if not any("image" in name for name in read):
        return "text"
    return "joint" if "message" in read or any("+" in name and "text" in name for name in read) else "towers"


def _modalities(folder: Path, modules: list[Any]) -> Iterator[str]:
    """The modalities that the modules declare, joined by `+` where they are read together; those inside a Router, too.

    A module that reads messages says so without saying of what: it reads pictures where its model does.
    """
    for module in modules:
        place = folder / str(module.get("path", "")) if isinstance(module, dict) else folder
        for config in [place / "sentence_bert_config.json", *sorted(place.glob("*/sentence_bert_config.json"))]:
            declared = _dict(config).get("modality_config")
            if isinstance(declared, dict):
                yield from map(str, declared)


def _dict(path: Path) -> dict[str, Any]:
    found = _json(path)
    return found if isinstance(found, dict) else {}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
