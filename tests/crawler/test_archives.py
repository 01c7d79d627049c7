"""Saved pages: every form gives the same exchanges, and a broken or hostile file costs only what it broke."""

from __future__ import annotations

import gzip
import io
import json
import os
import plistlib
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.archives import exchange as limits
from crawler.archives import exchanges
from crawler.archives import html as html_reader
from crawler.archives import warc as warc_reader
from crawler.archives.exchange import AddressFrom, ArchiveError, Exchange, Flaw
from tests.crawler.saved_pages import FORMS, PAGE, PICTURES, SAVED_AT, URL, har, mhtml, single_file, wacz, warc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHOWN = {url: b"\xff\xd8\xff" + bytes([place]) * 400 for place, url in enumerate(PICTURES)}


def saved(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read(path: Path, url: str | None = None) -> tuple[list[Exchange], list[Flaw]]:
    found = list(exchanges(path, url))
    return [one for one in found if isinstance(one, Exchange)], [one for one in found if isinstance(one, Flaw)]


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_page_and_its_pictures_with_address_and_date(name: str, tmp_path: Path) -> None:
    found, flaws = read(saved(tmp_path, name, FORMS[name](SHOWN)))
    assert flaws == []
    assert [one.url for one in found] == [URL, *PICTURES]
    assert [one.body for one in found[1:]] == list(SHOWN.values())
    assert b"".join(found[0].body.split()) == b"".join(PAGE.split())
    assert {one.at for one in found} == {datetime.fromisoformat(SAVED_AT).astimezone(UTC)}


def test_the_name_of_a_file_does_not_decide_what_it_is(tmp_path: Path) -> None:
    assert len(read(saved(tmp_path, "page.html", warc(SHOWN)))[0]) == 4
    assert len(read(saved(tmp_path, "archive.warc", har(SHOWN)))[0]) == 4


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_of_a_file_that_was_cut_off_what_is_readable_is_read_and_the_cut_is_told(
    name: str, part: float, tmp_path: Path
) -> None:
    whole = FORMS[name](SHOWN)
    path = saved(tmp_path, name, whole[: int(len(whole) * part)])
    if name == "page.wacz":  # without its end a ZIP has no table of contents
        with pytest.raises(ArchiveError, match=r"cut off|cannot be read"):
            read(path)
        return
    found, flaws = read(path)
    assert "cut off" in flaws[-1].why
    assert [one.url for one in found] == [URL, *PICTURES][: len(found)]
    assert [one.body for one in found[1:]] == list(SHOWN.values())[: len(found[1:])]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.sampled_from(sorted(FORMS)), place=st.integers(0, 3000), junk=st.binary(min_size=1, max_size=20))
def test_a_damaged_file_never_raises_anything_but_its_error(name: str, place: int, junk: bytes, tmp_path: Path) -> None:
    data = bytearray(FORMS[name](SHOWN))
    place %= len(data)
    data[place : place + len(junk)] = junk
    try:
        found, _ = read(saved(tmp_path, name, bytes(data)))
    except ArchiveError:
        return
    assert all(isinstance(one.body, bytes) for one in found)


def test_a_body_that_inflates_without_end_is_left_packed_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warc_reader, "LARGEST_BODY", 100_000)
    bomb = {PICTURES[0]: b"\xff\xd8\xff" + bytes(30_000_000), PICTURES[1]: SHOWN[PICTURES[1]]}
    data = wacz(bomb)
    assert len(data) < 100_000
    found, flaws = read(saved(tmp_path, "bomb.wacz", data))
    assert [one.url for one in found] == [URL, PICTURES[1]]
    assert "larger than" in flaws[0].why


def test_an_archive_that_unpacks_to_too_much_in_all_ends_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_reader, "LARGEST_ARCHIVE", 4 * len(PAGE))
    large = {url: data + bytes(2 * len(PAGE)) for url, data in SHOWN.items()}
    found, flaws = read(saved(tmp_path, "large.warc.gz", warc(large)))
    assert len(found) == 2
    assert "unpacks to more than" in flaws[0].why


@pytest.mark.parametrize("name", ["../../archive/x.warc.gz", "/archive/x.warc.gz", "archive\\..\\x.warc.gz"])
def test_a_path_that_climbs_out_of_an_archive_is_left_alone_and_told(name: str, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), warc(SHOWN))
        archive.writestr("archive/good.warc.gz", warc(SHOWN))
    found, flaws = read(saved(tmp_path, "climbing.wacz", out.getvalue()))
    assert len(found) == 4
    assert "leads out of the archive" in flaws[0].why
    assert [path.name for path in tmp_path.rglob("*")] == ["climbing.wacz"]


