"""Licences and places as people write them: an address, a line of a CSV file, a form."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from casebook.errors import CopycatchError
from casebook.rulings import Licence, Place, PlaceKind
from copycatch.output import counted
from crawler.addresses import split_url
from crawler.canonical import shop_host
from crawler.marketplaces import all_marketplaces, marketplace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from urllib.parse import SplitResult

    from casebook.casebook import Casebook

Row = TypeVar("Row", Licence, Place)

EVERYWHERE = "*"
# Two labels or more, none empty or with a hyphen at an end; names in all scripts.
_HOST = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(?:\.(?!-)[\w-]{1,63}(?<!-))+\.?")
BYTES_LIMIT, MOST_ROWS = 4 * 1024 * 1024, 20_000
LONGEST = 500
LICENCE_COLUMNS = ("licensee", "works", "places", "starts", "ends", "note")
PLACE_COLUMNS = ("kind", "place", "title", "note")
_NAMED = 20  # names in a sentence
_BETWEEN = ";"  # works and places in one cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of licences or places that were to be added: the names of those that were, how many were known
    already, and how many candidates the added ones hide now."""

    names: tuple[str, ...]
    known: int
    hidden: int

    def told(self, noun: str) -> str:
        """Return it as sentences; `noun` is what one of them is called."""
        names = self.names[:_NAMED]
        more = f" … and {len(self.names) - _NAMED:,} more" if len(self.names) > _NAMED else ""
        added = f"{counted(len(self.names), noun)} added" + (f": {', '.join(names)}{more}" if names else "")
        added += f"; {self.known:,} known already." if self.known else "."
        if not names:
            return added
        verb = "is" if self.hidden == 1 else "are"
        hidden = f"{counted(self.hidden, 'candidate')} {verb}" if self.hidden else "No candidate is"
        return f"{added} {hidden} hidden by {'it' if len(self.names) == 1 else 'them'} now."


class PermissionsError(CopycatchError):
    """A licence or place cannot be taken as it is written; nothing was changed."""


def _wrong(why: str) -> PermissionsError:
    return PermissionsError(
        why, remedy="A place is shop.example, etsy:12345678 or the address of a seller's page; nothing was changed."
    )


def place_of(text: str, *, whole_marketplaces: bool = False) -> str:
    """Return the one spelling of a place: `marketplace:seller_id`, the address of a seller's page, or a shop's host.

    With `whole_marketplaces`, the name of a marketplace and `*` are places too: a licence may hold there.

    Raises:
        PermissionsError: it is none of these.
    """
    text = text.strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        raise _wrong("a place is one line of 1 to 500 characters")
    names = {place.KEY for place in all_marketplaces()} | {place.NAME for place in all_marketplaces()}
    if text == EVERYWHERE or text.lower() in names:
        if whole_marketplaces:
            return text.lower()
        raise _wrong(f"{text!r} is not one seller's place")
    before, colon, seller = (part.strip() for part in text.partition(":"))
    if colon and before.lower() in names and not seller.startswith("//"):
        if before.lower() == "generic" or not seller:
            raise _wrong(f"{text!r} names no seller; an independent shop goes by its host, such as shop.example")
        return f"{before.lower()}:{seller}"
    url = text if "://" in text else f"https://{text}"
    parts = split_url(url)
    if parts.scheme not in ("http", "https") or not _names_a_host(parts) or any(map(str.isspace, text)):
        raise _wrong(f"{text!r} is no seller and no shop's address")
    where = marketplace_of(url)
    if where.HOSTS is None:
        if parts.path.strip("/") or parts.query or parts.fragment:
            # Taken as the whole shop it would hide more than was meant.
            raise _wrong(f"{text!r} is one page of a shop, and a place is all of it: {shop_host(url)}")
        return shop_host(url)
    if where.listing_id(url) is not None:
        raise _wrong(f"{text!r} is one listing; name its seller")
    if parts.path.strip("/") == "":
        raise _wrong(f"{text!r} is all of {where.TITLE}; name one seller there")
    return where.canonical_url(url).rstrip("/")


def _names_a_host(parts: SplitResult) -> bool:
    """Whether the host of an address can exist, at a port that can, with no name to sign in before it."""
    try:
        return _HOST.fullmatch(parts.hostname or "") is not None and parts.port != 0 and parts.username is None
    except ValueError:  # of a port beyond all ports
        return False


def licence_from(cells: Mapping[str, str], known_works: Collection[str]) -> Licence:
    """Return the licence in the cells of a row or form; works and places are separated by semicolons, no works are all.

    Raises:
        PermissionsError: something in them cannot be used.
    """
    works = tuple(_split(cells.get("works", "")))
    unknown = [work for work in works if work not in known_works]
    if unknown:
        remedy = "`copycatch works list` names those there are; nothing was changed."
        raise PermissionsError(f"there is no work {unknown[0]!r}", remedy=remedy)
    places = tuple(place_of(each, whole_marketplaces=True) for each in _split(cells.get("places", "")))
    if not places:
        raise _wrong("the places are missing; * stands for everywhere")
    return Licence(
        licensee=_line(cells, "licensee"),
        works=works,
        places=places,
        starts=_day(cells, "starts"),
        ends=_day(cells, "ends"),
        note=cells.get("note", "").strip()[:LONGEST],
    )


