"""An mteb model inside medir: `dense:mteb:NAME`, loaded by mteb, prompted as mteb prompts it."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, MedirError, Role, UsageError
from corpora.registry import suggest
from corpora.state import digest_json
from corpora.text_rule import PAIR_SEPARATOR
from retrieval.encoders.custom import CANARIES
from retrieval.encoders.memory import out_of_memory
from retrieval.encoders.model_folder import PROMPT_NAMES, ModelFolder
from retrieval.encoders.protocol import Batching, Encoder, Lengths, Vectors
from retrieval.encoders.rows import accepted, unit_rows

from .library import mteb_library, neutral_task
from .model import NO_REVISION, facts_of, folder_of, load, meta_of, plain

OPTIONS = ("revision", "task", "device", "batch")
AGREES = 1e-4


def encoder(name: str, **options: str) -> Encoder:
    """The encoder of `mteb:NAME`: a model of mteb's registry, of the hub, or a folder of sentence-transformers.

    Options: `revision`; `task`, the mteb task whose metadata chooses the prompts (else those of a nameless retrieval task);
    `device`; `batch` (texts a batch, 32). The model is loaded when something must be embedded.
    Raises UsageError for an unknown name or option, or a model that gives no single vector a text.
    """
    if unknown := sorted(options.keys() - set(OPTIONS)):
        raise UsageError(f"a model of mteb has no option {unknown[0]!r}", mend=suggest(unknown[0], list(OPTIONS)))
    if not options.get("batch", "32").isdigit():
        raise UsageError(f"batch={options['batch']} is not a whole number", mend="for example: batch=32")
    found = MtebEncoder(name, tuple(sorted(options.items())))
    found.meta  # noqa: B018 (an unknown name is refused now)
    return found


@dataclass(frozen=True)
class MtebEncoder:
    """A model of mteb seen as an Encoder.

    mteb chooses a prompt by task and by whether a text is a query, a document or neither; so the roles `query`, `document`
    and `plain` are its prompt types query, document and none, and the task is the one given, else a nameless retrieval task.
    Where the model compares by cosine, its vectors are `scaled` to length 1.
    """

    target: str
    options: tuple[tuple[str, str], ...] = ()
    scaled: bool = True

    unit = "byte"
    longest = None
    workers = 1
    batching = Batching(1 << 16, 256)

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"mteb:{self.target}"

    @property
    def name(self) -> str:
        """The model's name; of a folder, the folder's."""
        return self._folder.path.name if self._folder else self.target

    @cached_property
    def _folder(self) -> ModelFolder | None:
        return folder_of(self.target)

    @cached_property
    def meta(self) -> Any:
        """What mteb knows of the model (ModelMeta); nothing is loaded. Raises UsageError for an unknown one."""
        return meta_of(self.target, dict(self.options).get("revision"), self.where)

    @cached_property
    def _task(self) -> Any:
        name = dict(self.options).get("task")
        if not name:
            return neutral_task()
        try:
            return mteb_library().get_task(name).metadata
        except KeyError as problem:
            what = f"task={name}: {problem.args[0].removeprefix('KeyError: ')}"
            raise UsageError(what, where=self.where, mend="name a task of mteb") from None

    @cached_property
    def _model(self) -> Any:
        return load(self.meta, self._folder, dict(self.options).get("device"), self.where)

    @property
    def dim(self) -> int:
        """Dimensions d; loads the model."""
        return int(self._canaries.shape[1])

    @cached_property
    def _canaries(self) -> NDArray[np.float32]:
        return self._raw(list(CANARIES[:3]), "document")

    @cached_property
    def _cosine(self) -> bool:
        """Whether the model compares by cosine; asked of the model itself. Raises UsageError if it does neither that nor dot."""
        given, units = self._canaries, unit_rows(self._canaries)
        found = np.asarray(self._model.similarity(given, given), np.float32)
        if np.allclose(found, units @ units.T, atol=AGREES):
            return True
        if np.allclose(found, given @ given.T, rtol=AGREES):
            return False
        raise UsageError("it compares neither by cosine nor by inner product", where=self.where, mend="run it in mteb")

    def identity(self) -> str:
        """sha256 (hex) over mteb's version, the model's name, revision and metadata, the task and, of a folder, its files.

        A model of no known revision is told by three texts embedded, for which it is loaded.
        """
        return self._identity

    @cached_property
    def _identity(self) -> str:
        task = [self._task.name, str(self._task.type), plain(self._task.prompt)]
        about: dict[str, Any] = {"adapter": "mteb-1", "mteb": mteb_library().__version__, "scaled": self.scaled}
        about |= {"meta": facts_of(self.meta), "task": task}
        if self._folder:
            return digest_json({**about, "files": self._folder.sums()})
        if self.meta.revision in (None, "", NO_REVISION):
            about["canaries"] = np.rint(unit_rows(self._canaries) * 100).astype(int).tolist()
        return digest_json(about)

    def prompt(self, role: Role) -> str:
        """What stands before every text of a role, as far as is known before the model is loaded (see `echo`)."""
        declared = self._folder.prompts({}) if self._folder else self.meta.loader_kwargs.get("model_prompts")
        return self._chosen({str(key): text for key, text in (declared or {}).items() if text}, role) or ""

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """UTF-8 bytes of each text, int64 (n)."""
        return np.array([len(text.encode("utf-8", "surrogatepass")) for text in texts], np.int64)

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch, float32 (n, d); see `Encoder.encode`. Raises UsageError for title and text kept apart."""
        if role == "document" and texts and all(PAIR_SEPARATOR in text for text in texts):
            what = "the text rule is 'pair', and this model takes one text"
            raise UsageError(what, where=self.where, mend="use joined or text")
        vectors = accepted(self._raw(list(texts), role), texts, self.dim, self.where, ids)
        return unit_rows(vectors) if self.scaled and self._cosine else vectors

    def unscaled(self) -> MtebEncoder:
        """The encoder whose vectors are as the model makes them, for classifiers and distances."""
        return replace(self, scaled=False)

    def truncated(self, texts: Sequence[str], role: Role) -> tuple[int, int]:
        """(0, 0): what a model of mteb cuts off cannot be seen from outside (`longest` is None)."""
        return 0, 0

    def echo(self, texts: Sequence[str], role: Role) -> dict[str, Any]:
        """The text as it is handed to mteb, and the prompt that the model is then fed, where it can be told; loads the model."""
        about = {"text": texts[0], "mteb_task": self._task.name, "mteb_prompt_type": None if role == "plain" else role}
        if hasattr(self._model, "model_prompts"):
            chosen = self._chosen(self._model.model_prompts, role)
            return {"prompt": self._own_prompt(role) if chosen is None else chosen, **about}
        if getattr(self._model, "instruction_template", None) and hasattr(self._model, "get_task_instruction"):
            return {"prompt": self._model.get_task_instruction(self._task, _prompt_type(role)), **about}
        return about

    def _chosen(self, declared: Any, role: Role) -> str | None:
        found: str | None = mteb_library("models.abs_encoder").get_prompt(declared, self._task, _prompt_type(role))
        return found

    def _own_prompt(self, role: Role) -> str:
        """What sentence-transformers puts there where mteb chooses nothing."""
        inner = getattr(self._model, "model", None)
        declared = getattr(inner, "prompts", None) or {}
        default = getattr(inner, "default_prompt_name", None)
        return next((declared[name] or "" for name in (*PROMPT_NAMES.get(role, ()), default) if name in declared), "")

    def _raw(self, texts: list[str], role: Role) -> NDArray[np.float32]:
        batch = int(dict(self.options).get("batch", "32"))
        place = {"task_metadata": self._task, "hf_split": "test", "hf_subset": "default", "prompt_type": _prompt_type(role)}
        try:
            found = self._model.encode(_loader(texts, batch), **place, batch_size=batch, show_progress_bar=False)
        except Exception as problem:
            if isinstance(problem, MedirError) or out_of_memory(problem):
                raise
            what = f"raised {type(problem).__name__}: {problem}"
            raise InputError(what, where=self.where, mend="see whether mteb runs it") from problem
        found = found.detach().cpu().float().numpy() if hasattr(found, "detach") else found
        return np.asarray(found, np.float32)


def _prompt_type(role: Role) -> Any:
    return None if role == "plain" else mteb_library("types").PromptType(role)


def _loader(texts: list[str], batch: int) -> Any:
    """Texts as mteb hands them to its models: batches of a table with one column, `text`."""
    from torch.utils.data import DataLoader

    rows = importlib.import_module("datasets").Dataset.from_dict({"text": texts})
    return DataLoader(rows, batch_size=batch)
