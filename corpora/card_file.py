"""Cards in TOML: the same file says what a user's folder holds (`card.toml`) and what a built-in collection holds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from .collection import Card
from .errors import InputError
from .text_rule import TEXT_RULES

ROLL_UPS = ("", "max", "sum", "first", "none")
_KINDS: dict[type, str] = {
    str: "text in quotes",
    tuple: "a list of texts",
    bool: "true or false",
    int: "a whole number",
    dict: "a table of whole numbers",
}


def read_card(path: Path, *, name: str = "") -> Card:
    """The card in the TOML file `path`; `name` is used where the file gives none.

    Raises InputError, naming the file and the line or key, for broken UTF-8 or TOML, an unknown key, a value of the
    wrong kind, or no name at all.
    """
    table = read_table(path)
    return card_of({"name": name, **table} if name else table, where=str(path))


def read_table(path: Path) -> dict[str, Any]:
    """Everything in a TOML file as plain values. Raises InputError where it cannot be read."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise InputError(f"not UTF-8 at byte {problem.start}", where=str(path), mend="save the card as UTF-8") from None
    except tomllib.TOMLDecodeError as problem:
        raise InputError(f"not TOML: {problem}", where=str(path), mend="mend the line") from None
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror}", where=str(path), mend="check the path") from None


def card_of(table: Mapping[str, Any], *, where: str) -> Card:
    """The card that a table of its fields describes. Raises InputError, naming `where` and the key (see `read_card`)."""
    for key, value in table.items():
        if key not in _FIELDS:
            known = ", ".join(sorted(_FIELDS))
            raise InputError(f"unknown key {key!r} in a card", where=where, mend=f"remove it, or use one of: {known}")
        if not _fits(value, _FIELDS[key]):
            raise InputError(f"the card's {key!r} is {value!r}", where=where, mend=f"write {_KINDS[_FIELDS[key]]}")
    rule = table.get("text_rule", TEXT_RULES[0])
    if rule not in TEXT_RULES:
        raise InputError(f"the card's 'text_rule' is {rule!r}", where=where, mend=f"use one of: {', '.join(TEXT_RULES)}")
    if table.get("roll_up", "") not in ROLL_UPS:
        raise InputError(
            f"the card's 'roll_up' is {table['roll_up']!r}", where=where, mend=f"use one of: {', '.join(ROLL_UPS[1:])}"
        )
    if not table.get("name"):
        raise InputError("the card has no 'name'", where=where, mend='add a line such as: name = "my-collection"')
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Card(**values)


def _kind(field: Field[Any]) -> type:
    """The type of a field's default; text for the one field without."""
    if field.default_factory is not MISSING:
        return dict
    return str if field.default is MISSING else type(field.default)


_FIELDS: dict[str, type] = {field.name: _kind(field) for field in fields(Card)}


def _fits(value: Any, kind: type) -> bool:
    if kind is tuple:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind is dict:
        return isinstance(value, dict) and all(type(number) is int for number in value.values())
    return type(value) is kind
