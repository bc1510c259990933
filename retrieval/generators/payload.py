"""A request as an OpenAI-compatible server reads it."""

from __future__ import annotations

import base64
from typing import Any

from corpora import ImageRef

from .pictures import sent
from .protocol import Message, Request, Sampling


def payload(model: str, request: Request, length_field: str = "max_tokens") -> dict[str, Any]:
    """The body of a chat completion: pictures follow the text of their message. What is switched off is left out: not every
    server knows it. Raises ImageFault for a picture that cannot be read.
    """
    return {
        "model": model,
        "messages": [{"role": message.speaker, "content": _content(message)} for message in request.messages],
        length_field: request.sampling.max_tokens,
        "temperature": request.sampling.temperature,
        **_further(request.sampling, request.sample),
    }


def _further(sampling: Sampling, sample: int) -> dict[str, Any]:
    drawn = {"seed": sampling.seed + sample} if sampling.temperature else {}
    options: dict[str, tuple[Any, Any]] = {
        "top_p": (sampling.top_p, 1.0),
        "stop": (list(sampling.stop), []),
        "top_k": (sampling.top_k, 0),
        "repetition_penalty": (sampling.repetition, 1.0),
        "repeat_penalty": (sampling.repetition, 1.0),
        "presence_penalty": (sampling.presence, 0.0),
    }
    return {**drawn, **{name: value for name, (value, off) in options.items() if value != off}}


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.text
    pictures = [{"type": "image_url", "image_url": {"url": _data(image)}} for image in message.images]
    return [{"type": "text", "text": message.text}, *pictures]


def _data(image: ImageRef) -> str:
    """A picture as the data of a URL. Raises ImageFault for one that cannot be read."""
    one = sent(image)
    return f"data:{one.kind};base64,{base64.b64encode(one.content).decode()}"
