"""How generated texts are joined to a query: one named rule each for lexical and for dense retrievers.

A rule makes parts of the query's own parts and its texts. Rules that make one string keep the query's role, so that a dense
retriever encodes query and texts at once, under the query's prompt. Rules that keep texts apart give each a weight:

- `mean`: query and each of n texts weigh 1 / (n + 1) (Gao et al., ACL 2023, HyDE: the mean of all vectors, the query's too);
- `mean-unit`: the same of vectors scaled to length one;
- `alone`: the texts without the query, each 1 / n;
- `append`: "q t1 t2 ...";
- `repeat`: "q q ... q t1 t2 ...", the query `times` times (Wang et al., EMNLP 2023, query2doc);
- `repeat-glued`: the same with nothing between the copies, as R2MED's code has it: words at the seams become one;
- `separator`: "q<separator>t1<separator>t2 ...";
- `interleave`: "q t1 q t2 ..." (Shen et al., LameR).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import get_args

from corpora import Part, Queries, Role, UsageError
from corpora.queries import Reader

Parts = tuple[Part, ...]
Texts = tuple[str, ...]

ROLES: tuple[str, ...] = get_args(Role)
APART = ("mean", "mean-unit")
"""Rules of weights, which only vectors have: a lexical retriever searches for all words, as `append` does."""


@dataclass(frozen=True)
class Joining:
    """The rules: `lexical` (of LEXICAL), `dense` (of DENSE), and what they need.

    `times` is how often a `repeat` says the query, `text_role` the role of a text that stands alone (`plain`: no prompt).
    """

    lexical: str = "append"
    dense: str = "mean"
    times: int = 5
    separator: str = " [SEP] "
    text_role: Role = "plain"

    def parts(self, own: Parts, texts: Texts) -> Parts:
        """The query's parts joined with its texts; as they are where it has none.

        Where both rules amount to one, and everybody reads the query, so it is for the parts; else each is for one reader.
        """
        if not texts:
            return own
        shared = all(part.reader == "all" for part in own)
        if shared and self.lexical == shorthand(self.dense)[0]:
            return RULES[self.dense](own, texts, self)
        return (*self._for("lexical", own, texts), *self._for("dense", own, texts))

    def _for(self, reader: Reader, own: Parts, texts: Texts) -> Parts:
        rule = RULES[self.lexical if reader == "lexical" else self.dense]
        read = tuple(part for part in own if part.is_for(reader))
        return tuple(replace(part, reader=reader) for part in rule(read, texts, self))


def _mean(own: Parts, texts: Texts, how: Joining) -> Parts:
    share = 1 / (len(texts) + 1)
    return (*(replace(part, weight=part.weight * share) for part in own), *_apart(texts, share, how.text_role))


def _mean_unit(own: Parts, texts: Texts, how: Joining) -> Parts:
    return tuple(replace(part, unit=True) for part in _mean(own, texts, how))


def _alone(own: Parts, texts: Texts, how: Joining) -> Parts:
    """The texts in place of the query's; a picture, which no text replaces, stays."""
    return (*(part for part in own if part.image is not None), *_apart(texts, 1 / len(texts), how.text_role))


def _apart(texts: Texts, share: float, role: Role) -> Parts:
    return tuple(Part(text=text, role=role, weight=share) for text in texts)


def _append(own: Parts, texts: Texts, how: Joining) -> Parts:
    return _one(own, lambda query: " ".join([*query, *texts]))


def _repeat(own: Parts, texts: Texts, how: Joining) -> Parts:
    return _one(own, lambda query: " ".join([*(query * how.times), *texts]))


def _repeat_glued(own: Parts, texts: Texts, how: Joining) -> Parts:
    return _one(own, lambda query: " ".join(["".join(query * how.times), *texts]))


def _separator(own: Parts, texts: Texts, how: Joining) -> Parts:
    return _one(own, lambda query: how.separator.join([*query, *texts]))


def _interleave(own: Parts, texts: Texts, how: Joining) -> Parts:
    return _one(own, lambda query: " ".join(word for text in texts for word in (*query, text)))


def _one(own: Parts, joined: Callable[[list[str]], str]) -> Parts:
    """One text part of the query's text (a list of it, empty where there is none) and what `joined` adds; other parts stay."""
    text = " ".join(part.text for part in own if part.text)
    return (*(part for part in own if not part.text), Part(text=joined([text] if text else [])))


RULES: Mapping[str, Callable[[Parts, Texts, Joining], Parts]] = {
    "mean": _mean,
    "mean-unit": _mean_unit,
    "alone": _alone,
    "append": _append,
    "repeat": _repeat,
    "repeat-glued": _repeat_glued,
    "separator": _separator,
    "interleave": _interleave,
}
DENSE = tuple(RULES)
LEXICAL = tuple(rule for rule in RULES if rule not in APART)


def shorthand(join: str) -> tuple[str, str]:
    """The lexical and the dense rule that `join=` sets. Raises UsageError for one that is not known."""
    check_rule("join", join, DENSE)
    return "append" if join in APART else join, join


def check_rule(option: str, rule: str, known: tuple[str, ...]) -> None:
    """Raise UsageError, with those there are, for a rule that is not among `known`."""
    if rule not in known:
        raise UsageError(f"{option}={rule} is not known", mend=f"use one of: {', '.join(known)}")


def joined(queries: Queries, texts: tuple[Texts, ...], how: Joining) -> Queries:
    """The queries, each joined with its texts (by row)."""
    parts: Iterator[Parts] = (how.parts(own, written) for own, written in zip(queries.parts, texts, strict=True))
    return replace(queries, parts=tuple(parts))
