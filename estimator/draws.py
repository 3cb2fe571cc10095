"""How uncertain quantities become arrays: `point()` is the likely case, `sample()` many possible ones.

Each uncertain quantity has a name and its own stream of random numbers, so that adding one never shifts another and two
plans meet the same patients. Randomness ends before money begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CHUNK = 10_000
"""Draws made at a time: the unit of memory, and of the batch means behind the sampling error."""


@dataclass(frozen=True, slots=True)
class Draws:
    """A run of draws; `seed` is None for the one likely case."""

    count: int
    seed: int | None = None
    chunk: int = 0

    @property
    def is_point(self) -> bool:
        return self.seed is None

    def uniform(self, name: str) -> Floats:
        """Shares from 0 to 1, shape (count,); 0.5 for the likely case."""
        if self.seed is None:
            return np.full(self.count, 0.5)
        return np.random.default_rng([self.seed, self.chunk, crc32(name.encode())]).random(self.count)

    def visits(self, name: str, low: int, likely: int, high: int) -> Ints:
        """A count from low to high whose mean is `likely`, so that expected visits follow the pathway table.

        Uniform below the likely value and uniform above it, weighted so that the two halves balance.
        """
        if self.is_point or low == high:
            return np.full(self.count, likely, dtype=np.int64)
        rank = self.uniform(name)
        below = (high - likely) / (high - low)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(
                rank < below,
                low + rank / below * (likely - low),
                likely + (rank - below) / (1 - below) * (high - likely),
            )
        return np.floor(np.nan_to_num(value, nan=float(likely)) + 0.5).astype(np.int64)

    def price(self, name: str, low: float, typical: float, high: float) -> Floats:
        """A price through its 10th, 50th and 90th percentile; never outside the published range."""
        return price_at(self.uniform(name), low, typical, high)


def point() -> Draws:
    """The one likely case: medians, likely counts, typical prices."""
    return Draws(count=1)


def sample(count: int, seed: int, chunk: int = 0) -> Draws:
    """Many possible cases; the same seed gives the same numbers on every machine."""
    return Draws(count=count, seed=seed, chunk=chunk)


def price_at(rank: Floats, low: float, typical: float, high: float) -> Floats:
    """The price at a rank: straight between the three percentiles, level beyond them."""
    return np.interp(rank, (0.1, 0.5, 0.9), (low, typical, high))


def days_at(rank: Floats, p10: float, median: float, p90: float) -> Floats:
    """Days through three percentiles: lognormal on each side of the median."""
    z = _normal_quantile(rank)
    below, above = (np.log(ratio) / NormalDist().inv_cdf(0.9) for ratio in (median / p10, p90 / median))
    return np.asarray(median * np.exp(z * np.where(z < 0, float(below), float(above))), dtype=np.float64)


def rank_of_days(days: float, p10: float, median: float, p90: float) -> float:
    """The share of people who have recovered by `days` (the inverse of `days_at`)."""
    if days <= 0:
        return 0.0
    spread = (np.log(median / p10) if days < median else np.log(p90 / median)) / NormalDist().inv_cdf(0.9)
    return NormalDist().cdf(float(np.log(days / median) / spread))


@cache
def _quantile_table() -> tuple[Floats, Floats]:
    ranks = np.concatenate([np.geomspace(1e-6, 0.01, 200), np.linspace(0.01, 0.5, 500)[1:]])
    ranks = np.concatenate([ranks, 1 - ranks[-2::-1]])
    return ranks, np.array([NormalDist().inv_cdf(float(rank)) for rank in ranks])


def _normal_quantile(rank: Floats) -> Floats:
    return np.interp(rank, *_quantile_table())
