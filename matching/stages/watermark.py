"""The owner's logo or text mark on a picture, whatever else the picture shows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from casebook.findings import Evidence, Geometry, ReferenceKind, Verdict
from matching.agreement import shares
from matching.marks.finder import Found, find
from matching.marks.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from matching.stage import Context
    from matching.views import PictureView, ReferenceView

NAME = "watermark"
VERSION = 3
COPY_STRENGTH = 15.0
POSSIBLE_STRENGTH = 12.0
HALF_STRENGTH = 15.0
PARAMETERS: Mapping[str, float] = {
    "copy_strength": COPY_STRENGTH,
    "possible_strength": POSSIBLE_STRENGTH,
    "half_strength": HALF_STRENGTH,
}

_SCENES: WeakKeyDictionary[PictureView, Scene] = WeakKeyDictionary()


def examine(picture: PictureView, reference: ReferenceView, context: Context) -> Evidence | None:
    """Look for an owner's mark anywhere in the picture, at any size, opacity and polarity, repeated ones at any angle.

    1. Find the place that most resembles the mark (see `matching.marks`); the picture's side of it is made once for
       all marks.
    2. Its strength, evidence times agreement of the strokes and of their weaker half, decides.
    """
    mark = reference.mark
    if not picture.readable or reference.reference.kind is not ReferenceKind.WATERMARK or mark is None:
        return None
    found = find(_scene(picture), mark)
    if found is None:
        return None
    transform = found.to_file @ picture.grey.to_working
    height, width = (round(side) for side in _size(picture))
    reference_share, picture_share = shares((height, width), (reference.height, reference.width), transform)
    verdict = _verdict(found)
    return Evidence(
        picture_sha256=picture.sha256,
        reference_sha256=reference.reference.sha256,
        stage=NAME,
        stage_version=VERSION,
        parameters=context.parameters(PARAMETERS),
        verdict=verdict,
        score=found.strength / (found.strength + HALF_STRENGTH),
        because=_because(found, verdict, transform, (height, width), (reference.height, reference.width)),
        measures=(
            ("strength", found.strength),
            ("evidence", found.evidence),
            ("agreement", found.agreement),
            ("weaker_half", float(np.mean(found.parts[: len(found.parts) // 2]))),
            ("loneliness", found.loneliness),
            ("opacity", found.opacity),
            ("angle", found.angle),
            ("scale", 1 / float(np.hypot(transform[0, 0], transform[1, 0]))),
        ),
        geometry=Geometry(
            transform=tuple(float(value) for value in (transform / transform[2, 2]).ravel()),
            inliers=0,
            reference_share=reference_share,
            picture_share=picture_share,
        ),
    )


def _scene(picture: PictureView) -> Scene:
    if picture not in _SCENES:
        _SCENES[picture] = Scene(picture.grey.pixels)
    return _SCENES[picture]


def _size(picture: PictureView) -> tuple[float, float]:
    height, width = picture.grey.pixels.shape
    return height / picture.grey.scale_y, width / picture.grey.scale_x


def _verdict(found: Found) -> Verdict:
    if found.strength >= COPY_STRENGTH:
        return Verdict.COPY
    return Verdict.POSSIBLE if found.strength >= POSSIBLE_STRENGTH else Verdict.NONE


def _because(
    found: Found,
    verdict: Verdict,
    transform: NDArray[np.float64],
    picture: tuple[int, int],
    mark: tuple[int, int],
) -> str:
    name = {
        Verdict.COPY: "The owner's mark is on this picture",
        Verdict.POSSIBLE: "Possibly the owner's mark is on this picture",
        Verdict.NONE: "No mark of the owner",
    }[verdict]
    back = np.linalg.inv(transform)
    middle = back @ ((mark[1] - 1) / 2, (mark[0] - 1) / 2, 1)
    width = mark[1] * float(np.hypot(back[0, 0], back[1, 0]))
    repeated = f", in rows at {found.angle:.0f}°" if found.repeated else ""
    return (
        f"{name}: {_place(middle[0] / picture[1], middle[1] / picture[0])}{repeated}, "
        f"{width / picture[1]:.0%} of its width, {'light' if found.light else 'dark'}, "
        f"about {found.opacity:.0%} opaque; {found.agreement:.0%} of its strokes agree"
    ).replace("%", " %")


def _place(x: float, y: float) -> str:
    across = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    down = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else ""
    return " ".join(part for part in (down, across) if part) or "in the middle"
