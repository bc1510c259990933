"""The wheel: what it holds, and that it works in a fresh environment, away from the repository, without torch."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = {"corpora", "indexes", "retrieval", "tasks", "baselines", "medir"}

pytestmark = pytest.mark.slow


def called(*command: str | Path, folder: Path) -> str:
    """What a command prints, run in `folder` without this environment's Python settings; fails with all its output."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the repository."""
    out = tmp_path_factory.mktemp("wheel")
    called(sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "-w", out, ROOT, folder=out)
    (built,) = out.glob("medir-*.whl")
    return built


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a fresh environment that holds the wheel and its core dependencies, as locked."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=True)
    called(home / "bin" / "python", "-m", "pip", "install", "-qq", "-c", ROOT / "constraints.txt", wheel, folder=home)
    return home / "bin"


def test_it_holds_the_rooms_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == ROOMS
    assert any(name.endswith("licenses/LICENSE") for name in names)
    kept = {path.relative_to(ROOT).as_posix(): path.suffix for room in ROOMS for path in (ROOT / room).rglob("*")}
    assert {path for path, suffix in kept.items() if suffix == ".py"} == {name for name in names if name.endswith(".py")}
    assert {path for path, suffix in kept.items() if suffix in (".toml", ".txt", ".typed", ".json", ".csv")} <= set(names)


def test_the_command_answers(fresh: Path, tmp_path: Path) -> None:
    assert "run" in called(fresh / "medir", "--help", folder=tmp_path)
    assert "0.1.0" in called(fresh / "medir", "--version", folder=tmp_path)


def test_the_package_imports_from_another_folder(fresh: Path, tmp_path: Path) -> None:
    program = "import medir, sys; print(medir.__file__); assert 'torch' not in sys.modules"
    assert str(fresh.parent) in called(fresh / "python", "-c", program, folder=tmp_path)


def test_the_doctor_is_content_without_torch(fresh: Path, tmp_path: Path) -> None:
    assert "torch" not in called(fresh / "python", "-m", "pip", "list", folder=tmp_path)
    assert "medir" in called(fresh / "medir", "doctor", folder=tmp_path)


def test_a_folder_is_searched_by_the_core_alone(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    lines = ('{"_id": "a", "text": "aspirin thins the blood"}', '{"_id": "b", "text": "insulin lowers sugar"}')
    (tmp_path / "notes" / "corpus.jsonl").write_text("\n".join(lines))
    found = called(fresh / "medir", "search", "notes", "insulin", "--retriever", "bm25", "--k", "1", folder=tmp_path)
    assert "b" in found.split()