def test_a_page_saved_with_its_folder_finds_its_pictures_there_and_nothing_outside_of_it(tmp_path: Path) -> None:
    note = f"<!-- saved from url=(0039){URL} -->".encode()
    path = saved(tmp_path, "Heron print.html", b"<!doctype html>\n" + note + b"<html><body></body></html>")
    beside = tmp_path / "Heron print_files"
    beside.mkdir()
    (beside / "s-l1600.jpg").write_bytes(SHOWN[PICTURES[0]])
    (tmp_path / "secret.jpg").write_bytes(b"\xff\xd8\xffsecret")
    (beside / "linked.jpg").symlink_to(tmp_path / "secret.jpg")
    found, flaws = read(path)
    assert flaws == []
    assert [one.url for one in found] == [URL, "https://www.ebay.co.uk/itm/Heron print_files/s-l1600.jpg"]


def test_a_page_with_everything_inside_gives_its_pictures_addresses_of_their_own(tmp_path: Path) -> None:
    (page, *pictures), flaws = read(saved(tmp_path, "page.html", single_file(SHOWN)))
    assert flaws == []
    assert (page.url, page.at) == (URL, datetime.fromisoformat(SAVED_AT).astimezone(UTC))
    assert sorted(one.body for one in pictures) == sorted(SHOWN.values())
    assert b"base64" not in page.body
    assert all(one.url.encode() in page.body for one in pictures)


def test_the_text_of_a_page_cannot_say_that_it_was_saved_elsewhere(tmp_path: Path) -> None:
    forged = f"<!-- Page saved with SingleFile url: {URL} saved date: Mon Nov 02 2026 09:30:00 GMT+0000 (UTC) -->"
    note = b"<!-- saved from url=(0030)https://evil.example/shop/item -->"
    page = b"<!doctype html>" + note + b"<html><body>" + forged.encode() + b"</body></html>"
    assert read(saved(tmp_path, "page.html", page))[0][0].url == "https://evil.example/shop/item"


def test_a_pipe_is_no_saved_page(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.html")
    with pytest.raises(ArchiveError, match="is no file"):
        read(tmp_path / "pipe.html")


def test_a_page_that_does_not_tell_where_it_came_from_asks_for_its_address(tmp_path: Path) -> None:
    path = saved(tmp_path, "page.html", b"<html><body>nothing</body></html>")
    with pytest.raises(ArchiveError, match="does not tell where it was saved from"):
        read(path)
    assert read(path, URL)[0][0].url == URL


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"%PDF-1.7", b"\x1f\x8b\x08broken", gzip.compress(b"no warc", mtime=0), b"{}"]
)
def test_what_is_no_saved_page_says_so(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is no saved page"):
        read(saved(tmp_path, "file.har", data))


def test_addresses_that_are_none_and_bodies_that_are_no_base64_are_passed_over(tmp_path: Path) -> None:
    log = json.loads(har(SHOWN))
    log["log"]["entries"][1]["request"]["url"] = "file:///etc/passwd"
    log["log"]["entries"][2]["response"]["content"]["text"] = "*"
    log["log"]["entries"].append("no entry")
    found, flaws = read(saved(tmp_path, "odd.har", json.dumps(log).encode()))
    assert [one.url for one in found] == [URL, PICTURES[2]]
    assert "cannot be decoded" in flaws[0].why


def test_a_file_larger_than_may_be_read_in_one_piece_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.whole, "__defaults__", (1000,))
    for name, data in (("a.har", har(SHOWN)), ("a.mhtml", mhtml(SHOWN))):
        with pytest.raises(ArchiveError, match="larger than"):
            read(saved(tmp_path, name, data))


