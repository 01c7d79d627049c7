"""Pictures made for these tests."""

import cv2
import numpy as np

from benchmarks.copies.edits.edit import Pixels


def coordinates(width: int, height: int) -> Pixels:
    """Return a picture whose red says how far right and whose green says how far down a pixel lies, 0 to 255."""
    x = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    y = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
    return np.rint(np.stack([x, y, np.full((height, width), 128.0)], axis=2)).astype(np.uint8)


def cloth(width: int, height: int, seed: int) -> Pixels:
    """Return soft coloured spots on white, as a thing before a plain wall."""
    rng = np.random.default_rng(seed)
    spots = cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3)).astype(np.float32), (0, 0), 3)
    stretched = np.clip((spots - spots.mean()) * 6 + 128, 0, 230)
    stretched[: height // 8] = stretched[-height // 8 :] = 255
    stretched[:, : width // 8] = stretched[:, -width // 8 :] = 255
    return stretched.astype(np.uint8)
