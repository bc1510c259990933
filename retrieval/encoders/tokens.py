"""Texts as token numbers: counted whole for the batch plan, cut and padded for the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .protocol import Lengths

Ids = NDArray[np.int64]
_NO_LIMIT = 1 << 30


class Tokens:
    """The model's own fast tokenizer, with no padding of its own: one copy that cuts at `longest` tokens, one that does not.

    `special` counts the tokens that are put around every text.
    """

    def __init__(self, tokenizer: Any, longest: int) -> None:
        self._whole = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        self._whole.no_padding()
        self._whole.no_truncation()
        self._cutting = Tokenizer.from_str(self._whole.to_str())
        if longest < _NO_LIMIT:
            self._cutting.enable_truncation(longest, stride=0, strategy="longest_first", direction=tokenizer.truncation_side)
        self._pad, self._pad_type = int(tokenizer.pad_token_id or 0), int(tokenizer.pad_token_type_id)
        self._left = tokenizer.padding_side == "left"

    def lengths(self, texts: Sequence[str]) -> Lengths:
        """Tokens of each text, special ones included, before anything is cut off; int64 (n)."""
        return np.array([len(one) for one in self._whole.encode_batch_fast(list(texts))], np.int64)

    def words(self, text: str) -> tuple[list[int], list[str]]:
        """The token numbers and the tokens that the model is fed for one text."""
        one = self._cutting.encode(text)
        return one.ids, one.tokens

    def padded(self, texts: Sequence[str]) -> dict[str, Ids]:
        """What the model is fed for a batch: `input_ids`, `attention_mask`, `token_type_ids`, each int64 (n, longest of them)."""
        batch = self._cutting.encode_batch_fast(list(texts))
        counts = np.array([len(one) for one in batch], np.int64)
        places = np.arange(counts.max())
        real = places >= counts.max() - counts[:, None] if self._left else places < counts[:, None]
        ids, types = np.full(real.shape, self._pad, np.int64), np.full(real.shape, self._pad_type, np.int64)
        ids[real] = np.concatenate([one.ids for one in batch])
        types[real] = np.concatenate([one.type_ids for one in batch])
        return {"input_ids": ids, "attention_mask": real.astype(np.int64), "token_type_ids": types}
