"""From a folder to the encoder of the model that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..protocol import Encoder
from ..sentence import SentenceEncoder
from .folders import folder_kind


def folder_encoder(folder: Path, options: Mapping[str, Any], name: str = "") -> Encoder:
    """The encoder of a folder: of texts, of pictures, or of both, told by its files; no model is loaded.

    Raises InputError for a folder that holds none, UsageError for options that its kind has not.
    """
    kind = folder_kind(folder)
    if kind == "backbone":
        from .vision_folder import vision_encoder

        return vision_encoder(folder, options, name)
    if kind == "open-clip":
        from .open_clip import open_clip_folder

        return open_clip_folder(folder, options, name)
    if kind == "text":
        return SentenceEncoder.open(folder, options, name)
    from .pictured import JointSentenceEncoder, PicturedEncoder

    return (JointSentenceEncoder if kind == "joint" else PicturedEncoder).open(folder, options, name)
