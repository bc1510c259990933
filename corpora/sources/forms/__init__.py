"""The layouts in which image benchmarks are handed out, one file each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..captioned import Pair
from .m3d_cap import m3d_cap_pairs
from .medicat import medicat_pairs
from .roco import roco_pairs

Pairs = Callable[[Path, str, str, str], Iterator[Pair]]
"""`(folder, split, part, recipe) -> pairs`."""
CAPTIONS: Mapping[str, Pairs] = {"roco": roco_pairs, "medicat": medicat_pairs, "m3d-cap": m3d_cap_pairs}
"""The layouts of pictures with captions."""
