"""`copycatch leads add|list|remove|search`: addresses worth a look, whoever named them."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from casebook.errors import CopycatchError
from casebook.findings import Verdict
from casebook.leads import Added, Tip
from casebook.values import time_text
from copycatch.commands.options import in_workspace, json_option, utc_now
from copycatch.image_search import all_image_searches, image_search
from copycatch.lead_files import FILE_BYTES_LIMIT, Found, LeadsError, addresses_in, read_bytes, read_file, typed_address
from copycatch.lead_search import ASKED_AGAIN_AFTER, Plan, Searched, Wish, plan_search, run_search
from copycatch.leads import Taken, add_leads, canonical_lead, standing
from copycatch.moments import moment
from copycatch.output import plain, print_json_lines, print_line, print_table
from copycatch.version import user_agent
from copycatch.works import printable_path, read_library
from crawler.keys import KEYS_NAME, Keys, read_keys
from crawler.marketplaces import marketplace_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casebook.leads import Lead
    from copycatch.image_search import ImageSearch
    from copycatch.workspace import Workspace

_LONGEST_NOTE = 500
_LISTS = frozenset({".txt", ".csv", ".tsv", ".tab", ".xlsx", ".xls", ".ods", ".numbers"})
_IF_AN_ADDRESS = "Check the file's name; if it is an address, write https:// in front of it."


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
            flaws += found.flaws
            if not found.addresses:
                flaws.append(f"no address was found in {origin or 'the text'}")
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
    if path.is_file():
        return printable_path(Path(path.name)), read_file(path)
    typed = tuple(addresses_in(source))
    if typed:
        return "", Found(typed)
    meant = None if _is_a_file_s_name(path) else typed_address(source)
    if meant is not None:
        return "", Found((meant,), (f"{source[:200]} was taken for {meant[:200]}",))
    if path.is_dir() or _is_a_file_s_name(path):
        read_file(path)  # says what is wrong with it
    raise LeadsError(f"there is no file {source[:200]}", remedy=_IF_AN_ADDRESS)


def _is_a_file_s_name(path: Path) -> bool:
    """Whether a path that is no file was meant as one: it ends like a list, or begins with a folder that is there."""
    return path.suffix.lower() in _LISTS or (len(path.parts) > 1 and Path(path.parts[0]).exists())


@leads.command("list")
@in_workspace
@json_option
def list_leads(workspace: Workspace, as_json: bool) -> None:
    """Show each lead: where it came from, and what became of it."""
    keys = read_keys(workspace.keys_path)
    with workspace.casebook() as casebook:
        known = casebook.leads()
    if as_json:
        print_json_lines(lead_record(lead, keys) for lead in known)
        return
    if not known:
        print_line("No leads. Add some with `copycatch leads add URL…`.")
        return
    rows = [_row(lead, keys) for lead in known]
    print_table(("id", "at", "from", "added", "what became of it", "shows"), rows, unbroken=("id", "added"))
    for lead in known:
        print_line(f"{lead.lead_id}  {plain(lead.url)}")
        for line in _told(lead):
            print_line(f"    {plain(line)}")


def lead_record(lead: Lead, keys: Keys) -> dict[str, Any]:
    """Return a lead as `leads --json` prints it."""
    state, reason = standing(lead, keys)
    return {
        "lead_id": lead.lead_id,
        "url": lead.url,
        "marketplace": marketplace_of(lead.url).NAME,
        "added_at": time_text(lead.added_at),
        "state": state.value,
        "reason": reason,
        "listing_key": lead.listing_key,
        "last_seen_at": time_text(lead.last_seen_at) if lead.last_seen_at else None,
        "pictures": lead.pictures,
        "pictures_compared": lead.pictures_compared,
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


def _row(lead: Lead, keys: Keys) -> tuple[object, ...]:
    _state, reason = standing(lead, keys)
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


def _host(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value or any(character.isspace() or character in "/:@" for character in value):
            raise click.BadParameter(f"{value!r} is no host, such as my-studio.example")
    return tuple(value.lower().removeprefix("www.") for value in values)


@leads.command()
@in_workspace
@click.option(
    "--with", "names", multiple=True, type=click.Choice(sorted(all_image_searches())), help="The image search to ask."
)
@click.option("--work", "work_ids", multiple=True, metavar="ID", help="Only this work; may be given several times.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many pictures to send.")
@click.option("--again", is_flag=True, help="Also works that were searched for in the last 30 days.")
@click.option("--except", "hosts", multiple=True, callback=_host, metavar="HOST", help="A site of yours to leave out.")
def search(
    workspace: Workspace,
    names: tuple[str, ...],
    work_ids: tuple[str, ...],
    limit: int,
    again: bool,
    hosts: tuple[str, ...],
) -> None:
    """Send your works' pictures to an image search, which costs you money there, and keep the pages it finds."""
    keys = read_keys(workspace.root / KEYS_NAME)
    interfaces = [image_search(name) for name in dict.fromkeys(names) or _only_one(keys)]
    for interface in interfaces:
        keys[interface.NAME]  # says which key is missing before anything is sent
    contact = workspace.config().owner.contact_url
    if not contact:
        raise CopycatchError(
            "owner.contact_url is empty", remedy="Give a page where you can be reached: every request names it."
        )
    own = {*hosts, (urlsplit(contact).hostname or "").removeprefix("www.")}
    library = read_library(workspace)
    with workspace.casebook() as casebook:
        wish = Wish(interfaces=interfaces, work_ids=work_ids, limit=limit, again=again)
        plan = plan_search(library, casebook, wish, utc_now())
        _announce(plan, interfaces)
        done = run_search(
            library, casebook, plan, keys=keys, user_agent=user_agent(contact), own_hosts=own, now=utc_now
        )
        for searched in done:
            print_line(plain(_searched(searched)))


def _only_one(keys: Keys) -> list[str]:
    """Return the one image search for which there is a key: where there are two, the owner says which she pays."""
    given = [name for name in all_image_searches() if name in keys]
    if len(given) > 1:
        raise click.UsageError(f"there are keys for {' and '.join(given)}; say with --with whom to ask")
    if not given:
        services = " or ".join(f"[{name}]" for name in all_image_searches())
        raise CopycatchError(
            "there is no key for an image search", remedy=f"Put api_key under {services} into {KEYS_NAME}."
        )
    return given


def _announce(plan: Plan, interfaces: list[ImageSearch]) -> None:
    """Say what is about to be sent to whom, and what it costs."""
    for interface in interfaces:
        number = sum(errand.interface is interface for errand in plan.errands)
        pictures = f"{number} {'picture goes' if number == 1 else 'pictures go'}"
        print_line(
            f"{pictures} to {interface.TITLE}; {interface.COSTS}." if number else f"{pictures} to {interface.TITLE}."
        )
    if plan.lately:
        print_line(
            f"{plan.lately} left out: searched for in the last {ASKED_AGAIN_AFTER.days} days (--again asks anew)."
        )
    if plan.later:
        print_line(f"{plan.later} wait for another search (--limit).")


def _searched(done: Searched) -> str:
    of = f"{done.errand.work.work_id} at {done.errand.interface.TITLE}"
    if done.problem is not None:
        return f"{of}: {done.problem}"
    own = f", {done.own} on your own sites left out" if done.own else ""
    unusable = f", {done.unusable} no usable addresses" if done.unusable else ""
    return f"{of}: {done.new} new {'lead' if done.new == 1 else 'leads'}, {done.known} known{own}{unusable}"


COMMANDS = (leads,)
