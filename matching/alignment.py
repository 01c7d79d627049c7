"""Where a picture lies over a reference: matched ORB points to a homography that a copy could have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import faiss
import numpy as np

from matching.features import DESCRIPTOR_BITS
from matching.geometry import distortion, mapped
from matching.similarity import MOST_DEGREES_APART, MOST_OCTAVES_APART, SLACK, explained

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from matching.features import Features

    _Fit = tuple[NDArray[np.float64], NDArray[np.bool_]]  # a 3 × 3 transform, and which points it explains

# One thread, as with OpenCV: engines above spread pictures over cores.
faiss.omp_set_num_threads(1)

MAX_DISTANCE = 64
RATIO = 0.85
AMBIGUOUS = 64.0
MOST_PAIRS = 800
PROPOSING = 200
TOLERANCE = 4.0
MIN_INLIERS = 8
FEWEST_INLIERS = 5
AFFINE_ENOUGH = 0.85
POLISH_TOLERANCE = 2.0
SURE, HOPELESS = 25, 1 / 3
PROPOSALS = 3
MOST_ALIGNMENTS = 3
ROUGH_TOLERANCE = 8.0
NEAR, NEAR_PER_PIXEL = 10.0, 0.06
GUIDED_DISTANCE = 80


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """`transform` (3 × 3) maps picture points to reference points; `picture_points` and `reference_points` (n, 2) are
    the inliers. `stretch` is the ratio of the two axes' scales at the middle of the inliers, `foreshortening` that of
    the largest to the smallest local scale at the corners: both 1 for a plain crop, turn or resize."""

    transform: NDArray[np.float64]
    picture_points: NDArray[np.float32]
    reference_points: NDArray[np.float32]
    stretch: float
    foreshortening: float

    def seen_in_mirror(self, width: int) -> Alignment:
        """Return the same alignment with the mirror image of the reference, which is `width` pixels wide."""
        flip = np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]], np.float64)
        points = np.column_stack((width - 1 - self.reference_points[:, 0], self.reference_points[:, 1]))
        return replace(self, transform=flip @ self.transform, reference_points=points)


def align(
    picture: Features, variants: Sequence[Features], reference_shape: tuple[int, int]
) -> list[tuple[int, Alignment]]:
    """Find the homographies from a picture to the variants of a reference of `reference_shape` (height, width), in
    working pixels, that are worth a closer look: (which variant, alignment), as a rule one or none.

    1. For each picture point take the two nearest reference descriptors, if they are near (Hamming ≤ 64).
    2. The 200 surest pairs, those nearest and most clearly nearer than the next (Lowe 2004), each propose the turn,
       scale and place that their own points have; keep the pairs that the best proposal explains.
    3. Of those fit a homography by USAC_MAGSAC at 4 working pixels (Barath et al. 2020), or an affine transform where
       that explains nearly as much. Where both find too little, fit a similarity: four numbers need fewer points.
    4. Refuse what no copy has: too few inliers, a folded or inside-out frame, extreme scale, stretch or tilt.
    5. Where no variant has inliers at 25 places, look again along each one's three best proposals: a similarity says
       where every point should lie, and of what is near there the likest counts, even if it is no surer than others.
    6. Beside one with inliers at 25 places, leave out those with less than a third of them.
    """
    proposals = [_proposals(picture, variant, _near_pairs(picture, variant)) for variant in variants]
    found = [
        (index, alignment)
        for index, (variant, best) in enumerate(zip(variants, proposals, strict=True))
        if best and (alignment := _fitted(picture, variant, best[0], reference_shape, (_fit, _similarity))) is not None
    ]
    if all(_places(alignment) < SURE for _, alignment in found):
        found += [
            (index, alignment)
            for index, (variant, all_of_them) in enumerate(zip(variants, proposals, strict=True))
            for pairs in all_of_them
            if (alignment := _again(picture, variant, pairs, reference_shape)) is not None
        ]
    most = max((_places(alignment) for _, alignment in found), default=0)
    fewest = max(FEWEST_INLIERS, HOPELESS * most if most >= SURE else 0)
    found = [(index, alignment) for index, alignment in found if _places(alignment) >= fewest]
    return sorted(found, key=lambda each: -_places(each[1]))[:MOST_ALIGNMENTS]


def _again(
    picture: Features, reference: Features, pairs: NDArray[np.int64], reference_shape: tuple[int, int]
) -> Alignment | None:
    rough = _fitted(picture, reference, pairs, reference_shape, (_roughly,))
    if rough is None:
        return None
    return _fitted(picture, reference, _guided(picture, reference, rough), reference_shape, (_fit, _similarity))


def _fitted(
    picture: Features,
    reference: Features,
    pairs: NDArray[np.int64],
    reference_shape: tuple[int, int],
    ways: Sequence[Callable[[NDArray[np.float32], NDArray[np.float32]], _Fit | None]],
) -> Alignment | None:
    """Return what the first of several ways to fit a transform gives that a copy can have."""
    source, target = picture.points[pairs[:, 0]], reference.points[pairs[:, 1]]
    for fit in ways:
        fitted = fit(source, target)
        if fitted is None:
            continue
        transform, inside = fitted
        shape = distortion(transform, source[inside].mean(axis=0), reference_shape)
        if shape is not None:
            return Alignment(
                transform=transform,
                picture_points=source[inside],
                reference_points=target[inside],
                stretch=shape[0],
                foreshortening=shape[1],
            )
    return None


def _guided(picture: Features, reference: Features, rough: Alignment) -> NDArray[np.int64]:
    """Return the pairs (n, 2) of like points that a rough similarity brings near each other, the likest one for each
    picture point. The farther a point lies from those that the similarity rests on, the more it may be off."""
    places = mapped(rough.transform, picture.points.astype(np.float64))
    here, there = places @ np.array([1, 1j]), reference.points @ np.array([1, 1j])
    reach = NEAR + NEAR_PER_PIXEL * np.abs(here - rough.reference_points.mean(axis=0) @ np.array([1, 1j]))
    point, other = _near(here, there, reach)
    onto = rough.transform[0, 0] + 1j * rough.transform[1, 0]
    octaves = np.log2(picture.sizes[point] * np.abs(onto) / reference.sizes[other])
    turn = (picture.angles[point] + np.angle(onto, deg=True) - reference.angles[other] + 180) % 360 - 180
    alike = (np.abs(octaves) < MOST_OCTAVES_APART) & (np.abs(turn) < MOST_DEGREES_APART)
    point, other = point[alike], other[alike]
    bits = np.bitwise_count(picture.descriptors[point] ^ reference.descriptors[other]).sum(axis=1, dtype=np.int64)
    order = np.lexsort((bits, point))
    order = order[bits[order] <= GUIDED_DISTANCE]
    _, likest = np.unique(point[order], return_index=True)
    return np.column_stack((point[order][likest], other[order][likest]))


def _near(
    here: NDArray[np.complexfloating], there: NDArray[np.complexfloating], reach: NDArray[np.floating]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of all pairs of points, given as x + iy, that lie within the first's reach."""
    order = np.argsort(there.real, kind="stable")
    across = there.real[order]
    first, last = np.searchsorted(across, here.real - reach), np.searchsorted(across, here.real + reach)
    point = np.repeat(np.arange(len(here)), last - first)
    other = order[np.arange(len(point)) - np.repeat(np.cumsum(last - first) - last, last - first)]
    close = np.abs(here[point] - there[other]) < reach[point]
    return point[close], other[close]


