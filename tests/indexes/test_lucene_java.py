"""Which Java is found for Lucene, and what is said when it or pyserini is missing. Needs neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpora import SurroundingsError
from indexes import java, lucene_process
from indexes.lucene_process import LuceneProcess


def test_without_pyserini_its_install_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lucene_process, "find_spec", lambda name: None)
    with pytest.raises(SurroundingsError, match=r'pip install "medir\[lucene\]"'):
        LuceneProcess()


def _java(home: Path, version: str) -> Path:
    (home / "lib/server").mkdir(parents=True)
    (home / "lib/server/libjvm.so").touch()
    (home / "release").write_text(f'IMPLEMENTOR="X"\nJAVA_VERSION="{version}"\n')
    return home


@pytest.mark.parametrize(("version", "major"), [("21.0.8", 21), ("25", 25), ("1.8.0_412", 8), ("17.0.15", 17)])
def test_java_versions(tmp_path: Path, version: str, major: int) -> None:
    assert java.java_version(_java(tmp_path / "java", version)) == major
    assert java.java_version(tmp_path) is None


def test_java_home_is_taken_if_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new, old, packaged = _java(tmp_path / "new", "25.0.3"), _java(tmp_path / "old", "17.0.15"), _java(tmp_path / "its", "21")
    monkeypatch.setattr(java, "_packaged", lambda: packaged)
    for chosen, found in ((new, new), (old, packaged), (tmp_path / "none", packaged)):
        monkeypatch.setenv("JAVA_HOME", str(chosen))
        assert java.java_home() == found
    monkeypatch.delenv("JAVA_HOME")
    assert java.java_home() == packaged
    monkeypatch.setattr(java, "_packaged", lambda: None)
    monkeypatch.setenv("JAVA_HOME", str(old))
    with pytest.raises(SurroundingsError, match="which is Java 17"):
        java.java_home()
