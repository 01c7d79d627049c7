"""Pictures by hash: what browsers show, as what it is, and nothing else."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from parsel import Selector
from PIL import Image

from copycatch.workspace import Workspace
from review.pictures import picture_type
from tests.copycatch.filled import picture_bytes
from tests.review.serving import Site, served

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def drawn(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"])
def test_a_picture_is_served_byte_for_byte_as_what_its_bytes_are(site: Site, workspace: Workspace, kind: str) -> None:
    data = drawn(kind)
    answer = site.ask(f"/pictures/{workspace.blobs().put(data)}")
    assert (answer.status, answer.body) == (200, data)
    assert answer.headers["content-type"] == f"image/{kind.lower()}"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        HTML,
        b"\xef\xbb\xbf" + SVG,
        b"%PDF-1.7 ",
        b"PK\x03\x04",
        b"BM is how this text begins, which is no bitmap, however long it may be.",
        b"GIF8",
        b"RIFF\0\0\0\0WAVE",
        b"",
        drawn("TIFF"),
    ],
)
def test_what_no_browser_shows_as_a_picture_is_not_served(site: Site, workspace: Workspace, data: bytes) -> None:
    answer = site.ask(f"/pictures/{workspace.blobs().put(data)}")
    assert answer.status == 415
    assert answer.headers["content-type"].startswith("text/plain")
    assert b"script" not in answer.body


def test_a_picture_that_holds_a_page_stays_a_picture(site: Site, workspace: Workspace) -> None:
    answer = site.ask(f"/pictures/{workspace.blobs().put(drawn('GIF') + HTML)}")
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_picture_may_be_kept_for_ever_and_only_by_who_asked(site: Site, workspace: Workspace) -> None:
    name = workspace.blobs().put(picture_bytes(1))
    first = site.ask(f"/pictures/{name}")
    assert first.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = site.ask(f"/pictures/{name}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fcopycatch.toml",
        "../../copycatch.toml",
        "%2e%2e/%2e%2e/copycatch.toml",
        "..%5c..%5ccopycatch.toml",
        "%00",
        "0" * 63,
        "0" * 65,
        "A" * 64,
        "0" * 64 + "%0a",
        "٠" * 64,
    ],
)
def test_only_names_of_64_hex_digits_lead_anywhere(site: Site, name: str) -> None:
    encoded = "".join(letter if letter.isascii() else "%d9%a0" for letter in name)
    answer = site.ask(f"/pictures/{encoded}")
    assert answer.status in (400, 404)
    assert b"[owner]" not in answer.body


def test_a_picture_that_is_not_there_is_not_found(site: Site) -> None:
    assert site.ask(f"/pictures/{'0' * 64}").status == 404


def test_a_picture_that_was_changed_on_the_disk_is_not_served(site: Site, workspace: Workspace) -> None:
    data = picture_bytes(7)
    name = workspace.blobs().put(data)
    stored = [path for path in Path(workspace.root).rglob("*") if path.is_file() and name[2:] in path.name]
    assert len(stored) == 1
    stored[0].chmod(0o600)
    stored[0].write_bytes(picture_bytes(8))
    answer = site.ask(f"/pictures/{name}")
    assert answer.status == 404
    assert hashlib.sha256(answer.body).hexdigest() != name


def test_the_beginning_of_a_file_decides_however_short_it_is() -> None:
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"):
        whole = drawn(kind)
        assert {picture_type(whole[:end]) for end in range(len(whole))} <= {None, f"image/{kind.lower()}"}


def test_a_work_stands_with_its_picture_in_the_lists_of_works_once_it_matched_something(space: Workspace) -> None:
    (space.references_path / "new.jpg").write_bytes(picture_bytes(7))
    with served(space) as site:
        for path, works in (("/works", 4), ("/works/add", 5)):
            rows = Selector(site.ask(path).text).css("tbody tr")
            shown = [each for row in rows for each in row.css("img::attr(src)").getall()]
            assert (len(rows), len(shown), len(set(shown))) == (works, 4, 4)
            assert all(site.ask(each).headers["content-type"] == "image/jpeg" for each in shown)
        assert not Selector(site.ask("/works/add").text).xpath("//tr[.//bdi='new.jpg']//img")
