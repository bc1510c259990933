"""The one place where mteb is imported, and what of its metadata both directions read."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from corpora import Corpus, SurroundingsError
from corpora.errors import missing_extra
from corpora.language import language_of

OLDEST = 2
_CODES = """ara:ar ces:cs cmn:zh dan:da deu:de eng:en fas:fa fin:fi fra:fr hin:hi ita:it jpn:ja kor:ko nld:nl nob:no nor:no pol:pl
por:pt rus:ru spa:es swe:sv tur:tr ukr:uk vie:vi zho:zh"""
SHORT_CODES: dict[str, str] = {pair[:3]: pair[4:] for pair in _CODES.split()}
"""ISO 639-3 codes, as mteb writes languages, and the ISO 639-1 codes that medir does."""


def mteb_library(part: str = "") -> Any:
    """The module `mteb`, or a part of it (`models`), imported when first asked for.

    Raises SurroundingsError where mteb is not installed, or is older than its release 2.
    """
    if find_spec("mteb") is None:
        raise missing_extra("mteb", "mteb")
    library = importlib.import_module("mteb")
    if int(str(library.__version__).partition(".")[0]) < OLDEST:
        raise SurroundingsError(f"mteb {library.__version__} is too old", mend='install it with: pip install "medir[mteb]"')
    return importlib.import_module(f"mteb.{part}") if part else library


def short_code(language: str) -> str:
    """The code that medir knows a language of mteb's by (`eng-Latn` is `en`); mteb's own three letters where it has none."""
    long = language.partition("-")[0]
    return SHORT_CODES.get(long, long)


def long_codes(language: str) -> list[str]:
    """A language of medir's as mteb mostly writes it (`en` is `["eng"]`, `zh` `["cmn"]`); empty where its code is not known."""
    return [long for long, short in SHORT_CODES.items() if short == language and long not in ("zho", "nor")]


def documents_language(languages: Sequence[str], corpus: Corpus) -> str:
    """The language of a corpus: the task's own if it has one alone, else told by count from the documents."""
    known = {short_code(language) for language in languages}
    return known.pop() if len(known) == 1 else language_of(corpus).language


def neutral_task(kind: str = "Retrieval") -> Any:
    """Task metadata that names no dataset: prompts are then chosen by the type of the task and by role alone."""
    return mteb_library("abstasks.task_metadata").TaskMetadata(
        name="medir",
        description="A task of medir.",
        type=kind,
        dataset={"path": "medir/medir", "revision": "1"},
        eval_langs=["eng-Latn"],
        main_score="ndcg_at_10",
    )
