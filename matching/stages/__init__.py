"""The matching stages, one file each, in the order in which they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matching.stages import orb, phash, sha256, watermark

if TYPE_CHECKING:
    from matching.stage import Stage

STAGES: tuple[Stage, ...] = (sha256, phash, orb, watermark)
