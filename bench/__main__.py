"""Every measurement, one after the other, into bench/RESULTS.md: `python -m bench [--data FOLDER] [--million] [--only NAME]`.

Each side of a comparison runs in a new process, in turn with the others, three times; medians are reported.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from tasks.provenance import describe_machine

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
ROUNDS = 3
ENGINES = ("medir", "bm25s", "tantivy")
LIBRARIES = ("bm25s", "tantivy", "faiss-cpu", "numba", "numpy", "PyStemmer", "sentence-transformers", "torch")


def plain_copy(source: Path, target: Path) -> Path:
    """The corpus and queries of a folder, decompressed."""
    for path in [*sorted(source.glob("corpus*.jsonl*")), source / "queries.jsonl"]:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        (target / path.name.removesuffix(".gz")).write_bytes(data)
    return target


def million(source: Path, target: Path) -> Path:
    """A million passages drawn with replacement (seed 0) from a decompressed folder."""
    import numpy as np

    lines = [line for path in sorted(source.glob("corpus*.jsonl")) for line in path.read_bytes().splitlines(keepends=True)]
    with open(target / "corpus.jsonl", "wb") as file:
        for row in np.random.default_rng(0).integers(0, len(lines), 1_000_000).tolist():
            file.write(lines[row])
    (target / "queries.jsonl").write_bytes((source / "queries.jsonl").read_bytes())
    return target


def child(*arguments: str) -> dict[str, Any]:
    """What a measuring process prints as JSON on its last line."""
    settings = {**os.environ, "OMP_NUM_THREADS": "2", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False, env=settings)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def lexical(folder: Path, rounds: int, *, cold: bool) -> list[str]:
    """The BM25 table of one corpus."""
    runs: dict[str, list[dict[str, Any]]] = {engine: [] for engine in ENGINES}
    for _ in range(rounds):
        for engine in ENGINES:
            runs[engine].append(child("bench.lexical", engine, str(folder)))
    middle = {e: {n: median(run[n] for run in runs[e]) for n in ("build s", "queries/s", "peak MB")} for e in ENGINES}
    rows = [
        "| engine | build (s) | against medir | queries a second | against medir | peak memory (MB) | against medir |",
        "|---" * 7 + "|",
    ]
    for engine in ENGINES:
        now, ours = middle[engine], middle["medir"]
        ratios = {name: f"{now[name] / ours[name]:.2f}" for name in now}
        cells = [f"{now['build s']:.2f}", ratios["build s"], f"{now['queries/s']:,.0f}", ratios["queries/s"]]
        rows.append("| " + " | ".join([engine, *cells, f"{now['peak MB']:,.0f}", ratios["peak MB"]]) + " |")
    if cold:
        first = {e: child("bench.lexical", e, str(folder), "--cold")["first answer s"] for e in ENGINES}
        times = "; ".join(f"{engine} {seconds:.1f} s" for engine, seconds in first.items())
        rows += ["", f"Cold start (first call ever, nothing compiled or cached, to the first answer): {times}."]
    return rows


def whole_command(folder: Path) -> list[str]:
    """What a user waits for: `medir index` from raw files to a kept, verified index, and an unchanged second `medir run`."""
    rows = ["| command | seconds |", "|---|---|"]
    with tempfile.TemporaryDirectory() as home:
        for label, command in (
            ("medir index --retriever bm25 (reads, keeps and checks the corpus, builds and keeps the index)", ["index"]),
            ("medir run --retriever bm25 --k 1000 (index kept)", ["run", "--k", "1000"]),
            ("the same again (result kept)", ["run", "--k", "1000"]),
        ):
            began = time.perf_counter()
            call = [sys.executable, "-m", "medir", *command, "--data", str(folder), "--retriever", "bm25"]
            subprocess.run(call, env={**os.environ, "MEDIR_HOME": home}, capture_output=True, check=True)
            rows.append(f"| `{label}` | {time.perf_counter() - began:.2f} |")
    helps = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "medir", "--help"], capture_output=True, check=True)
        helps.append(time.perf_counter() - began)
    return [*rows, f"| `medir --help` | {median(helps):.2f} |"]


def table_of(module: str, *arguments: str) -> Callable[[], list[str]]:
    """The table that another measurement prints."""
    return lambda: (
        subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "2"},
        )
        .stdout.strip()
        .splitlines()
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("MEDIR_SHARED") or HERE.parent.parent / "shared") / "data" / "evidence-inference",
    )
    parser.add_argument("--million", action="store_true", help="also resample the passages to a million")
    parser.add_argument("--only", nargs="*", help="lexical, million, command, exact, dense, evaluation")
    chosen = parser.parse_args()
    if not chosen.data.is_dir():
        raise SystemExit(f"no data at {chosen.data}: give --data FOLDER (corpus*.jsonl[.gz] and queries.jsonl)")
    with tempfile.TemporaryDirectory() as space:
        measure(chosen.data, Path(space), chosen.million, chosen.only)


def measure(data: Path, space: Path, with_million: bool, only: list[str] | None) -> None:
    """Run the chosen measurements and write what they printed, section by section, keeping sections not measured now."""
    small = space / "small"
    small.mkdir()
    plain_copy(data, small)

    def at_a_million() -> list[str]:
        large = space / "million"
        large.mkdir()
        return lexical(million(small, large), 1, cold=False)

    sections: dict[str, tuple[str, Callable[[], list[str]]]] = {
        "lexical": (f"BM25 on {data.name}, k 100, 2 threads, from decompressed JSONL", lambda: lexical(small, ROUNDS, cold=True)),
        "million": ("BM25 on 1,000,000 passages resampled from it (one run)", at_a_million),
        "command": ("The whole command", lambda: whole_command(data)),
        "exact": ("Exact dense search", table_of("bench.exact_search")),
        "dense": ("Embedding 3,000 passages with MiniLM", table_of("bench.dense", str(small))),
        "evaluation": ("Evaluation, 1,000 queries, k 1000", table_of("bench.evaluation")),
    }
    wanted = only or [name for name in sections if name != "million" or with_million]
    titles = {title: "" for title, _ in sections.values()}
    if RESULTS.is_file():
        for part in RESULTS.read_text(encoding="utf-8").split("\n## ")[1:]:
            titles[part.partition("\n")[0]] = part.partition("\n")[2].strip()
    for name in wanted:
        title, work = sections[name]
        print(f"measuring: {title}", file=sys.stderr, flush=True)
        titles[title] = "\n".join(work())
        parts = [f"## {title}\n\n{body}\n" for title, body in titles.items() if body]
        RESULTS.write_text("\n".join([*heading(), *parts]), encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


def heading() -> list[str]:
    machine = describe_machine({})
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    size = f"{machine['cores']} cores, {machine['memory'] / 2**30:.0f} GiB"
    about = f"{machine['processor']}, {size}, Python {platform.python_version()}"
    return [
        "# Measured",
        "",
        f"By `python -m bench` on {machine['time'][:10]}: {about}; {libraries}.",
        "Ratios above 1 in the columns of seconds and memory mean that medir is the better one; below 1 in queries a second.",
        "",
        "",
    ]


if __name__ == "__main__":
    main()
