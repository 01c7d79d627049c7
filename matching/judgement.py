"""The agreement of two pictures as one number.

The number is a log-odds, fitted once on labelled pairs (`python -m benchmarks.copies.fit`): how much likelier is what
was measured for a copy than for another photograph? How often it comes by chance is `matching.calibration`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.edits import Relation
from casebook.findings import Verdict, WorkKind

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTAINED = 0.993
PLAIN_BORDER = 12.0
EVERYWHERE, ENTIRELY = 0.9, 0.95
GOES_ON = 0.7
HALF = 0.5
LEAST_DISTINCT = 5.0  # cells
ROUGH = 0.8
LEAST_REPLACED, REPLACED_SHARE = 3, 0.02
CUT_SHORT = -3.5
MUCH_AGREES, MUCH_CELLS = 0.4, 20
WORTH_A_LOOK, LIKELY = -5.0, 0.0
WEIGHTS: Mapping[str, float] = {
    "constant": -6.667,
    "agreeing": -5.750,
    "likeness": -3.747,
    "closeness": 1.102,
    "unevenness": -1.131,
    "central": 8.377,
    "shown": -4.575,
    "one_tone": 7.019,
    "cluster": 1.973,
    "distinctness": -6.155,
    "beyond": -2.840,
    "colour_misfit": -7.660,
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


def judge(measures: Mapping[str, float], kind: WorkKind) -> Judgement:
    """Weigh where two pictures agree, given the measures of `Agreement` and of `Colours`.

    1. Agreement counts most in the middle of the reference, and less than nothing where the middle does not share it:
       two garments on one rug agree around the middle, a copy with a badge on it agrees in it. A copy was saved with
       one quality, so its cells agree closely and about equally well; the next flavour's carton agrees perfectly here
       and roughly there. A copy follows one tone curve, even between the letters that were laid over it.
    2. Agreeing cells that touch count, the larger the group the more; a straight edge or the rim of a disc, which is
       soon found in any drawing, hardly does. Where no group amounts to five distinct cells, nothing is proved.
    3. A copy shows no more of the scene than its reference: one frame lies inside the other, or what lies beyond is
       a plain border. Two exposures of one scene agree everywhere they meet, and each reaches beyond the other; or the
       scene goes on beyond the reference's frame, and not quite everything inside agrees.
    4. Colours that differ here and agree there speak for another thing of the same make.
    5. Art is protected wherever it is printed or photographed, so for it the third and fourth point do not count. But
       prints of one layout that hold something else are other works.
    """
    terms = terms_of(measures, kind)
    log_odds = sum(WEIGHTS[name] * value for name, value in terms.items())
    if cut_short(measures, kind):
        log_odds = min(log_odds, CUT_SHORT)
    return Judgement(
        log_odds=log_odds,
        relation=_relation(measures, kind, log_odds),
        much=much_agrees(measures),
    )


def cut_short(measures: Mapping[str, float], kind: WorkKind) -> bool:
    """Return whether something speaks against a copy that no amount of agreement outweighs."""
    return (
        too_little(measures)
        or too_rough(measures)
        or mere_overlap(measures)
        or two_exposures(measures, kind)
        or another_print(measures, kind)
    )


def too_little(measures: Mapping[str, float]) -> bool:
    """Return whether what agrees comes to too little to prove anything, however well it does: a disc, a few lines."""
    return measures["cluster"] < LEAST_DISTINCT


def too_rough(measures: Mapping[str, float]) -> bool:
    """Return whether not much agrees and that only roughly, as one painted face does with another."""
    return measures["agreeing"] < MUCH_AGREES and measures["closeness"] < ROUGH


def mere_overlap(measures: Mapping[str, float]) -> bool:
    """Return whether the two share less than half of either and each goes on by itself, as with one shop's banner at
    the top of one picture and at the bottom of the other."""
    return measures["contained"] < HALF and measures["outside_contrast"] > PLAIN_BORDER


def two_exposures(measures: Mapping[str, float], kind: WorkKind) -> bool:
    """Return whether two photographs of one scene show themselves by what lies beyond their frames."""
    if kind is not WorkKind.PHOTO:
        return False
    # Where all of it agrees, the picture is what the reference was cropped from.
    goes_on = measures["continuing"] > GOES_ON and measures["agreeing"] < ENTIRELY
    # Of much beyond the frame it shows whether the scene goes on there; of a rim it does not.
    rim = _beyond(measures) and measures["picture_share"] >= HALF
    return goes_on or (rim and measures["agreeing"] >= EVERYWHERE)


def another_print(measures: Mapping[str, float], kind: WorkKind) -> bool:
    """Return whether two prints share a layout and not what it holds: other words in one frame, other icons on one
    sheet. On a photograph words are exchanged as well, by who translates them."""
    least = max(LEAST_REPLACED, REPLACED_SHARE * measures["agreeing_cells"])
    return kind is WorkKind.ARTWORK and measures["replaced_cells"] >= least


def _beyond(measures: Mapping[str, float]) -> bool:
    return measures["contained"] < CONTAINED and measures["outside_contrast"] > PLAIN_BORDER


def much_agrees(measures: Mapping[str, float]) -> bool:
    """Return whether so much agrees that a person should look, however often that comes by chance."""
    return measures["agreeing"] >= MUCH_AGREES and measures["agreeing_cells"] >= MUCH_CELLS


def terms_of(measures: Mapping[str, float], kind: WorkKind) -> dict[str, float]:
    """Return what is weighed, by the names of `WEIGHTS`, from the measures of an agreement."""
    photograph = kind is WorkKind.PHOTO
    return {
        "constant": 1.0,
        "agreeing": measures["agreeing"],
        "likeness": measures["likeness"],
        "closeness": -math.log(1.002 - measures["closeness"]),
        "unevenness": measures["unevenness"],
        "central": measures["central"],
        "shown": math.log2(1 + measures["reference_share"]),
        "one_tone": measures["one_tone"],
        "cluster": math.log2(1 + measures["cluster"]),
        "distinctness": measures["distinctness"],
        "beyond": float(_beyond(measures) and photograph),
        "colour_misfit": measures["colour_misfit"] * photograph,
    }


def _relation(measures: Mapping[str, float], kind: WorkKind, log_odds: float) -> Relation:
    if log_odds >= LIKELY:
        inside = measures["contained"] >= CONTAINED
        return Relation.SAME_PHOTOGRAPH if kind is WorkKind.PHOTO or inside else Relation.SAME_ART
    return Relation.SAME_OBJECT if measures["central"] > measures["agreeing"] else Relation.SAME_SCENE
