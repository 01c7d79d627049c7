"""The agreement of two pictures as one number.

The number is a log-odds, fitted once on labelled pairs (`python -m benchmarks.copies.fit`): how much likelier is what
was measured for a copy than for another photograph? How often it comes by chance is `matching.calibration`.
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
TWO_EXPOSURES = -2.0
MUCH_AGREES, MUCH_CELLS = 0.4, 20
WORTH_A_LOOK, LIKELY = -5.0, 0.0
WEIGHTS: Mapping[str, float] = {
    "constant": -9.403,
    "agreeing_cells": 0.405,
    "agreeing": -6.389,
    "closeness": 0.379,
    "central": 9.799,
    "strong_cells": 0.552,
    "strongly": 1.111,
    "beyond": -2.329,
    "artwork": 1.357,
}
COPIES = (Relation.SAME_PHOTOGRAPH, Relation.SAME_ART)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`log_odds` of being a copy; how the two pictures are related; whether much agrees, so that a person should look
    even where it is no copy."""

    log_odds: float
    relation: Relation
    much: bool

    @property
    def score(self) -> float:
        """The log-odds as a share, 0 to 1."""
        return 1 / (1 + math.exp(-max(-500.0, self.log_odds)))

    @property
    def verdict(self) -> Verdict:
        """What a stage says: `copy` for the same photograph or art, `possible` where the log-odds or how much agrees
        make it worth a look. Whether that is sure enough is not for a stage to say."""
        if self.relation in COPIES:
            return Verdict.COPY
        return Verdict.POSSIBLE if self.log_odds >= WORTH_A_LOOK or self.much else Verdict.NONE


def judge(agreement: Agreement, kind: WorkKind) -> Judgement:
    """Weigh where two pictures agree.

    1. Much agreement counts, close agreement counts more, and most of all agreement in the middle of the reference: two
       garments on one rug agree around the middle, a copy with a badge on it agrees in it.
    2. A copy shows no more of the scene than its reference: one frame lies inside the other, or what lies beyond is
       a plain border. Two exposures of one scene agree everywhere they meet, and each reaches beyond the other.
    3. Art is protected wherever it is printed or photographed, so for it the second point does not count.
    """
    measures = dict(agreement.measures)
    terms = terms_of(measures, kind)
    log_odds = sum(WEIGHTS[name] * value for name, value in terms.items())
    two_exposures = bool(terms["beyond"]) and agreement.agreeing >= EVERYWHERE
    if two_exposures:
        log_odds = min(log_odds, TWO_EXPOSURES)
    return Judgement(
        log_odds=log_odds,
        relation=_relation(agreement, kind, log_odds),
        much=much_agrees(measures),
    )


def much_agrees(measures: Mapping[str, float]) -> bool:
    """Return whether so much agrees that a person should look, however often that comes by chance."""
    return measures["agreeing"] >= MUCH_AGREES and measures["agreeing_cells"] >= MUCH_CELLS


def terms_of(measures: Mapping[str, float], kind: WorkKind) -> dict[str, float]:
    """Return what is weighed, by the names of `WEIGHTS`, from the measures of an agreement."""
    photograph = kind is WorkKind.PHOTO
    beyond = measures["contained"] < CONTAINED and measures["outside_contrast"] > PLAIN_BORDER
    return {
        "constant": 1.0,
        "agreeing_cells": math.log2(1 + measures["agreeing_cells"]),
        "agreeing": measures["agreeing"],
        "closeness": -math.log(1.002 - measures["closeness"]),
        "central": measures["central"],
        "strong_cells": math.log2(1 + measures["strong_cells"]),
        "strongly": measures["strong_cells"] / max(1.0, measures["textured_cells"]),
        "beyond": float(beyond and photograph),
        "artwork": float(not photograph),
    }


def _relation(agreement: Agreement, kind: WorkKind, log_odds: float) -> Relation:
    if log_odds >= LIKELY:
        inside = agreement.contained >= CONTAINED
        return Relation.SAME_PHOTOGRAPH if kind is WorkKind.PHOTO or inside else Relation.SAME_ART
    return Relation.SAME_OBJECT if agreement.central > agreement.agreeing else Relation.SAME_SCENE