@pytest.mark.parametrize(
    "odd",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: b"\r\n\t  " + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
        lambda data: data.decode().encode("utf-16-le"),
        lambda data: b'{"comment": "a \\" { [ brace", "made": {"by": ["me", {"log": {}}]}, "no": 1,' + data[1:],
        lambda data: data.replace(b'"log": {', b'"log": {"pages": [{"id": "page_1"}], "entries_": [],'),
    ],
)
def test_a_har_file_is_known_however_it_begins(odd: Callable[[bytes], bytes], tmp_path: Path) -> None:
    found, flaws = read(saved(tmp_path, "odd.har", odd(har(SHOWN))))
    assert flaws == []
    assert [one.url for one in found] == [URL, *PICTURES]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (b'{"request": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b'{"request": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, "nested too deep"),
        (b'{"request": nothing, "brace": "}"}', "damaged"),
        (b'{"request" {"url": "a" "b"}, []}', "damaged"),
    ],
)
def test_a_har_entry_that_cannot_be_read_costs_only_itself(broken: bytes, told: str, tmp_path: Path) -> None:
    data = har(SHOWN).replace(b'"entries": [', b'"entries": [' + broken + b",")
    found, (flaw,) = read(saved(tmp_path, "odd.har", data))
    assert [one.url for one in found] == [URL, *PICTURES]
    assert flaw == Flaw(where="odd.har, entry 1", why=f"it is {told}")


def test_a_number_of_five_thousand_digits_costs_nothing(tmp_path: Path) -> None:
    data = har(SHOWN).replace(b'{"startedDateTime"', b'{"time": ' + b"9" * 5000 + b', "startedDateTime"')
    found, flaws = read(saved(tmp_path, "odd.har", data))
    assert ([one.url for one in found], flaws) == ([URL, *PICTURES], [])


def test_half_characters_in_a_har_entry_are_replaced(tmp_path: Path) -> None:
    log = json.loads(har(SHOWN))
    log["log"]["entries"][0]["response"]["headers"] = [{"name": "X-\ud800", "value": "\udc00"}]
    log["log"]["entries"][1]["request"]["url"] += "\ud800"
    found, _ = read(saved(tmp_path, "odd.har", json.dumps(log).encode()))
    assert found[0].headers[0] == ("X-?", "?")
    assert [one.url for one in found] == [URL, *PICTURES[1:]]


