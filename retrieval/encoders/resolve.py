"""From the word behind `dense:` to an Encoder."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from corpora import InputError, MedirError, Registry, UsageError
from corpora.registry import load_attribute, suggest

from .custom import CustomEncoder
from .hub import hub_folder
from .protocol import Encoder
from .sentence import SentenceEncoder

ENCODERS: Registry[Callable[..., Any]] = Registry("encoder")
"""Makers of encoders by name: what they are called with are the SPEC's options."""

_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_HUB = re.compile(r"[\w.-]+/[\w.-]+")


def resolve_encoder(target: str, options: Mapping[str, Any] | None = None, *, offline: bool = False) -> Encoder:
    """The encoder that ENCODER names: a registered name, a folder, `file.py:Class`, `module:Class`, or a hub name.

    Looked for in this order. Raises UsageError for a name that is none of these (with suggestions), InputError for a
    model or class that cannot be taken, SurroundingsError for a hub model that is neither cached nor to be fetched.
    """
    options = dict(options or {})
    if target in ENCODERS:
        return _made(ENCODERS.get(target), target, options)
    if Path(target).expanduser().is_dir():
        return SentenceEncoder.open(Path(target).expanduser().resolve(), options)
    if target.rpartition(":")[0].endswith(".py") or _MODULE.fullmatch(target):
        return _made(load_attribute(target), target, options)
    if _HUB.fullmatch(target) and not target.startswith("."):
        revision = options.pop("revision", None)
        return SentenceEncoder.open(hub_folder(target, revision, ENCODERS.names(), offline=offline), options, target)
    raise UsageError(f"unknown encoder {target!r}", mend=f"{suggest(target, ENCODERS.names())}; or {_FORMS}")


_FORMS = "a folder, file.py:Class, module:Class, or a hub name with one slash"


def _made(maker: Any, where: str, options: Mapping[str, Any]) -> Encoder:
    """What a maker (a class, a function, or a ready model) makes of the options, seen as an Encoder."""
    made = _called(maker, where, options) if inspect.isclass(maker) or inspect.isroutine(maker) else maker
    if made is maker and options:
        raise UsageError(f"it is a ready object and takes no options ({', '.join(options)})", where=where, mend="leave them out")
    if hasattr(made, "lengths") and hasattr(made, "identity"):
        return made  # type: ignore[no-any-return]
    return CustomEncoder(made, where, tuple((key, str(value)) for key, value in sorted(options.items())))


def _called(maker: Callable[..., Any], where: str, options: Mapping[str, Any]) -> Any:
    try:
        inspect.signature(maker).bind(**options)
    except TypeError as problem:
        raise UsageError(f"it does not take these options: {problem}", where=where, mend="see its constructor") from None
    except ValueError:
        pass  # a maker written in C shows no signature
    try:
        return maker(**options)
    except MedirError:
        raise
    except Exception as problem:
        raise InputError(f"making it fails: {type(problem).__name__}: {problem}", where=where, mend="mend its constructor") from problem
