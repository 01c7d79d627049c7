"""A picture as a field of edges that all count alike, so that a faint mark weighs as much as a strong contour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOFTNESS = 0.7
NOISE = 3.0
NEIGHBOURHOOD = 31
NEIGHBOURS_WEIGHT = 0.5


def gradient(plane: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the derivatives along x and y, per pixel."""
    return _slope(plane, 1, 0), _slope(plane, 0, 1)


def soft(plane: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return a plane as float32, blurred so much that derivatives mean edges and not single pixels."""
    return np.asarray(cv2.GaussianBlur(plane.astype(np.float32), (0, 0), SOFTNESS), np.float32)


def edge_map(grey: NDArray[np.generic]) -> NDArray[np.float32]:
    """Turn a grey picture (h, w) into a plane whose product with a shape tells how well their edges agree.

    1. Take the gradient g of the softened picture.
    2. Divide it by its own length, half the mean length nearby, and 3 grey levels: contours and faint strokes come out
       alike, noise and busy texture do not.
    3. Return minus its divergence d. For any shape t, the sum of d·t is that of the products of the normalised
       gradient with the gradient of t (Gauss), so one correlation of planes replaces two of gradients.

    Source: the normalised gradient correlation of Tzimiropoulos et al., "Robust FFT-based scale-invariant image
    registration", 2010; the local mean and the divergence are ours.
    """
    across, down = gradient(soft(grey))
    # Not cv2.magnitude, whose last bit depends on where the arrays lie in memory.
    length = np.sqrt(across * across + down * down)
    nearby = cv2.blur(length, (NEIGHBOURHOOD, NEIGHBOURHOOD), borderType=cv2.BORDER_REFLECT)
    weight = np.asarray(cv2.divide(1, length + NEIGHBOURS_WEIGHT * nearby + NOISE), np.float32)
    return -_slope(across * weight, 1, 0) - _slope(down * weight, 0, 1)


def _slope(plane: NDArray[np.float32], across: int, down: int) -> NDArray[np.float32]:
    return np.asarray(cv2.Sobel(plane, cv2.CV_32F, across, down, ksize=3, scale=1 / 8), np.float32)
