"""What a measure is called, and what its name says: `nDCG@10`, `R@100`, `P(rel=2)@10`."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from corpora import UsageError

Option = int | float | bool | str

TAKES_DEPTH = {
    "nDCG": "may", "AP": "may", "RR": "may", "Judged": "may",
    "P": "must", "R": "must", "Success": "must",
    "Rprec": "never", "Bpref": "never",
}  # fmt: skip
"""The measures served without ir_measures, and whether their name takes `@depth`."""

UNGRADED = ("nDCG", "Judged")
"""Those that `rel`, the lowest grade that counts as relevant, means nothing to."""

ALIASES = {
    "map": "AP", "mrr": "RR", "recip_rank": "RR", "precision": "P", "recall": "R", "hit": "Success", "hit_rate": "Success",
    **{name.lower(): name for name in TAKES_DEPTH},
}  # fmt: skip
"""Other spellings, in lower case: any case is understood."""

_COMMON = re.compile(r"(?P<name>\w+?)\s*(?:\(\s*rel\s*=\s*(?P<rel>\d+)\s*\))?\s*(?:@\s*(?P<cutoff>\d+))?")
_COMMA_OUTSIDE = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True)
class Measure:
    """A definition: a name, the depth at which the ranking is cut (None: whole), and options that differ from their defaults.

    It prints as it parses: `parse_measure(str(measure)) == measure`.
    """

    name: str
    cutoff: int | None = None
    options: tuple[tuple[str, Option], ...] = ()

    def __str__(self) -> str:
        inside = ",".join(f"{key}={value!r}" for key, value in self.options)
        return self.name + (f"({inside})" if inside else "") + (f"@{self.cutoff}" if self.cutoff is not None else "")

    @property
    def rel(self) -> int:
        """The lowest grade that counts as relevant (1 unless the name says otherwise)."""
        return int(dict(self.options).get("rel", 1))

    @property
    def common(self) -> bool:
        """Whether this package computes it itself or by pytrec_eval, without ir_measures."""
        return self.name in TAKES_DEPTH and all(key == "rel" for key, _ in self.options)


def parse_measure(text: str) -> Measure:
    """The measure that `text` names; the common names in any case and by their aliases (`ndcg@10`, `MRR@10`, `MAP`).

    Other names and options are read by ir_measures (`RBP(p=0.8,rel=1)`, `ERR@10`, `IPrec@0.5`), imported only then.
    Raises UsageError for a name, an option or a depth that does not exist, with the nearest names.
    """
    found = _COMMON.fullmatch(text.strip())
    name = ALIASES.get(found["name"].lower()) if found else None
    if found is None or name is None:
        return _foreign(text.strip())
    cutoff, rel = (int(found[key]) if found[key] else None for key in ("cutoff", "rel"))
    _check_depth(text, name, cutoff)
    if rel is not None and (rel < 1 or name in UNGRADED):
        raise UsageError(f"measure {text!r}: {'rel is at least 1' if rel < 1 else f'{name} has no rel'}", mend="leave rel out")
    return Measure(name, cutoff, () if rel in (None, 1) else (("rel", rel),))


def parse_measures(text: str) -> tuple[Measure, ...]:
    """The measures of a comma-separated list, in order, each once; commas inside parentheses do not separate."""
    return tuple(dict.fromkeys(parse_measure(part) for part in _COMMA_OUTSIDE.split(text) if part.strip()))


def _check_depth(text: str, name: str, cutoff: int | None) -> None:
    takes = TAKES_DEPTH[name]
    if cutoff == 0 or (takes == "must" and cutoff is None):
        raise UsageError(f"measure {text!r} needs a depth of at least 1", mend=f"write it as {name}@10")
    if takes == "never" and cutoff is not None:
        raise UsageError(f"measure {text!r}: {name} takes no depth", mend=f"write it as {name}")


def _foreign(text: str) -> Measure:
    """A measure as ir_measures reads it; only those that are averaged over queries."""
    import ir_measures

    try:
        read = ir_measures.parse_measure(_canonical_head(text))
        read.validate_params()
    except NameError:
        raise _unknown(text) from None
    except Exception as error:  # its parser raises ValueError, AssertionError, TypeError and more
        raise UsageError(f"measure {text!r} cannot be read: {error}", mend="expected: Name(option=value)@depth") from None
    if not isinstance(read.aggregator(), ir_measures.MeanAgg):
        raise UsageError(f"measure {text!r} is a count, not a mean over queries", mend="ask for nDCG@10, R@100, AP, RR@10...")
    return _of_ir_measures(text, read)


def _canonical_head(text: str) -> str:
    head = re.match(r"\w+", text)
    return ALIASES.get(head.group().lower(), head.group()) + text[head.end() :] if head else text


def _of_ir_measures(text: str, read: Any) -> Measure:
    options = {key: value for key, value in read.params.items() if value != read.SUPPORTED_PARAMS[key].default}
    cutoff = options.pop("cutoff", None)
    if cutoff is not None and cutoff < 1:
        raise UsageError(f"measure {text!r} needs a depth of at least 1", mend=f"write it as {read.NAME}@10")
    if any(not isinstance(value, Option) for value in options.values()):
        raise UsageError(f"measure {text!r}: custom gains are not supported", mend="leave gains out")
    return Measure(read.NAME, cutoff, tuple(sorted(options.items())))


def _unknown(text: str) -> UsageError:
    import ir_measures

    head, *rest = re.split(r"(?=[(@])", text, maxsplit=1)
    known = {name.lower(): name for name in ir_measures.measures.registry} | ALIASES
    near = difflib.get_close_matches(head.lower(), known, n=3, cutoff=0.5)
    suggestions = list(dict.fromkeys(known[name] + "".join(rest) for name in near))
    listed = ", ".join(f"{name}@10" if takes == "must" else name for name, takes in TAKES_DEPTH.items())
    mend = f"did you mean {' or '.join(suggestions)}? " if suggestions else ""
    return UsageError(f"unknown measure {text!r}", mend=f"{mend}Known: {listed}, and those of ir_measures")
