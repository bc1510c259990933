"""A linear map fitted between two locked towers by the symmetric contrastive loss.

Sources: the loss is that of CLIP (Radford et al. 2021, arXiv 2103.00020, figure 3): the mean of the cross-entropies over the
rows and over the columns of cos(picture, text) / temperature. That a locked tower can be tuned to is LiT's finding (Zhai et al.
2022, arXiv 2111.07991), where the picture tower is locked; here both are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError
from corpora.errors import missing_extra
from corpora.workspace import Workspace

from ..encoders.images.projected import Projection
from .fitting import POINTS, Curve, Fitting

Floats = NDArray[np.float32]
Groups = NDArray[np.int64]
BLOCK = 1024


@dataclass(frozen=True)
class Pairs:
    """n pairs: features of pictures float32 (n, i), vectors of texts of length one float32 (n, t), and which pairs have the same
    caption or the same picture: two numbers of groups, each int64 (n).
    """

    features: Floats
    texts: Floats
    captions: Groups
    pictures: Groups

    def __len__(self) -> int:
        return len(self.features)

    def same(self, rows: Groups, others: Groups) -> NDArray[np.bool_]:
        """Whether two pairs share the caption or the picture, bool (rows, others): such are no negatives of one another."""
        captions = self.captions[rows][:, None] == self.captions[others][None]
        return np.asarray(captions | (self.pictures[rows][:, None] == self.pictures[others][None]))


def contrastive_loss(mapped: Any, texts: Any, same: Any, temperature: float) -> Any:
    """The symmetric contrastive loss of b pairs, a scalar tensor: `mapped` and `texts` (b, t) of length one, `same` bool (b, b).

    Where `same` holds off the diagonal, a pair is left out of the other's negatives. With no such pair, it is the mean of
    cross_entropy(logits, i) over rows and columns of logits = mapped texts' / temperature.
    """
    import torch

    logits = mapped @ texts.T / temperature
    others = same & ~torch.eye(len(logits), dtype=torch.bool, device=same.device)
    logits = logits.masked_fill(others, -torch.inf)
    right = logits.diagonal()
    return ((logits.logsumexp(1) - right).mean() + (logits.logsumexp(0) - right).mean()) / 2


def random_projection(pairs: Pairs, seed: int) -> Projection:
    """The map that fitting begins from: features less their mean, at a mean length of one, times weights drawn by the seed."""
    mean, scale = _standard(pairs.features)
    drawn = _drawn(pairs, seed)
    return _folded(drawn, np.zeros(drawn.shape[0], np.float32), mean, scale)


def fit_projection(pairs: Pairs, how: Fitting, temperature: float, seed: int, workspace: Workspace) -> tuple[Projection, Curve]:
    """The fitted map and its loss curve; equal seeds give equal bytes, for one thread computes.

    AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), whose weight decay spares the bias. A pass over the pairs is in an order
    drawn by the seed, in batches as equal as can be. Raises InputError for pairs that leave nothing to tell apart, and where the
    loss is not a number; SurroundingsError without torch.
    """
    if find_spec("torch") is None:
        raise missing_extra("torch", "train")
    from ..encoders.loaded import one_thread, torch_threads

    if len(np.unique(pairs.captions)) < 2 or len(np.unique(pairs.pictures)) < 2:
        what = "there are no two pairs of different captions and pictures to tell apart"
        raise InputError(what, mend="give more captioned pictures, or hold out less: --holdout 0.2")
    mean, scale = _standard(pairs.features)
    with one_thread(torch_threads()):
        weights, bias, losses = _descended(pairs, (mean, scale), how, temperature, seed, workspace)
    if not all(map(math.isfinite, losses)):
        raise InputError("the loss is not a number", where="fitting the projection", mend="use a lower --lr")
    return _folded(weights, bias, mean, scale), _curve(losses)


def _descended(
    pairs: Pairs, standard: tuple[Floats, np.float32], how: Fitting, temperature: float, seed: int, workspace: Workspace
) -> tuple[Floats, Floats, list[float]]:
    import torch

    inputs = torch.from_numpy((pairs.features - standard[0]) / standard[1])
    texts = torch.from_numpy(np.ascontiguousarray(pairs.texts))
    weights = torch.from_numpy(_drawn(pairs, seed)).requires_grad_()
    bias = torch.zeros(len(weights), requires_grad=True)
    decayed = [{"params": [weights]}, {"params": [bias], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(decayed, lr=how.learning_rate, weight_decay=how.weight_decay)
    steps, losses = how.epochs * _batches_of(len(pairs), how.batch), list[float]()
    with workspace.progress("fitting the projection", steps, "steps") as advance:
        for rows in _batches(len(pairs), how, seed):
            for group in optimiser.param_groups:
                group["lr"] = how.learning_rate * _pace(len(losses), steps, how.warm_up)
            mapped = torch.nn.functional.normalize(inputs[rows] @ weights.T + bias)
            loss = contrastive_loss(mapped, texts[rows], torch.from_numpy(pairs.same(rows, rows)), temperature)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(float(loss.detach()))
            advance(1)
    return weights.detach().numpy().copy(), bias.detach().numpy().copy(), losses


def _batches_of(pairs: int, batch: int) -> int:
    return max(1, math.ceil(pairs / batch))


def _batches(pairs: int, how: Fitting, seed: int) -> list[Groups]:
    """The rows of every batch of every pass."""
    chance = np.random.default_rng([seed, 1])
    count = _batches_of(pairs, how.batch)
    return [rows for _ in range(how.epochs) for rows in np.array_split(chance.permutation(pairs), count)]


def _pace(step: int, steps: int, warm_up: float) -> float:
    """The share of the learning rate at a step (from 0): it rises in the first ones, then falls to nothing, linearly."""
    rising = math.ceil(warm_up * steps)
    return (step + 1) / rising if step < rising else (steps - step) / max(1, steps - rising)


def _standard(features: Floats) -> tuple[Floats, np.float32]:
    """The mean of the features, float32 (i), and their root mean square distance to it."""
    mean = features.mean(axis=0, dtype=np.float64)
    spread = math.sqrt(float(np.mean(np.sum((features - mean) ** 2, axis=1, dtype=np.float64))))
    return mean.astype(np.float32), np.float32(spread or 1.0)


def _drawn(pairs: Pairs, seed: int) -> Floats:
    wide, tall = pairs.features.shape[1], pairs.texts.shape[1]
    return np.asarray(np.random.default_rng([seed, 0]).standard_normal((tall, wide)) / math.sqrt(tall), np.float32)


def _folded(weights: Floats, bias: Floats, mean: Floats, scale: np.float32) -> Projection:
    """The map of raw features that does what weights and bias do to standardised ones."""
    wide = weights.astype(np.float64) / np.float64(scale)
    return Projection(wide.astype(np.float32), (bias - wide @ mean.astype(np.float64)).astype(np.float32))


def _curve(losses: list[float]) -> Curve:
    every = max(1, len(losses) // POINTS)
    stops = range(every, len(losses) + 1, every)
    return Curve(tuple((stop, sum(losses[stop - every : stop]) / every) for stop in stops))


def recalls(projection: Projection, pairs: Pairs, ks: tuple[int, ...] = (1, 5, 10)) -> dict[str, dict[str, float]]:
    """Recall at k of both directions among n pairs: the share of texts (pictures) with a right picture (text) among the k best.

    Right is the other half of the pair, or of one with the same caption or picture; what scores as high as the best right one
    counts as before it.
    """
    mapped = projection(pairs.features)
    mapped = mapped / np.maximum(np.linalg.norm(mapped, axis=1, keepdims=True), np.float32(1e-12))
    return {
        "text_to_image": _recalled(pairs, pairs.texts, mapped, ks),
        "image_to_text": _recalled(pairs, mapped, pairs.texts, ks),
    }


def _recalled(pairs: Pairs, asking: Floats, asked: Floats, ks: tuple[int, ...]) -> dict[str, float]:
    every = np.arange(len(pairs))
    ranks = []
    for start in range(0, len(pairs), BLOCK):
        rows = every[start : start + BLOCK]
        scores, right = asking[rows] @ asked.T, pairs.same(rows, every)
        best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
        ranks.append(((scores >= best) & ~right).sum(axis=1))
    before = np.concatenate(ranks)
    return {f"R@{k}": float((before < k).mean()) for k in ks}
