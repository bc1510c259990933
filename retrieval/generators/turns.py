"""Messages as the chat templates of local models take them."""

from __future__ import annotations

from collections.abc import Sequence

from corpora import InputError

from .protocol import Message

Turns = list[dict[str, str]]


def turns(messages: Sequence[Message], model: str) -> Turns:
    """Role and content of each message. Raises InputError for images, which no local model here takes."""
    if any(message.images for message in messages):
        mend = "ask a model that does behind an endpoint: openai:MODEL@URL; passages are shown without theirs by --show text"
        raise InputError("this model takes no images", where=model, mend=mend)
    return [{"role": message.speaker, "content": message.text} for message in messages]


def folded(spoken: Turns) -> Turns:
    """The same with what the system says before the first of the others, for templates that know no system."""
    told = [turn["content"] for turn in spoken if turn["role"] == "system"]
    others = [turn for turn in spoken if turn["role"] != "system"]
    if not told or not others:
        return [{**turn, "role": "user"} if turn["role"] == "system" else turn for turn in spoken]
    first = {**others[0], "content": "\n\n".join([*told, others[0]["content"]])}
    return [first, *others[1:]]


def plain(spoken: Turns) -> str:
    """All that is said, for models without a template: they go on from there."""
    return "\n\n".join(turn["content"] for turn in spoken)
