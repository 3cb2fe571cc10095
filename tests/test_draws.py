"""Uncertain quantities: means, percentiles, bounds and separate streams."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimator.draws import days_at, point, price_at, rank_of_days, sample

MANY = 20_000


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_a_count_of_visits_lies_in_its_range_and_has_the_likely_count_as_its_mean(a: int, b: int, c: int) -> None:
    low, likely, high = sorted((a, b, c))
    counts = sample(MANY, 3).visits("visits:any", low, likely, high)
    assert low <= counts.min() <= counts.max() <= high
    assert pytest.approx(likely, abs=4 * (high - low) / np.sqrt(MANY) + 1e-9) == counts.mean()


def test_every_count_in_the_range_occurs() -> None:
    assert [1, 2, 3, 4, 5, 6] == sorted({*sample(MANY, 1).visits("visits:any", 1, 3, 6).tolist()})


def test_the_likely_case_takes_the_likely_count_and_the_typical_price() -> None:
    likely = point()
    assert [3] == likely.visits("visits:any", 1, 3, 9).tolist()
    assert [80.0] == likely.price("price:any", 60.0, 80.0, 140.0).tolist()
    assert likely.is_point
    assert not sample(10, 1).is_point


def test_a_price_runs_through_its_three_percentiles_and_stays_between_them() -> None:
    assert [60.0, 70.0, 80.0, 110.0, 140.0] == list(price_at(np.array([0.1, 0.3, 0.5, 0.7, 0.9]), 60.0, 80.0, 140.0))
    prices = sample(MANY, 2).price("price:any", 60.0, 80.0, 140.0)
    assert (60.0, 140.0) == (prices.min(), prices.max())
    assert pytest.approx(0.5, abs=0.02) == (prices <= 80.0).mean()


def test_one_name_gives_one_stream_and_two_names_two() -> None:
    draws = sample(1000, 5)
    assert (draws.uniform("recovery") == draws.uniform("recovery")).all()
    assert abs(np.corrcoef(draws.uniform("recovery"), draws.uniform("wait"))[0, 1]) < 0.15


def test_the_seed_and_the_chunk_change_the_numbers() -> None:
    first = sample(100, 5).uniform("recovery")
    assert (first == sample(100, 5).uniform("recovery")).all()
    assert (first != sample(100, 6).uniform("recovery")).all()
    assert (first != sample(100, 5, chunk=1).uniform("recovery")).all()


def test_fewer_draws_are_the_first_of_more() -> None:
    assert (sample(100, 5).uniform("recovery") == sample(1000, 5).uniform("recovery")[:100]).all()


def test_days_run_through_their_three_percentiles() -> None:
    assert pytest.approx([15.0, 30.0, 60.0], rel=1e-3) == list(days_at(np.array([0.1, 0.5, 0.9]), 15.0, 30.0, 60.0))


@given(st.floats(0.001, 0.999))
def test_the_rank_of_a_number_of_days_leads_back_to_it(rank: float) -> None:
    (days,) = days_at(np.array([rank]), 8.0, 18.0, 40.0)
    assert pytest.approx(rank, abs=2e-4) == rank_of_days(float(days), 8.0, 18.0, 40.0)


def test_nobody_has_recovered_on_day_0() -> None:
    assert 0.0 == rank_of_days(0.0, 8.0, 18.0, 40.0)


def test_days_grow_with_the_rank() -> None:
    days = days_at(np.linspace(0.0, 1.0, 2001), 15.0, 30.0, 60.0)
    assert np.isfinite(days).all()
    assert (np.diff(days) >= 0).all()
