"""The fit is tried on tails that are known: strangers' log-odds drawn from an exponential, and copies among them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.calibration import poisson_interval
from casebook.tail import Resemblance, Tail
from matching.calibration import PER, STANDARD, STANDARD_REFERENCES, Calibration, learnt, standard
from matching.judgement import LIKELY, WORTH_A_LOOK

BUDGETS = (50.0, 500.0, 5000.0)


def strangers(rate: float, decay: float, pictures: int, seed: int) -> list[float]:
    """The highest log-odds of pictures that copy nothing, of those that are worth a look."""
    rng = np.random.default_rng(seed)
    return [float(value) for value in WORTH_A_LOOK + rng.exponential(1 / decay, rng.binomial(pictures, rate))]


def tail(odds: list[float], pictures: int) -> Tail:
    """What a casebook of so many pictures tells of these log-odds; all others lie lower."""
    excesses = [value - WORTH_A_LOOK for value in odds if value < LIKELY]
    suspected = len(odds) - len(excesses)
    return Tail(
        pictures=pictures - suspected, reached=len(excesses), excess=sum(excesses), suspected=suspected, references=523
    )


def log_odds_at(budget: float, calibration: Calibration) -> float:
    """Where the expected false alarms equal a budget."""
    return WORTH_A_LOOK + math.log(PER * calibration.rate / budget) / calibration.decay


@pytest.mark.parametrize(("rate", "decay"), [(0.06, 0.5), (0.3, 0.8), (0.004, 1.2)])
@pytest.mark.parametrize("seed", range(3))
def test_a_large_cache_gives_the_tail_it_was_drawn_from(rate: float, decay: float, seed: int) -> None:
    pictures = 400_000
    found = learnt(tail(strangers(rate, decay, pictures, seed), pictures))
    assert found.rate == pytest.approx(rate, rel=0.1)
    assert found.decay == pytest.approx(decay, rel=0.1)
    assert found.pictures == pytest.approx(pictures, rel=0.02)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.2])
def test_copies_in_the_cache_make_the_fit_more_careful_at_most(share: float) -> None:
    pictures, rng = 100_000, np.random.default_rng(7)
    innocent = strangers(0.05, 0.6, pictures, 7)
    copies = [float(value) for value in rng.normal(9.0, 4.0, int(share * pictures))]
    clean, mixed = (learnt(tail(odds, pictures)) for odds in (innocent, [*innocent, *copies]))
    for budget in BUDGETS:
        at = log_odds_at(budget, clean)
        assert mixed.expected_false_alarms(at) > 0.95 * budget
    if share <= 0.01:
        assert mixed.expected_false_alarms(log_odds_at(50.0, clean)) < 2 * 50.0


def test_what_is_predicted_holds_for_pictures_not_seen() -> None:
    """Of 3 x 200 intervals that hold 95 % of Poisson counts, some 25 miss what is counted on other pictures."""
    cache, unseen, missed = 60_000, 2_000, 0
    for seed in range(200):
        fit = learnt(tail(strangers(0.1, 0.7, cache, seed), cache))
        odds = strangers(0.1, 0.7, unseen, 10_000 + seed)
        for budget in BUDGETS:
            observed = sum(fit.expected_false_alarms(value) <= budget for value in odds)
            low, high = poisson_interval(budget * unseen / PER)
            missed += not low <= observed <= high
    assert missed <= 40


def test_without_pictures_the_standard_holds_for_the_number_of_references() -> None:
    for references in (0, STANDARD_REFERENCES, 3_000, 10_000_000):
        found = learnt(Tail(references=references))
        assert found.rate == pytest.approx(standard(references).rate)
        assert found.decay == pytest.approx(STANDARD.decay)
    assert standard(10_000_000).rate == 1.0
    assert standard(1) == standard(STANDARD_REFERENCES) == STANDARD
    assert standard(2 * STANDARD_REFERENCES).rate == pytest.approx(2 * STANDARD.rate)


@given(
    pictures=st.integers(0, 10**7),
    reached=st.integers(0, 10**6),
    mean=st.floats(0, LIKELY - WORTH_A_LOOK, exclude_max=True),
    references=st.integers(1, 10**6),
)
def test_any_cache_gives_a_tail_that_falls(pictures: int, reached: int, mean: float, references: int) -> None:
    reached = min(reached, pictures)
    found = learnt(Tail(pictures=pictures, reached=reached, excess=mean * reached, references=references))
    assert 0 < found.rate <= 1
    assert found.decay > 0
    expected = [found.expected_false_alarms(value) for value in (-9.0, -5.0, 0.0, 5.0, 50.0)]
    assert expected == sorted(expected, reverse=True)
    assert expected[0] <= PER


def test_a_reference_that_half_the_crawl_resembles_needs_more_than_others_and_one_that_is_stolen_often_does_not() -> (
    None
):
    seen = Tail(pictures=10_000, reached=5_500, excess=8_000.0, suspected=1_000, references=100)
    framed = Resemblance(reference_sha256="framed", reached=5_000, suspected=0)
    stolen = Resemblance(reference_sha256="stolen", reached=40, suspected=1_000)
    plain = Resemblance(reference_sha256="plain", reached=5, suspected=0)
    found = learnt(seen, [framed, stolen, plain])
    assert set(found.crowded) == {"framed"}
    assert found.crowded["framed"] == pytest.approx(100 * 5_000 / 5_500, rel=0.05)
    usual = found.expected_false_alarms(9.0)
    assert found.expected_false_alarms(9.0, "stolen") == found.expected_false_alarms(9.0, "plain") == usual
    assert found.expected_false_alarms(9.0, "framed") > 50 * usual


def test_the_only_reference_is_hardly_crowded() -> None:
    seen = Tail(pictures=100, reached=30, excess=40.0, references=1)
    found = learnt(seen, [Resemblance(reference_sha256="only", reached=30, suspected=0)])
    assert found.expected_false_alarms(1.0, "only") == pytest.approx(found.expected_false_alarms(1.0), rel=0.3)
