"""What a generated text is kept by: the model, what it was asked, how the text was drawn, and which of several it is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from corpora import ImageRef, InputError
from corpora.state import digest_json, file_digest

from .pictures import picture_rules
from .protocol import Generator, Message, Request, Sampling


def request_key(identity: Mapping[str, Any], request: Request) -> str:
    """sha256 (hex) over a generator's identity and everything in a request that decides its text.

    Neither the query's id nor where the model is served is part of it. Raises InputError for an image that cannot be read.
    """
    return digest_json(
        {
            "model": dict(identity),
            "messages": [_said(message) for message in request.messages],
            "sampling": drawn(request.sampling),
            "sample": request.sample,
        }
    )


def pinned(generator: Generator) -> dict[str, Any]:
    """All in a generator that moves a text made of its answers, as JSON: for the identity of a system that asks it."""
    mark = {"answer_after": answer_after} if (answer_after := getattr(generator, "answer_after", "")) else {}
    return {"model": dict(generator.identity()), "sampling": drawn(generator.sampling), **mark}


def drawn(sampling: Sampling) -> dict[str, Any]:
    """A sampling as JSON, in which equal numbers are written alike."""
    return {
        "temperature": float(sampling.temperature),
        "top_p": float(sampling.top_p),
        "max_tokens": int(sampling.max_tokens),
        "seed": int(sampling.seed),
        "stop": list(sampling.stop),
        "top_k": int(sampling.top_k),
        "repetition": float(sampling.repetition),
        "presence": float(sampling.presence),
    }


def _said(message: Message) -> list[Any]:
    """Who says what, with which pictures; where there are any, also by which rules they are sent."""
    pictures = [[_pixels(image), image.frame] for image in message.images]
    return [message.speaker, message.text, pictures, *([picture_rules()] if pictures else [])]


def _pixels(image: ImageRef) -> str:
    """The hash of a picture's file, which is read where the picture does not carry it."""
    if image.sha256:
        return image.sha256
    path = Path(image.path)
    try:
        return content_digest(path)
    except OSError as problem:
        raise InputError(f"cannot read the image: {problem.strerror}", where=image.path, mend="check the path") from problem


def content_digest(path: Path) -> str:
    """sha256 (hex) of a file's content, read again only when its time or size has changed."""
    state = path.stat()
    return _file(path.resolve(), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4096)
def _file(path: Path, _changed: int, _size: int) -> str:
    return file_digest(path)
