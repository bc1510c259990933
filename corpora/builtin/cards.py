"""The cards of all that is built in."""

from __future__ import annotations

from ..collection import Card
from . import BUILTINS
from .hierarchy import NAME, hierarchy_card
from .source import card_and_recipe


def builtin_cards() -> list[Card]:
    """One card per built-in collection; neither data nor package is needed."""
    return [hierarchy_card() if name == NAME else card_and_recipe(name)[0] for name in BUILTINS]
