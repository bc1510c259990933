"""A model folder of sentence-transformers, read without importing torch: its prompts, its similarity, its identity."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from corpora import InputError, Role, UsageError
from corpora.state import file_digest

POOLINGS = ("mean", "cls", "lasttoken")
PROMPT_NAMES: Mapping[Role, tuple[str, ...]] = {"query": ("query",), "document": ("document", "passage", "corpus")}
_NOT_THE_MODEL = {".md", ".png", ".jpg", ".jpeg", ".svg", ".pdf", ".gitattributes", ".onnx", ".msgpack", ".h5", ".ot"}
_OTHER_ENGINES = {"onnx", "openvino", "coreml"}


@dataclass(frozen=True)
class ModelFolder:
    """A folder that holds an embedding model: `modules.json`, or a bare transformer."""

    path: Path

    def __post_init__(self) -> None:
        """Raise InputError if it holds no model, or one that gives no single vector a text."""
        if not self.path.is_dir():
            self._refuse("no such folder", "give the folder that holds config.json")
        if not self.modules and not (self.path / "config.json").is_file():
            self._refuse("neither modules.json nor config.json is in it", "give the folder of a sentence-transformers model")
        kind = self._config("config_sentence_transformers.json").get("model_type", "SentenceTransformer")
        if kind != "SentenceTransformer":
            self._refuse(f"is a {kind}, which gives no single vector a text", "use a SentenceTransformer model")
        if self._is_cross_encoder():
            self._refuse("is a cross-encoder (a reranker): it scores pairs and has no vectors", "use an embedding model here")

    @property
    def is_bare(self) -> bool:
        """Whether nothing in the folder says how tokens become one vector."""
        return not self.modules

    @cached_property
    def modules(self) -> list[dict[str, Any]]:
        """What `modules.json` lists; empty without that file."""
        path = self.path / "modules.json"
        return list(self._read(path)) if path.is_file() else []

    @property
    def similarity(self) -> str:
        """What the model was made for; `cosine` where it says nothing, as in sentence-transformers."""
        return str(self._config("config_sentence_transformers.json").get("similarity_fn_name") or "cosine")

    @property
    def positions(self) -> int | None:
        """The most tokens the transformer has positions for, None where the folder does not say."""
        found = self._config("config.json").get("max_position_embeddings")
        return int(found) if found and int(found) > 0 else None

    def prompts(self, given: Mapping[Role, str]) -> dict[Role, str]:
        """The prompt for queries and for documents: the one given, else the one that the model declares for it, else none.

        Declared means under the names that `encode_query` and `encode_document` look for, else as the default prompt.
        Raises UsageError where the model declares prompts, but none that is known to be for a query or a document.
        """
        config = self._config("config_sentence_transformers.json")
        declared = {name: text or "" for name, text in (config.get("prompts") or {}).items()}
        default = declared.get(config.get("default_prompt_name") or "")
        known = {role: next((declared[n] for n in names if n in declared), default) for role, names in PROMPT_NAMES.items()}
        known |= given
        if any(declared.values()) and not any(text is not None for text in known.values()):
            raise UsageError(
                f"the model declares prompts ({', '.join(declared)}), none of them for queries or documents",
                where=str(self.path),
                mend='say which: dense:MODEL(query_prompt="...", document_prompt="...")',
            )
        return {role: text or "" for role, text in known.items()}

    def sums(self) -> dict[str, str]:
        """sha256 (hex) of every file that can move a vector, by its path in the folder."""
        return {path.relative_to(self.path).as_posix(): file_digest(path) for path in model_files(self.path)}

    def _is_cross_encoder(self) -> bool:
        architectures = self._config("config.json").get("architectures") or []
        pools = any(str(module.get("type", "")).endswith("Pooling") for module in self.modules)
        return not pools and any(str(name).endswith("ForSequenceClassification") for name in architectures)

    def _config(self, name: str) -> dict[str, Any]:
        first = str(self.modules[0].get("path", "")) if name == "config.json" and self.modules else ""
        path = self.path / first / name
        return dict(self._read(path)) if path.is_file() else {}

    def _read(self, path: Path) -> Any:
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise InputError(f"cannot be read: {problem}", where=str(path), mend="fetch the model again") from None

    def _refuse(self, what: str, mend: str) -> None:
        raise InputError(what, where=str(self.path), mend=mend)


def model_files(folder: Path) -> Iterator[Path]:
    """Every file of a model's folder that can move a vector, sorted."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _OTHER_ENGINES for part in parts)
        if path.is_file() and not hidden and path.suffix.lower() not in _NOT_THE_MODEL:
            yield path
