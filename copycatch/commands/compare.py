"""`copycatch compare`: two sets of picture files, no workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from copycatch.atomic_file import write_atomically
from copycatch.commands.options import json_option
from copycatch.output import plain, print_json_lines, print_line, print_table
from copycatch.works import PICTURE_SUFFIXES, WorksError, pictures_below, printable_path, read_file
from matching.compare import Comparison, library_of
from matching.compare import compare as compare_pictures
from matching.overlays import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EXISTING = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("references", type=EXISTING)
@click.argument("pictures", type=EXISTING)
@json_option
@click.option("--all", "show_all", is_flag=True, help="Also list pictures that match nothing.")
@click.option(
    "--overlays", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Draw each match into DIR."
)
def compare(references: Path, pictures: Path, as_json: bool, show_all: bool, overlays: Path | None) -> None:
    """Compare PICTURES with REFERENCES; each is a picture file or a folder of them."""
    ours, theirs = _named(references), _named(pictures)
    for place, named in ((references, ours), (pictures, theirs)):
        if not named:
            endings = ", ".join(sorted(PICTURE_SUFFIXES))
            raise WorksError(f"there is no picture in {place}", remedy=f"Pictures end in {endings}.")
    library = library_of(_contents(ours))
    for reference in library.references:
        if reference.problem:
            click.echo(f"reference {plain(reference.path)}: {plain(reference.problem)}", err=True)
    found: Iterator[Comparison] = (
        item for item in compare_pictures(library, _contents(theirs)) if item.matches or show_all
    )
    if overlays is not None:
        overlays.mkdir(parents=True, exist_ok=True)
        found = _drawn(found, ours, theirs, overlays)
    if as_json:
        print_json_lines(comparison_record(item) for item in found)
        return
    rows = [row for item in found for row in _rows(item)]
    if rows:
        print_table(("picture", "verdict", "score", "reference", "because"), rows)
    else:
        print_line(f"No match among {len(theirs)} {'picture' if len(theirs) == 1 else 'pictures'}.")


def comparison_record(item: Comparison) -> dict[str, Any]:
    """Return a comparison as `compare --json` prints it."""
    return {
        "picture": item.name,
        "sha256": item.picture.sha256,
        "format": item.picture.format,
        "width": item.picture.width,
        "height": item.picture.height,
        "problem": item.picture.problem,
        "matches": [
            {"reference": name, "verdict": match.verdict.value, "score": match.score, "because": match.because}
            for name, match in item.matches
        ],
    }


def _named(place: Path) -> dict[str, Path]:
    """Return the pictures of a folder by relative name, or the one file by its name."""
    if place.is_dir():
        return {printable_path(path.relative_to(place)): path for path in pictures_below(place)}
    return {printable_path(Path(place.name)): place} if place.is_file() else {}


def _contents(named: dict[str, Path]) -> Iterator[tuple[str, bytes]]:
    return ((name, read_file(path)) for name, path in named.items())


def _rows(item: Comparison) -> Iterator[tuple[object, ...]]:
    for name, match in item.matches:
        yield item.name, match.verdict.value, f"{match.score:.2f}", name, match.because
    if not item.matches:
        yield item.name, "none", "", "", item.picture.problem or "matches no reference"


def _drawn(
    found: Iterable[Comparison], ours: dict[str, Path], theirs: dict[str, Path], folder: Path
) -> Iterator[Comparison]:
    """Pass comparisons on, drawing each match into `folder` on the way."""
    for item in found:
        for reference, match in item.matches:
            drawn = render(read_file(theirs[item.name]), read_file(ours[reference]), match)
            parts = {"side-by-side": drawn.side_by_side, "inliers": drawn.inliers, "difference": drawn.difference}
            for part, jpeg in parts.items():
                if jpeg is not None:
                    # Hashes, because the names of the pictures may hold anything.
                    name = f"{match.picture_sha256[:12]}-{match.reference_sha256[:12]}-{part}.jpg"
                    write_atomically(folder / name, jpeg)
        yield item


COMMANDS = (compare,)
