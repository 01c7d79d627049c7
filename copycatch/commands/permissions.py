"""`copycatch licences` and `copycatch places`: who may show your works, and where you sell yourself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casebook.rulings import Licence, PlaceKind
from copycatch.commands.options import in_workspace, json_option, utc_now
from copycatch.output import plain, print_json_lines, print_line, print_table
from copycatch.permissions import (
    Added,
    PermissionsError,
    Row,
    add_permissions,
    licence_from,
    place_from,
    read_licences,
    read_places,
    read_table,
    remove_permission,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from casebook.casebook import Casebook
    from casebook.rulings import Place
    from copycatch.workspace import Workspace

_FILE = click.Path(path_type=Path)


@click.group()
def licences() -> None:
    """Who has leave to show your works, where and how long: what that covers is not asked about."""


@click.group()
def places() -> None:
    """Where you sell yourself, and who may sell all your works: nothing there is a candidate."""


@licences.command("list")
@in_workspace
@json_option
def list_licences(workspace: Workspace, as_json: bool) -> None:
    """Show the licences."""
    with workspace.casebook() as casebook:
        found = casebook.licences()
    if as_json:
        print_json_lines(map(licence_record, found))
    elif found:
        heads = ("licence", "licensee", "works", "places", "from", "to", "note")
        print_table(heads, [_licence_row(each) for each in found], unbroken=("licence", "from", "to"))
    else:
        print_line("No licences. Add one with `copycatch licences add`, or import a CSV file.")


@places.command("list")
@in_workspace
@json_option
def list_places(workspace: Workspace, as_json: bool) -> None:
    """Show the places."""
    with workspace.casebook() as casebook:
        found = casebook.places()
    if as_json:
        print_json_lines(map(place_record, found))
    elif found:
        rows = [(each.name, each.kind.value, each.place, each.title, each.note) for each in found]
        print_table(("place", "kind", "where", "title", "note"), rows, unbroken=("place", "kind"))
    else:
        print_line("No places. Add your own shops with `copycatch places add own shop.example`.")


@licences.command("add")
@in_workspace
@click.argument("licensee")
@click.option("--work", "works", multiple=True, metavar="ID", help="A work it covers (default: all).")
@click.option(
    "--place", "where", multiple=True, required=True, help="Where it holds: a seller, a shop's host, a marketplace, *."
)
@click.option("--starts", default="", metavar="DAY", help="The first day.")
@click.option("--ends", default="", metavar="DAY", help="The last day.")
@click.option("--note", default="", help="What it says, or where it lies.")
def add_licence(
    workspace: Workspace,
    licensee: str,
    works: tuple[str, ...],
    where: tuple[str, ...],
    starts: str,
    ends: str,
    note: str,
) -> None:
    """Add a licence of LICENSEE."""
    cells = {
        "licensee": licensee, "works": ";".join(works), "places": ";".join(where), "starts": starts, "ends": ends,
        "note": note,
    }  # fmt: skip
    with workspace.casebook() as casebook:
        licence = licence_from(cells, {work.work_id for work in casebook.works()})
        added = _add(workspace, casebook, [licence], casebook.licences(), casebook.add_licence)
    print_line(added.told("licence"))


@places.command("add")
@in_workspace
@click.argument("kind", type=click.Choice([kind.value for kind in PlaceKind]))
@click.argument("place")
@click.option("--title", default="", help="What you call it.")
@click.option("--note", default="", help="Why, or since when.")
def add_place(workspace: Workspace, kind: str, place: str, title: str, note: str) -> None:
    """Add a place: your own, or an authorised seller's. PLACE is shop.example, etsy:12345678 or a seller's page."""
    made = place_from({"kind": kind, "place": place, "title": title, "note": note})
    with workspace.casebook() as casebook:
        added = _add(workspace, casebook, [made], casebook.places(), casebook.add_place)
    print_line(added.told("place"))


@licences.command("import")
@in_workspace
@click.argument("file", type=_FILE)
def import_licences(workspace: Workspace, file: Path) -> None:
    """Add the licences of a CSV file with the columns licensee, works, places, starts, ends, note."""
    with workspace.casebook() as casebook:
        found = read_licences(read_table(file), str(file), {work.work_id for work in casebook.works()})
        added = _add(workspace, casebook, found, casebook.licences(), casebook.add_licence)
    print_line(added.told("licence"))


@places.command("import")
@in_workspace
@click.argument("file", type=_FILE)
def import_places(workspace: Workspace, file: Path) -> None:
    """Add the places of a CSV file with the columns kind (own or authorised), place, title, note."""
    found = read_places(read_table(file), str(file))
    with workspace.casebook() as casebook:
        added = _add(workspace, casebook, found, casebook.places(), casebook.add_place)
    print_line(added.told("place"))


@licences.command("remove")
@in_workspace
@click.argument("name", metavar="L-NUMBER")
def remove_licence(workspace: Workspace, name: str) -> None:
    """Take a licence out; what it covered is asked about again."""
    _remove(workspace, name, "L")


@places.command("remove")
@in_workspace
@click.argument("name", metavar="P-NUMBER")
def remove_place(workspace: Workspace, name: str) -> None:
    """Take a place out; what stands there is asked about again."""
    _remove(workspace, name, "P")


def licence_record(licence: Licence) -> dict[str, Any]:
    """Return a licence as `licences list --json` prints it."""
    return {
        "licence": licence.name,
        "licensee": licence.licensee,
        "works": list(licence.works),
        "places": list(licence.places),
        "starts": licence.starts and licence.starts.isoformat(),
        "ends": licence.ends and licence.ends.isoformat(),
        "note": licence.note,
    }


def place_record(place: Place) -> dict[str, Any]:
    """Return a place as `places list --json` prints it."""
    return {
        "place": place.name,
        "kind": place.kind.value,
        "where": place.place,
        "title": place.title,
        "note": place.note,
    }


def _licence_row(licence: Licence) -> tuple[str, ...]:
    return (
        licence.name,
        licence.licensee,
        ", ".join(licence.works) or "all",
        ", ".join(licence.places),
        licence.starts.isoformat() if licence.starts else "",
        licence.ends.isoformat() if licence.ends else "",
        licence.note,
    )


def _add(
    workspace: Workspace,
    casebook: Casebook,
    rows: Sequence[Row],
    known: Iterable[Row],
    add: Callable[[Row, datetime], Row],
) -> Added:
    return add_permissions(casebook, rows, known, add, now=utc_now(), people=workspace.config().review.people)


def _remove(workspace: Workspace, name: str, letter: str) -> None:
    if not name.upper().startswith(f"{letter}-"):
        raise PermissionsError(f"there is no {name[:40]!r}", remedy="`list` in place of `remove` names what there is.")
    with workspace.casebook() as casebook:
        remove_permission(casebook, name, now=utc_now(), people=workspace.config().review.people)
    print_line(f"{plain(name.upper())} is taken out.")


COMMANDS = (licences, places)
