"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts with an empty data folder and no hub."""
    monkeypatch.setenv("MEDIR_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data folder: `$MEDIR_SHARED`, else `../shared`; skips where there is none."""
    place = Path(os.environ.get("MEDIR_SHARED") or ROOT.parent / "shared")
    if not (place / "data").is_dir():
        pytest.skip("no shared data: set MEDIR_SHARED to the folder that holds data/")
    return place
