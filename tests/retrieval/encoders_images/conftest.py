"""The tiny models, each written once a session."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _tiny() -> ModuleType:
    place = Path(__file__).with_name("tiny_models.py")
    spec = importlib.util.spec_from_file_location("tiny_models", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tiny_models"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """The makers of models."""
    pytest.importorskip("PIL")
    pytest.importorskip("transformers")
    return _tiny()


@pytest.fixture(scope="session")
def clip(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.clip(tmp_path_factory.mktemp("clip") / "clip-random")


@pytest.fixture(scope="session")
def siglip(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.siglip(tmp_path_factory.mktemp("siglip") / "siglip-random")


@pytest.fixture(scope="session")
def vit(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.vit(tmp_path_factory.mktemp("vit") / "vit-random")


@pytest.fixture(scope="session")
def dinov2(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.dinov2(tmp_path_factory.mktemp("dinov2") / "dinov2-random")


@pytest.fixture(scope="session")
def llava(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.llava(tmp_path_factory.mktemp("llava") / "llava-random")
