"""One registry for everything that has a name: a decorator, entry points, and `module:attr` or `file.py:attr`."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from .errors import InputError, UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names to objects of one kind. Lazy: `"module:attr"` strings are imported when first asked for.

    Entry points of the group `medir.<kind>` are seen too, so another package's plug-in needs no import here.
    `PREFIX:NAME` is what the maker registered in `prefixes` (group `medir.<kind>.prefix`) makes of NAME.
    """

    def __init__(self, kind: str, builtin: dict[str, str] | None = None) -> None:
        self.kind = kind
        self._targets: dict[str, str] = dict(builtin or {})
        self._objects: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that adds an object under `name`. Raises UsageError if the name is taken."""

        def add(thing: T) -> T:
            if name in self._known():
                raise UsageError(f"the {self.kind} name {name!r} is taken", mend="register it under another name")
            self._objects[name] = thing
            return thing

        return add

    def get(self, name: str) -> T:
        """The object called `name`; behind a prefix, its maker with the rest of the name as first argument.

        A miss raises UsageError with the nearest names and the whole list.
        """
        if name not in self._objects:
            target = self._known().get(name)
            if target is None and self.is_prefixed(name):
                prefix, _, rest = name.partition(":")
                return cast(T, partial(self.prefixes.get(prefix), rest))
            if target is None:
                raise UsageError(f"unknown {self.kind} {name!r}", mend=suggest(name, self.shown()))
            self._objects[name] = load_attribute(target)
        return self._objects[name]

    @cached_property
    def prefixes(self) -> Registry[Callable[..., Any]]:
        """The makers of what stands behind a prefix: they take the rest of the name, then what an object here takes."""
        return Registry(f"{self.kind}.prefix")

    def is_prefixed(self, name: str) -> bool:
        """Whether `name` begins with a registered prefix, a colon and something behind it."""
        prefix, _, rest = name.partition(":")
        return bool(rest) and prefix in self.prefixes

    def names(self) -> list[str]:
        """All names, sorted; what prefixes open is not listed."""
        return sorted(self._known())

    def shown(self) -> list[str]:
        """All names, then every prefix as `PREFIX:NAME`: what a message lists."""
        return [*self.names(), *(f"{prefix}:NAME" for prefix in self.prefixes)]

    def __contains__(self, name: object) -> bool:
        return name in self._known() or (isinstance(name, str) and self.is_prefixed(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _known(self) -> dict[str, str]:
        known = dict(self._targets)
        for point in importlib.metadata.entry_points(group=f"medir.{self.kind}"):
            if known.get(point.name, point.value) != point.value:
                raise UsageError(
                    f"two packages register the {self.kind} {point.name!r}: {known[point.name]} and {point.value}",
                    mend="uninstall one of them",
                )
            known[point.name] = point.value
        return known | dict.fromkeys(self._objects, "")


def suggest(name: str, known: list[str]) -> str:
    """A sentence that offers the nearest names, then lists all of them."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{hint}known: {', '.join(known)}"


def load_attribute(target: str) -> Any:
    """The object that `module:attr` or `path/file.py:attr` names.

    Raises InputError when the file, the module or the attribute is not there, or when importing it fails.
    """
    place, _, attribute = target.rpartition(":")
    module = _module_of_file(Path(place)) if place.endswith(".py") else _module(place)
    try:
        return getattr(module, attribute)
    except AttributeError:
        public = [name for name in vars(module) if not name.startswith("_")]
        raise InputError(f"no {attribute!r} in it", where=place, mend=suggest(attribute, public)) from None


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except Exception as problem:
        what = f"cannot import it: {type(problem).__name__}: {problem}"
        raise InputError(what, where=name, mend="check the name and that it is installed") from problem


def _module_of_file(path: Path) -> Any:
    path = path.expanduser().resolve()
    if not path.is_file():
        raise InputError("no such file", where=str(path), mend="give the path of a Python file, then a colon, then the class")
    name = f"medir_user_{path.stem}_{abs(hash(str(path)))}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        del sys.modules[name]
        raise InputError(
            f"importing it fails: {type(problem).__name__}: {problem}", where=str(path), mend="mend the file"
        ) from problem
    return module
