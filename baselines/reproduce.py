"""Whether a published number came out again, and what a difference most likely comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .recipes.recipe import Recipe
from .reference import Published

Verdict = Literal["ok", "near", "off"]
OK, NEAR = 0.0001, 0.0005


@dataclass(frozen=True)
class Facts:
    """What a run of ours did, as far as a recipe speaks of it: text rule, prompts by role, and the analyser if there is one."""

    text_rule: str
    prompts: Mapping[str, str]
    analyser: str = ""


@dataclass(frozen=True)
class Reproduced:
    """One published cell, our value, what the difference amounts to, and its likely cause (empty where it is ok)."""

    cell: Published
    ours: float
    verdict: Verdict
    cause: str

    @property
    def difference(self) -> float:
        """Ours less what is published."""
        return self.ours - self.cell.value


def verdict(published: float, ours: float) -> Verdict:
    """`ok` within 0.0001 of what is published, `near` within 0.0005, else `off`; both on the scale 0 to 1.

    A difference of exactly a limit is within it; a value that is no number is off.
    """
    difference = round(abs(ours - published), 9)
    if difference <= OK:
        return "ok"
    return "near" if difference <= NEAR else "off"


def likely_cause(recipe: Recipe, found: Verdict, facts: Facts) -> str:
    """A sentence that begins with the kind of cause: analyser, prompt, tie rule, text rule, version...; empty for `ok`.

    First what the run itself did otherwise than the recipe; then, for a small difference, a known gap that moves few ranks
    (the tie rule); else the first known gap; and where none is known, the versions of data and libraries.
    """
    if found == "ok":
        return ""
    if told := _departure(recipe, facts):
        return told
    small_first = sorted(recipe.known_gaps, key=lambda gap: (gap.kind == "tie rule") != (found == "near"))
    if small_first:
        return f"{small_first[0].kind}: {small_first[0].text}"
    return "version: of the data, the model or a library; nothing else is known to differ"


def reproduced(recipe: Recipe, cell: Published, ours: float, facts: Facts) -> Reproduced:
    """A published cell beside our value."""
    found = verdict(cell.value, ours)
    return Reproduced(cell, ours, found, likely_cause(recipe, found, facts))


def facts_of(identity: Mapping[str, Any], prompts: Mapping[str, Any]) -> Facts:
    """The facts of a result, from its identity and from what its model was fed."""
    fed = {role: echo["prompt"] for role, echo in prompts.items() if isinstance(echo, Mapping) and "prompt" in echo}
    system = identity.get("system", {})
    return Facts(str(identity.get("text_rule", "")), fed, str(system.get("inner", system).get("analyser", "")))


def _departure(recipe: Recipe, facts: Facts) -> str:
    if facts.text_rule != recipe.text_rule:
        return f"text rule: the recipe says {recipe.text_rule}, the run used {facts.text_rule}"
    for role, prompt in facts.prompts.items():
        wanted = recipe.settings.get(f"{role}_prompt")
        if wanted is not None and wanted != prompt:
            return f"prompt: the recipe gives a {role} {wanted!r}, the run gave it {prompt!r}"
    if facts.analyser and f"analyser={facts.analyser}" not in recipe.spec:
        return f"analyser: the run cut its text with {facts.analyser}, which the recipe does not name"
    return ""
