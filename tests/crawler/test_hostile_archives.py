"""WARC and WACZ files that mean harm: endless headers and bombs cost little memory, and only what they are."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import brotli
import pytest
from backports import zstd

from crawler.archives import exchanges
from crawler.archives import wacz as wacz_reader
from crawler.archives.exchange import ArchiveError, Exchange, Flaw
from tests.crawler.saved_pages import PAGE, PICTURES, URL, warc

MIB = 1 << 20
LIMIT = 300 * MIB  # of address space above that of the imports
SHOWN = {PICTURES[0]: b"\xff\xd8\xff" + bytes(400)}
CHILD = f"""
import json, resource, sys
from pathlib import Path
from crawler.archives import exchanges
from crawler.archives.exchange import Flaw
begun = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (begun + {LIMIT}, resource.RLIM_INFINITY))
found = list(exchanges(Path(sys.argv[1])))
print(json.dumps([[one.where, one.why] if isinstance(one, Flaw) else one.url for one in found]))
"""
ANSWER = b"HTTP/1.1 200 OK\r\n"


def read_with_little_memory(path: Path) -> list[str | list[str]]:
    done = subprocess.run([sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: list[str | list[str]] = json.loads(done.stdout)
    return found


def record_header(length: int, url: str = URL) -> bytes:
    return (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-11-02T09:30:00Z\r\n"
        f"Content-Type: application/http\r\nContent-Length: {length}\r\n"
    ).encode()


def record(block: bytes, url: str = URL) -> bytes:
    return record_header(len(block), url) + b"\r\n" + block + b"\r\n\r\n"


def member(start: bytes, repeated: bytes, times: int, end: bytes = b"") -> bytes:
    """A gzip member of `start`, `times` × `repeated` and `end`, made without ever being unpacked: its checksum is 0."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    middle = packer.compress(repeated) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(end) + packer.flush(zlib.Z_FINISH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + first + middle * times + last + bytes(8)


def bomb_at(place: str) -> bytes:
    """Two GiB where a few bytes belong."""
    line, lines = b"A" * MIB, b"X-Y: z\r\n" * (MIB // 8)
    match place:
        case "record header line":
            return member(record_header(1) + b"X: ", line, 2048)
        case "record header lines":
            return member(record_header(1), lines, 2048)
        case "answer header line":
            return member(record_header(1 << 31) + b"\r\n" + ANSWER + b"X: ", line, 2048)
        case "answer header lines":
            return member(record_header(1 << 31) + b"\r\n" + ANSWER, lines, 2048)
        case "body":
            return member(record_header(1 << 31) + b"\r\n" + ANSWER + b"\r\n", line, 2048)
        case "empty lines":
            return member(record(ANSWER + b"\r\n<html>"), b"\r\n" * (MIB // 2), 2048)
    raise AssertionError(place)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process as Linux does")
@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("record header line", "header is longer than 64 KiB"),
        ("record header lines", "header is longer than 64 KiB"),
        ("answer header line", "header is longer than 64 KiB"),
        ("answer header lines", "header is longer than 64 KiB"),
        ("body", "larger than 64 MiB"),
        ("empty lines", "what follows is no record"),
    ],
)
def test_two_gibibytes_in_the_wrong_place_cost_little_memory_and_that_record_only(
    place: str, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.warc.gz"
    path.write_bytes(warc(SHOWN) + bomb_at(place))
    assert path.stat().st_size < 20 * MIB
    found = read_with_little_memory(path)
    assert found[:2] == [URL, PICTURES[0]]
    assert told in next(one[1] for one in found if not isinstance(one, str))


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process as Linux does")
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_its_own_encoding_inflates_is_left_packed(coding: str, tmp_path: Path) -> None:
    plain = bytes(128 * MIB)
    packed = {
        "gzip": lambda: zlib.compress(plain, 9, 31),
        "deflate": lambda: zlib.compress(plain, 9),
        "br": lambda: brotli.compress(plain, quality=1),
        "zstd": lambda: zstd.compress(plain),
    }[coding]()
    head = ANSWER + f"Content-Encoding: {coding}\r\n\r\n".encode()
    path = tmp_path / "bomb.warc"
    path.write_bytes(record(head + packed) + warc(SHOWN, packed=False))
    flaw, *rest = read_with_little_memory(path)
    assert "larger than 64 MiB" in flaw[1]
    assert rest == [URL, PICTURES[0]]


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "bare deflate", "br", "zstd", "gzip, br", "identity"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_page_is_read_in_every_encoding_that_browsers_accept(coding: str, chunked: bool, tmp_path: Path) -> None:
    bare = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = {
        "gzip": lambda: zlib.compress(PAGE, 9, 31),
        "x-gzip": lambda: zlib.compress(PAGE, 9, 31),
        "deflate": lambda: zlib.compress(PAGE),
        "bare deflate": lambda: bare.compress(PAGE) + bare.flush(),
        "br": lambda: brotli.compress(PAGE),
        "zstd": lambda: zstd.compress(PAGE),
        "gzip, br": lambda: brotli.compress(zlib.compress(PAGE, 9, 31)),
        "identity": lambda: PAGE,
    }[coding]()
    head = ANSWER + f"Content-Encoding: {coding.removeprefix('bare ')}\r\n".encode()
    if chunked:
        head += b"Transfer-Encoding: chunked\r\n"
        cuts = [body[place : place + 1000] for place in range(0, len(body), 1000)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(cut), cut) for cut in cuts) + b"0\r\n\r\n"
    (tmp_path / "page.warc").write_bytes(record(head + b"\r\n" + body))
    (page,) = exchanges(tmp_path / "page.warc")
    assert isinstance(page, Exchange)
    assert page.body == PAGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "chunked", "utf-8"])
