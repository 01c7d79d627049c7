"""What is read of one saved page or picture in a process of its own: plain functions whose answers can travel."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from crawler.archives.html import folder_owner
from crawler.marketplaces import marketplace
from crawler.picture_urls import picture_key
from matching.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.types import GalleryPicture
    from crawler.page import Page, Reading

_LAZY = (
    "data-zoom-src", "data-src", "data-original", "data-old-hires", "data-src-zoom-image", "data-lazy",
    "data-large_image",
)  # fmt: skip
_MOST_IMAGES = 5000
# What browsers put into the name of a second file of one name, and sizes that shops put into names.
_IN_NAME = re.compile(r"(?:[ _-]?\(\d+\)|[-_](?:\d{2,4}x\d{0,4}|x\d{2,4}))(?=\.\w+$)")
NOTHING, DAMAGED, WHOLE = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReading:
    """What a saved page proves, and by which two addresses each of its pictures is known."""

    reading: Reading
    twins: tuple[tuple[str, str], ...]


def read_saved(page: Page, name: str) -> SavedReading:
    """Read a page by the rules of the marketplace of that name."""
    reading = marketplace(name).read(page)
    if reading.listing is not None:
        gallery = united_with_files(reading.listing.gallery)
        reading = replace(reading, listing=replace(reading.listing, gallery=gallery))
    return SavedReading(reading=reading, twins=tuple(_twins(page)))


def united_with_files(gallery: tuple[GalleryPicture, ...]) -> tuple[GalleryPicture, ...]:
    """Return a gallery in which a file that the browser saved with the page is no second picture beside its address.

    A page that was saved with its folder shows a picture by that file, and names the same picture by its address
    elsewhere (og:image, JSON-LD). The browser calls the file as the address ends. Where one file and one address of a
    gallery bear the same name, the address stays and the file becomes another place to find it; names that several bear
    tell nothing.
    """
    files: defaultdict[str, list[GalleryPicture]] = defaultdict(list)
    addresses: defaultdict[str, list[GalleryPicture]] = defaultdict(list)
    for one in gallery:
        (files if _is_file(one.url) else addresses)[_file_name(one.url)].append(one)
    pairs = [
        (files[name][0], addresses[name][0])
        for name in files
        if name and len(files[name]) == 1 and len(addresses.get(name, ())) == 1
    ]
    united = {address: replace(address, fallbacks=(*address.fallbacks, file.url)) for file, address in pairs}
    dropped = {file for file, _address in pairs}
    return tuple(united.get(one, one) for one in gallery if one not in dropped)


def _is_file(url: str) -> bool:
    """Whether an address is that of a file which a browser saved with a page."""
    parts = unquote(url).split("/")
    return len(parts) > 1 and folder_owner(parts[-2]) is not None


def _file_name(url: str) -> str:
    """Return the name of the file that an address leads to, at whatever size."""
    return _IN_NAME.sub("", unquote(picture_key(url)).partition("?")[0].rpartition("/")[2]).lower()


def how_usable(picture: bytes) -> int:
    """Return 2 for a whole picture, 1 for a damaged one of which something shows, 0 for none."""
    raster = decode(picture)
    return NOTHING if raster.pixels is None else DAMAGED if raster.problem else WHOLE


def _twins(page: Page) -> Iterator[tuple[str, str]]:
    """Yield the two addresses of each image that a browser gave a file of its own: in `src` that file, in another
    attribute, which browsers leave alone, where the picture really lies."""
    for node in page.selector.xpath("//img[@src]")[:_MOST_IMAGES]:
        local = page.join(node.root.get("src"))
        if local is None or not _is_file(local):
            continue
        for attribute in _LAZY:
            remote = page.join(node.root.get(attribute))
            if remote is not None and remote != local:
                yield local, remote
