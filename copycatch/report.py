"""The report: one HTML file that needs nothing else, to read, print or hand to somebody."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from casebook.errors import BlobDamaged, BlobMissing, CopycatchError
from casebook.findings import Match, Verdict
from casebook.pictures import claims_of
from casebook.rulings import NOT_CLEARED
from casebook.types import RunKind, ScanRun
from copycatch.atomic_file import write_atomically
from copycatch.candidate_list import false_alarms_shown, state_shown
from copycatch.changes import SHOWN_AT_MOST as GONE_SHOWN
from copycatch.changes import Gone, gone_in
from copycatch.coverage import run_alarms
from copycatch.moments import moment, with_moments
from copycatch.output import plain
from copycatch.version import PROGRAM
from matching.metadata import names, read_claims
from matching.overlays import thumbnail

if TYPE_CHECKING:
    from pathlib import Path

    from casebook.blobs import Blobs
    from casebook.casebook import Casebook
    from copycatch.workspace import Workspace

# Each candidate brings some 100 KB of drawings; a file of more than these is no longer pleasant to open.
SHOWN_AT_MOST = 200
THUMBNAIL_PIXELS = 480

Row = Mapping[str, Any]


class ReportError(CopycatchError):
    """The report cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A stored picture as a data: address; None where its blob is lost."""

    caption: str
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One candidate as the report shows it: its row of the view `queue`, its drawings, and its other matches.

    `served_from` is the address that gave the listing's picture, which need not be the one that the listing names.
    `named` is whom the picture's file names as its maker or owner, `named_in_reference` whom the owner's file does.
    """

    row: Row
    state: str
    new: bool
    named: str
    named_in_reference: str
    served_from: str | None
    link: str | None
    seller_link: str | None
    main: tuple[Drawing, ...]
    inliers: Drawing | None
    difference: Drawing | None
    evidence: tuple[tuple[str, str, str], ...]
    others: tuple[tuple[str, str], ...]


def write_report(workspace: Workspace, casebook: Casebook, run_id: str, *, now: Callable[[], datetime]) -> Path:
    """Write reports/RUN.html in one step and return its path; a report of the same run is replaced.

    Raises:
        ReportError: the casebook knows no such run.
    """
    run = casebook.run(run_id)
    if run is None:
        raise ReportError(f"there is no run {run_id}", remedy="`copycatch status` names the runs.")
    coverage = casebook.coverage_rows(run_id)
    html = render(
        run=run,
        owner=workspace.config().owner.name,
        coverage=coverage,
        alarms=run_alarms(casebook, run_id),
        gone=list(gone_in(casebook, run_id, [str(row["target"]) for row in coverage])),
        targets=[target.name for target in workspace.config().targets] if run.kind is RunKind.SCAN else [],
        works=[(work.title, work.work_id) for work in casebook.works()],
        troubled=[(reference.path, reference.problem) for reference in casebook.references() if reference.problem],
        entries=list(_entries(casebook, workspace.blobs(), run)),
        total=casebook.reviewed_number(NOT_CLEARED),
        now=now(),
    )
    workspace.reports_path.mkdir(exist_ok=True)
    path = workspace.reports_path / f"{run_id}.html"
    write_atomically(path, html.encode("utf-8", "backslashreplace"))
    return path


