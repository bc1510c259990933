"""`Workspace(offline=True)` opens no connection, for models neither, and leaves the environment as it was."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

import medir
from corpora import SurroundingsError

pytest.importorskip("huggingface_hub")


@pytest.mark.parametrize("before", [None, "0"])
def test_a_hub_model_is_not_looked_for(tmp_path: Path, monkeypatch: Any, before: str | None) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    if before is not None:
        monkeypatch.setenv("HF_HUB_OFFLINE", before)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a socket was opened"))
    data = tmp_path / "data"
    (data / "qrels").mkdir(parents=True)
    (data / "corpus.jsonl").write_text(json.dumps({"_id": "d", "text": "fever"}))
    (data / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "fever"}))
    (data / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td\t1\n")
    place = medir.Workspace(tmp_path / "home", offline=True)
    with pytest.raises(SurroundingsError, match="not in the local cache"):
        medir.evaluate(data, "dense:nobody/no-such-model", workspace=place)
    assert os.environ.get("HF_HUB_OFFLINE") == before
    assert medir.evaluate(data, "bm25", workspace=place).measures["nDCG@10"].mean == 1
