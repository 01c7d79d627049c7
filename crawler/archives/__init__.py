"""Pages that a person saved in her own browser, as the exchanges they were.

In: one file (HTML with its folder or in one piece, MHTML, HAR, WARC, WACZ). Out: `Exchange` after `Exchange`, and a
`Flaw` for each part that cannot be read; what is readable before and behind it stays. Nothing is written to disk,
nothing is fetched, and no path inside an archive leads anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.archives import har, html, mhtml, wacz, warc
from crawler.archives.exchange import ArchiveError, Exchange, Flaw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SUFFIXES = frozenset({".html", ".htm", ".mhtml", ".mht", ".har", ".warc", ".gz", ".wacz", ".xhtml"})
_HEAD = 1 << 20  # bytes
_KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[Path], Iterator[Exchange | Flaw]]], ...] = (
    (wacz.begins, wacz.read),
    (warc.begins, warc.read),
    (har.begins, har.read),
    (mhtml.begins, mhtml.read),
)


def exchanges(path: Path, url: str | None = None) -> Iterator[Exchange | Flaw]:
    """Yield what a saved file holds, told by its first bytes and not by its name.

    `url` is where a plain HTML file was saved from; the others know. ArchiveError: the file cannot be read at all, or
    is none of these.
    """
    if not path.is_file():  # reading a pipe would wait for ever
        raise ArchiveError(f"{path} is no file.", remedy="Name a saved page, or a folder of them.")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror}.", remedy="Check that you may read it.") from error
    for begins, read in _KINDS:
        if begins(head):
            return read(path)
    if html.begins(head):
        return html.read(path, url)
    raise ArchiveError(
        f"{path} is no saved page: its first bytes are those of neither HTML, MHTML, HAR, WARC nor WACZ.",
        remedy="Save the page anew in one of these forms; docs/guide.md tells how.",
    )
