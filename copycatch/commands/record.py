"""`copycatch record`: keep what the owner looks at in her own browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from copycatch.commands.import_ import import_
from copycatch.commands.options import in_workspace, utc_now
from copycatch.config import http_url
from copycatch.output import counted, plain, print_line
from copycatch.recording import record as record_visit
from copycatch.works import printable_path

if TYPE_CHECKING:
    from copycatch.recording import Recording, Seen
    from copycatch.workspace import Workspace

_TITLE = 70  # characters


@click.command()
@in_workspace
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE.wacz", help="Where the recording goes.")
@click.option("--browser", type=click.Path(path_type=Path), metavar="PATH", help="Chrome, Chromium or Edge to open.")
@click.option(
    "--profile",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Its profile (default: one of its own).",
)
@click.option("--no-import", is_flag=True, help="Only record; `copycatch import` takes the file in later.")
def record(
    workspace: Workspace,
    urls: tuple[str, ...],
    out: Path | None,
    browser: Path | None,
    profile: Path | None,
    no_import: bool,
) -> None:
    """Open a browser window, keep what you look at in it as a WACZ file, and take it in.

    Nothing but the given pages is opened, and nothing is clicked for you. It ends when you close the window or press
    Ctrl+C here. The browser keeps a profile of its own, with your logins: delete that folder and they are forgotten.
    """
    for url in urls:
        try:
            http_url(url)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="URL") from None
    print_line("A browser window opens. What you look at in it is kept until you close it, or press Ctrl+C here.")
    done = record_visit(workspace, urls, tell=_show, now=utc_now, out=out, program=browser, profile=profile)
    files = _told(done)
    if files and not no_import and import_.callback is not None:
        import_.callback(workspace=workspace, files=files, url=None, no_compare=False, as_json=False)


def _show(seen: Seen) -> None:
    """Print one page as our readers read it, or why it is not kept."""
    reading = seen.reading
    if reading is None:
        print_line(plain(f"{'not kept':<14} {seen.why_not}: {seen.url}"))
        return
    if reading.found:
        state, title = "results", counted(len(reading.found), "listing")
    else:
        state = reading.state.value.replace("_", " ")
        title = reading.listing.title if reading.listing is not None else reading.reason
    print_line(f"{state:<14} {plain(title)[:_TITLE]}  {plain(seen.url)}")


def _told(done: Recording) -> tuple[Path, ...]:
    """Print what was written; return the files."""
    for path in done.left_over:
        print_line(f"An earlier recording that was cut off is completed: {printable_path(path)}")
    if done.file is None:
        print_line("Nothing was recorded: no page and no picture was looked at.")
        return done.left_over
    recorded = f"{counted(done.pages, 'page')} and {counted(done.pictures, 'picture')} recorded"
    print_line(f"{recorded}: {printable_path(done.file)}")
    return (*done.left_over, done.file)


COMMANDS = (record,)
