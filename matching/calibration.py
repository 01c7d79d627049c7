"""How sure: log-odds as the false alarms to be expected.

How often an agreement comes by chance depends on whose pictures are crawled and on what the owner's own look like: one
library meets ten times as many look-alikes as another of the same size. So it is learnt from the owner's own cache.
No evidence depends on it: stages say how likely a copy is, and verdicts follow from that (`matching.verdicts`), so
another calibration compares nothing again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from matching.judgement import LIKELY, WORTH_A_LOOK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from casebook.tail import Resemblance, Tail

PER = 100_000
DEFAULT_BUDGET = 50.0
MOST_POSSIBLE = 1_000.0
STANDARD_REFERENCES = 523
RATE_WEIGHT = 1.0  # pictures beyond the bar; fitted on eight classes of references, each as a library of its own
DECAY_WEIGHT = 20.0  # as many as the standard was fitted on: what a log-odds of 1 is worth differs less between owners
LOW_COPIES = 0.1  # copies below the upper bar, as a part of those beyond it; 0.034 of edited references are
_SLOWEST, _FASTEST = 1e-3, 1e2


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The tail of the highest log-odds of pictures that copy nothing: `rate` of them reach -5, where a picture is worth
    a look, and every step of 1 beyond it leaves exp(-decay) of those. `pictures` is how many of the owner's own it
    was learnt from. `crowded` names references that more pictures resemble than others, by SHA-256, and how many times
    as many."""

    rate: float
    decay: float
    pictures: int = 0
    crowded: Mapping[str, float] = field(default_factory=dict)

    def expected_false_alarms(self, log_odds: float, reference_sha256: str = "") -> float:
        """Return how many of 100,000 pictures that copy nothing reach these log-odds; with a reference that is crowded,
        how many would if all were like it."""
        rate = self.rate * self.crowded.get(reference_sha256, 1.0)
        return PER * min(1.0, rate * math.exp(-self.decay * (log_odds - WORTH_A_LOOK)))


STANDARD = Calibration(rate=0.031, decay=0.74)


def standard(references: int) -> Calibration:
    """Return the calibration of a library of which nothing is known but its size.

    Every reference is one more chance to resemble something: twice as many meet, as measured, 1.9 times as many
    look-alikes. Small libraries count as what the standard was fitted on, for some of them meet ten times as many.
    """
    size = max(1.0, references / STANDARD_REFERENCES)
    return Calibration(rate=min(1.0, STANDARD.rate * size), decay=STANDARD.decay)


def learnt(tail: Tail, resemblances: Iterable[Resemblance] = ()) -> Calibration:
    """Fit the tail to the pictures that were compared.

    1. Most of them are strangers' and copy nothing. Copies stand above them, so what reaches log-odds of 0 is left out
       and the exponential is fitted as one cut off there. The few copies below that make the fit more careful.
    2. The decay is the likeliest for the excesses, with the standard's as if it came from `DECAY_WEIGHT` more: the root
       of (W + n) / d = W / standard + excess + n w / (exp(d w) - 1), by bisection; w is how wide the tail is.
    3. The rate is a Gamma-Poisson mean: what was counted, over the pictures and the share of the tail that is
       not cut off, with the standard's for so many references as if it came from `RATE_WEIGHT` more.
    4. A reference with a badge, a frame or a screen around it that half the crawl shares resembles half the crawl. Its
       own rate, fitted in the same way around an equal share of the whole, says how crowded it is. A tenth as many as
       are suspected copies of it may be copies too, so a work that is stolen often is not crowded for that.
    """
    prior = standard(tail.references)
    width = LIKELY - WORTH_A_LOOK

    def too_slow(decay: float) -> bool:
        cut_off = tail.reached * width / math.expm1(decay * width)
        return (DECAY_WEIGHT + tail.reached) / decay > DECAY_WEIGHT / prior.decay + tail.excess + cut_off

    slow, fast = _SLOWEST, _FASTEST
    while fast - slow > 1e-9 * fast:
        middle = (slow + fast) / 2
        slow, fast = (middle, fast) if too_slow(middle) else (slow, middle)
    seen = tail.pictures * -math.expm1(-slow * width)
    rate = min(1.0, (RATE_WEIGHT + tail.reached) / (RATE_WEIGHT / prior.rate + seen))
    equal_share = rate / max(1, tail.references)

    def crowding(found: Resemblance) -> float:
        reached = max(0.0, found.reached - LOW_COPIES * found.suspected)
        return (RATE_WEIGHT + reached) / (RATE_WEIGHT / equal_share + seen) / equal_share

    factors = {found.reference_sha256: crowding(found) for found in resemblances}
    crowded = {sha256: factor for sha256, factor in factors.items() if factor > 1}
    return Calibration(rate=rate, decay=slow, pictures=tail.pictures, crowded=crowded)
