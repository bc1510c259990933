"""The contrastive loss against NumPy and torch's own, and the fitting that descends it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from corpora import InputError
from corpora.workspace import Workspace
from retrieval.training.fitting import Fitting
from retrieval.training.projection_fit import Pairs, _pace, contrastive_loss, fit_projection, random_projection, recalls

torch = pytest.importorskip("torch")

HOW = Fitting(epochs=40, learning_rate=1e-2, batch=16, warm_up=0.1, weight_decay=0.01)


def unit(rows: int, wide: int, seed: int) -> NDArray[np.float64]:
    drawn = np.random.default_rng(seed).standard_normal((rows, wide))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def plain_loss(mapped: Any, texts: Any, same: Any, temperature: float) -> float:
    """The formula, pair by pair, in float64."""
    total, b = 0.0, len(mapped)
    for i in range(b):
        for side, other in ((mapped, texts), (texts, mapped)):
            scores = [float(side[i] @ other[j]) / temperature for j in range(b) if j == i or not same[i, j]]
            own = float(side[i] @ other[i]) / temperature
            total += float(np.log(np.sum(np.exp(np.array(scores) - own)))) / (2 * b)
    return total


def some_pairs(n: int = 60, seed: int = 0) -> Pairs:
    """Features that are a linear bend of the texts' vectors, and a little noise."""
    texts = unit(n, 8, seed).astype(np.float32)
    bend = np.random.default_rng(seed + 1).standard_normal((8, 20))
    features = texts @ bend + 0.02 * np.random.default_rng(seed + 2).standard_normal((n, 20)) + 3.0
    return Pairs(features.astype(np.float32), texts, np.arange(n), np.arange(n))


def test_the_loss_is_torchs_cross_entropy_both_ways() -> None:
    mapped, texts = (torch.from_numpy(unit(9, 5, seed)).requires_grad_() for seed in (0, 1))
    ours = contrastive_loss(mapped, texts, torch.eye(9, dtype=torch.bool), 0.07)
    logits = mapped @ texts.T / 0.07
    entropy, own = torch.nn.functional.cross_entropy, torch.arange(9)
    theirs = (entropy(logits, own) + entropy(logits.T, own)) / 2
    assert float(ours.detach()) == pytest.approx(float(theirs.detach()), rel=1e-12)
    for one, other in zip(torch.autograd.grad(ours, [mapped, texts]), torch.autograd.grad(theirs, [mapped, texts]), strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-9, atol=1e-12)


def test_equal_captions_are_no_negatives_in_loss_and_gradient() -> None:
    mapped, texts = unit(7, 4, 2), unit(7, 4, 3)
    captions, pictures = np.array([0, 1, 0, 2, 3, 4, 4]), np.array([0, 1, 2, 3, 3, 4, 5])
    rows = np.arange(7)
    same = Pairs(mapped.astype(np.float32), texts.astype(np.float32), captions, pictures).same(rows, rows)
    assert same.sum() == 7 + 2 * 3
    tensor = torch.from_numpy(mapped.copy()).requires_grad_()
    loss = contrastive_loss(tensor, torch.from_numpy(texts), torch.from_numpy(same), 0.2)
    assert float(loss.detach()) == pytest.approx(plain_loss(mapped, texts, same, 0.2), rel=1e-12)
    assert float(loss.detach()) < plain_loss(mapped, texts, np.eye(7, dtype=bool), 0.2)
    (gradient,) = torch.autograd.grad(loss, [tensor])
    step, measured = 1e-6, np.zeros_like(mapped)
    for place in np.ndindex(*mapped.shape):
        up, down = mapped.copy(), mapped.copy()
        up[place] += step
        down[place] -= step
        measured[place] = (plain_loss(up, texts, same, 0.2) - plain_loss(down, texts, same, 0.2)) / (2 * step)
    np.testing.assert_allclose(gradient.numpy(), measured, rtol=1e-5, atol=1e-8)


def test_fitting_learns_and_a_seed_decides_the_bytes() -> None:
    train, other = some_pairs().__class__(*_rows(some_pairs(90), slice(0, 60))), Pairs(*_rows(some_pairs(90), slice(60, 90)))
    fitted, curve = fit_projection(train, HOW, 0.07, 0, Workspace())
    again, _ = fit_projection(train, HOW, 0.07, 0, Workspace())
    another, _ = fit_projection(train, HOW, 0.07, 1, Workspace())
    assert (fitted.weights.tobytes(), fitted.bias.tobytes()) == (again.weights.tobytes(), again.bias.tobytes())
    assert fitted.weights.tobytes() != another.weights.tobytes()
    assert curve.last < curve.first / 2
    before, after = recalls(random_projection(train, 0), other), recalls(fitted, other)
    for way in ("text_to_image", "image_to_text"):
        assert after[way]["R@1"] > 0.8 > 0.3 > before[way]["R@1"]
    assert fitted.weights.shape == (8, 20)


def _rows(pairs: Pairs, which: slice) -> tuple[Any, Any, Any, Any]:
    return pairs.features[which], pairs.texts[which], pairs.captions[which], pairs.pictures[which]


def test_the_map_of_raw_features_is_that_of_standardised_ones() -> None:
    pairs = some_pairs()
    centred = pairs.features.astype(np.float64) - pairs.features.mean(axis=0, dtype=np.float64)
    scale = np.sqrt((centred**2).sum(axis=1).mean())
    drawn = np.random.default_rng([3, 0]).standard_normal((8, 20)) / np.sqrt(8)
    np.testing.assert_allclose(random_projection(pairs, 3)(pairs.features), centred / scale @ drawn.T, atol=2e-5)


def test_recalls_are_counted_as_by_hand() -> None:
    texts = np.eye(4, dtype=np.float32)
    features = np.eye(4, dtype=np.float32)[[1, 0, 2, 3]]  # the first two pictures changed places
    from retrieval.encoders.images.projected import Projection

    same_map = Projection(np.eye(4, dtype=np.float32), np.zeros(4, np.float32))
    alone = recalls(same_map, Pairs(features, texts, np.arange(4), np.arange(4)), (1, 2, 4))
    # the wrong one is first; the right one ties with the two that score nothing, and they count as before it
    assert alone["text_to_image"] == alone["image_to_text"] == {"R@1": 0.5, "R@2": 0.5, "R@4": 1.0}
    shared = recalls(same_map, Pairs(features, texts, np.array([0, 0, 2, 3]), np.arange(4)), (1,))
    assert shared["text_to_image"]["R@1"] == 1.0


def test_the_learning_rate_rises_then_falls() -> None:
    paces = [_pace(step, 20, 0.1) for step in range(20)]
    assert paces[:3] == [0.5, 1.0, 1.0]
    assert paces[2:] == sorted(paces[2:], reverse=True)
    assert paces[-1] == pytest.approx(1 / 18)


def test_what_leaves_nothing_to_learn_is_refused() -> None:
    pairs = some_pairs(6)
    with pytest.raises(InputError, match="no two pairs"):
        fit_projection(replace(pairs, captions=np.zeros(6, np.int64)), HOW, 0.07, 0, Workspace())
    with pytest.raises(InputError, match="not a number"):
        fit_projection(replace(pairs, features=pairs.features * np.float32(np.nan)), HOW, 0.07, 0, Workspace())