def render(
    *,
    run: ScanRun,
    owner: str,
    coverage: Sequence[Row],
    alarms: list[str],
    gone: list[Gone],
    targets: Iterable[str],
    works: Iterable[tuple[str, str]],
    troubled: Iterable[tuple[str, str]],
    entries: list[Entry],
    total: int,
    now: datetime,
) -> str:
    """Return the report as HTML. It loads nothing and runs nothing, and its own policy forbids both."""
    environment = Environment(
        loader=PackageLoader("copycatch", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if isinstance(value, Markup) else plain(value),
    )
    environment.filters["false_alarms"] = false_alarms_shown
    environment.filters["moment"] = moment
    environment.filters["with_moments"] = with_moments
    style = files("copycatch").joinpath("templates", "report.css").read_text(encoding="utf-8")
    return environment.get_template(
        "report.html"
    ).render(
        program=PROGRAM,
        # The policy names the one style sheet by its hash, so a style smuggled in through a title stays inert.
        style=Markup(style),  # noqa: S704  our own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        run=run,
        owner=owner,
        coverage=coverage,
        untried=sorted(set(targets) - {row["target"] for row in coverage}),
        alarms=alarms,
        gone=gone[:GONE_SHOWN],
        gone_more=len(gone[GONE_SHOWN:]),
        works=list(works),
        troubled=list(troubled),
        copies=[entry for entry in entries if entry.row["verdict"] == Verdict.COPY],
        possible=[entry for entry in entries if entry.row["verdict"] == Verdict.POSSIBLE],
        new=sum(entry.new for entry in entries),
        shown=len(entries),
        total=total,
        nothing_found=_nothing_found(coverage),
        now=now,
    )


def _nothing_found(coverage: Sequence[Row]) -> str:
    """Return what finding nothing means; nothing where no page could be read, or no picture compared."""
    columns = ("pages_parsed", "listings_live", "listings_sold_out", "listings_ended", "listings_gone", "pictures_done")
    if not any(row[column] for row in coverage for column in columns):
        return "Nothing could be seen, so nothing is known"
    # An older night does not tell how many were compared.
    if not any(row["pictures_compared"] is None or row["pictures_compared"] for row in coverage):
        return "No picture was compared, so no copy could be found"
    return "No copy was found in what could be seen"


def _entries(casebook: Casebook, blobs: Blobs, run: ScanRun) -> Iterator[Entry]:
    paths = {reference.sha256: reference.path for reference in casebook.references()}
    named_in = cache(partial(_named_in, blobs))
    for row in casebook.reviewed_rows(NOT_CLEARED, SHOWN_AT_MOST):
        candidate = casebook.candidate(str(row["candidate_id"]))
        if candidate is None:
            continue
        best, *others = _best_first(row, candidate.matches)
        yield Entry(
            row=row,
            state=state_shown(row, run.started_at),
            new=datetime.fromisoformat(str(row["first_found_at"])) >= run.started_at,
            named=names(claims_of(str(row["picture_claims"]))),
            named_in_reference=named_in(str(row["reference_sha256"])),
            served_from=casebook.served_from(str(row["picture_url"]), str(row["picture_sha256"])),
            link=_link(row["listing_url"]),
            seller_link=_link(row["seller_url"]),
            main=tuple(_main_drawings(blobs, row)),
            inliers=_drawing(blobs, row["inliers"], "Lines join the points that agree"),
            difference=_drawing(blobs, row["difference"], "What differs once one is laid over the other"),
            evidence=tuple((found.stage, found.verdict.value, found.because) for found in best.evidence),
            others=tuple((paths.get(match.reference_sha256, "?"), match.because) for match in others),
        )


def _best_first(row: Row, matches: tuple[Match, ...]) -> list[Match]:
    """Return the matches with the one that the row describes at the front."""
    pair = (row["picture_sha256"], row["reference_sha256"])
    return sorted(matches, key=lambda match: (match.picture_sha256, match.reference_sha256) != pair)


def _named_in(blobs: Blobs, sha256: str) -> str:
    try:
        return names(read_claims(blobs.get(sha256)))
    except (BlobMissing, BlobDamaged):
        return ""


def _main_drawings(blobs: Blobs, row: Row) -> Iterator[Drawing]:
    """Yield the side-by-side drawing, or, where none was made, the picture and the reference as thumbnails."""
    drawn = _drawing(blobs, row["side_by_side"], "Your picture and the listing's, side by side")
    if drawn is not None:
        yield drawn
        return
    try:
        small = thumbnail(blobs.get(str(row["picture_sha256"])), THUMBNAIL_PIXELS)
    except (BlobMissing, BlobDamaged):
        yield Drawing(caption="The listing's picture", address=None)
    else:
        yield Drawing(caption="The listing's picture", address=_data_address(small))


def _drawing(blobs: Blobs, sha256: object, caption: str) -> Drawing | None:
    if sha256 is None:
        return None
    try:
        return Drawing(caption=caption, address=_data_address(blobs.get(str(sha256))))
    except (BlobMissing, BlobDamaged):
        return Drawing(caption=caption, address=None)


def _data_address(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _link(url: object) -> str | None:
    """Return an address that a reader may follow, or None: a page must not plant `javascript:` in the report."""
    try:
        usable = urlsplit(str(url)).scheme in ("http", "https")
    except ValueError:
        usable = False
    return str(url) if url is not None and usable else None
