"""`copycatch compare`: two sets of picture files, no workspace."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from casebook.edits import edit_record
from casebook.errors import CopycatchError
from casebook.evidence_record import evidence_record
from casebook.findings import ReferenceKind, Verdict
from copycatch.atomic_file import write_atomically
from copycatch.candidate_list import false_alarms_shown
from copycatch.commands.options import json_option
from copycatch.output import plain, print_json_lines, print_line, print_table
from copycatch.version import PROGRAM
from copycatch.works import PICTURE_SUFFIXES, candidates_below, printable_path, read_entries, read_file
from matching.calibration import DEFAULT_BUDGET, MOST_POSSIBLE, standard
from matching.compare import Comparison, Kinds, library_of
from matching.compare import compare as compare_pictures
from matching.overlays import render
from matching.stage import Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from casebook.findings import Match
    from matching.library import ReferenceLibrary

EXISTING = click.Path(exists=True, path_type=Path)

_NO_MATCH: dict[str, Any] = {
    "reference": None,
    "reference_sha256": None,
    "verdict": Verdict.NONE.value,
    "score": 0.0,
    "expected_false_alarms": None,
    "relation": None,
    "mirrored": False,
    "edits": [],
    "reference_share": None,
    "picture_share": None,
    "transform": None,
}


class Trouble(NamedTuple):
    """Why a reference cannot be compared, or only badly; `reference` is None where there is none at all."""

    reference: str | None
    message: str


def _number(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if math.isnan(value):  # which is neither below nor above any limit
        raise click.BadParameter("it is not a number", ctx=ctx, param=param)
    return value


@click.command()
@click.argument("references", type=EXISTING)
@click.argument("pictures", type=EXISTING)
@json_option
@click.option("--all", "show_all", is_flag=True, help="Also list pictures that match nothing.")
@click.option(
    "--overlays", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Draw each match into DIR."
)
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, MOST_POSSIBLE, min_open=True),
    default=DEFAULT_BUDGET,
    show_default=True,
    callback=_number,
    metavar="N",
    help="How many of 100,000 strangers' pictures may be called copies by mistake.",
)
def compare(
    references: Path, pictures: Path, as_json: bool, show_all: bool, overlays: Path | None, false_alarms: float
) -> None:
    """Compare PICTURES with REFERENCES; each is a picture file or a folder of them."""
    troubles: list[Trouble] = []
    not_drawn: list[str] = []
    if overlays is not None:
        overlays.mkdir(parents=True, exist_ok=True)
    ours, theirs = _named(references), _named(pictures)
    kinds = _kinds(references, ours, troubles)
    library = library_of(_contents(ours, troubles), kinds)
    troubles += sorted(Trouble(known.path, known.problem) for known in library.references if known.problem)
    troubles += [Trouble(None, _empty(place)) for place, named in ((references, ours), (pictures, theirs)) if not named]
    for name, message in troubles:
        click.echo(plain(message if name is None else f"reference {name}: {message}"), err=True)
    context = Context.here(standard(sum(view.mark is None for view in library.views)), false_alarms)
    compared = _compared(library, theirs, context)
    found: Iterator[Comparison] = (item for item in compared if item.matches or item.problem or show_all)
    if overlays is not None:
        found = _drawn(found, ours, theirs, overlays, not_drawn)
    if as_json:
        print_json_lines(chain(map(trouble_record, troubles), map(comparison_record, found)))
    elif rows := [row for item in found for row in _rows(item)]:
        print_table(("picture", "verdict", "relation", "score", "reference", "because", "edits"), rows)
    else:
        print_line(f"No match among {len(theirs)} {'picture' if len(theirs) == 1 else 'pictures'}.")
    if not_drawn:
        raise CopycatchError(
            f"{len(not_drawn)} of the matches could not be drawn into {overlays}, the first because: {not_drawn[0]}",
            remedy="What is printed is complete. Make room there or choose another folder, and run the command again.",
        )


def comparison_record(item: Comparison) -> dict[str, Any]:
    """Return a comparison as `compare --json` prints it: the picture, its best match, and all `matches`, these with
    what each stage measured."""
    matches = [_match_record(name, match) for name, match in item.matches]
    evidence = [{"evidence": [evidence_record(found) for found in match.evidence]} for _, match in item.matches]
    picture = item.picture
    return {
        "program": PROGRAM,
        "picture": item.name,
        "sha256": picture and picture.sha256,
        "format": picture and picture.format,
        "width": picture and picture.width,
        "height": picture and picture.height,
        "problem": item.problem,
        "claims": [asdict(claim) for claim in picture.claims] if picture else [],
        **(matches[0] if matches else _NO_MATCH | {"because": item.problem or "matches no reference"}),
        "matches": [match | measured for match, measured in zip(matches, evidence, strict=True)],
    }


def trouble_record(trouble: Trouble) -> dict[str, Any]:
    """Return what is wrong with a reference in the same fields, without a picture."""
    nothing = Comparison(name="", picture=None, problem=trouble.message)
    return comparison_record(nothing) | {"picture": None, "reference": trouble.reference}


def _match_record(reference: str, match: Match) -> dict[str, Any]:
    speaking = [found for found in match.evidence if found.verdict is not Verdict.NONE]
    told = next((found for found in speaking if found.geometry is not None), speaking[0])
    geometry = told.geometry
    return {
        "reference": reference,
        "reference_sha256": match.reference_sha256,
        "verdict": match.verdict.value,
        "score": match.score,
        "expected_false_alarms": match.expected_false_alarms,
        "relation": match.relation and match.relation.value,
        "mirrored": told.mirrored,
        "edits": [edit_record(edit) for edit in match.edits],
        "reference_share": geometry and geometry.reference_share,
        "picture_share": geometry and geometry.picture_share,
        "transform": geometry and list(geometry.transform),
        "because": match.because,
    }


def _named(place: Path) -> dict[str, Path]:
    """Return what may be taken for a picture in a folder by relative name, or the one file by its name."""
    if place.is_dir():
        return {printable_path(path.relative_to(place)): path for path in candidates_below(place)}
    return {printable_path(Path(place.name)): place} if place.is_file() else {}


def _kinds(place: Path, ours: dict[str, Path], troubles: list[Trouble]) -> dict[str, Kinds]:
    """Return what the works.toml of a folder says of the references by name; WorksError where it cannot be used."""
    kinds: dict[str, Kinds] = {}
    names = {unicodedata.normalize("NFC", name): name for name in ours}
    for entry in read_entries(place / "works.toml") if place.is_dir() else ():
        for kind, paths in ((ReferenceKind.PICTURE, entry.files), (ReferenceKind.WATERMARK, entry.watermarks)):
            for path in paths:
                name = names.get(unicodedata.normalize("NFC", Path(path).as_posix()))
                if name is None:
                    troubles.append(Trouble(path, "is named in works.toml and is no picture in this folder"))
                else:
                    kinds.setdefault(name, Kinds(work=entry.work.kind, reference=kind))
    return kinds


def _contents(named: dict[str, Path], troubles: list[Trouble]) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes of each file that can be read; why others cannot goes to `troubles`."""
    for name, path in named.items():
        try:
            data = read_file(path)
        except OSError as error:
            troubles.append(Trouble(name, f"cannot be read: {error.strerror}"))
        else:
            yield name, data


