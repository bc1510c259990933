"""What generating would cost, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpora.workspace import Workspace

from .judge import is_settled
from .keys import request_key
from .pictures import PICTURE_TOKENS
from .protocol import Generator, Request
from .replay import is_recorded
from .store import open_store, store_path

BYTES_A_TOKEN, TOKENS_A_MESSAGE = 3, 8


@dataclass(frozen=True)
class Estimate:
    """`requests` that would be made and `kept` ones that would not; tokens at most (`completion_tokens`: each as long as it
    may be), and the price in US dollars of those. Prompt tokens are guessed from bytes, rather too many than too few.
    """

    requests: int
    kept: int
    prompt_tokens: int
    completion_tokens: int
    price: float


def estimate(generator: Generator, requests: Sequence[Request], workspace: Workspace) -> Estimate:
    """What `ask` would spend on these requests, failures and lost attempts aside; nothing is sent."""
    if is_recorded(generator):
        return Estimate(0, len(requests), 0, 0, 0.0)
    identity = generator.identity()
    wanted = {request_key(identity, request): request for request in requests}
    kept = _kept(generator, list(wanted), workspace)
    missing = [request for key, request in wanted.items() if key not in kept]
    prompt, completion = sum(map(tokens_of, missing)), sum(request.sampling.max_tokens for request in missing)
    price = (prompt * generator.prices.prompt + completion * generator.prices.completion) / 1e6
    return Estimate(len(missing), len(kept), prompt, completion, price)


def tokens_of(request: Request) -> int:
    """Tokens of a prompt, guessed from its bytes: three to a token, which fits Chinese, and is too many for English; and for
    each picture PICTURE_TOKENS.
    """
    pictures = sum(len(one.images) for one in request.messages)
    words = sum(-(-len(one.text.encode("utf-8", "replace")) // BYTES_A_TOKEN) + TOKENS_A_MESSAGE for one in request.messages)
    return words + PICTURE_TOKENS * pictures


def _kept(generator: Generator, keys: Sequence[str], workspace: Workspace) -> set[str]:
    if not store_path(workspace.root, generator.identity()).is_file():
        return set()
    with open_store(workspace.root, generator.identity()) as store:
        return {key for key, kept in store.find(keys).items() if is_settled(kept.generation)}
