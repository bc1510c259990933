"""Pictures a second and peak memory of medir beside the plain loop of a library over the same files, decoding included.

Run `python -m bench.images FOLDER [--encoder ENCODER] [--most N]`: prints a table. The plain loop is the library's own
`encode` for a sentence-transformers folder, else the encoder's own functions called for one batch after the other, as a
script would: open, prepare, embed. Each side is a new process that has the model loaded and one picture embedded before its clock
starts. Medir's first run is cold (hashing, embedding, journalling); its second run decodes nothing.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from corpora import ImageRef
from corpora.images import pinned
from corpora.workspace import Workspace
from retrieval.encoders import resolve_encoder
from retrieval.encoders.protocol import ImageEncoder

MOST = 100
KINDS = {".png", ".jpg", ".jpeg", ".tif", ".tiff"}
HEADER = "| side | pictures | seconds | pictures a second | against the loop | peak memory (MB) | decoded | difference |"
RULE = "|---" * 8 + "|"


def files_of(folder: Path, most: int) -> list[Path]:
    """The first pictures of a folder, by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS)[:most]


def plain(encoder: ImageEncoder, files: Sequence[Path]) -> np.ndarray:
    """What a script would do: the library's own `encode` where there is one, else batch after batch, float32 (n, d)."""
    from PIL import Image

    folder = getattr(getattr(encoder, "folder", None), "path", None)
    if folder is not None and (Path(folder) / "modules.json").is_file():
        from sentence_transformers import SentenceTransformer

        model: Any = SentenceTransformer(str(folder), device="cpu")
        pictures = [Image.open(path).convert("RGB") for path in files]
        return np.asarray(model.encode(pictures, batch_size=encoder.images_a_batch, normalize_embeddings=True))
    made = []
    for start in range(0, len(files), encoder.images_a_batch):
        fed = [encoder.prepared(Image.open(path).convert("RGB")) for path in files[start : start + encoder.images_a_batch]]
        made.append(encoder.encode_images(fed, "document"))
    return np.concatenate(made)


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

    encoder.encode_images([encoder.prepared(real(ImageRef(str(files[0]))))], "document")
    decode.decoded = counted  # type: ignore[assignment]
    began = time.perf_counter()
    vectors = plain(encoder, files) if name == "loop" else ours(encoder, files, home)
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
