"""The whole picture, perhaps turned or mirrored: perceptual hash, confirmed by dense agreement.

Different drink cartons on white lie at distance 0 to 10 of a 64-bit phash, so a small distance alone accuses nobody:
it only says where to look.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from casebook.edits import turn_shown
from casebook.findings import Evidence, Verdict
from matching.agreement import Agreement, measure
from matching.colours import compare_colours
from matching.edit_naming import name_edits
from matching.geometry import geometry_of
from matching.judgement import WEIGHTS, WORTH_A_LOOK, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from matching.stage import Context
    from matching.views import PictureView, ReferenceView

NAME = "phash"
VERSION = 7
MAX_DISTANCE = 10
NEAR_DISTANCE = 4
MIN_CELLS = 12
EVERYWHERE = 0.95
TOO_PLAIN = -3.0
PARAMETERS: Mapping[str, float] = {
    "max_distance": MAX_DISTANCE,
    "near_distance": NEAR_DISTANCE,
    "min_cells": MIN_CELLS,
    "everywhere": EVERYWHERE,
    "too_plain": TOO_PLAIN,
    "worth_a_look": WORTH_A_LOOK,
    **WEIGHTS,
}

_TURN = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
_MIRROR = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def examine(picture: PictureView, reference: ReferenceView, context: Context) -> Evidence | None:
    """Compare whole pictures.

    1. Take the nearest of the reference's eight turns and mirrors; farther than 10 bits there is nothing to say.
    2. Lay the frames over one another with that turn and measure dense agreement.
    3. Where less than 95 % of the texture agrees, these are not the frames and there is nothing to say; else judge how
       well they agree. Where there are fewer than 12 textured cells to tell by, 4 bits or less are `possible`, and
       more say nothing.
    """
    if not picture.readable or picture.phash is None or not reference.phashes:
        return None
    distances = np.bitwise_count(np.array(reference.phashes) ^ picture.phash)
    turn = int(distances.argmin())
    distance = int(distances[turn])
    if distance > MAX_DISTANCE:
        return None
    theirs, ours = picture.grey, reference.grey()
    between = _unit(ours.pixels.shape, inverse=True) @ _turn(turn) @ _unit(theirs.pixels.shape)
    agreement = measure(theirs.pixels, ours.pixels, between)
    transform = np.linalg.inv(ours.to_working) @ between @ theirs.to_working
    colours = compare_colours(picture, reference, transform, agreement)
    measures = {**agreement.measures, **colours.measures}
    if agreement.cells >= MIN_CELLS:
        if agreement.agreeing < EVERYWHERE:
            # Not these frames, then; which parts agree is for points to find.
            return None
        judgement = judge(measures, reference.kind)
        verdict, log_odds = judgement.verdict, judgement.log_odds
    elif distance <= NEAR_DISTANCE:
        judgement = None
        verdict, log_odds = Verdict.POSSIBLE, TOO_PLAIN
    else:
        return None
    geometry = geometry_of(transform, reference, inliers=0, shares=(1.0, 1.0))
    named = verdict is not Verdict.NONE
    return Evidence(
        picture_sha256=picture.sha256,
        reference_sha256=reference.reference.sha256,
        stage=NAME,
        stage_version=VERSION,
        parameters=context.parameters(PARAMETERS),
        verdict=verdict,
        score=1 / (1 + math.exp(-log_odds)),
        because=_because(verdict, turn, distance, agreement),
        mirrored=turn >= 4,
        measures=(("distance", float(distance)), *measures.items()),
        geometry=geometry,
        relation=None if judgement is None else judgement.relation,
        edits=name_edits(picture, reference, geometry, agreement, colours, agreement.reached) if named else (),
        log_odds=log_odds,
    )


def _because(verdict: Verdict, turn: int, distance: int, agreement: Agreement) -> str:
    mirrored = ", mirrored" if turn >= 4 else ""
    turned = f", turned {turn_shown((turn % 4 * -90 + 180) % 360 - 180)}" if turn % 4 else ""
    how = f"The whole picture{mirrored}{turned}, saved anew"
    if agreement.cells < MIN_CELLS:
        return f"{how}, perhaps: {distance} of 64 bits of its hash differ, but it is too plain to be sure"
    if verdict is Verdict.NONE:
        return f"No copy, though the whole pictures are alike: {agreement.agreeing:.0%} of the texture agrees".replace(
            "%", " %"
        )
    return f"{how}: {agreement.agreeing:.0%} of its texture agrees".replace("%", " %")


def _turn(turn: int) -> NDArray[np.float64]:
    """Return the matrix that takes a picture that is turn 0–7 of a reference back to it, in units of its sides."""
    back = np.linalg.matrix_power(_TURN, turn % 4)
    return _MIRROR @ back if turn >= 4 else back


def _unit(shape: tuple[int, ...], *, inverse: bool = False) -> NDArray[np.float64]:
    """Return the matrix from pixels of a (height, width) frame to units of its sides."""
    height, width = shape
    matrix = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1]])
    return np.linalg.inv(matrix) if inverse else matrix