def _compared(library: ReferenceLibrary, theirs: dict[str, Path], context: Context) -> Iterator[Comparison]:
    """Yield the pictures in order, those that cannot be read last."""
    unread: list[Trouble] = []
    yield from compare_pictures(library, _contents(theirs, unread), context)
    for name, message in unread:
        yield Comparison(name=str(name), picture=None, problem=message)


def _empty(place: Path) -> str:
    return f"there is no picture in {place}; pictures end in {', '.join(sorted(PICTURE_SUFFIXES))}"


def _rows(item: Comparison) -> Iterator[tuple[object, ...]]:
    for name, match in item.matches:
        relation, score = match.relation and match.relation.value, f"{match.score:.2f}"
        told = (match.because, false_alarms_shown(match.expected_false_alarms))
        because, edits = "; ".join(part for part in told if part), ", ".join(map(str, match.edits))
        yield item.name, match.verdict.value, relation or "", score, name, because, edits
    if not item.matches:
        yield item.name, "none", "", "", "", item.problem or "matches no reference", ""


def _drawn(
    found: Iterable[Comparison], ours: dict[str, Path], theirs: dict[str, Path], folder: Path, not_drawn: list[str]
) -> Iterator[Comparison]:
    """Pass comparisons on, drawing each match into `folder` on the way; why one cannot be goes to `not_drawn`."""
    for item in found:
        for reference, match in item.matches:
            try:
                _draw(match, read_file(theirs[item.name]), read_file(ours[reference]), folder)
            except OSError as error:
                not_drawn.append(error.strerror or str(error))
        yield item


def _draw(match: Match, picture: bytes, reference: bytes, folder: Path) -> None:
    drawn = render(picture, reference, match)
    parts = {"side-by-side": drawn.side_by_side, "inliers": drawn.inliers, "difference": drawn.difference}
    for part, jpeg in parts.items():
        if jpeg is not None:
            # Hashes, because the names of the pictures may hold anything.
            name = f"{match.picture_sha256[:12]}-{match.reference_sha256[:12]}-{part}.jpg"
            write_atomically(folder / name, jpeg)


COMMANDS = (compare,)
