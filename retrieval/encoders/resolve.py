"""From the word behind `dense:` to an Encoder."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

from corpora import InputError, MedirError, Registry, UsageError
from corpora.registry import load_attribute, suggest

from .asymmetric import QUERY_MODEL, AsymmetricEncoder, paired, two_sides
from .hub import hub_folder
from .images.custom import custom_encoder
from .images.opening import folder_encoder
from .images.projected import ProjectedEncoder, is_projection
from .protocol import Encoder

ENCODERS: Registry[Callable[..., Any]] = Registry("encoder")
"""Makers of encoders by name: what they are called with are the SPEC's options."""

MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
HUB = re.compile(r"[\w.-]+/[\w.-]+")


def resolve_encoder(target: str, options: Mapping[str, Any] | None = None, *, offline: bool = False) -> Encoder:
    """The encoder that ENCODER names: a registered name or PREFIX:NAME, a folder, `file.py:Class`, `module:Class`, a hub name.

    Looked for in this order. Raises UsageError for a name that is none of these (with suggestions), InputError for a
    model or class that cannot be taken, SurroundingsError for a hub model that is neither cached nor to be fetched.
    """
    options = dict(options or {})
    model = make_model(target, options, offline=offline)
    if is_encoder(model):
        return model
    return custom_encoder(model, target, tuple((key, str(value)) for key, value in sorted(options.items())))


def make_model(target: str, options: Mapping[str, Any] | None = None, *, offline: bool = False) -> Any:
    """What ENCODER names, before anything is asked of it: an Encoder of ours, or an object of the user's class.

    With the option `query_model`, what ENCODER names embeds documents, and the model of that name queries.
    """
    options = dict(options or {})
    if QUERY_MODEL in options:
        return _asymmetric(target, options, offline)
    if target in ENCODERS:
        return called(ENCODERS.get(target), target, options)
    if is_projection(Path(target).expanduser()):
        return ProjectedEncoder.open(Path(target).expanduser().resolve(), options)
    if Path(target).expanduser().is_dir():
        return folder_encoder(Path(target).expanduser().resolve(), options)
    if target.rpartition(":")[0].endswith(".py") or MODULE.fullmatch(target):
        return called(load_attribute(target), target, options)
    if HUB.fullmatch(target) and not target.startswith("."):
        revision = options.pop("revision", None)
        return folder_encoder(hub_folder(target, revision, ENCODERS.names(), offline=offline), options, target)
    forms = "a folder, file.py:Class, module:Class, or a hub name with one slash"
    raise UsageError(f"unknown encoder {target!r}", mend=f"{suggest(target, ENCODERS.shown())}; or {forms}")


def _asymmetric(target: str, options: dict[str, Any], offline: bool) -> AsymmetricEncoder:
    of_query, of_document = two_sides(options)
    query = resolve_encoder(str(options[QUERY_MODEL]), of_query, offline=offline)
    return AsymmetricEncoder(query, paired(resolve_encoder(target, of_document, offline=offline)))


def is_encoder(model: Any) -> TypeGuard[Encoder]:
    """Whether it is an Encoder as it stands; no property of it is read, since that might load a model."""
    return all(hasattr(type(model), name) for name in ("lengths", "encode", "identity"))


def called(maker: Any, where: str, options: Mapping[str, Any]) -> Any:
    """What a class or a function makes of the options; a ready object as it is."""
    if not (inspect.isclass(maker) or inspect.isroutine(maker) or isinstance(maker, partial)):
        if options:
            raise UsageError(
                f"it is a ready object and takes no options ({', '.join(options)})", where=where, mend="leave them out"
            )
        return maker
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
        what = f"making it fails: {type(problem).__name__}: {problem}"
        raise InputError(what, where=where, mend="mend its constructor") from problem
