"""A family file of the catalogue as entries. Strict: an unknown key or a value of the wrong kind stops with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from corpora.card_file import read_table
from corpora.errors import InputError, UsageError
from corpora.questions import QUESTION_KINDS
from corpora.text_rule import TEXT_RULES

from .entry import CORPUS, KINDS, MODALITIES, QA, QUERY_TYPES, RANKED, SHAPES, TYPES, ZERO_SHOT, Entry

TOP = ("benchmark", "title", "citation", "defaults", "task")
OPTIONS = ("form", "fraction", "most", "experiments", "seed")
MAINS = {"classification": "accuracy", "clustering": "v_measure", "pair": "max_ap", "sts": "cosine_spearman"}
MAINS |= {ZERO_SHOT: "accuracy", CORPUS: ""}
"""The main measure of the types that are not ranked, whatever a family's defaults say of ranked ones."""
ANSWERED = {"free": "token_f1"}
"""The main measure of questions of a kind that has no accuracy."""


def read_family(path: Path) -> dict[str, Entry]:
    """The entries of one file by name: `[defaults]` under every `[task."name"]`, tables merged to any depth.

    A task's source of another kind or shape than the defaults' stands alone. Raises InputError with file, task and key.
    """
    table = read_table(path)
    if wrong := [key for key in table if key not in TOP] or [key for key in ("benchmark", "task") if key not in table]:
        raise InputError(
            f"unknown or missing key {wrong[0]!r}", where=str(path), mend=f"the top of a family has: {', '.join(TOP)}"
        )
    base = {"citation": table.get("citation", ""), **table.get("defaults", {}), "benchmark": table["benchmark"]}
    return {name: entry_of(name, merged(base, task), where=f"{path}, {name}") for name, task in table["task"].items()}


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `under`, table by table; notes are joined, and an empty column of a source takes a default's away."""
    both = {**under, **over}
    for key in under.keys() & over.keys():
        if key == "source":
            both[key] = _source(under[key], over[key])
        elif isinstance(under[key], dict) and isinstance(over[key], dict):
            both[key] = merged(under[key], over[key])
        elif key == "note":
            both[key] = f"{over[key]} {under[key]}"
    return both


def _source(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    if any(over.get(key, under.get(key)) != under.get(key) for key in _ALONE):
        return dict(over)
    both = merged(under, over)
    return {key: _without_empty(value) if isinstance(value, dict) else value for key, value in both.items()}


def _without_empty(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value != ""}


_ALONE = ("kind", "shape")


def entry_of(name: str, table: Mapping[str, Any], *, where: str) -> Entry:
    """The entry that a table describes. Raises InputError, naming `where` and the key."""
    for key, value in table.items():
        if key not in _FITS:
            raise InputError(f"unknown key {key!r}", where=where, mend=f"remove it, or use one of: {', '.join(sorted(_FITS))}")
        fits, kind = _FITS[key]
        if not fits(value):
            raise InputError(f"{key!r} is {value!r}", where=where, mend=f"write {kind}")
    if missing := [key for key in ("type", "languages", "source") if not table.get(key)]:
        raise InputError(f"there is no {missing[0]!r}", where=where, mend="add it to the task or to [defaults]")
    _check_choices(table, where)
    _check_questions(table, where)
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    entry = Entry(**{"name": name, "language": table["languages"][0], **values, **_measures(table)})
    _check_measures(entry, where)
    if wrong := [key for key in entry.options if entry.type != "clustering" or key not in OPTIONS]:
        raise InputError(f"'options' has {wrong[0]!r}", where=where, mend=f"a clustering has: {', '.join(OPTIONS)}")
    return entry


def _measures(table: Mapping[str, Any]) -> dict[str, Any]:
    """The main measure and all of them, it first; a type that is not ranked has the one that mteb reports."""
    kind = table["type"]
    if kind == QA:
        main = ANSWERED.get(table.get("question_kind", ""), "accuracy")
        return {"main": main, "measures": (main,)}
    if kind not in RANKED:
        return {"main": MAINS[kind], "measures": (MAINS[kind],)}
    main = table.get("main", "nDCG@10")
    return {"main": main, "measures": tuple(dict.fromkeys([main, *table.get("measures", ["nDCG@10", "R@100"])]))}


def _check_choices(table: Mapping[str, Any], where: str) -> None:
    source = table["source"]
    for key, value, known in (
        ("type", table["type"], TYPES),
        ("text_rule", table.get("text_rule", TEXT_RULES[0]), TEXT_RULES),
        ("query_type", table.get("query_type", QUERY_TYPES[0]), QUERY_TYPES),
        ("source.kind", source.get("kind"), KINDS),
        ("source.shape", source.get("shape", "" if source.get("kind") == "hub" else SHAPES[0]), SHAPES),
    ):
        if value not in known:
            raise InputError(f"{key!r} is {value!r}", where=where, mend=f"use one of: {', '.join(known)}")
    if strange := [one for one in table.get("modalities", ()) if one not in MODALITIES]:
        raise InputError(f"'modalities' has {strange[0]!r}", where=where, mend=f"use any of: {', '.join(MODALITIES)}")


def _check_questions(table: Mapping[str, Any], where: str) -> None:
    """Nothing, where questions say their kind and nothing else does."""
    kind = table.get("question_kind", "")
    if table["type"] == QA and kind not in QUESTION_KINDS:
        raise InputError(f"'question_kind' is {kind!r}", where=where, mend=f"use one of: {', '.join(QUESTION_KINDS)}")
    if table["type"] != QA and kind:
        raise InputError(f"'question_kind' is {kind!r}", where=where, mend="only the type qa has one")


def _check_measures(entry: Entry, where: str) -> None:
    from tasks.measure_names import parse_measure

    if entry.type in RANKED:
        try:
            for measure in (entry.main, *entry.measures):
                parse_measure(measure)
        except UsageError as problem:
            raise InputError(problem.what, where=where, mend=problem.mend) from None


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _table(of: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(of(item) for item in value.values())


def _text(value: Any) -> bool:
    return isinstance(value, str)


_KIND_OF: dict[str, tuple[Callable[[Any], bool], str]] = {
    "str": (_text, "text in quotes"),
    "TextRule": (_text, "text in quotes"),
    "tuple[str, ...]": (_texts, "a list of texts"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "int": (lambda value: type(value) is int and value > 0, "a whole number above 0"),
    "Mapping[str, int]": (_table(lambda value: type(value) is int and value > 0), "a table of whole numbers"),
    "Mapping[str, str]": (_table(_text), "a table of texts"),
    "Mapping[str, Mapping[str, str]]": (_table(_table(_text)), "a table of tables of texts"),
    "Mapping[str, Any]": (lambda value: isinstance(value, dict), "a table"),
}
_FITS = {field.name: _KIND_OF[str(field.type)] for field in fields(Entry) if field.name != "name"}
