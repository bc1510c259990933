"""What validation reports, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """One kind of thing found: how often, up to five examples, and whether `medir run` refuses the folder for it."""

    name: str
    count: int
    examples: tuple[str, ...] = ()
    refused: bool = False


@dataclass(frozen=True)
class SplitReport:
    """One split: its judged queries, its judgements, what was found in it, and the best nDCG@10 and R@100 within reach."""

    split: str
    queries: int
    judgements: int
    findings: tuple[Finding, ...]
    ceilings: Mapping[str, float]


@dataclass(frozen=True)
class Report:
    """A whole folder: its distinct document ids, its queries, what was found (only what occurs), and every split."""

    folder: str
    documents: int
    queries: int
    findings: tuple[Finding, ...]
    splits: tuple[SplitReport, ...]

    @property
    def refused(self) -> bool:
        """Whether `medir run` would refuse the folder, or one of its splits."""
        return any(finding.refused for findings in (self.findings, *(s.findings for s in self.splits)) for finding in findings)

    def plain(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return {**asdict(self), "refused": self.refused}


def finding_of(name: str, items: Iterable[str], *, refused: bool = False) -> Finding:
    """The finding of these items: all are counted, the first five are examples."""
    listed = list(items)
    return Finding(name, len(listed), tuple(listed[:EXAMPLES]), refused)


def occurring(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that occur at all."""
    return tuple(finding for finding in findings if finding.count)