@pytest.mark.parametrize("data", [b'{"logs": []}', b'{"log": 5}', b'{"log": {"entries": "none"}}', b'{"log": {}}'])
def test_json_that_is_no_har_file_says_so(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is JSON, but no HAR file"):
        read(saved(tmp_path, "a.har", data))


@pytest.mark.parametrize(
    "before", [b"\r\n", b"\n\n \n", b"\xef\xbb\xbf", b"From MAILER Mon Nov  2 09:30:00 2026\n", b"\nFrom me\r\n"]
)
def test_an_mhtml_file_is_known_behind_empty_lines_and_a_mailbox_line(before: bytes, tmp_path: Path) -> None:
    found, flaws = read(saved(tmp_path, "odd.mhtml", before + mhtml(SHOWN)))
    assert flaws == []
    assert [one.url for one in found] == [URL, *PICTURES]


def test_a_page_whose_first_tag_stands_far_down_is_known(tmp_path: Path) -> None:
    page = b"\n" * 300_000 + b"<html><body>far</body></html>"
    assert read(saved(tmp_path, "far.html", page), URL)[0][0].body == page


def test_a_program_that_holds_a_tag_far_down_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is no saved page"):
        read(saved(tmp_path, "tool.html", b"\x7fELF\x02\x01" + bytes(5000) + b"<html>"), URL)


CLAIM = f'<!doctype html><html><head><link href="{URL}" data-x=1 rel=canonical></head></html>'.encode()
NOTE = f"<!doctype html>\n<!-- saved from url=(0044){URL} -->\n<html></html>".encode()


@pytest.mark.parametrize(
    ("page", "known"),
    [
        (CLAIM, AddressFrom.CLAIMED),
        (f"<html><meta content='{URL}' property='og:url'>".encode(), AddressFrom.CLAIMED),
        (f"<html><link rel=canonical href=/itm/1><meta property=og:url content={URL}>".encode(), AddressFrom.CLAIMED),
        (CLAIM.decode().encode("utf-16"), AddressFrom.CLAIMED),
        (NOTE, AddressFrom.NOTED),
        (b"<html lang=en>" + single_file(SHOWN).replace(b"<!doctype html>", b""), AddressFrom.NOTED),
    ],
)
def test_how_the_address_of_a_page_is_known_is_told(page: bytes, known: AddressFrom, tmp_path: Path) -> None:
    path = saved(tmp_path, "page.html", page)
    (found, *_), _ = read(path)
    assert (found.url, found.address_from) == (URL, known)
    (named, *_), _ = read(path, "https://shop.example/p/1")
    assert (named.url, named.address_from) == ("https://shop.example/p/1", AddressFrom.NAMED)


def test_a_note_behind_the_beginning_of_the_document_is_the_pages_own_text(tmp_path: Path) -> None:
    note = f"<!-- saved from url=(0044){URL} -->".encode()
    for page in (b"<!doctype html><html><head></head>" + note, b"text" + note, b"<!-- x -->" + note):
        with pytest.raises(ArchiveError, match="does not tell where"):
            read(saved(tmp_path, "page.html", page + b"<html>"))


@pytest.mark.parametrize(
    ("name", "shortcut"),
    [
        ("Heron.url", f"[InternetShortcut]\r\nIDList=\r\nURL={URL}\r\n".encode()),
        ("Heron.html.url", f"[InternetShortcut]\nurl = {URL}".encode("utf-16")),
        ("Heron.webloc", plistlib.dumps({"URL": URL})),
        ("Heron.webloc", plistlib.dumps({"URL": URL}, fmt=plistlib.FMT_BINARY)),
    ],
)
def test_a_shortcut_beside_a_page_names_its_address(name: str, shortcut: bytes, tmp_path: Path) -> None:
    saved(tmp_path, name, shortcut)
    (page,), flaws = read(saved(tmp_path, "Heron.html", b"<html><body>nothing</body></html>"))
    assert (page.url, page.address_from, flaws) == (URL, AddressFrom.NAMED, [])


@pytest.mark.parametrize(
    "shortcut",
    [
        b"", b"URL=javascript:alert(1)", b"URL=file:///etc/passwd", b"\xff" * 100, b"bplist00" + bytes(40), b"<plist>",
        b"bplist00\xa1\x00\x08" + bytes(6) + b"\x01\x01" + bytes(7) + b"\x01" + bytes(15) + b"\x0a",
        b'<!DOCTYPE plist [<!ENTITY a "x">]><plist><dict><key>URL</key><string>&a;</string></dict></plist>',
        plistlib.dumps(["https://shop.example/"]), plistlib.dumps({"URL": 5}), b"URL=" + b"x" * 100_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", [".url", ".webloc"])
def test_a_shortcut_that_names_no_address_is_passed_over(shortcut: bytes, ending: str, tmp_path: Path) -> None:
    saved(tmp_path, f"page{ending}", shortcut)
    (page,), _ = read(saved(tmp_path, "page.html", CLAIM))
    assert page.address_from is AddressFrom.CLAIMED


@pytest.mark.parametrize(
    "unit", [b"<link rel=canonical ", b"<link rel=canonical>", b'<meta property="', b"<link href = ", b"<meta a='"]
)
def test_an_address_is_looked_for_in_linear_time(unit: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    class Counted:
        def __init__(self, pattern: re.Pattern[bytes]):
            self.pattern = pattern

        def finditer(self, data: bytes) -> Iterator[re.Match[bytes]]:
            nonlocal looked
            looked += len(data)
            return self.pattern.finditer(data)

    for name in ("_CLAIM", "_ATTRIBUTE"):
        monkeypatch.setattr(html_reader, name, Counted(getattr(html_reader, name)))
    data = unit * ((1 << 20) // len(unit))
    assert html_reader._claimed(data) is None
    assert looked <= 2 * len(data)


def test_files_beside_a_page_that_are_too_many_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_reader, "_MOST_FILES", 3)
    (tmp_path / "page_files").mkdir()
    for number in range(5):
        saved(tmp_path / "page_files", f"{number}.jpg", SHOWN[PICTURES[0]])
    found, (flaw,) = read(saved(tmp_path, "page.html", NOTE))
    assert len(found) == 4
    assert "only the first 3 of its 5" in flaw.why


def test_a_file_beside_a_page_whose_name_is_no_text_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "page_files").mkdir()
    for name in (b"a\xff.jpg", b"b.jpg"):
        Path(os.fsdecode(os.fsencode(tmp_path / "page_files") + b"/" + name)).write_bytes(SHOWN[PICTURES[0]])
    found, (flaw,) = read(saved(tmp_path, "page.html", NOTE))
    assert [one.url.rpartition("/")[2] for one in found] == ["305512340001", "b.jpg"]
    assert "no address" in flaw.why
