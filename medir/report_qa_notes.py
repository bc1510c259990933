"""What stands below a table of questions: what was counted, and every figure that has no column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.qa.figures.gain import Gain
from tasks.qa.figures.robustness import Attack
from tasks.result import Result

from .printable import printable
from .report import counted_line
from .report_cost import cost_remarks


@dataclass(frozen=True)
class Row:
    """A result of questions, and how it stands to the first one of the same model and questions (None: it is that one).

    `attack`: what the poison in its passages did, against the same context without it.
    """

    result: Result
    baseline: str = ""
    gain: Gain | None = None
    attack: Attack | None = None


def small(p: float) -> str:
    """A p to four places, which is never 0."""
    return f"{p:.4f}" if p >= 0.00005 else "< 0.0001"


def remarks(rows: Sequence[Row], several: bool) -> list[str]:
    """The lines below a table; `several`: whether it holds several models, so that each is named."""
    first, results = rows[0].result, [row.result for row in rows]
    lines = ["intervals: 95 % bootstrap over questions (by group where they share one); what was not read counts as wrong"]
    if majority := first.details.get("majority"):
        named = " or ".join("+".join(letters) for letters in majority["answers"])
        lines.append(f"always answering {named} would score {majority['accuracy']:.4f}")
    if any(row.gain for row in rows):
        lines.append(
            "helped, hurt: right with it alone, right with the first of the same model alone; exact McNemar (sign flips by"
        )
        lines.append("group where questions share one), Holm over all rows of a model; ▲ ▼ where p < 0.05")
    lines += cost_remarks(results)
    for row in rows:
        lines += _of_one(row, several)
    return lines


def _of_one(row: Row, several: bool) -> list[str]:
    """What was counted of one row, and its further figures."""
    told = row.result.details
    name = f"{told['context']}{' k=' + str(told['k']) if told['k'] else ''}{', ' + str(told['llm']) if several else ''}"
    lines = [counted_line(name, row.result.notes)]
    if undecodable := told.get("faulty_images"):
        lines.append("  asked without these pictures: " + printable("; ".join(undecodable)))
    if failures := told.get("failures"):
        lines.append("  not read: " + ", ".join(f"{cause} {count:,}" for cause, count in failures.items()))
        lines.append(f"  whatever the unread would have said: {told['bounds']['low']:.4f} to {told['bounds']['high']:.4f}")
    if row.gain and row.gain.read_by_both and failures:
        both = row.gain.read_by_both
        counts = f"helped {both.helped:,}, hurt {both.hurt:,}, p {small(both.p)}"
        lines.append(f"  read by both {both.n:,}: {both.difference.mean:+.4f}, {counts}")
    lines += _retrieval(told.get("retrieval", {}))
    if quadrants := told.get("quadrants"):
        lines.append(_quadrants(quadrants))
    if shuffled := told.get("shuffles"):
        alike = f"the same answer each time {shuffled['consistent']['mean']:.4f}"
        lines.append(f"  options in other orders: accuracy {shuffled['low']:.4f} to {shuffled['high']:.4f}, {alike}")
    if row.attack:
        won, before = row.attack.success, row.attack.before
        lines.append(
            f"  attack: {won.count:,} of {won.n:,} answers are the poison's ({before.count:,} were without it);"
            f" right answers broken {row.attack.broken.count:,}"
        )
    return lines


def _retrieval(told: Mapping[str, Any]) -> list[str]:
    named = {"passages": told.get("context", {}), "ranking": told.get("whole", {})}
    shown = {what: ", ".join(f"{name} {value['mean']:.4f}" for name, value in own.items()) for what, own in named.items()}
    return [f"  {what}: {measures}" for what, measures in shown.items() if measures]


def _quadrants(told: Mapping[str, Any]) -> str:
    names = ("right_supported", "right_unsupported", "wrong_supported", "wrong_unsupported")
    return "  " + ", ".join(f"{name.replace('_', ' and ')} {told[name]:,}" for name in names) + f" (unknown {told['unknown']:,})"
