"""Flags that several commands share."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pyarrow as pa

from corpora import Card, Collection, UsageError
from corpora.card_file import ROLL_UPS
from corpora.text_rule import TEXT_RULES
from corpora.workspace import Workspace
from medir.progress import shown


def workspace(offline: bool = False) -> Workspace:
    """The command line's workspace: state under MEDIR_HOME, progress on standard error."""
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own pools keep what is freed
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"  # the hub's own libraries read it when they are imported
    return Workspace(progress=shown, offline=offline)


def changed(
    one: Collection, *, language: str | None = None, text_rule: str | None = None, roll_up: str | None = None
) -> Collection:
    """The collection with a card as the flags say. Raises UsageError for a rule that is not known, or that it has no data for."""
    if text_rule is not None and text_rule not in TEXT_RULES:
        raise UsageError(f"unknown text rule {text_rule!r}", mend=f"use one of: {', '.join(TEXT_RULES)}")
    if roll_up is not None and roll_up not in ROLL_UPS[1:]:
        raise UsageError(f"unknown roll-up {roll_up!r}", mend=f"use one of: {', '.join(ROLL_UPS[1:])}")
    if roll_up not in (None, "none") and one.corpus.parents is None:
        raise UsageError(f"--roll-up {roll_up}: no document of {one.name} has a parent", mend="leave out --roll-up")
    return replace(one, card=_changed(one.card, language, text_rule, roll_up))


def _changed(card: Card, language: str | None, text_rule: str | None, roll_up: str | None) -> Card:
    rule: Any = text_rule or card.text_rule
    return replace(card, language=language or card.language, text_rule=rule, roll_up=roll_up or card.roll_up)


def commas(value: str) -> list[str]:
    """A comma-separated flag as a list; commas inside parentheses do not separate."""
    parts, depth = [""], 0
    for character in value:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]
