"""`copycatch demo`: the whole way on an invented marketplace, without touching anybody's site."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from copycatch.commands.options import utc_now
from copycatch.commands.scan import progress_shown, show_summary
from copycatch.demo_workspace import open_demo
from copycatch.logs import start_logging
from copycatch.output import plain, print_line
from copycatch.scan import run_scan


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
    print_line(f"Workspace: {plain(workspace.root)}")


COMMANDS = (demo,)
