"""`copycatch look`: what you saw at a listing yourself."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from copycatch.commands.options import in_workspace, utc_now
from copycatch.moments import moment, with_moments
from copycatch.output import plain, print_line
from copycatch.personal_look import Seen, record_looks

if TYPE_CHECKING:
    from copycatch.workspace import Workspace


def _moment(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """Return an aware time; one without a zone is meant as this machine's clock shows it."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        if len(value.strip()) <= len("2026-11-22"):
            raise ValueError
        return at.astimezone()
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{value!r} is no date with a time, such as 2026-11-22T18:05") from None


@click.command()
@in_workspace
@click.argument("url")
@click.option("--gone", is_flag=True, help="You saw that it is gone.")
@click.option("--live", is_flag=True, help="You saw that it is there.")
@click.option("--at", callback=_moment, metavar="TIME", help="When you looked (default: now).")
@click.option("--screenshot", type=click.Path(path_type=Path), metavar="FILE", help="What you saw: PNG, JPEG or WebP.")
@click.option(
    "--while-live",
    "canaries",
    type=(str, click.Path(path_type=Path)),
    multiple=True,
    metavar="URL FILE",
    help="Another listing of that site that you saw live at that time, with its screenshot.",
)
def look(
    workspace: Workspace,
    url: str,
    gone: bool,
    live: bool,
    at: datetime | None,
    screenshot: Path | None,
    canaries: tuple[tuple[str, Path], ...],
) -> None:
    """Keep your own look at a listing, with a screenshot, as a dated sign that it is live or gone.

    The listing must be known from a scan or an import. Without a screenshot your word is kept and moves nothing.
    """
    if gone == live:
        raise click.UsageError("say what you saw: either --gone or --live")
    looks = [Seen(url=url, gone=gone, screenshot=screenshot)]
    looks += [Seen(url=other, gone=False, screenshot=path) for other, path in canaries]
    now = utc_now()
    for done in record_looks(workspace, looks, at=at or now, now=now):
        listing = done.listing
        print_line(plain(f"{listing.key}: {listing.state.value}: {with_moments(listing.state_reason)}"))
        print_line(
            f"  Your look of {moment(at or now)} is kept with its screenshot."
            if done.counts
            else "  Kept as your word; without a screenshot it proves nothing."
        )


COMMANDS = (look,)
