"""What validation reports, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """One kind of thing found: how often, up to five examples (of faulty pictures: all), and whether `medir run` refuses the
    folder for it.
    """

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

    def rows(self) -> list[tuple[str, ...]]:
        """The split as rows of a table (see `Report.rows`)."""
        counts = [("judged_queries", f"{self.queries:,}"), ("judgements", f"{self.judgements:,}")]
        best = [(f"best {measure} within reach", f"{value:.4f}") for measure, value in self.ceilings.items()]
        part = f"split {self.split}"
        return [*((part, what, value, "", "") for what, value in (*counts, *best)), *_cells(part, self.findings)]


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

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return {**asdict(self), "refused": self.refused}

    def rows(self) -> list[tuple[str, ...]]:
        """The report as the rows of a table, the first its header: part, what, count, whether `run` refuses it, examples."""
        counted = [("folder", "documents", f"{self.documents:,}", "", ""), ("folder", "queries", f"{self.queries:,}", "", "")]
        parts = [*counted, *_cells("folder", self.findings), *(row for split in self.splits for row in split.rows())]
        return [("part", "what", "count", "run", "examples"), *parts]


def _cells(part: str, findings: Iterable[Finding]) -> list[tuple[str, ...]]:
    return [
        (part, finding.name, f"{finding.count:,}", "refuses" if finding.refused else "takes", "; ".join(finding.examples))
        for finding in findings
    ]


def finding_of(name: str, items: Iterable[str], *, refused: bool = False) -> Finding:
    """The finding of these items: all are counted, the first five are examples."""
    listed = list(items)
    return Finding(name, len(listed), tuple(listed[:EXAMPLES]), refused)


def occurring(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that occur at all."""
    return tuple(finding for finding in findings if finding.count)