def place_from(cells: Mapping[str, str]) -> Place:
    """Return the place in the cells of a row or form. PermissionsError: something in them cannot be used."""
    kind = cells.get("kind", "").strip().lower()
    if kind not in {each.value for each in PlaceKind}:
        raise _wrong(f"the kind is {kind!r}, and must be own or authorised")
    return Place(
        kind=PlaceKind(kind),
        place=place_of(cells.get("place", "")),
        title=cells.get("title", "").strip()[:LONGEST],
        note=cells.get("note", "").strip()[:LONGEST],
    )


def read_licences(data: bytes, name: str, known_works: Collection[str]) -> list[Licence]:
    """Return the licences of a CSV file with the columns `LICENCE_COLUMNS`, all or none; `name` is what it is called.

    Raises:
        PermissionsError: it is no CSV file, or lines of it cannot be used; all of these are listed.
    """
    return _read(data, name, LICENCE_COLUMNS, ("licensee", "places"), lambda cells: licence_from(cells, known_works))


def read_places(data: bytes, name: str) -> list[Place]:
    """Return the places of a CSV file with the columns `PLACE_COLUMNS`, all or none. Raises as `read_licences`."""
    return _read(data, name, PLACE_COLUMNS, ("kind", "place"), place_from)


def read_table(path: Path) -> bytes:
    """Return the bytes of a file, up to one more than may be. PermissionsError: it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(BYTES_LIMIT + 1)
    except OSError as error:
        raise PermissionsError(f"{path} cannot be read: {error.strerror}", remedy="Name a readable file.") from None


def _read(
    data: bytes,
    name: str,
    columns: tuple[str, ...],
    needed: tuple[str, ...],
    made: Callable[[Mapping[str, str]], Row],
) -> list[Row]:
    found: list[Row] = []
    problems: list[str] = []
    for number, cells in _rows(data, name, columns, needed):
        try:
            found.append(made(cells))
        except PermissionsError as error:
            problems.append(f"line {number}: {error.message}")
    if problems:
        more = f"\n  … and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise PermissionsError(
            f"{name} cannot be used:" + "".join(f"\n  {each}" for each in problems[:20]) + more,
            remedy="Correct these lines and import the file again; nothing was changed.",
        )
    return found


def add_permissions(
    casebook: Casebook,
    rows: Sequence[Row],
    known: Iterable[Row],
    add: Callable[[Row, datetime], Row],
    *,
    now: datetime,
    people: int,
) -> Added:
    """Add what is not known yet, all or none, settle all candidates anew, and return what came of it."""
    before = {replace(each, seq=0) for each in known}
    with casebook.immediate():
        added = [add(row, now) for row in dict.fromkeys(rows) if row not in before]
        if added:
            casebook.settle(now, people=people)
        names = [row.name for row in added]
        return Added(names=tuple(names), known=len(rows) - len(added), hidden=len(casebook.settled_by(names)))


def _rows(
    data: bytes, called: str, columns: tuple[str, ...], needed: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number of each line with its cells by column."""
    if len(data) > BYTES_LIMIT:
        raise PermissionsError(f"{called} is larger than 4 MiB", remedy="Split it into several files.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PermissionsError(f"{called} is not UTF-8 text", remedy="Save it as CSV in UTF-8.") from None
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in head and "," not in head else ",")
    try:
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        _check_columns(called, names, columns, needed)
        for number, row in enumerate(reader):
            if number >= MOST_ROWS:
                raise PermissionsError(f"{called} has more than {MOST_ROWS:,} lines", remedy="Split it.")
            if None in row or None in row.values():
                raise PermissionsError(
                    f"{called}, line {reader.line_num}: it has not {len(names)} cells, as the first line has",
                    remedy="Give each line a cell for each column, an empty one where there is nothing to say.",
                )
            yield reader.line_num, {name: value or "" for name, value in row.items() if isinstance(name, str)}
    except csv.Error as error:
        raise PermissionsError(f"{called}, line {reader.line_num}: {error}", remedy="Save it as plain CSV.") from None


def _check_columns(called: str, names: list[str], columns: tuple[str, ...], needed: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in columns]
    missing = [name for name in needed if name not in names]
    twice = [name for name in names if names.count(name) > 1]
    if missing:
        what = f"has no column {missing[0]!r}"
    elif unknown:
        what = f"has an unknown column {unknown[0]!r}"
    elif twice:
        what = f"has the column {twice[0]!r} twice"
    else:
        return
    raise PermissionsError(f"{called} {what}", remedy=f"Its first line must name columns of: {', '.join(columns)}.")


def _split(cell: str) -> Iterator[str]:
    return filter(None, map(str.strip, cell.split(_BETWEEN)))


def _line(cells: Mapping[str, str], name: str) -> str:
    value = cells.get(name, "").strip()
    if not value or len(value) > LONGEST or not value.isprintable():
        raise _wrong(f"the {name} must be one line of 1 to {LONGEST} characters")
    return value


def _day(cells: Mapping[str, str], name: str) -> date | None:
    value = cells.get(name, "").strip()
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise _wrong(f"{name} is {value!r}, and must be a date such as 2027-01-31") from None


def remove_permission(casebook: Casebook, name: str, *, now: datetime, people: int) -> None:
    """Take out a licence ("L-12") or a place ("P-3"), and settle all candidates anew.

    Raises:
        PermissionsError: there is none of that name.
    """
    letter, _, digits = name.strip().upper().partition("-")
    remove = {"L": casebook.remove_licence, "P": casebook.remove_place}.get(letter)
    usable = digits.isascii() and digits.isdecimal() and len(digits) < 16
    with casebook.immediate():
        if remove is None or not usable or not remove(int(digits), now):
            raise PermissionsError(f"there is no {name[:40]!r}", remedy="Look at the list of what there is.")
        casebook.settle(now, people=people)
