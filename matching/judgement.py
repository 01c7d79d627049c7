"""How sure: the agreement of two pictures as one number, and that number as false alarms.

The number is a log-odds, fitted once on labelled pairs (`python -m benchmarks.copies.fit`): how much likelier is what
was measured for a copy than for another photograph? How often a number comes by chance depends on whose pictures are
crawled, so `Calibration` is fitted on the owner's own cache.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.edits import Relation
from casebook.types import Verdict, WorkKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matching.agreement import Agreement

CONTAINED = 0.993
PLAIN_BORDER = 12.0
EVERYWHERE = 0.95
TWO_EXPOSURES = -8.0
WEIGHTS: Mapping[str, float] = {
    "constant": -11.6,
    "agreeing_cells": 0.55,
    "agreeing": -5.6,
    "closeness": 0.85,
    "central": 7.9,
    "strong_cells": 0.33,
    "strongly": 1.9,
    "beyond": -3.0,
    "artwork": 3.0,
}
PER = 100_000
DEFAULT_BUDGET = 100.0
MOST_POSSIBLE = 5_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`log_odds` of being a copy, and what the two pictures have in common if they are not."""

    log_odds: float
    relation: Relation

    @property
    def score(self) -> float:
        """The log-odds as a share, 0 to 1."""
        return 1 / (1 + math.exp(-max(-500.0, self.log_odds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The tail of the log-odds of pictures that copy nothing: `rate` of them reach `anchor`, and every step of 1 beyond
    it leaves exp(-decay) of those."""

    rate: float = 0.02
    anchor: float = -4.0
    decay: float = 0.9

    def expected_false_alarms(self, log_odds: float) -> float:
        """Return how many of 100,000 pictures that copy nothing reach these log-odds."""
        return PER * min(1.0, self.rate * math.exp(-self.decay * (log_odds - self.anchor)))

    def verdict(self, log_odds: float, budget: float) -> Verdict:
        """Return `copy` within the budget of false alarms per 100,000 pictures, and `possible` up to 5,000."""
        expected = self.expected_false_alarms(log_odds)
        if expected <= budget:
            return Verdict.COPY
        return Verdict.POSSIBLE if expected <= MOST_POSSIBLE else Verdict.NONE


STANDARD = Calibration()


def judge(agreement: Agreement, kind: WorkKind) -> Judgement:
    """Weigh where two pictures agree.

    1. Much agreement counts, close agreement counts more, and most of all agreement in the middle of the reference: two
       garments on one rug agree around the middle, a copy with a badge on it agrees in it.
    2. A copy shows no more of the scene than its reference: one frame lies inside the other, or what lies beyond is
       a plain border. Two exposures of one scene agree everywhere they meet, and each reaches beyond the other.
    3. Art is protected wherever it is printed or photographed, so for it the second point does not count.
    """
    beyond = agreement.contained < CONTAINED and agreement.outside_contrast > PLAIN_BORDER
    photograph = kind is WorkKind.PHOTO
    terms = {
        "constant": 1.0,
        "agreeing_cells": math.log2(1 + agreement.agreeing_cells),
        "agreeing": agreement.agreeing,
        "closeness": -math.log(1.002 - agreement.closeness),
        "central": agreement.central,
        "strong_cells": math.log2(1 + agreement.strong_cells),
        "strongly": agreement.strong_cells / max(1, agreement.cells),
        "beyond": float(beyond and photograph),
        "artwork": float(not photograph),
    }
    log_odds = sum(WEIGHTS[name] * value for name, value in terms.items())
    two_exposures = photograph and beyond and agreement.agreeing >= EVERYWHERE
    if two_exposures:
        log_odds += TWO_EXPOSURES
    return Judgement(log_odds=log_odds, relation=_relation(agreement, kind, log_odds, two_exposures=two_exposures))


def _relation(agreement: Agreement, kind: WorkKind, log_odds: float, *, two_exposures: bool) -> Relation:
    if two_exposures:
        return Relation.SAME_SCENE
    if log_odds > 0:
        inside = agreement.contained >= CONTAINED
        return Relation.SAME_PHOTOGRAPH if kind is WorkKind.PHOTO or inside else Relation.SAME_ART
    return Relation.SAME_OBJECT if agreement.central > agreement.agreeing else Relation.SAME_SCENE
