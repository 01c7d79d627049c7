"""What the commands print: tables for people, JSON Lines and CSV for other programs.

Titles, seller names and file names come from strangers. Nothing of them reaches a terminal as a control sequence, a
spreadsheet as a formula, or rich as markup.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata
from itertools import chain
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

# Characters that reorder or hide what stands around them: bidirectional controls and the line separators.
_REORDERING = frozenset("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_STYLES = {
    "copy": "bold red",
    "possible": "yellow",
    "fine": "green",
    "warning": "yellow",
    "problem": "bold red",
}


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 page`, `2,000 pages`; `many` is its plural where that does not end in s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def plain(text: object) -> str:
    """Return the text on one line, with what a terminal would obey or reorder written out as an escape."""
    line = str(text).replace("\n", " ")
    if line.isascii() and line.isprintable():  # as the megabytes of pictures in a report are
        return line
    return "".join(_visible(character) for character in line)


def _visible(character: str) -> str:
    if character in _REORDERING or unicodedata.category(character) in ("Cc", "Cs"):
        code = ord(character)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return character


def console(*, stderr: bool = False) -> Console:
    """Return a console on today's stdout or stderr that takes nothing it prints for markup."""
    stream = sys.stderr if stderr else sys.stdout
    wide = None if stream is not None and stream.isatty() else 160  # a program started without streams has none
    return Console(file=stream, markup=False, highlight=False, emoji=False, width=wide)


def cell(value: object) -> Text:
    """Return a table cell; verdicts and outcomes get their colour."""
    text = plain(value if value is not None else "–")
    return Text(text, style=_STYLES.get(text, ""))


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    unbroken: Collection[str] = (),
) -> None:
    """Print a table for people to stdout; the columns named in `unbroken` keep their values on one line."""
    table = Table(
        title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0)
    )
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in unbroken)
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    console().print(table)


def print_line(text: str) -> None:
    """Print one line to stdout; what came from strangers must have passed through `plain`."""
    click.echo(text)


def print_json_lines(records: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object per line, ASCII only, so that no encoding of a pipe can break or reinterpret it."""
    for record in records:
        click.echo(json.dumps(record, ensure_ascii=True, allow_nan=False))


def print_csv(columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
    """Print a CSV table: UTF-8 with a byte order mark (spreadsheets guess wrong without it), CRLF, no formulas."""
    click.echo(b"\xef\xbb\xbf", nl=False)
    for row in chain([columns], ([record[column] for column in columns] for record in records)):
        line = io.StringIO(newline="")
        csv.writer(line).writerow([_csv_cell(value) for value in row])
        click.echo(line.getvalue().encode("utf-8", "backslashreplace"), nl=False)


def _csv_cell(value: object) -> object:
    """Return a cell that no spreadsheet runs and no terminal obeys; what would start a formula gets an apostrophe."""
    if not isinstance(value, str):
        return value
    return f"'{plain(value)}" if value.startswith(_FORMULA_STARTS) else plain(value)
