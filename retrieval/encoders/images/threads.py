"""One thread a batch, so that no vector depends on how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..loaded import MOST_WORKERS, one_thread, torch_threads


@dataclass(frozen=True)
class Threads:
    """What torch was set to when a model was loaded; on a processor, each batch is computed by one of them."""

    count: int
    device: str = "cpu"

    @classmethod
    def now(cls, device: str = "cpu") -> Threads:
        """As torch is set."""
        return cls(torch_threads(), device)

    @property
    def workers(self) -> int:
        """How many batches at a time are worth while."""
        return min(self.count, MOST_WORKERS) if self.device == "cpu" else 1

    @contextmanager
    def one(self) -> Iterator[Any]:
        """Torch, in inference mode, computing with the calling thread alone."""
        import torch

        with torch.inference_mode(), one_thread(self.count):
            yield torch
