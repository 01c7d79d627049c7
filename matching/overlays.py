"""Pictures for people: what was found, drawn once at match time. The same input gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from casebook.findings import Verdict
from matching.alignment import align
from matching.decode import decode
from matching.features import REFERENCE, detect_both
from matching.geometry import outline
from matching.rendition import jpeg, scaled_down
from matching.stages import watermark
from matching.views import REFERENCE_SIDE, PictureView, lightness, working_grey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from casebook.findings import Evidence, Geometry, Match

PANEL = 480
GAP = 12
LABEL = 26
MOST_LINES = 60
QUALITY = 75
PAPER, INK, MARK = (255, 255, 255), (40, 40, 40), (220, 30, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """JPEG files: both pictures with the matched area outlined; lines between points that agree; the picture laid over
    the reference and what differs. The last two are None where the evidence has no points or no geometry."""

    side_by_side: bytes
    inliers: bytes | None
    difference: bytes | None


def render(picture_bytes: bytes, reference_bytes: bytes, match: Match) -> Drawn:
    """Draw a match; both files must be decodable, as those of every match but a broken exact copy are."""
    # A white mark on white would show nothing.
    ground = "grey" if any(item.stage == watermark.NAME for item in match.evidence) else "white"
    picture, reference = _pixels(picture_bytes), _pixels(reference_bytes, ground)
    if picture is None or reference is None:
        blank = np.full((PANEL // 2, PANEL, 3), 235, np.uint8)
        return Drawn(side_by_side=_plain_pair(reference, picture, blank), inliers=None, difference=None)
    shown = [item for item in match.evidence if item.geometry is not None and item.verdict is not Verdict.NONE]
    lines = next((item for item in shown if item.geometry and item.geometry.inliers), None)
    geometry = shown[0].geometry if shown else None
    return Drawn(
        side_by_side=_side_by_side(reference, picture, geometry),
        inliers=_inliers(picture_bytes, reference, picture, lines) if lines else None,
        difference=_difference(reference, picture, geometry) if geometry else None,
    )


def thumbnail(data: bytes, size: int) -> bytes:
    """Return a JPEG of at most `size` pixels on the long side; a grey square where there is nothing to show."""
    pixels = _pixels(data)
    image = Image.new("RGB", (size, size), (235, 235, 235)) if pixels is None else Image.fromarray(pixels)
    return jpeg(scaled_down(image, size), QUALITY)


def _pixels(data: bytes, ground: str = "white") -> NDArray[np.uint8] | None:
    return decode(data, ground=ground).pixels


def _plain_pair(
    reference: NDArray[np.uint8] | None, picture: NDArray[np.uint8] | None, blank: NDArray[np.uint8]
) -> bytes:
    left, right = (_panel(blank if pixels is None else pixels)[0] for pixels in (reference, picture))
    return jpeg(_row((left, right), ("Reference", "Found picture"))[0], QUALITY)


def _side_by_side(reference: NDArray[np.uint8], picture: NDArray[np.uint8], geometry: Geometry | None) -> bytes:
    (left, left_scale), (right, right_scale) = _panel(reference), _panel(picture)
    if geometry is not None:
        transform = np.array(geometry.transform).reshape(3, 3)
        in_picture, in_reference = _overlap(picture.shape, reference.shape, transform)
        _draw_outline(left, in_reference * left_scale)
        _draw_outline(right, in_picture * right_scale)
    return jpeg(_row((left, right), ("Reference", "Found picture"))[0], QUALITY)


def _inliers(
    picture_bytes: bytes, reference: NDArray[np.uint8], picture: NDArray[np.uint8], evidence: Evidence
) -> bytes | None:
    """Match the points again, as the stage did, and join the two ends of each; None where they no longer agree."""
    ends = _agreeing_points(picture_bytes, reference, mirrored=evidence.mirrored)
    if ends is None:
        return None
    (left, left_scale), (right, right_scale) = _panel(reference), _panel(picture)
    sheet, offsets = _row((left, right), ("Reference", "Found picture"))
    draw = ImageDraw.Draw(sheet)
    here, there = ends[0] * left_scale + offsets[0], ends[1] * right_scale + offsets[1]
    order = np.lexsort((here[:, 0], here[:, 1]))
    spread = order[np.unique(np.linspace(0, len(order) - 1, min(MOST_LINES, len(order))).astype(np.int64))]
    ramp = cv2.applyColorMap(np.linspace(20, 235, len(spread)).astype(np.uint8).reshape(-1, 1), cv2.COLORMAP_TURBO)
    colours = [(int(red), int(green), int(blue)) for blue, green, red in ramp[:, 0]]
    for colour, index in zip(colours, spread, strict=True):
        start, end = tuple(here[index].tolist()), tuple(there[index].tolist())
        draw.line((start, end), fill=colour, width=1)
        for x, y in (start, end):
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), outline=colour, width=2)
    return jpeg(sheet, QUALITY)


def _agreeing_points(
    picture_bytes: bytes, reference: NDArray[np.uint8], *, mirrored: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the inliers in pixels of the reference and of the picture, (n, 2) each."""
    view = PictureView(picture_bytes)
    light = working_grey(lightness(reference), REFERENCE_SIDE)
    height, width = light.pixels.shape
    found = align(view.features, [detect_both(light.pixels, REFERENCE)[mirrored]], (height, width))
    if not found:
        return None
    alignment = found[0][1]
    here, there = alignment.reference_points.astype(np.float64), alignment.picture_points.astype(np.float64)
    if mirrored:
        here[:, 0] = width - 1 - here[:, 0]
    return _mapped(here, np.linalg.inv(light.to_working)), _mapped(there, np.linalg.inv(view.light.to_working))


