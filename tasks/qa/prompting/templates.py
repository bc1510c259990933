"""What a model is told around a question, from text files: one for each part of a prompt and each language.

A file is called `NAME.LANGUAGE.txt`. `question` and `cited` are whole prompts, what the system says above a line `---` and the
user's turn below it; the others are their parts. `direct`, `cot` and `json` say how to answer, `letter`, `letters`, `number` and
`text` what an answer is, so that each file serves every question that it fits. `pictures` says whose pictures follow.
Braces in what fills a slot mean nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from corpora.questions import QuestionKind

LANGUAGES = ("en", "zh", "es", "fr", "it", "ja")
ANSWER_PARTS: Mapping[QuestionKind, str] = {
    "choice": "letter",
    "yes-no": "letter",
    "yes-no-maybe": "letter",
    "several": "letters",
    "numeric": "number",
    "free": "text",
}
"""The file that says what an answer to a kind of question is."""
UNKNOWN: Mapping[str, str] = {
    "en": "Insufficient evidence",
    "zh": "证据不足",
    "es": "Evidencia insuficiente",
    "fr": "Preuves insuffisantes",
    "it": "Evidenze insufficienti",
    "ja": "根拠不足",
}
"""What a model is offered to say, in each language, where nothing can be decided."""
MARK: Mapping[str, str] = {
    "en": "Answer:",
    "zh": "答案：",
    "es": "Respuesta:",
    "fr": "Réponse :",
    "it": "Risposta:",
    "ja": "答え：",
}
"""What the line begins with that holds the answer behind a reasoning."""
PICTURE_WORD: Mapping[str, str] = {
    "en": "image {}",
    "zh": "图{}",
    "es": "imagen {}",
    "fr": "image {}",
    "it": "immagine {}",
    "ja": "画像{}",
}
"""What a picture of a prompt is called, by its number."""
PICTURE_OF_QUESTION: Mapping[str, str] = {
    "en": "the question",
    "zh": "问题",
    "es": "la pregunta",
    "fr": "la question",
    "it": "la domanda",
    "ja": "問題",
}
PICTURE_OF_PASSAGE: Mapping[str, str] = {
    "en": "passage [{}]",
    "zh": "段落[{}]",
    "es": "el pasaje [{}]",
    "fr": "le passage [{}]",
    "it": "il brano [{}]",
    "ja": "文章[{}]",
}
"""What a picture of a prompt belongs to."""
SLOT = re.compile(r"\{(passages|images|question|options|form|answer|insufficient|mark|unknown)\}")
_TURNS = re.compile(r"^---\n", re.MULTILINE)


@dataclass(frozen=True)
class Template:
    """A template file: its `name` and its whole text."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """sha256 (hex) of the file's text, as `sha256sum` prints it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def turns(self) -> tuple[str, str]:
        """What the system says, and the user's turn with its slots."""
        system, user = _TURNS.split(self.text, maxsplit=1)
        return system.strip(), user.strip()

    def filled(self, **slots: str) -> str:
        """Its text, or the user's turn of it, with all slots filled in one pass; a slot without a value becomes empty."""
        text = self.turns[1] if _TURNS.search(self.text) else self.text.strip()
        return SLOT.sub(lambda slot: slots.get(slot[1], ""), text)


@cache
def template(name: str, language: str) -> Template:
    """The template of this name in one of LANGUAGES; `cited` is there in `en` and `zh`."""
    full = f"{name}.{language}"
    return Template(full, (files(__package__) / "templates" / f"{full}.txt").read_text(encoding="utf-8"))


def spoken(language: str) -> str:
    """The language of LANGUAGES that a language (a code, perhaps with a region or a script) is asked in; English for others."""
    code = re.split(r"[-_]", language.lower())[0]
    return code if code in LANGUAGES else "en"
