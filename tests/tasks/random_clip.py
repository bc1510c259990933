"""A CLIP of true architecture and tiny random weights: it exercises the loading path, and its scores mean nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAME = "tiny-random-clip"
SIDE = 32


def random_clip(folder: Path) -> Path:
    """A folder called `tiny-random-clip` that sentence-transformers loads, made with seed 0."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPProcessor

    bare = folder / "weights"
    bare.mkdir(parents=True)
    tokenizer = _tokenizer(bare)
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    ends = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = CLIPConfig(
        text_config={**tower, **ends, "vocab_size": len(tokenizer), "max_position_embeddings": 77},
        vision_config={**tower, "image_size": SIDE, "patch_size": 8},
        projection_dim=16,
    )
    torch.manual_seed(0)
    CLIPModel(config).eval().save_pretrained(bare)
    size = {"size": {"shortest_edge": SIDE}, "crop_size": {"height": SIDE, "width": SIDE}}
    CLIPProcessor(CLIPImageProcessorPil(**size), tokenizer).save_pretrained(bare)
    place = folder / NAME
    SentenceTransformer(str(bare), device="cpu").save(str(place))
    return place


def _tokenizer(folder: Path) -> Any:
    """A tokenizer of single bytes, no merges."""
    from transformers import CLIPTokenizerFast
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters = list(bytes_to_unicode().values())
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizerFast.from_pretrained(str(folder))
