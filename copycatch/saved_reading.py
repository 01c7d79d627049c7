"""What is read of one saved page or picture in a process of its own: plain functions whose answers can travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from crawler.archives.html import folder_owner
from crawler.marketplaces import marketplace
from matching.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.page import Page, Reading

_LAZY = (
    "data-zoom-src", "data-src", "data-original", "data-old-hires", "data-src-zoom-image", "data-lazy",
    "data-large_image",
)  # fmt: skip
_MOST_IMAGES = 5000
NOTHING, DAMAGED, WHOLE = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReading:
    """What a saved page proves, and by which two addresses each of its pictures is known."""

    reading: Reading
    twins: tuple[tuple[str, str], ...]


def read_saved(page: Page, name: str) -> SavedReading:
    """Read a page by the rules of the marketplace of that name."""
    return SavedReading(reading=marketplace(name).read(page), twins=tuple(_twins(page)))


def how_usable(picture: bytes) -> int:
    """Return 2 for a whole picture, 1 for a damaged one of which something shows, 0 for none."""
    raster = decode(picture)
    return NOTHING if raster.pixels is None else DAMAGED if raster.problem else WHOLE


def _twins(page: Page) -> Iterator[tuple[str, str]]:
    """Yield the two addresses of each image that a browser gave a file of its own: in `src` that file, in another
    attribute, which browsers leave alone, where the picture really lies."""
    for node in page.selector.xpath("//img[@src]")[:_MOST_IMAGES]:
        local = page.join(node.root.get("src"))
        if local is None or folder_owner(unquote(local).split("/")[-2]) is None:
            continue
        for attribute in _LAZY:
            remote = page.join(node.root.get(attribute))
            if remote is not None and remote != local:
                yield local, remote
