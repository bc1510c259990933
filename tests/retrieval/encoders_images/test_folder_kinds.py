"""Folders are told apart by their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.encoders.images.folders import folder_kind


def folder(place: Path, files: dict[str, Any]) -> Path:
    for name, told in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(json.dumps(told))
    return place


BERT = {"config.json": {"model_type": "bert"}, "tokenizer.json": {}}
CLIP = {"config.json": {"model_type": "clip", "text_config": {}, "vision_config": {}}, "preprocessor_config.json": {}}
ST = "sentence_transformers.models."


def modules(*types: str) -> list[dict[str, Any]]:
    return [{"idx": place, "name": str(place), "path": f"{place}_", "type": ST + name} for place, name in enumerate(types)]


def reads(*names: str) -> dict[str, Any]:
    return {"modality_config": {name: {"method": "forward", "method_output_name": "x"} for name in names}}


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (BERT, "text"),
        ({**BERT, "preprocessor_config.json": {}}, "text"),
        ({}, "text"),
        ({"config.json": [1]}, "text"),
        (CLIP, "towers"),
        ({**CLIP, "config.json": {"model_type": "qwen2_vl", "vision_config": {}}}, "joint"),
        ({"config.json": {"model_type": "vit"}, "preprocessor_config.json": {}}, "backbone"),
        ({"modules.json": modules("CLIPModel")}, "towers"),
        ({"modules.json": modules("Transformer", "Pooling")}, "text"),
        ({"modules.json": modules("Transformer"), "0_/sentence_bert_config.json": reads("text")}, "text"),
        ({"modules.json": modules("Transformer"), "0_/sentence_bert_config.json": reads("text", "image")}, "towers"),
        ({"modules.json": modules("Transformer"), "0_/sentence_bert_config.json": reads("text", "image", "message")}, "joint"),
        ({"modules.json": modules("Router"), "0_/image_0_T/sentence_bert_config.json": reads("image")}, "towers"),
        ({"open_clip_config.json": {"model_cfg": {}}}, "open-clip"),
        ({"open_clip_config.json": {"model_cfg": {}}, **CLIP}, "towers"),
    ],
)
def test_kinds(files: dict[str, Any], kind: str, tmp_path: Path) -> None:
    assert folder_kind(folder(tmp_path, files)) == kind
