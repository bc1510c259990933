"""`medir index`."""

from __future__ import annotations

import time
from pathlib import Path

from .options import collections, workspace


def index(
    *,
    retriever: list[str],
    task: list[str] | None = None,
    data: Path | None = None,
    split: str | None = None,
    offline: bool = False,
    language: str | None = None,
    text_rule: str | None = None,
) -> None:
    """Build and keep the index that run would use.

    Parameters
    ----------
    retriever
        A SPEC, once per system.
    task
        A built-in task by name; may be given several times.
    data
        A folder with corpus, queries and qrels; only the corpus is indexed.
    split
        The judgements to open the folder with.
    offline
        Open no connection.
    language
        The language of the data (en, zh...), which chooses the analyser.
    text_rule
        How title and text become one: joined, text or pair.
    """
    from retrieval.systems import make_system

    place = workspace(offline)
    systems = [make_system(spec) for spec in retriever]
    lines = []
    for found in collections(task or [], data, split, place, allow_dangling=True, language=language, text_rule=text_rule):
        for system in systems:
            began = time.perf_counter()
            system.bind(found.corpus, place, rule=found.card.text_rule, language=found.card.language)
            seconds = time.perf_counter() - began
            lines.append(f"{found.name}: {len(found.corpus):,} documents ready for {system.spec} in {seconds:.1f} s")
    print("\n".join([*lines, f"kept under {place.root}"]))
