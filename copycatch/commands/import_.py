"""`copycatch import`: pages that a person saved in her own browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import click

from casebook.candidate_records import candidate_records
from casebook.errors import CopycatchError
from casebook.types import ListingState
from copycatch.candidate_list import print_candidates
from copycatch.commands.options import in_workspace, json_option, utc_now
from copycatch.commands.progress import progress_shown
from copycatch.config import http_url
from copycatch.importing import run_import
from copycatch.output import counted, plain, print_json_lines, print_line, print_table
from copycatch.saved_files import PAGES, Named, saved_files
from copycatch.works import printable_path
from crawler.archives import SUFFIXES
from crawler.archives.exchange import AddressFrom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copycatch.saved_pages import Imported, Read, ReadPage
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
    named = saved_files(files)
    for flaw in named.flaws:
        click.echo(plain(f"{flaw.where}: {flaw.why}"), err=True)
    if not named.files:
        raise _nothing_named(files, named)
    with progress_shown() as listener:
        done = run_import(workspace, named.files, url=url, compare=not no_compare, now=utc_now, progress=listener)
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
        "pictures": read.pictures,
        "others": read.others,
        "pages": [_page_record(page) for page in read.pages],
    }


def _page_record(page: ReadPage) -> dict[str, Any]:
    reading = page.reading
    return {
        "url": page.url,
        "address_from": page.address_from.value,
        "state": reading.state.value,
        "reason": reading.reason,
        "layout": reading.layout,
        "listing_key": reading.listing and reading.listing.key,
        "found": [listing.key for listing in reading.found],
    }


def _nothing_named(files: tuple[Path, ...], named: Named) -> CopycatchError:
    folders = ", ".join(printable_path(path) for path in files)
    others = f"{counted(named.others, 'file lies', 'files lie')} in it, none with such a name"
    lie = others if named.others else "it is empty"
    return CopycatchError(
        f"There is no saved page in {folders}: {lie}.",
        remedy=f"Name the files themselves, or save pages under names that end in {', '.join(sorted(SUFFIXES))}.",
    )


def _show(workspace: Workspace, done: Imported) -> None:
    rows = [
        (
            printable_path(read.path),
            _state(page.reading),
            page.reading.layout,
            plain(_title(page.reading)),
            plain(_without_campaign(page.url)),
            page.address_from.value,
        )
        for read in done.files
        for page in read.pages
    ]
    if rows:
        print_table(("file", "state", "layout", "what", "address", "address is"), rows)
    for read in done.files:
        for flaw in read.flaws:
            click.echo(plain(f"{printable_path(read.path)}: {flaw.where}: {flaw.why}"), err=True)
        if not read.pages and read.error is None:
            click.echo(plain(f"{printable_path(read.path)}: no listing was found in it; {_why_none(read)}"), err=True)
    with workspace.casebook() as casebook:
        records = candidate_records(casebook) if done.compared is not None else []
        if records:
            print_candidates(casebook, records)
    print_line(_result(done))
    for advice in _advice(done):
        print_line(advice)
    if done.report is not None:
        print_line(f"Report: {plain(done.report)}")


def _why_none(read: Read) -> str:
    """Return why a file that could be read brought no page, and what to do."""
    if not read.others:
        return f"it holds {counted(read.pictures, 'picture')} and no page: save the page of the listing itself too"
    return (
        f"{counted(read.others, 'document')} in it, none of which tells of one: save the page once the listing shows, "
        "or, where its address is wrong, name it with --url"
    )


def _result(done: Imported) -> str:
    parts = [f"{counted(done.listings, 'listing')} with {counted(done.pictures, 'picture')} imported"]
    if done.missing:
        lie = "lies" if done.missing == 1 else "lie"
        parts.append(f"{done.missing} of their pictures {lie} in none of the files")
    if done.undecodable:
        parts.append(f"{done.undecodable} of their pictures cannot be decoded: save these pages anew")
    pages = [page for read in done.files for page in read.pages]
    if not done.listings and pages:
        blocked = all(page.reading.state is ListingState.BLOCKED for page in pages)
        parts.append(
            "every page is one that blocks: save the page again once the listing shows in your browser"
            if blocked
            else "the table above says why; `copycatch parse` shows what is read in a page"
        )
    return "; ".join(parts) + "."


def _advice(done: Imported) -> Iterator[str]:
    """Yield what the person can do so that the next import shows or proves more."""
    alone = [read.path for read in done.files if read.pages and not read.pictures and read.path.suffix.lower() in PAGES]
    if done.missing and alone:
        told = "Its pictures were not saved with it" if len(alone) == 1 else "Pages came without their pictures"
        yield (
            f"{told} ({plain(printable_path(alone[0]))}): save the page as "
            '"Webpage, complete" and import it with its folder beside it, or as MHTML, or use `copycatch record`.'
        )
    claimed = sum(page.address_from is AddressFrom.CLAIMED for read in done.files for page in read.pages)
    if claimed:
        nobody = "1 page: only the page itself says" if claimed == 1 else f"{claimed} pages: only they themselves say"
        yield (
            f"{nobody} from where it was saved, and a page can say anything. So it adds what was not known yet, and "
            "changes nothing that was seen there before. If you know the address, import the file again with "
            "`--url ADDRESS`, or lay a shortcut to it beside the file."
        )


def _state(reading: Reading) -> str:
    return "results" if reading.found else reading.state.value.replace("_", " ")


def _without_campaign(url: str) -> str:
    """Return an address as people know it: without what advertisers hang on it."""
    parts = urlsplit(url)
    kept = "&".join(piece for piece in parts.query.split("&") if not piece.lower().startswith("utm_"))
    return urlunsplit(parts._replace(query=kept))


def _title(reading: Reading) -> str:
    return reading.listing.title if reading.listing is not None else reading.reason


COMMANDS = (import_,)
