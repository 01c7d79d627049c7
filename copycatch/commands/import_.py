"""`copycatch import`: pages that a person saved in her own browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casebook.errors import CopycatchError
from copycatch.candidate_list import candidate_records, print_candidates
from copycatch.commands.options import in_workspace, json_option, utc_now
from copycatch.commands.progress import progress_shown
from copycatch.config import http_url
from copycatch.importing import Imported, Read, run_import
from copycatch.output import plain, print_json_lines, print_line, print_table
from copycatch.works import printable_path
from crawler.archives import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copycatch.workspace import Workspace
    from crawler.page import Reading


@click.command("import")
@in_workspace
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--url", metavar="URL", help="Where the page was saved from, for one HTML file that does not tell.")
@click.option("--no-compare", is_flag=True, help="Only store what the files hold; `copycatch match` compares later.")
@json_option
def import_(workspace: Workspace, files: tuple[Path, ...], url: str | None, no_compare: bool, as_json: bool) -> None:
    """Take in saved pages: HTML, MHTML, HAR, WARC and WACZ files, or folders of them.

    Nothing is fetched: only pictures that lie in the files are compared with your works.
    """
    if url is not None:
        try:
            http_url(url)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--url") from None
        if len(files) != 1 or files[0].is_dir():
            raise click.UsageError("--url says where one file was saved from; name just that file")
    with progress_shown() as listener:
        done = run_import(workspace, _named(files), url=url, compare=not no_compare, now=utc_now, progress=listener)
    if as_json:
        print_json_lines(map(read_record, done.files))
    else:
        _show(workspace, done)
    errors = [read.error for read in done.files if read.error is not None]
    for other in errors[1:]:
        click.echo(plain(other.message), err=True)
    if errors:
        raise CopycatchError(errors[0].message, remedy=errors[0].remedy)


def read_record(read: Read) -> dict[str, Any]:
    """Return what became of one file as `import --json` prints it."""
    return {
        "file": printable_path(read.path),
        "error": read.error and read.error.message,
        "flaws": [f"{flaw.where}: {flaw.why}" for flaw in read.flaws],
        "pages": [
            {
                "url": url,
                "state": reading.state.value,
                "reason": reading.reason,
                "layout": reading.layout,
                "listing_key": reading.listing and reading.listing.key,
                "found": [listing.key for listing in reading.found],
            }
            for url, reading in read.pages
        ],
    }


def _named(files: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the files, and of folders the saved pages in them; what belongs to a page saved with its folder is its."""
    for path in files:
        if not path.is_dir():
            yield path
            continue
        for inside in sorted(path.rglob("*")):
            beside = any(part.endswith(("_files", ".files")) for part in inside.relative_to(path).parts[:-1])
            if inside.suffix.lower() in SUFFIXES and inside.is_file() and not beside:
                yield inside


def _show(workspace: Workspace, done: Imported) -> None:
    rows = [
        (printable_path(read.path), _state(reading), reading.layout, plain(_title(reading)), plain(url))
        for read in done.files
        for url, reading in read.pages
    ]
    if rows:
        print_table(("file", "state", "layout", "what", "address"), rows)
    for read in done.files:
        for flaw in read.flaws:
            click.echo(plain(f"{printable_path(read.path)}: {flaw.where}: {flaw.why}"), err=True)
        if not read.pages and read.error is None:
            click.echo(plain(f"{printable_path(read.path)}: no listing was found in it"), err=True)
    with workspace.casebook() as casebook:
        records = candidate_records(casebook) if done.compared is not None else []
        if records:
            print_candidates(casebook, records)
    missing = f"; {done.missing} of their pictures lie in none of the files" if done.missing else ""
    print_line(f"{done.listings} listings with {done.pictures} pictures imported{missing}.")


def _state(reading: Reading) -> str:
    return "results" if reading.found else reading.state.value.replace("_", " ")


def _title(reading: Reading) -> str:
    return reading.listing.title if reading.listing is not None else reading.reason


COMMANDS = (import_,)
