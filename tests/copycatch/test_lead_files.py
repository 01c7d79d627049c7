"""Addresses are found wherever people keep them, and a hostile file costs only itself."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from PIL import Image

from copycatch import lead_files
from copycatch.lead_files import LeadsError, addresses_in, read_bytes, read_file


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Look at https://a.example/1, then (http://b.example/x_(y)).", ["https://a.example/1", "http://b.example/x_(y)"]),
        ("https://a.example/1,https://b.example/2;https://c.example/3", ["https://a.example/1", "https://b.example/2", "https://c.example/3"]),
        ("seen on www.a.example/item/5 and not at me@www.b.example", ["https://www.a.example/item/5"]),
        ("它在https://item.taobao.com/item.htm?id=5，请看。", ["https://item.taobao.com/item.htm?id=5"]),
        ("see ebay.co.uk/itm/1, de.aliexpress.com/item/2.html or shop.example/p/3", ["https://ebay.co.uk/itm/1", "https://de.aliexpress.com/item/2.html"]),
        ("mail to me@ebay.de/x, a/b and 1.2/3", []),
        ('<a href="https://a.example/1">it</a>', ["https://a.example/1"]),
        ("HTTPS://A.example/1", ["HTTPS://A.example/1"]),
        ("ftp://a.example/ javascript:alert(1) file:///etc/passwd", []),
        ("https://", []),
    ],
)  # fmt: skip
def test_addresses_are_found_in_any_text(text: str, found: list[str]) -> None:
    assert list(addresses_in(text)) == found


def test_each_address_is_taken_once_in_the_order_of_the_text() -> None:
    assert read_bytes(b"https://b.example/ https://a.example/ https://b.example/").addresses == (
        "https://b.example/", "https://a.example/",
    )  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_by_its_own_delimiter(delimiter: str) -> None:
    rows = [
        ["no", "seen at", "note"],
        ["1", "https://a.example/?q=1", "blue"],
        ["2", f'"two {delimiter} https://b.example/"', ""],
    ]
    table = "\r\n".join(delimiter.join(row) for row in rows).encode()
    assert read_bytes(table, "leads.csv").addresses == ("https://a.example/?q=1", "https://b.example/")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    assert read_bytes("Größe\thttps://a.example/1\r\n".encode(encoding), "x.tsv").addresses == ("https://a.example/1",)


def test_a_table_with_an_impossible_cell_gives_its_other_rows() -> None:
    table = b'https://a.example/1,x\n"' + b"y" * 200_000 + b'"\nhttps://b.example/2,x\n'
    assert "https://b.example/2" in read_bytes(table, "x.csv").addresses


def test_the_bookmarks_of_a_browser_are_read() -> None:
    bookmarks = (
        b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE><DL><p><DT><H3>Thefts</H3><DL><p>"
        b'<DT><A HREF="https://a.example/1?x=1&amp;y=2" ADD_DATE="1">One</A><DT><A HREF="javascript:alert(1)">no</A>'
        b'<DT><A HREF="place:folder=1">no</A></DL><p></DL>'
    )
    assert read_bytes(bookmarks, "bookmarks.html").addresses == ("https://a.example/1?x=1&y=2",)


def workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "https://a.example/1"
    sheet["C900"] = "see https://b.example/2."
    sheet["B2"] = "the seller's page"
    sheet["B2"].hyperlink = "https://c.example/3"
    sheet["B3"] = CellRichText(TextBlock(InlineFont(b=True), "https://d.exa"), "mple/4")
    sheet["B4"] = '=HYPERLINK("https://never.example/" & A1, "x")'
    book.create_sheet("more")["A1"] = "https://e.example/5"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_every_cell_and_hyperlink_of_every_sheet_of_a_spreadsheet_counts_and_no_formula_is_run(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    path.write_bytes(workbook())
    assert set(read_file(path).addresses) == {
        "https://a.example/1", "https://b.example/2", "https://c.example/3", "https://d.example/4",
        "https://e.example/5",
    }  # fmt: skip


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "https://a.example/">]><sst><si><t>&a;</t></si></sst>'
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (packed({SHEET: b"<x>" + b" " * (lead_files.UNPACKED_BYTES_LIMIT)}), "unpacks to more than 64 MiB"),
        (packed({SHEET: LAUGHS}), "damaged"),
        (packed({SHEET: b"<row>" + b"<c/>" * 1_000_001}), "cells"),
        (packed({SHEET: b"<a>" * 100_000}), "damaged"),
        (packed({SHEET: b"<sheetData><row>"}), "damaged"),
        (packed({"word/document.xml": b"<x/>"}), "damaged"),
        (workbook()[:-300], "damaged"),
        (b"PK\x03\x04" + b"\0" * 50, "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "no list that can be read"),
        (b"<!doctype html>" + b"<b></b>" * 50_001, "elements"),
    ],
)
def test_a_hostile_or_damaged_file_is_refused_with_a_reason(data: bytes, said: str) -> None:
    with pytest.raises(LeadsError, match=said) as raised:
        read_bytes(data, "leads.xlsx")
    assert raised.value.remedy


def test_a_sheet_that_claims_the_widest_rows_costs_what_it_holds() -> None:
    rows = b"".join(
        b'<row r="%d"><c r="XFD%d" t="str"><v>https://a.example/%d</v></c></row>' % (n, n, n) for n in range(1, 2001)
    )
    sheet = b'<worksheet><dimension ref="A1:XFD1048576"/><sheetData>' + rows + b"</sheetData></worksheet>"
    assert len(read_bytes(packed({SHEET: sheet}), "x.xlsx").addresses) == 2000


def test_of_a_list_without_end_the_first_addresses_are_taken_and_that_is_said() -> None:
    text = "\n".join(f"https://a.example/{number}" for number in range(lead_files.MOST_ADDRESSES + 5)).encode()
    found = read_bytes(text, "long.txt")
    assert len(found.addresses) == lead_files.MOST_ADDRESSES
    assert "long.txt holds more than 10,000 addresses" in found.flaws[0]


def test_a_file_that_is_too_large_or_none_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(lead_files.FILE_BYTES_LIMIT + 1)
    for path, said in ((large, "larger than"), (tmp_path, "no file"), (tmp_path / "missing", "no file")):
        with pytest.raises(LeadsError, match=said):
            read_file(path)


@pytest.mark.parametrize("name", ["shot.png", "list.txt", "list.csv"])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP"])
def test_a_picture_is_refused_whatever_its_name_and_whatever_its_bytes_look_like(name: str, form: str) -> None:
    out = io.BytesIO()
    noise = np.random.default_rng(5).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, form)
    data = out.getvalue() + b" https://junk.example/x\n"
    with pytest.raises(LeadsError, match=r"is a picture \(|holds no text") as raised:
        read_bytes(data, name)
    assert raised.value.remedy


@pytest.mark.parametrize("data", [b"SQLite format 3\x00\x10\x00\x01\x01\x00" + bytes(90), bytes(range(256)) * 40])
def test_what_is_neither_text_nor_a_table_is_refused(data: bytes) -> None:
    with pytest.raises(LeadsError, match="holds no text"):
        read_bytes(data + b"https://junk.example/x", "notes.txt")


def test_a_stray_control_character_costs_no_text() -> None:
    assert read_bytes(b"BMX: https://a.example/1\r\n\x00\x0c\x1a", "list.txt").addresses == ("https://a.example/1",)


def test_a_line_that_looks_like_an_address_and_was_not_taken_is_named() -> None:
    text = (
        b"My list, seen in May, e.g. 1.5 and heron.jpg\nhttps://a.example/1\nmyshop.example/prints/1.\nheron.jpg\n"
        b"htp://b.example/2\nme@c.example\nother.example\n"
    )
    found = read_bytes(text, "list.txt")
    assert found.addresses == ("https://a.example/1",)
    assert [flaw.partition(" was left out: put https:// in front")[0] for flaw in found.flaws] == [
        "list.txt, line 3: myshop.example/prints/1",
        "list.txt, line 5: htp://b.example/2",
        "list.txt, line 7: other.example",
    ]
    table = read_bytes(b"no;where\n1;https://a.example/1\n2;myshop.example/p/2\n3;heron.jpg\n", "list.csv")
    assert [flaw.partition(" was")[0] for flaw in table.flaws] == ["list.csv, line 3: myshop.example/p/2"]


def test_of_many_lines_that_were_not_taken_the_first_are_named_and_the_rest_counted() -> None:
    found = read_bytes("\n".join(f"shop{number}.example/1" for number in range(500)).encode(), "list.txt")
    assert len(found.flaws) == 11
    assert found.flaws[-1] == "list.txt, 490 more like these were left out"
