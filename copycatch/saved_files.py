"""The saved pages in a folder, and what of it could not be looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.archives import SUFFIXES
from crawler.archives.exchange import Flaw
from crawler.archives.html import folder_owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGES = frozenset({".html", ".htm", ".xhtml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The files that are to be read, how many others lay beside them, and which folders cannot be listed."""

    files: tuple[Path, ...]
    others: int = 0
    flaws: tuple[Flaw, ...] = ()


def saved_files(paths: Iterable[Path]) -> Named:
    """Return the files among the paths, and of folders the saved pages in them, however deep.

    The files that a browser saved with a page, in a folder `<name>_files` beside it, are the page's and not named; a
    folder of such a name without its page is a folder like any other. Links to folders are not followed.
    """
    files: list[Path] = []
    flaws: list[Flaw] = []
    others = 0
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        for found in _inside(path):
            if isinstance(found, Flaw):
                flaws.append(found)
            elif found.suffix.lower() in SUFFIXES:
                files.append(found)
            else:
                others += 1
    return Named(files=tuple(files), others=others, flaws=tuple(flaws))


def _inside(root: Path) -> Iterator[Path | Flaw]:
    """Yield the files below a folder, in the order of their names; without recursion, since folders nest deeper than
    Python calls."""
    waiting = [(root, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        try:
            waiting += reversed(_listed(path))
        except OSError as error:
            yield Flaw(where=str(path), why=f"the folder cannot be listed: {error.strerror}")


def _listed(folder: Path) -> list[tuple[Path, bool]]:
    """Return what is in a folder, and whether it is a folder itself, without those that belong to a page."""
    with os.scandir(folder) as listed:
        entries = sorted(listed, key=lambda entry: entry.name)
    pages = {Path(entry.name).stem for entry in entries if Path(entry.name).suffix.lower() in PAGES}
    found = [(entry, entry.is_dir(follow_symlinks=False)) for entry in entries]
    return [
        (folder / entry.name, is_folder)
        for entry, is_folder in found
        if (folder_owner(entry.name) not in pages if is_folder else entry.is_file())
    ]
