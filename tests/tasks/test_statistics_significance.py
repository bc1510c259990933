"""Tests of differences against exact enumeration, SciPy and hand work, and by their rate of false alarms."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from corpora import InputError
from tasks.statistics import holm, mcnemar_exact, sign_flip_test, tukey_hsd

SAMPLES = 100_000


def near(p: float) -> float:
    """Five standard deviations of an estimate of p from SAMPLES draws."""
    return 5 * float(np.sqrt(p * (1 - p) / SAMPLES)) + 2 / SAMPLES


@pytest.mark.parametrize("seed", range(6))
def test_sign_flips_estimate_scipys_exact_p(seed: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 6, 11) / 5  # tenths: many flips tie with what was observed
    b = np.clip(a + rng.integers(-2, 4, 11) / 5, 0, 1)
    mean_difference = lambda x, y, axis=-1: (x - y).mean(axis=axis)  # noqa: E731
    exact = stats.permutation_test((a, b), mean_difference, permutation_type="samples", n_resamples=np.inf).pvalue
    assert sign_flip_test(a, b, flips=SAMPLES) == pytest.approx(exact, abs=near(exact))


def test_groups_flip_together() -> None:
    rng = np.random.default_rng(9)
    group = np.array([0, 0, 0, 1, 2, 2, 3, 4, 4, 5, 5, 5])
    a, b = rng.random(12) + 0.3, rng.random(12)
    differences = np.bincount(group, a - b)
    flipped = [abs(np.dot(signs, differences)) for signs in product((-1, 1), repeat=6)]
    exact = np.mean(np.array(flipped) >= abs(differences.sum()) - 1e-9)
    assert sign_flip_test(a, b, [f"g{g}" for g in group], flips=SAMPLES) == pytest.approx(exact, abs=near(exact))


def test_sign_flips_at_the_edges() -> None:
    ones, zeros = np.ones(12), np.zeros(12)
    assert sign_flip_test(ones, ones) == 1.0
    assert sign_flip_test(ones[:1], zeros[:1]) == 1.0
    assert sign_flip_test(ones, zeros, ["one"] * 12) == 1.0
    assert sign_flip_test(np.full(12, 0.3), np.full(12, 0.1), flips=SAMPLES) == pytest.approx(2 / 2**12, abs=near(2 / 2**12))
    assert sign_flip_test(np.full(200, 0.3), zeros.repeat(17)[:200], flips=99) == 1 / 100
    assert sign_flip_test(ones * 0.7, zeros + 0.1, seed=3) == sign_flip_test(zeros + 0.1, ones * 0.7, seed=3)
    with pytest.raises(InputError):
        sign_flip_test(np.array([]), np.array([]))


def test_five_percent_of_equal_systems_look_different() -> None:
    rng, times = np.random.default_rng(10), 2000
    alarms = [sign_flip_test(*rng.beta(0.4, 0.8, (2, 25)), flips=199, seed=seed) <= 0.05 for seed in range(times)]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.015)


def test_five_percent_of_equal_systems_look_different_in_groups() -> None:
    """Differences shared within a group: flipped query by query they raise far more alarms."""
    rng, times, alarms, naive = np.random.default_rng(11), 2000, 0, 0
    for seed in range(times):
        group = rng.integers(0, 20, 80)
        a, b = rng.standard_normal((2, 20))[:, group] + 0.3 * rng.standard_normal((2, 80))
        alarms += sign_flip_test(a, b, [str(g) for g in group], flips=199, seed=seed) <= 0.05
        naive += sign_flip_test(a, b, flips=199, seed=seed) <= 0.05
    assert alarms / times == pytest.approx(0.05, abs=0.015)
    assert naive / times > 0.2


@pytest.mark.parametrize(
    ("p", "adjusted"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.6, 0.01], [1.0, 1.0, 0.03]),
        ([0.02, 0.02], [0.04, 0.04]),
        ([0.2], [0.2]),
        ([], []),
    ],
)
def test_holm_by_hand(p: list[float], adjusted: list[float]) -> None:
    assert holm(p).tolist() == pytest.approx(adjusted, abs=1e-15)


def all_orders(values: np.ndarray) -> np.ndarray:
    """The range of the means under every permutation within every column."""
    orders = list(permutations(range(len(values))))
    columns = [[values[list(order), column] for order in orders] for column in range(values.shape[1])]
    return np.array([np.ptp(np.mean(picked, axis=0)) for picked in product(*columns)])


def test_tukey_estimates_the_exact_p() -> None:
    values = np.array([[0.1, 0.2, 0.4, 0.0, 0.3], [0.3, 0.5, 0.4, 0.1, 0.3], [0.9, 0.6, 0.8, 0.7, 0.2]])
    ranges, means = all_orders(values), values.mean(axis=1)
    found = tukey_hsd(values, permutations=SAMPLES)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        exact = np.mean(ranges >= abs(means[i] - means[j]) - 1e-12)
        assert found[i, j] == found[j, i] == pytest.approx(exact, abs=near(exact))
    assert np.diag(found).tolist() == [1, 1, 1]


def test_tukey_with_groups_permutes_their_sums() -> None:
    values = np.array([[0.1, 0.2, 0.4, 0.0], [0.3, 0.5, 0.4, 0.1], [0.9, 0.6, 0.8, 0.7]])
    sums = np.stack([values[:, 0] + values[:, 2], values[:, 1], values[:, 3]], axis=1)
    ranges, totals = all_orders(sums), sums.mean(axis=1)
    exact = np.mean(ranges >= abs(totals[0] - totals[1]) - 1e-12)
    assert tukey_hsd(values, list("xyxz"), permutations=SAMPLES)[0, 1] == pytest.approx(exact, abs=near(exact))


def test_tukey_of_two_systems_is_the_sign_flip_test() -> None:
    values = np.random.default_rng(12).random((2, 40)) + np.array([[0.0], [0.1]])
    p = sign_flip_test(values[0], values[1], flips=SAMPLES)
    assert tukey_hsd(values, permutations=20_000)[0, 1] == pytest.approx(p, abs=3 * near(p))


def test_tukey_at_the_edges() -> None:
    assert tukey_hsd(np.full((3, 5), 0.3), permutations=50).tolist() == np.ones((3, 3)).tolist()
    assert tukey_hsd(np.array([[0.1], [0.9]]), permutations=50)[0, 1] == 1.0
    assert tukey_hsd(np.ones((1, 5)), permutations=50).tolist() == [[1.0]]
    with pytest.raises(InputError):
        tukey_hsd(np.empty((2, 0)))


def test_tukey_raises_any_alarm_over_equal_systems_in_five_percent() -> None:
    rng, times = np.random.default_rng(13), 2000
    alarms = [tukey_hsd(rng.beta(0.4, 0.8, (4, 12)), permutations=199, seed=seed).min() <= 0.05 for seed in range(times)]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.015)


def test_mcnemar_is_the_exact_binomial_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    pairs = [*product(range(25), repeat=2), (1000, 1100), (40, 400), (3000, 2900)]
    for helped, hurt in pairs:
        exact = stats.binomtest(helped, helped + hurt).pvalue if helped + hurt else 1.0
        assert mcnemar_exact(helped, hurt) == pytest.approx(exact, rel=1e-12)
    assert mcnemar_exact(5, 0) == 2 / 32
    assert mcnemar_exact(0, 0) == mcnemar_exact(7, 7) == 1.0
