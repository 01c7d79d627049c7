"""The pictures that saved files hold: by address, and at any size of the same picture server."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote

from copycatch.saved_reading import NOTHING, WHOLE, how_usable
from crawler.picture_urls import picture_key
from crawler.reading_process import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.blobs import Blobs
    from casebook.types import GalleryPicture, Picture
    from crawler.archives.exchange import Exchange
    from crawler.reading_process import ReadingProcess

    Saved = tuple[Picture, Exchange]

log = logging.getLogger("copycatch.import")

_MOST_TRIED = 20  # files under one address
_HEADERS_KEPT = 4096  # characters: those of all pictures are in memory until the last file is read


class SavedPictures:
    """Pictures by what finds them. Their bytes lie in the blobs, and are decoded only when one is asked for."""

    def __init__(self, blobs: Blobs, reader: ReadingProcess):
        self._by_url: defaultdict[str, dict[str, Saved]] = defaultdict(dict)
        self._by_key: defaultdict[str, dict[str, Saved]] = defaultdict(dict)
        self._blobs, self._reader = blobs, reader
        self._known: dict[str, int] = {}

    def add(self, picture: Picture, exchange: Exchange) -> None:
        saved = picture, replace(exchange, body=b"", headers=_short(exchange.headers))
        self._by_url[unquote(exchange.url)].setdefault(picture.sha256, saved)
        self._by_key[picture_key(exchange.url)].setdefault(picture.sha256, saved)

    def rename(self, url: str, other: str) -> None:
        """Let the pictures under an address be found by another one too."""
        for picture, exchange in list(self._by_url.get(unquote(url), {}).values()):
            self.add(picture, replace(exchange, url=other))

    def find(self, wanted: GalleryPicture) -> tuple[Saved, bool] | None:
        """Return the picture that a gallery shows, and whether anything of it can be decoded; None where no file holds
        it.

        Tried are those under one of its addresses, then the larger before the smaller at any size; one that is whole
        comes before a damaged one, and that before what is no picture but for its first bytes.
        """
        best: Saved | None = None
        most = -1
        for one in islice(self._candidates(wanted), _MOST_TRIED):
            usable = self._usable(one[0].sha256)
            if usable > most:
                best, most = one, usable
            if usable == WHOLE:
                break
        return None if best is None else (best, most > NOTHING)

    def _usable(self, sha256: str) -> int:
        """Return how usable a picture is, see `how_usable`; one that cannot be decoded in time is not."""
        if sha256 not in self._known:
            try:
                self._known[sha256] = self._reader.read(partial(how_usable, self._blobs.get(sha256)))
            except UnreadableError as error:
                log.info("picture %s: %s", sha256, error, exc_info=None if error.ended else error)
                self._known[sha256] = NOTHING
        return self._known[sha256]

    def _candidates(self, wanted: GalleryPicture) -> Iterator[Saved]:
        urls = (wanted.url, *wanted.fallbacks)
        for url in urls:
            yield from self._by_url.get(unquote(url), {}).values()
        for url in urls:
            same = self._by_key.get(picture_key(url), {}).values()
            yield from sorted(same, key=lambda one: -one[0].bytes)


def _short(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    kept, size = [], 0
    for name, value in headers:
        size += len(name) + len(value)
        if size > _HEADERS_KEPT:
            break
        kept.append((name, value))
    return tuple(kept)
