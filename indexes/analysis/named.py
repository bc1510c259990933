"""Every analyser by name, and the one that a language gets by default."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import regex

from corpora.errors import UsageError
from corpora.registry import suggest

from .analyser import Analyser

PLAIN = "plain"
DEFAULTS = {"en": "english", "zh": "chinese", "ja": "japanese", "ko": "korean", "de": "german", "fr": "french", "es": "spanish"}
DEFAULTS |= {"it": "italian", "pt": "portuguese", "nl": "dutch", "ru": "russian", "sv": "swedish", "da": "danish"}
DEFAULTS |= {"ar": "arabic", "fi": "finnish", "hu": "hungarian", "no": "norwegian", "ro": "romanian", "tr": "turkish"}


def default_analyser(language: str) -> str:
    """The name of the analyser for a language code (`en`, `zh`...); `plain` where the language is unknown."""
    return DEFAULTS.get(language, PLAIN)


def analyser_names() -> list[str]:
    """The names that `analyser` knows, sorted."""
    from .snowball import LANGUAGES

    return sorted({*LANGUAGES, *_makers()})


@cache
def analyser(name: str) -> Analyser:
    """The analyser called `name`. Raises UsageError (with suggestions) for an unknown one."""
    from .snowball import LANGUAGES, snowball

    if name in LANGUAGES:
        return snowball(name)
    if name not in _makers():
        raise UsageError(f"unknown analyser {name!r}", mend=suggest(name, analyser_names()))
    return _makers()[name]()


def _makers() -> dict[str, Callable[[], Analyser]]:
    return {
        PLAIN: lambda: _unstemmed(PLAIN, ""),
        "chinese": lambda: _unstemmed("chinese", "chinese"),
        "japanese": lambda: _unstemmed("japanese", "japanese"),
        "korean": lambda: _unstemmed("korean", "korean"),
        "chinese-words": _chinese_words,
        "lucene-english": _lucene_english,
        "lucene-cjk": _lucene_cjk,
    }


def _unstemmed(name: str, bigrams: str) -> Analyser:
    from .words import words

    identity = f"words-1 bigrams:{bigrams or 'none'} unicode:regex-{regex.__version__}"
    return Analyser(name, words(bigrams), list, identity)


def _chinese_words() -> Analyser:
    from .segmented import chinese_words

    return chinese_words()


def _lucene_english() -> Analyser:
    from .lucene import lucene_english

    return lucene_english()


def _lucene_cjk() -> Analyser:
    from .lucene import lucene_cjk

    return lucene_cjk()
