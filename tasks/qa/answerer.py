"""What is measured on questions: a language model, the passages that it answers from, how it is asked and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corpora import UsageError
from corpora.questions import QUESTION_KINDS
from retrieval.generators.keys import pinned
from retrieval.generators.protocol import Generator

from .passages import Context
from .prompting import Prompting
from .reading import Reader

WHOLE = ("none", "gold")
"""Contexts that are given whole, so that no k says how many passages a question gets."""
MOST = 1000


@dataclass(frozen=True)
class Answerer:
    """A generator that answers questions from the first `k` passages of a context, asked as `prompting` says, read by `reader`.

    `samples`: each question is asked so often, and the answer that was read most often counts. `shuffles`: each question is
    asked so often again with its options in another order, to see whether the answers depend on it. Raises UsageError for
    numbers that make no sense.
    """

    generator: Generator
    context: Context
    prompting: Prompting
    reader: Reader
    k: int = 5
    samples: int = 1
    shuffles: int = 0

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("k", self.k, 1, MOST),
            ("samples", self.samples, 1, 100),
            ("shuffles", self.shuffles, 0, 100),
        ):
            if not least <= value <= most:
                raise UsageError(f"{name} is {value}", mend=f"give {name} from {least} to {most:,}")

    @property
    def whole(self) -> bool:
        """Whether the context, poisoned or not, is given whole."""
        return getattr(self.context, "inner", self.context).spec in WHOLE

    @property
    def depth(self) -> int:
        """How many passages a question may get: k, or all that there are of a context that is given whole."""
        return MOST if self.whole else self.k

    @property
    def spec(self) -> str:
        """Its name in results: `answer(CONTEXT, GEN, options that are not the defaults)`."""
        options = {"k": None if self.whole else self.k, **_differing(self.prompting)}
        options |= {"reader": self.reader.name} if not self.reader.name.startswith("strict") else {}
        options |= {"samples": self.samples} if self.samples > 1 else {}
        options |= {"shuffles": self.shuffles} if self.shuffles else {}
        told = [f"{name}={value}" for name, value in sorted(options.items()) if value is not None]
        return f"answer({', '.join([self.context.spec, self.generator.spec, *told])})"

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """Everything besides the questions that can move a score, as JSON."""
        return {
            "generator": pinned(self.generator),
            "context": dict(self.context.identity()),
            "prompting": dict(self.prompting.identity(language, QUESTION_KINDS)),
            "reader": self.reader.name,
            "depth": self.depth,
            "samples": self.samples,
            "shuffles": self.shuffles,
        }


def _differing(prompting: Prompting) -> dict[str, Any]:
    """The options of a prompting that are not the defaults, as a result names them."""
    plain = Prompting()
    names = ("style", "order", "budget", "language", "insufficient", "show", "most_images")
    found = {name: getattr(prompting, name) for name in names if getattr(prompting, name) != getattr(plain, name)}
    return found | ({"shots": "yes"} if prompting.shots else {})
