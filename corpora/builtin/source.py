"""A built-in's card with the recipe beside it, and the packaged data file that the recipe pins."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from ..card_file import card_of, read_table
from ..collection import Card
from ..errors import InputError, missing_extra


@dataclass(frozen=True)
class Recipe:
    """What a collection is built from: the `[build]` table of its card file.

    `requirement` is the pinned package, `module` its import name, `file` the data file inside it with its `sha256`;
    `dev` lists the places (chapters, branches) whose queries are kept for development.
    """

    requirement: str
    module: str
    file: str
    sha256: str
    dev: frozenset[str]


def card_and_recipe(name: str) -> tuple[Card, Recipe]:
    """The card `<name>.toml` of this folder, and its `[build]` table."""
    path = Path(__file__).with_name(f"{name}.toml")
    table = read_table(path)
    build = table.pop("build")
    return card_of(table, where=str(path)), Recipe(**{**build, "dev": frozenset(build["dev"])})


def packaged_bytes(recipe: Recipe) -> bytes:
    """The data file's content, once its sha256 is the recipe's. The package is found but never imported.

    Raises SurroundingsError where the package is not installed, InputError where its file is another than the card's.
    """
    mend = f'install the pinned version: pip install "{recipe.requirement}"'
    path = _packaged(recipe)
    if not path.is_file():
        raise InputError("the installed package has no such file", where=str(path), mend=mend)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != recipe.sha256:
        raise InputError("the file is not the one that the collection's card was written for", where=str(path), mend=mend)
    return data


def _packaged(recipe: Recipe) -> Path:
    found = importlib.util.find_spec(recipe.module)
    if found is None or not found.submodule_search_locations:
        raise missing_extra(recipe.requirement.partition("==")[0], "demo")
    return Path(next(iter(found.submodule_search_locations)), recipe.file)
