"""`medir demo`."""

from __future__ import annotations

from pathlib import Path

from medir.report import results_text

from .asked import Flags, asked_for
from .options import workspace
from .run import by_task, copy_out, marks_of, score_all

TASKS = ("icd10cm", "hpo-lay")
SYSTEMS = ["bm25", "dense:minilm", "rrf(bm25, dense:minilm)"]
DEPTH = 100


def demo(*, out: Path = Path("demo-results"), force: bool = False) -> None:
    """Index, score and compare three systems on the two built-in collections.

    Parameters
    ----------
    out
        The folder for the results; what an earlier demo left there is replaced.
    force
        Compute again what is kept.
    """
    place = workspace()
    asked, _ = asked_for(Flags(TASKS, k=DEPTH), place)
    results = [result for of_task in by_task(score_all(asked, SYSTEMS, place, force=force)) for result in of_task]
    text = results_text(results, marks_of(results), "table")
    _replace(out)
    copy_out(results, out)
    (out / "table.txt").write_text(text + "\n", encoding="utf-8")
    print(text)
    print(f"\nresults: {out.resolve()}")


def _replace(out: Path) -> None:
    """Take away what an earlier demo wrote, and nothing else."""
    import shutil

    from corpora import InputError

    if out.exists() and any(out.iterdir()) and not (out / "table.txt").is_file():
        raise InputError("the folder holds something else", where=str(out), mend="name another one: medir demo --out FOLDER")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
