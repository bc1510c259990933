"""From recipe files (TOML) to recipes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from corpora import InputError, UsageError
from corpora.registry import suggest

from .recipe import CAUSES, Gap, QueryRule, Recipe

KEYS = {field.name for field in fields(Recipe)} - {"name"} | {"each"}
NEEDED = {"title", "spec", "tables", "system"}


@cache
def recipes() -> Mapping[str, Recipe]:
    """Every recipe by its name, sorted. Raises InputError for a file that cannot be taken as it stands."""
    entries = sorted((entry for entry in files(__package__).iterdir() if entry.name.endswith(".toml")), key=lambda e: e.name)
    found = [one for entry in entries for one in read_recipes(entry.name, entry.read_text(encoding="utf-8"))]
    by_name = {one.name: one for one in found}
    if len(by_name) < len(found):
        raise InputError("two recipes share a name", where=", ".join(entry.name for entry in entries), mend="rename one")
    return dict(sorted(by_name.items()))


def recipe(name: str) -> Recipe:
    """The recipe called `name`. Raises UsageError (with suggestions) for an unknown one."""
    if name not in recipes():
        raise UsageError(f"unknown recipe {name!r}", mend=suggest(name, list(recipes())))
    return recipes()[name]


def read_recipes(where: str, text: str) -> list[Recipe]:
    """The recipes of a file's content. An entry with `each` stands for one recipe a value, `{each}` filled in; `{each_}` is the
    value with underscores for hyphens, as the hub writes it.

    Keys of `[defaults]` belong to every entry. Raises InputError for TOML or an entry that cannot be read.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise InputError(f"is not TOML: {problem}", where=where, mend="mend the file") from None
    entries = ((name, {**data.get("defaults", {}), **raw}) for name, raw in data.get("recipe", {}).items())
    return [_recipe(f"{where}, {name!r}", name, raw) for entry, whole in entries for name, raw in _each(entry, whole)]


def _each(name: str, raw: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    rest = {key: value for key, value in raw.items() if key != "each"}
    for value in raw.get("each", [""]):
        filled = {key: _filled(part, value) if isinstance(part, str) else part for key, part in rest.items()}
        yield _filled(name, value), filled


def _filled(text: str, value: str) -> str:
    return text.replace("{each}", value).replace("{each_}", value.replace("-", "_"))


def _recipe(where: str, name: str, raw: Mapping[str, Any]) -> Recipe:
    if wrong := sorted(NEEDED - set(raw)) or sorted(set(raw) - KEYS):
        raise InputError(f"unknown or missing key {wrong[0]!r}", where=where, mend="mend the recipe")
    gaps = tuple(Gap(*one) for one in raw.get("known_gaps", ()))
    if strange := [gap.kind for gap in gaps if gap.kind not in CAUSES]:
        raise InputError(f"unknown cause {strange[0]!r}", where=where, mend=f"one of: {', '.join(CAUSES)}")
    if raw.get("queries", "query") not in get_args(QueryRule):
        raise InputError(f"queries = {raw['queries']!r}", where=where, mend=f"one of: {', '.join(get_args(QueryRule))}")
    listed = {key: tuple(raw[key]) for key in ("tables", "tasks") if key in raw}
    return Recipe(name, **{**raw, **listed, "known_gaps": gaps})