def _fit(source: NDArray[np.float32], target: NDArray[np.float32]) -> _Fit | None:
    """Return a transform and its inliers: affine where that explains nearly as much as a homography does."""
    if len(source) < MIN_INLIERS:
        return None
    homography, mask = cv2.findHomography(source, target, cv2.USAC_MAGSAC, TOLERANCE, maxIters=2000, confidence=0.999)
    if homography is None:
        return None
    inside = mask.ravel().astype(bool)
    if inside.sum() < MIN_INLIERS:
        return None
    affine, mask = cv2.estimateAffine2D(source, target, method=cv2.USAC_MAGSAC, ransacReprojThreshold=TOLERANCE)
    if affine is not None and mask.sum() >= AFFINE_ENOUGH * inside.sum():
        inside = mask.ravel().astype(bool)
        return _polished_affine(np.asarray(affine, np.float64), source, target), inside
    return np.asarray(homography, np.float64), inside


def _polished_affine(
    affine: NDArray[np.float64], source: NDArray[np.float32], target: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Refit an affine transform by least squares to the points it places within 2 pixels, twice."""
    lifted = np.column_stack((source, np.ones(len(source)))).astype(np.float64)
    for _ in range(2):
        close = np.hypot(*(lifted @ affine.T - target).T) < POLISH_TOLERANCE
        if close.sum() < MIN_INLIERS:
            break
        affine = np.linalg.lstsq(lifted[close], target[close].astype(np.float64), rcond=None)[0].T
    return np.vstack((affine, (0, 0, 1)))


def _roughly(source: NDArray[np.float32], target: NDArray[np.float32]) -> _Fit | None:
    return _similarity(source, target, ROUGH_TOLERANCE)


def _similarity(source: NDArray[np.float32], target: NDArray[np.float32], tolerance: float = TOLERANCE) -> _Fit | None:
    """Return turn, scale and shift, and the points that they explain."""
    if len(source) < FEWEST_INLIERS:
        return None
    affine, mask = cv2.estimateAffinePartial2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=tolerance)
    if affine is None or mask.sum() < FEWEST_INLIERS:
        return None
    return np.vstack((np.asarray(affine, np.float64), (0, 0, 1))), mask.ravel().astype(bool)


def _near_pairs(picture: Features, reference: Features) -> NDArray[np.int64]:
    """Return (n, 2) indices of near picture and reference descriptors, surest first, at most 800."""
    if len(picture) == 0 or len(reference) < 2:
        return np.empty((0, 2), np.int64)
    # The same answer as cv2.batchDistance in a fifth of the time.
    exact = faiss.IndexBinaryFlat(DESCRIPTOR_BITS)
    exact.add(reference.descriptors)
    distance, index = exact.search(picture.descriptors, 2)
    doubt = distance / np.maximum(distance[:, ::-1], 1)
    point, rank = np.nonzero(distance <= MAX_DISTANCE)
    sureness = distance[point, rank] * np.minimum(doubt[point, rank], 1.0) + AMBIGUOUS * (doubt[point, rank] > RATIO)
    order = np.argsort(sureness, kind="stable")[:MOST_PAIRS]
    return np.asarray(np.column_stack((point, index[point, rank]))[order], np.int64)


def _proposals(picture: Features, reference: Features, pairs: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the pairs that agree with the best of the surest pairs' own turn, scale and place; then those of the best
    one among the rest, and so on."""
    if len(pairs) == 0:
        return []
    here, there = picture.points[pairs[:, 0]] @ np.array([1, 1j]), reference.points[pairs[:, 1]] @ np.array([1, 1j])
    turn = picture.angles[pairs[:, 0]] - reference.angles[pairs[:, 1]]
    octaves = np.log2(picture.sizes[pairs[:, 0]] / reference.sizes[pairs[:, 1]])
    agreeing = explained(here, there, turn, octaves, proposing=PROPOSING, slack=SLACK * 2**octaves)
    weight = 1.5 - np.arange(len(pairs)) / len(pairs)  # the surest pair counts three times the least sure
    found = []
    for _ in range(PROPOSALS):
        best = agreeing[(agreeing @ weight).argmax()]
        found.append(np.asarray(pairs[best], np.int64))
        weight = np.where(best, 0.0, weight)
    return found


def _places(alignment: Alignment) -> int:
    """Count inliers at least a few pixels apart: many matches to one place are one observation."""
    return len(np.unique(np.round(alignment.reference_points / TOLERANCE), axis=0))