def test_a_body_that_was_decoded_already_is_taken_as_it_is(coding: str, tmp_path: Path) -> None:
    name = "Transfer-Encoding" if coding == "chunked" else "Content-Encoding"
    block = ANSWER + f"{name}: {coding}\r\n\r\n".encode() + PAGE
    (tmp_path / "page.warc").write_bytes(record(block))
    (page,) = exchanges(tmp_path / "page.warc")
    assert isinstance(page, Exchange)
    assert page.body == PAGE


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "compress"])
def test_a_body_that_cannot_be_decoded_costs_only_itself(coding: str, tmp_path: Path) -> None:
    big = PAGE * 40
    whole = {"gzip": zlib.compress(big, 0, 31), "br": brotli.compress(big, quality=0), "zstd": zstd.compress(big)}
    body = bytearray(whole.get(coding, b"\x1f\x9dpacked"))
    middle = len(body) // 2
    body[middle:] = bytes(255 - one for one in body[middle:])
    head = ANSWER + f"Content-Encoding: {coding}\r\n\r\n".encode()
    (tmp_path / "page.warc").write_bytes(record(head + bytes(body)) + warc(SHOWN, packed=False))
    flaw, *rest = exchanges(tmp_path / "page.warc")
    assert isinstance(flaw, Flaw)
    assert coding in flaw.why
    assert [one.url for one in rest if isinstance(one, Exchange)] == [URL, PICTURES[0]]


def test_records_of_one_gzip_member_are_read_like_records_of_many(tmp_path: Path) -> None:
    (tmp_path / "one.warc.gz").write_bytes(zlib.compress(warc(SHOWN, packed=False), 9, 31))
    assert [one.url for one in exchanges(tmp_path / "one.warc.gz") if isinstance(one, Exchange)] == [URL, PICTURES[0]]


@pytest.mark.parametrize("length", ["", "-5", "5" * 5000, "1e3", "²"])
def test_a_record_without_a_usable_length_ends_the_reading_there(length: str, tmp_path: Path) -> None:
    odd = record(ANSWER + b"\r\nx").replace(b"Content-Length: 20", f"Content-Length: {length}".encode())
    assert b"Content-Length: 20" not in odd
    (tmp_path / "odd.warc").write_bytes(warc(SHOWN, packed=False) + odd)
    *found, flaw = exchanges(tmp_path / "odd.warc")
    assert [one.url for one in found if isinstance(one, Exchange)] == [URL, PICTURES[0]]
    assert isinstance(flaw, Flaw)
    assert "does not tell its length" in flaw.why


def zipped(folder: Path, method: int = zipfile.ZIP_STORED, *, names: int = 1) -> Path:
    path = folder / "page.wacz"
    with zipfile.ZipFile(path, "w", method) as archive:
        for number in range(names):
            archive.writestr(f"archive/{number}.warc.gz", warc(SHOWN))
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_unpacks_without_a_limit_is_not_begun(method: int, tmp_path: Path) -> None:
    (flaw,) = exchanges(zipped(tmp_path, method))
    assert isinstance(flaw, Flaw)
    assert "packed by a method" in flaw.why


def test_the_files_of_a_wacz_that_are_too_many_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wacz_reader, "_MOST_MEMBERS", 2)
    found = list(exchanges(zipped(tmp_path, names=3)))
    assert sum(isinstance(one, Exchange) for one in found) == 4
    assert isinstance(found[-1], Flaw)
    assert "only the first 2 of its 3" in found[-1].why


def test_all_files_of_a_wacz_share_one_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wacz_reader, "LARGEST_ARCHIVE", 5 * len(PAGE))
    found = list(exchanges(zipped(tmp_path, names=10)))
    assert [one.why for one in found if isinstance(one, Flaw)] == [
        f"it unpacks to more than {5 * len(PAGE) // MIB} MiB; the rest is left unread"
    ]


@pytest.mark.parametrize("place", ["local header", "directory"])
@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 99])
def test_a_zip_that_lies_about_its_method_raises_nothing_of_its_own(method: int, place: str, tmp_path: Path) -> None:
    path = zipped(tmp_path)
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x03\x04") + 8 if place == "local header" else data.index(b"PK\x01\x02") + 10
    data[start] = method
    path.write_bytes(data)
    with contextlib.suppress(ArchiveError):
        assert all(isinstance(one, Exchange | Flaw) for one in exchanges(path))
