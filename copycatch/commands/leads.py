"""`copycatch leads add|list|remove|search`: addresses worth a look, whoever named them."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casebook.errors import CopycatchError
from casebook.leads import Added, Tip
from casebook.types import Verdict
from casebook.values import time_text
from copycatch.commands.options import in_workspace, json_option, utc_now
from copycatch.lead_files import FILE_BYTES_LIMIT, Found, LeadsError, addresses_in, read_bytes, read_file
from copycatch.leads import Taken, add_leads, canonical_lead, standing
from copycatch.moments import moment
from copycatch.output import plain, print_json_lines, print_line, print_table
from copycatch.works import printable_path
from crawler.marketplaces import marketplace_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.leads import Lead
    from copycatch.workspace import Workspace

_LONGEST_NOTE = 500


class _ListedByDefault(click.Group):
    """`copycatch leads` alone lists them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ListedByDefault)
def leads() -> None:
    """Addresses worth a look: pasted, from a spreadsheet, or found by an image search."""


def _note(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and len(value) > _LONGEST_NOTE:
        raise click.BadParameter(f"a note has {_LONGEST_NOTE} characters at most")
    return value


@leads.command()
@in_workspace
@click.argument("sources", nargs=-1, required=True, metavar="URL|FILE|-…")
@click.option("--note", callback=_note, help="Why they are worth a look, or who told you.")
def add(workspace: Workspace, sources: tuple[str, ...], note: str | None) -> None:
    """Add addresses: URLs, files that hold some (text, CSV, TSV, XLSX, bookmarks), or - for standard input."""
    errors: list[LeadsError] = []
    flaws: list[str] = []
    taken: list[Taken] = []
    with workspace.casebook() as casebook:
        for source in sources:
            try:
                origin, found = _read(source)
            except LeadsError as error:
                errors.append(error)
                continue
            flaws += found.flaws or ([] if found.addresses else [f"no address was found in {origin or 'the text'}"])
            tip = Tip(source="person", told_at=utc_now(), origin=origin, note=note)
            taken += add_leads(casebook, found.addresses, tip)
    for one in taken:
        if one.why is not None:
            flaws.append(f"{one.url[:200]} was left out: {one.why}")
    for flaw in flaws:
        click.echo(plain(flaw), err=True)
    numbers = Counter(one.added for one in taken)
    added = numbers[Added.NEW] + numbers[Added.BACK]
    print_line(f"{added} {'lead' if added == 1 else 'leads'} added, {numbers[Added.KNOWN]} known already.")
    for other in errors[1:]:
        click.echo(plain(other.message), err=True)
    if errors:
        raise CopycatchError(errors[0].message, remedy=errors[0].remedy)


def _read(source: str) -> tuple[str, Found]:
    """Return where addresses came from (nothing where they were typed), and the addresses."""
    if source == "-":
        data = sys.stdin.buffer.read(FILE_BYTES_LIMIT + 1)
        if len(data) > FILE_BYTES_LIMIT:
            raise LeadsError("standard input holds far too much", remedy="Put it into files of 32 MiB at most.")
        return "standard input", read_bytes(data, "standard input")
    path = Path(source)
    # An address that stands alone needs no cutting out: even its last full stop may belong to it.
    if source.lower().startswith(("http://", "https://")) and not any(character.isspace() for character in source):
        return "", Found((source,))
    typed = tuple(addresses_in(source))
    if typed and not path.is_file():
        return "", Found(typed)
    return printable_path(Path(path.name)), read_file(path)


@leads.command("list")
@in_workspace
@json_option
def list_leads(workspace: Workspace, as_json: bool) -> None:
    """Show each lead: where it came from, and what became of it."""
    with workspace.casebook() as casebook:
        known = casebook.leads()
    if as_json:
        print_json_lines(map(lead_record, known))
        return
    if not known:
        print_line("No leads. Add some with `copycatch leads add URL…`.")
        return
    print_table(("id", "at", "from", "added", "what became of it", "shows"), map(_row, known), unbroken=("id", "added"))
    for lead in known:
        print_line(f"{lead.lead_id}  {plain(lead.url)}")
        for line in _told(lead):
            print_line(f"    {plain(line)}")


def lead_record(lead: Lead) -> dict[str, Any]:
    """Return a lead as `leads --json` prints it."""
    state, reason = standing(lead)
    return {
        "lead_id": lead.lead_id,
        "url": lead.url,
        "marketplace": marketplace_of(lead.url).NAME,
        "added_at": time_text(lead.added_at),
        "state": state.value,
        "reason": reason,
        "listing_key": lead.listing_key,
        "last_seen_at": time_text(lead.last_seen_at) if lead.last_seen_at else None,
        "visited_at": time_text(lead.visited_at) if lead.visited_at else None,
        "candidates": [
            {"candidate_id": one.candidate_id, "work_id": one.work_id, "verdict": one.verdict.value}
            for one in lead.candidates
        ],
        "tips": [
            {
                "source": tip.source,
                "told_at": time_text(tip.told_at),
                "origin": tip.origin,
                "note": tip.note,
                "searched_work_id": tip.work_id,
                "score": tip.score,
                "picture_url": tip.picture_url,
                "title": tip.title,
            }
            for tip in lead.tips
        ],
    }


def _row(lead: Lead) -> tuple[object, ...]:
    _state, reason = standing(lead)
    copies = [one.work_id for one in lead.candidates if one.verdict is Verdict.COPY]
    possible = [one.work_id for one in lead.candidates if one.verdict is not Verdict.COPY]
    shows = [
        *([f"copy of {', '.join(copies)}"] if copies else []),
        *([f"possibly {', '.join(possible)}"] if possible else []),
    ]
    sources = ", ".join(dict.fromkeys(tip.source for tip in lead.tips))
    return (lead.lead_id, marketplace_of(lead.url).NAME, sources, moment(lead.added_at), reason, "; ".join(shows))


def _told(lead: Lead) -> Iterator[str]:
    """Yield a line for each tip that says more than who gave it."""
    for tip in lead.tips:
        score = "" if tip.score is None else f" with a score of {tip.score:g}"
        found = f"searched for {tip.work_id}{score}" if tip.work_id else ""
        said = [
            tip.origin,
            found,
            tip.title or "",
            f"picture {tip.picture_url}" if tip.picture_url else "",
            tip.note or "",
        ]
        words = "; ".join(part for part in said if part)
        if words:
            yield f"{tip.source}: {words}"


@leads.command()
@in_workspace
@click.argument("names", nargs=-1, required=True, metavar="ID|URL…")
def remove(workspace: Workspace, names: tuple[str, ...]) -> None:
    """Leave leads alone from now on; what was found at them stays."""
    unknown = []
    with workspace.casebook() as casebook:
        for name in names:
            url = casebook.remove_lead(_canonical(name), utc_now())
            if url is None:
                unknown.append(name)
            else:
                print_line(f"{plain(url)} is no lead any more")
    if unknown:
        raise CopycatchError(
            f"there is no lead {', '.join(unknown)[:300]}", remedy="`copycatch leads` names them with their ids."
        )


def _canonical(name: str) -> str:
    try:
        return canonical_lead(name)[0]
    except ValueError:
        return name


COMMANDS = (leads,)
