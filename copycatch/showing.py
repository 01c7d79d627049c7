"""After the matching: draw what review will show, and learn which pictures show the same in other bytes.

All of it happens here, once for each picture, so that no page has to wait for a drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from casebook.blobs import Blobs
from casebook.errors import BlobDamaged, BlobMissing
from casebook.renditions import Shown
from copycatch.pool import Pool
from matching.decode import decode
from matching.rendition import rendition
from matching.same_picture import Contents, Glance, glance, glance_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from casebook.casebook import Casebook
    from copycatch.scan import Progress


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one process makes of one picture; `glance` is None where it cannot be decoded whole."""

    shown: Shown
    glance: Glance | None


def show_matches(casebook: Casebook, blobs: Blobs, *, processes: int, progress: Progress) -> None:
    """Make a rendition of every picture and reference that match, and name what the pictures show.

    Each picture is one transaction. One that cannot be shown says why, is tried again the next time, and shows
    nothing but itself.
    """
    unnamed = set(casebook.unnamed())
    waiting = sorted(unnamed | set(casebook.unshown()))
    if not waiting:
        return
    contents = Contents(casebook.contents(), partial(_look, blobs))
    pool: Pool[str, _Seen] = Pool(partial(_begin, blobs.root), processes if len(waiting) > 8 else 1)
    for done, answer in enumerate(pool.run(waiting), start=1):
        seen = answer.result or _Seen(Shown(sha256=answer.task, jpeg_sha256=None, problem=answer.problem), None)
        with casebook.immediate():
            casebook.keep_rendition(seen.shown)
            if answer.task in unnamed and seen.glance is not None:
                casebook.name_content(answer.task, contents.name(answer.task, seen.glance), seen.glance.phash)
        progress("show", done, len(waiting))


def _look(blobs: Blobs, sha256: str) -> Glance | None:
    try:
        return glance(blobs.get(sha256))
    except (BlobMissing, BlobDamaged):
        return None


def _begin(blobs: Path) -> Callable[[str], _Seen]:
    return partial(_see, Blobs(blobs))


def _see(blobs: Blobs, sha256: str) -> _Seen:
    try:
        data = blobs.get(sha256)
    except (BlobMissing, BlobDamaged) as error:
        return _Seen(Shown(sha256=sha256, jpeg_sha256=None, problem=error.message), None)
    raster = decode(data)
    if raster.pixels is None:
        return _Seen(Shown(sha256=sha256, jpeg_sha256=None, problem=raster.problem), None)
    height, width = raster.pixels.shape[:2]
    shown = Shown(sha256=sha256, jpeg_sha256=blobs.put(rendition(raster.pixels)), width=width, height=height)
    return _Seen(shown, None if raster.problem is not None else glance_at(raster.pixels))
