"""One part of a picture has one best explanation.

An owner has several shots of one thing: colour variants, cartons of one family, the next frame of a burst. A copy of
one of them resembles the others as well; they are shown as what they are, not as copies of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from casebook.edits import EditKind, Relation
from casebook.findings import Verdict
from matching.judgement import WORTH_A_LOOK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from casebook.findings import Evidence, Match

CLEARLY_LIKELIER = 0.7
SAME_PART = 0.5
ABOUT_EQUAL, EXPLAINS = 1.0, 0.9
ALIKE = 0.75
DEMOTED_SCORE = 0.01


def settled(matches: Iterable[Match], same: Callable[[str, str], bool] | None = None) -> list[Match]:
    """Return the matches of one picture, likeliest first, with siblings demoted to `possible`.

    1. From the likeliest match on, each claims the part of the picture that its reference covers.
    2. A match whose part is half claimed already by a clearly likelier one is a sibling: a colour variant where three
       quarters of the texture agree, else the same scene. Nothing was done to it, so no edits are told of it. The same
       scene of a log-odds below -5 is none: a find that another reference explains needs no such company.
    3. Where two references explain one part about equally well and neither explains nine tenths of it, the picture
       shows what they have in common, such as the carton of all flavours: both are siblings of what it does show.
    4. What comes to nothing explains nothing. Two references that are the same picture, told by `same` from their
       SHA-256, do not compete, and where nothing is known of that none does in point 3. Nor do marks, of which one
       picture may well bear several.
    5. No mark was removed where another reference, of which that cannot be said, explains the part about as well: the
       owner's own picture without the mark, for one.
    """
    ranked = sorted(matches, key=lambda match: (-_log_odds(match), match.reference_sha256))
    shown = [match for match in ranked if match.verdict is not Verdict.NONE]
    return [
        _beside([other for other in shown if _shared(_frame(match), _frame(other)) > SAME_PART], match, same)
        if match.verdict is not Verdict.NONE
        else match
        for match in ranked
    ]


def _beside(rivals: Sequence[Match], match: Match, same: Callable[[str, str], bool] | None) -> Match:
    """Return what is left of a match beside those that claim the same part."""
    if any(_log_odds(other) > _log_odds(match) + CLEARLY_LIKELIER for other in rivals):
        if _agreeing(match) < ALIKE and _log_odds(match) < WORTH_A_LOOK:
            return replace(match, verdict=Verdict.NONE)
        return _demoted(match, tied=False)
    if same is not None and any(_tied(match, other, same) for other in rivals):
        return _demoted(match, tied=True)
    if _mark_removed(match) and any(_explains_without(other, match) for other in rivals):
        return _never_marked(match)
    return match


def _tied(one: Match, other: Match, same: Callable[[str, str], bool]) -> bool:
    return (
        abs(_log_odds(one) - _log_odds(other)) <= ABOUT_EQUAL
        and max(_agreeing(one), _agreeing(other)) < EXPLAINS
        and not same(one.reference_sha256, other.reference_sha256)
    )


def _mark_removed(match: Match) -> bool:
    return any(edit.kind is EditKind.WATERMARK_REMOVED for edit in match.edits)


def _explains_without(other: Match, match: Match) -> bool:
    as_well = _log_odds(other) >= _log_odds(match) - ABOUT_EQUAL
    return other.verdict is Verdict.COPY and as_well and not _mark_removed(other)


def _never_marked(match: Match) -> Match:
    return replace(
        match,
        edits=tuple(edit for edit in match.edits if edit.kind is not EditKind.WATERMARK_REMOVED),
        because=f"{match.because}. Another reference agrees as well without that: the mark may never have been there",
    )


def _log_odds(match: Match) -> float:
    best = _best(match)
    return 0.0 if best is None or best.log_odds is None else best.log_odds


def _best(match: Match) -> Evidence | None:
    weighed = [item for item in match.evidence if item.log_odds is not None]
    return max(weighed, key=lambda item: item.log_odds or 0.0, default=None)


def _frame(match: Match) -> NDArray[np.float32] | None:
    """Return where the reference's frame lies in the picture, (4, 2) pixels; None where nothing is known of it."""
    best = _best(match)
    if best is None or best.geometry is None or not best.geometry.outline:
        return None
    return np.array(best.geometry.outline, np.float32).reshape(4, 2)


def _agreeing(match: Match) -> float:
    best = _best(match)
    return dict(best.measures).get("agreeing", 1.0) if best else 1.0


def _demoted(match: Match, *, tied: bool) -> Match:
    relation = Relation.COLOUR_VARIANT if _agreeing(match) >= ALIKE else Relation.SAME_SCENE
    instead = (
        "Another reference explains this part of the picture about as well"
        if tied
        else ("Another reference explains this part of the picture better")
    )
    return replace(
        match,
        verdict=Verdict.POSSIBLE,
        score=min(match.score, DEMOTED_SCORE),
        relation=relation,
        edits=(),
        because=f"{instead}; this one is the {relation} of it",
    )


def _shared(mine: NDArray[np.float32] | None, theirs: NDArray[np.float32] | None) -> float:
    """Return which part of the smaller of two convex quadrilaterals lies in the other."""
    if mine is None or theirs is None:
        return 0.0
    smaller = min(cv2.contourArea(mine), cv2.contourArea(theirs))
    return float(cv2.intersectConvexConvex(mine, theirs)[0]) / max(smaller, 1e-6)
