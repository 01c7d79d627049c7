"""From findings to verdicts.

Nothing here looks at a picture, so all of it can be done again from stored evidence: when the owner changes the budget
of false alarms, and when references come and go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from casebook.findings import Match, Verdict
from matching.calibration import MOST_POSSIBLE
from matching.judgement import much_agrees
from matching.siblings import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from casebook.findings import Evidence
    from matching.stage import Context

STRENGTH = {Verdict.COPY: 2, Verdict.POSSIBLE: 1, Verdict.NONE: 0}


def weighed(evidence: Iterable[Evidence], context: Context) -> Match | None:
    """Return what the findings of all stages on one picture and one reference come to; None where no stage says more
    than `none`.

    1. A `copy` that the budget of false alarms does not allow counts as `possible`; what comes by chance oftener than
       with 1,000 of 100,000 pictures counts as `none`, unless much agrees.
    2. The strongest finding then gives the match its verdict, its sentence, its relation and its edits.

    The match keeps the findings as the stages gave them, strongest first, in an order that no budget changes.
    """
    ranked = sorted(evidence, key=_strongest_first)
    if not ranked or ranked[0].verdict is Verdict.NONE:
        return None
    best = min((_judged(found, context) for found in ranked), key=_strongest_first)
    return Match(
        picture_sha256=best.picture_sha256,
        reference_sha256=best.reference_sha256,
        verdict=best.verdict,
        score=best.score,
        because=best.because,
        evidence=tuple(ranked),
        relation=best.relation,
        edits=best.edits,
        expected_false_alarms=_expected(best, context),
    )


def decided(matches: Iterable[Match], context: Context, same: Callable[[str, str], bool] | None = None) -> list[Match]:
    """Return the matches of one picture, likeliest first, as their evidence, the budget and one another make them.

    Only the evidence of what is given counts, so deciding twice, or with more references later, is as deciding once.
    """
    again = (weighed(match.evidence, context) for match in matches)
    return settled((match for match in again if match is not None), same)


def _judged(found: Evidence, context: Context) -> Evidence:
    expected = _expected(found, context)
    if expected is None or (found.verdict is Verdict.COPY and expected <= context.budget):
        return found
    if expected > MOST_POSSIBLE and not much_agrees(dict(found.measures)):
        return replace(found, verdict=Verdict.NONE)
    if found.verdict is not Verdict.COPY:
        return found
    alarms = f"{expected:,.0f} false alarms in 100,000 pictures are to be expected of such a match"
    because = f"{alarms}, and the budget is {context.budget:g}. {found.because}"
    return replace(found, verdict=Verdict.POSSIBLE, because=because)


def _expected(found: Evidence, context: Context) -> float | None:
    if found.log_odds is None:
        return None
    return context.calibration.expected_false_alarms(found.log_odds, found.reference_sha256)


def _strongest_first(found: Evidence) -> tuple[int, float]:
    """Sort key; equals keep the order of the stages, so that the exact file is named before anything weaker."""
    return -STRENGTH[found.verdict], -found.score
