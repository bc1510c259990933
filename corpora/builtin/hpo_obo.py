"""The Human Phenotype Ontology: its terms, read from the OBO file that the consortium publishes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_SYNONYM = re.compile(_QUOTED.pattern + r" (EXACT|BROAD|NARROW|RELATED)((?: [^ \[]+)*) \[")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "W": " "}
_TAG = re.compile(r"^(id|name|def|is_a|synonym|is_obsolete): (.*)$", re.MULTILINE)
_VERSION = re.compile(r"^data-version: (?:.*/)?(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Synonym:
    """Another wording of a term: how near it is (`exact`, `broad`, `narrow`, `related`) and of what types (`layperson`)."""

    text: str
    relation: str
    types: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    """One live term: id, name, definition (empty where there is none), ids of its parents, synonyms."""

    id: str
    name: str
    definition: str
    parents: tuple[str, ...]
    synonyms: tuple[Synonym, ...]


def read_terms(obo: str) -> list[Term]:
    """The terms that are not obsolete, in the order of the file, with escaped characters restored."""
    stanzas = (stanza for stanza in obo.split("\n\n") if stanza.startswith("[Term]\n"))
    tags = (_tags(stanza) for stanza in stanzas)
    return [_term(tag) for tag in tags if tag.get("is_obsolete") != ["true"]]


def read_version(obo: str) -> str:
    """The release date in the file's header, as `2025-01-16`; empty where there is none."""
    found = _VERSION.search(obo, 0, obo.find("\n\n"))
    return found[1] if found else ""


def branches_of(terms: Iterable[Term], root: str) -> dict[str, frozenset[str]]:
    """For every term the branches that it is in: the children of `root` that it is, or descends from."""
    children = defaultdict(list)
    for term in terms:
        for parent in term.parents:
            children[parent].append(term.id)
    found: dict[str, set[str]] = {term.id: set() for term in terms}
    for branch in children[root]:
        for inside in _reached(branch, children):
            found[inside].add(branch)
    return {term: frozenset(branches) for term, branches in found.items()}


def _reached(start: str, children: dict[str, list[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        new = [child for child in children.get(waiting.pop(), ()) if child not in seen]
        seen.update(new)
        waiting.extend(new)
    return seen


def _tags(stanza: str) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for tag, value in _TAG.findall(stanza):
        tags.setdefault(tag, []).append(value)
    return tags


def _term(tags: dict[str, list[str]]) -> Term:
    definition = _QUOTED.match(tags.get("def", [""])[0])
    return Term(
        id=tags["id"][0],
        name=_plain(tags["name"][0]),
        definition=_plain(definition[1]) if definition else "",
        parents=tuple(value.split(" ", 1)[0] for value in tags.get("is_a", ())),
        synonyms=tuple(_synonym(value) for value in tags.get("synonym", ())),
    )


def _synonym(value: str) -> Synonym:
    parts = _SYNONYM.match(value)
    assert parts, f"a synonym of another form: {value}"
    return Synonym(_plain(parts[1]), parts[2].lower(), tuple(parts[3].split()))


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text) if "\\" in text else text
