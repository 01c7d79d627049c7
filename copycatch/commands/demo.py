"""`copycatch demo`: the whole way on an invented marketplace, without touching anybody's site."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from copycatch.commands.options import utc_now
from copycatch.commands.progress import progress_shown
from copycatch.commands.scan import show_summary
from copycatch.demo_workspace import open_demo
from copycatch.logs import start_logging
from copycatch.output import plain, print_line
from copycatch.scan import run_scan
from fixtures.demo.truth import expected

if TYPE_CHECKING:
    from copycatch.workspace import Workspace


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("demo-workspace"),
    show_default=True,
    help="Where the demo's workspace lives; a second demo scans it again.",
)
def demo(folder: Path) -> None:
    """Scan three invented shops on this machine that sell an invented artist's work without asking her."""
    print_line("Opening three shops on 127.0.0.1 …")
    with open_demo(folder) as (workspace, server):
        start_logging(workspace.logs_path, now=utc_now(), watched=sys.stderr.isatty())
        for shop in server.shops:
            print_line(f"  {shop.name:<20} {shop.url}")
        with progress_shown() as listener:
            summary = run_scan(workspace, now=utc_now, progress=listener)
        show_summary(workspace, summary)
        pictures = [hit for hit in server.log if hit.picture]
        sent = sum(hit.bytes_sent for hit in pictures)
        print_line(f"The shops answered {len(server.log)} requests and sent {sent // 1024} KiB of pictures.")
        ports = " ".join(str(urlsplit(shop.url).port) for shop in server.shops)
    print_line(_truth(workspace))
    print_line("")
    print_line("Next:")
    print_line(f"  Open the report in a browser: {plain(summary.report)}")
    print_line(f"  Decide what was found: copycatch review --workspace {shlex.quote(str(workspace.root))}")
    print_line("  Their links lead to the demo's shops, which are closed again; this opens them until Ctrl+C:")
    print_line(f"    python -m fixtures.demo.server --ports {ports}")
    if server.night == 1:
        print_line("  Run the demo again for the shops' second night, when a listing has vanished.")
    else:
        print_line("  This was the shops' second night, when a listing has vanished; another --folder begins anew.")


def _truth(workspace: Workspace) -> str:
    """Return how many of the copies planted in the shops are candidates, each a listing and the work it shows."""
    planted = {(listing.path, work) for listing in expected(1) for work in listing.work_ids}
    with workspace.casebook() as casebook:
        found = {(_path(str(row["listing_url"])), str(row["work_id"])) for row in casebook.candidate_rows()}
    hits, others = len(planted & found), len(found - planted)
    return (
        f"{len(planted)} copies are planted in the shops: {hits} of them were found. Look-alikes shown too: {others}."
    )


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


COMMANDS = (demo,)