def _difference(reference: NDArray[np.uint8], picture: NDArray[np.uint8], geometry: Geometry) -> bytes:
    """Lay the picture over the reference; where it does not reach, stay pale."""
    ours, scale = _panel(reference)
    base = np.asarray(ours)
    to_panel = np.diag((scale, scale, 1.0)) @ np.array(geometry.transform).reshape(3, 3)
    size = (base.shape[1], base.shape[0])
    shrink = float(np.sqrt(abs(np.linalg.det(to_panel[:2, :2]))))
    soft = cv2.GaussianBlur(picture, (0, 0), 0.5 / shrink) if 0 < shrink < 1 else picture
    laid = cv2.warpPerspective(soft, to_panel, size, borderValue=(235, 235, 235))
    mask = cv2.warpPerspective(np.full(picture.shape[:2], 255, np.uint8), to_panel, size) > 127
    apart = cv2.absdiff(cv2.cvtColor(base, cv2.COLOR_RGB2GRAY), cv2.cvtColor(laid, cv2.COLOR_RGB2GRAY))
    heat = cv2.applyColorMap(255 - cv2.convertScaleAbs(apart, alpha=2.0), cv2.COLORMAP_BONE)[..., ::-1].copy()
    heat[~mask] = 235
    panels = (ours, Image.fromarray(np.asarray(laid, np.uint8)), Image.fromarray(np.asarray(heat, np.uint8)))
    return jpeg(_row(panels, ("Reference", "Found picture, laid over it", "Difference (dark = differs)"))[0], QUALITY)


def _overlap(
    picture_shape: tuple[int, ...], reference_shape: tuple[int, ...], transform: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners of the common area in the picture and in the reference."""
    frame = outline(reference_shape[1], reference_shape[0])
    quad = _mapped(frame, np.linalg.inv(transform)).astype(np.float32)
    own = outline(picture_shape[1], picture_shape[0]).astype(np.float32)
    common = cv2.intersectConvexConvex(own, quad)[1]
    inside = np.zeros((0, 2)) if common is None else np.asarray(common, np.float64).reshape(-1, 2)
    return inside, _mapped(inside, transform)


def _mapped(points: NDArray[np.float64], transform: NDArray[np.floating]) -> NDArray[np.float64]:
    lifted = np.column_stack((points, np.ones(len(points)))) @ transform.T
    return lifted[:, :2] / lifted[:, 2:]


def _panel(pixels: NDArray[np.uint8]) -> tuple[Image.Image, float]:
    """Return the picture at 480 pixels on the long side, and the factor."""
    height, width = pixels.shape[:2]
    scale = PANEL / max(height, width)
    image = Image.fromarray(pixels)
    return image.resize((max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.LANCZOS), scale


def _row(panels: Sequence[Image.Image], labels: Sequence[str]) -> tuple[Image.Image, list[NDArray[np.float64]]]:
    """Put panels in a row under their labels; return the sheet and where each panel's origin lies."""
    width = sum(panel.width for panel in panels) + GAP * (len(panels) + 1)
    sheet = Image.new("RGB", (width, max(panel.height for panel in panels) + LABEL + 2 * GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(15)
    offsets, left = [], GAP
    for panel, label in zip(panels, labels, strict=True):
        draw.text((left, GAP - 2), label, fill=INK, font=font)
        sheet.paste(panel, (left, LABEL + GAP))
        offsets.append(np.array([left, LABEL + GAP], np.float64))
        left += panel.width + GAP
    return sheet, offsets


def _draw_outline(panel: Image.Image, corners: NDArray[np.float64]) -> None:
    if len(corners) < 3:
        return
    limit = np.array([panel.width - 2, panel.height - 2])
    ring = [tuple(corner) for corner in np.clip(np.vstack((corners, corners[:1])), 1, limit).tolist()]
    ImageDraw.Draw(panel).line(ring, fill=MARK, width=3, joint="curve")
