"""`copycatch import`: what a person saved in her own browser goes the way of what the crawler fetched."""

from __future__ import annotations

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from casebook.types import GalleryPicture, ListingState, Picture, PictureRole, RunKind, ScanRun
from copycatch import saved_pages
from copycatch.importing import run_import
from copycatch.saved_reading import united_with_files
from copycatch.scan import utc_now
from copycatch.workspace import Workspace
from crawler.formats import sniff
from fixtures.demo.pictures import Studio
from tests.copycatch.conftest import Run
from tests.copycatch.filled import STARTED, make_workspace
from tests.copycatch.test_commands import documented, lines
from tests.crawler.saved_pages import FORMS, PAGE, PICTURES, URL, har, single_file, warc

KEY = "ebay:305512340001"
OTHER = "https://www.ebay.co.uk/itm/305512340777"


@pytest.fixture(scope="module")
def shown(drawn_pictures: Path) -> dict[str, bytes]:
    """The pictures of the saved listing: the first is a copy of the owner's."""
    studio = Studio(drawn_pictures)
    names = ("misty-ridge/cropped", "soap-stack-1", "soap-stack-2")
    return {url: studio.picture(name) for url, name in zip(PICTURES, names, strict=True)}


@pytest.fixture
def space(tmp_path: Path, drawn_pictures: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "space")
    picture = Studio(drawn_pictures).picture("misty-ridge")
    (workspace.references_path / "misty-ridge.jpg").write_bytes(picture)
    return workspace


def saved(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_one_page_leads_to_the_same_listing_pictures_and_candidate(
    name: str, space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    result = run("import", saved(tmp_path, name, FORMS[name](shown)), workspace=space)
    assert result.exit_code == 0, result.stderr
    assert "1 listing with 3 pictures imported; 1 of their pictures lies in none of the files." in result.stdout
    (report,) = space.reports_path.iterdir()
    assert f"Report: {report}" in result.stdout
    text = report.read_text(encoding="utf-8")
    assert "Import of <time" in text
    assert "1 picture of the imported listings: not in the files, so what they show is not known." in text
    assert text.count("<article") == 1
    with space.casebook() as casebook:
        listing = casebook.listing(KEY)
        assert listing is not None
        (look,) = casebook.looks(KEY)
        (candidate,) = casebook.candidates()
    assert (listing.state, listing.sold_count, look.at.isoformat()) == (
        ListingState.LIVE, 1045, "2026-11-02T09:30:00+00:00",
    )  # fmt: skip
    assert [one.role for one in listing.gallery] == [*[PictureRole.GALLERY] * 3, PictureRole.VARIANT]
    assert (candidate.listing_key, candidate.matches[0].verdict.value) == (KEY, "copy")
    assert KEY.split(":")[1] in run("candidates", workspace=space).stdout


def test_the_pictures_of_a_description_in_a_frame_of_its_own_are_compared_too(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    frame = b'<p>From my own studio.</p><img src="https://shop.example/ridge.jpg"><img src="%s">' % PICTURES[1].encode()
    address = "https://itm.ebaydesc.com/itmdesc/305512340001?t=0&seller=marsh_and_mere"
    inside = {address: frame, "https://shop.example/ridge.jpg": shown[PICTURES[0]], PICTURES[1]: shown[PICTURES[1]]}
    result = run("import", saved(tmp_path, "page.har", har(inside)), workspace=space)
    assert result.exit_code == 0, result.stderr
    with space.casebook() as casebook:
        listing = casebook.listing(KEY)
        (candidate,) = casebook.candidates()
        seen = {sighting.url for sighting in casebook.sightings(KEY)}
    assert listing is not None
    described = [one.url for one in listing.gallery if one.role is PictureRole.DESCRIPTION]
    assert described == ["https://shop.example/ridge.jpg"]  # the other one stands in the gallery
    assert "https://shop.example/ridge.jpg" in seen
    assert candidate.listing_key == KEY


SHOP_PAGE = b"""<!doctype html><!-- saved from url=(0030)https://shop.example/p/heron -->
<html><head><title>Heron</title>
<meta property="og:image" content="https://cdn.shop.example/cdn/shop/files/heron.jpg?v=17&amp;width=1200">
<script type="application/ld+json">{"@type":"Product","name":"Heron print",
"image":["https://cdn.shop.example/cdn/shop/files/heron.jpg","https://cdn.shop.example/cdn/shop/files/back.jpg"],
"offers":{"@type":"Offer","price":"12","priceCurrency":"EUR","availability":"https://schema.org/InStock"}}</script></head>
<body><h1>Heron print</h1><div class="product-gallery"><img src="./Heron_files/heron_600x.jpg">
<img src="./Heron_files/side.jpg"></div></body></html>"""


def test_a_picture_that_the_page_names_by_its_file_and_by_its_address_is_one_picture_and_not_missing(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    beside = tmp_path / "Heron_files"
    beside.mkdir()
    ours, side, _ = shown.values()
    (beside / "heron_600x.jpg").write_bytes(ours)
    (beside / "side.jpg").write_bytes(side)
    result = run("import", saved(tmp_path, "Heron.html", SHOP_PAGE), workspace=space)
    assert "1 listing with 2 pictures imported; 1 of their pictures lies in none of the files" in result.stdout
    with space.casebook() as casebook:
        (candidate,) = casebook.candidates()
        seen = {sighting.url for sighting in casebook.sightings(candidate.listing_key)}
    assert seen == {
        "https://cdn.shop.example/cdn/shop/files/heron.jpg", "https://shop.example/p/Heron_files/side.jpg",
    }  # fmt: skip


def test_a_name_that_several_pictures_bear_tells_not_which_file_is_which() -> None:
    gallery = tuple(
        GalleryPicture(url=f"https://{place}.jpg")
        for place in ("a.example/1/front", "a.example/2/front", "a.example/x_files/front", "a.example/x_files/front(1)")
    )
    assert united_with_files(gallery) == gallery


def test_a_page_without_its_folder_is_told_how_to_be_saved(space: Workspace, tmp_path: Path, run: Run) -> None:
    told = run("import", saved(tmp_path, "Heron.html", SHOP_PAGE), "--no-compare", workspace=space).stdout
    assert "Its pictures were not saved with it" in told
    assert '"Webpage, complete"' in told
    assert "copycatch record" in told


def test_a_page_with_everything_inside_brings_its_pictures(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    run("import", saved(tmp_path, "page.html", single_file(shown)), workspace=space)
    with space.casebook() as casebook:
        (candidate,) = casebook.candidates()
    assert candidate.listing_key == KEY


def test_a_page_saved_with_its_folder_brings_the_pictures_that_its_markup_names_twice(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    beside = tmp_path / "Heron_files"
    beside.mkdir()
    page = PAGE.replace(b"<!doctype html>", f"<!doctype html><!-- saved from url=(0044){URL} -->".encode())
    for number, (url, data) in enumerate(shown.items()):
        (beside / f"s-l140({number}).jpg").write_bytes(data)
        name = url.split("/")[-2].encode()
        page = re.sub(
            rb"(<img data-zoom-src=\S*" + name + rb"\S*?jpg)( src=\S+?jpg)?>",
            rb"\1 src=./Heron_files/s-l140(%d).jpg>" % number,
            page,
        )
    result = run("import", saved(tmp_path, "Heron.html", page), workspace=space)
    assert "1 listing with 3 pictures imported" in result.stdout
    with space.casebook() as casebook:
        assert [one.listing_key for one in casebook.candidates()] == [KEY]


def test_importing_twice_changes_nothing(space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run) -> None:
    path = saved(tmp_path, "page.har", har(shown))
    first, second = (run("import", path, workspace=space).stdout for _ in range(2))
    assert first.partition("Report: ")[0] == second.partition("Report: ")[0]
    with space.casebook() as casebook:
        assert len(casebook.candidates()) == 1


def test_of_a_cut_file_what_is_readable_is_kept_and_the_others_are_read(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    whole = warc(shown)
    cut, bad = saved(tmp_path, "cut.warc.gz", whole[:-100]), saved(tmp_path, "bad.har", b"%PDF")
    result = run("import", bad, cut, workspace=space)
    assert result.exit_code == 1
    assert "bad.har is no saved page" in result.stderr
    assert "cut.warc.gz" in result.stderr
    assert "cut off" in result.stderr
    with space.casebook() as casebook:
        assert [one.listing_key for one in casebook.candidates()] == [KEY]


def test_a_folder_is_searched_for_saved_pages_and_json_has_the_documented_fields(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    inbox = tmp_path / "inbox" / "ebay"
    inbox.mkdir(parents=True)
    saved(inbox, "page.har", har(shown))
    saved(inbox, "notes.txt", b"nothing")
    (record,) = lines(run("import", inbox.parent, "--no-compare", "--json", workspace=space).stdout)
    assert set(record) | set(record["pages"][0]) == documented("import", "`--json` fields:")
    assert record["pages"][0]["listing_key"] == KEY
    with space.casebook() as casebook:
        assert casebook.candidates() == []


def gone(at: str, *others: str) -> bytes:
    """A HAR in which the listing answers 404, and other listings of the site can be read."""
    log = json.loads(har({}, page=b"<html><title>Error Page</title></html>", status=404, at=at))
    for url in others:
        number = url.rpartition("/")[2].encode()
        page = PAGE.replace(b"305512340001", number)
        log["log"]["entries"] += json.loads(har({}, url=url, page=page, at=at))["log"]["entries"]
    return json.dumps(log).encode()


def test_two_imports_hours_apart_prove_a_removal_where_another_listing_is_readable(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    run("import", saved(tmp_path, "live.har", har(shown)), "--no-compare", workspace=space)
    states = []
    for at in ("2026-11-03T08:00:00Z", "2026-11-03T15:00:00Z"):
        run("import", saved(tmp_path, "gone.har", gone(at, OTHER)), "--no-compare", workspace=space)
        with space.casebook() as casebook:
            listing = casebook.listing(KEY)
        assert listing is not None
        states.append(listing.state)
    assert states == [ListingState.UNKNOWN, ListingState.REMOVED]


def test_an_undated_file_imported_twice_proves_no_removal(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    run("import", saved(tmp_path, "live.har", har(shown)), "--no-compare", workspace=space)
    path = saved(tmp_path, "gone.har", gone("never", OTHER))
    for hours in (0, 7):
        run_import(space, [path], compare=False, now=lambda hours=hours: utc_now() + timedelta(hours=hours))
    with space.casebook() as casebook:
        listing = casebook.listing(KEY)
    assert listing is not None
    assert listing.state is ListingState.UNKNOWN


def test_a_file_that_trips_its_reader_costs_that_file_only(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trips(body: bytes) -> Picture | None:
        if body == b"trip":
            raise KeyError("a reader has a mistake")
        return sniff(body)

    monkeypatch.setattr(saved_pages, "sniff", trips)
    bad, good = saved(tmp_path, "a.har", har({PICTURES[0]: b"trip"})), saved(tmp_path, "b.har", har(shown))
    result = run("import", bad, good, "--no-compare", workspace=space)
    assert result.exit_code == 0
    assert "a.har: it cannot be read any further" in result.stderr
    with space.casebook() as casebook:
        assert casebook.listing(KEY) is not None


def test_without_another_readable_listing_nothing_is_removed(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    run("import", saved(tmp_path, "live.har", har(shown)), "--no-compare", workspace=space)
    for at in ("2026-11-03T08:00:00Z", "2026-11-03T15:00:00Z"):
        run("import", saved(tmp_path, "gone.har", gone(at)), "--no-compare", workspace=space)
    with space.casebook() as casebook:
        listing = casebook.listing(KEY)
    assert listing is not None
    assert listing.state is ListingState.UNKNOWN


def test_an_import_is_no_scan(space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run) -> None:
    run("import", saved(tmp_path, "live.har", har(shown)), "--no-compare", workspace=space)
    with space.casebook() as casebook:
        assert casebook.last_run() is None
        assert casebook.unfinished_run() is None


def test_an_import_that_was_killed_is_given_up_by_the_next_one(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    with space.casebook() as casebook:
        casebook.begin_run(ScanRun(run_id="killed", started_at=STARTED, program="test", job="{}", kind=RunKind.IMPORT))
    run("import", saved(tmp_path, "live.har", har(shown)), "--no-compare", workspace=space)
    with space.casebook() as casebook:
        states = {str(row["run_id"]): row["run_state"] for row in casebook.coverage_rows()}
        (killed,) = casebook._view("SELECT state FROM run WHERE run_id = 'killed'")
    assert killed["state"] == "failed"
    assert set(states.values()) == {"finished"}


def test_wrong_use_says_what_is_wrong(space: Workspace, tmp_path: Path, run: Run) -> None:
    page = saved(tmp_path, "page.html", b"<html><body>nothing</body></html>")
    assert run("import", workspace=space).exit_code == 2
    assert run("import", page, page, "--url", URL, workspace=space).exit_code == 2
    assert run("import", page, "--url", "ebay", workspace=space).exit_code == 2
    unknown = run("import", page, workspace=space)
    assert unknown.exit_code == 1
    assert "--url" in unknown.stderr
    told = run("import", page, "--url", URL, workspace=space)
    assert (told.exit_code, "unknown layout" in told.stdout) == (0, True)


def test_nothing_outside_the_workspace_is_written(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in FORMS:
        saved(inbox, name, FORMS[name](shown))
    before = {path: path.read_bytes() for path in inbox.iterdir()}
    run("import", inbox, "--no-compare", workspace=space)
    assert {path: path.read_bytes() for path in inbox.iterdir()} == before
    shutil.rmtree(space.root)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(before)


def test_a_wall_that_was_saved_is_told_by_status_and_an_import_of_nothing_writes_no_report(
    space: Workspace, tmp_path: Path, run: Run
) -> None:
    wall = b"<html><script>window._cf_chl_opt={}</script></html>"
    run("import", saved(tmp_path, "a.html", wall), "--url", "https://www.etsy.com/listing/1/heron", workspace=space)
    assert "the last import: 1 page: blocked: Cloudflare block page" in run("status", workspace=space).stdout
    for report in space.reports_path.iterdir():
        report.unlink()
    assert run("import", saved(tmp_path, "b.har", b"no archive"), workspace=space).exit_code == 1
    assert list(space.reports_path.iterdir()) == []


def test_the_report_names_the_address_that_the_kept_bytes_came_from(
    space: Workspace, shown: dict[str, bytes], tmp_path: Path, run: Run
) -> None:
    run("import", saved(tmp_path, "page.har", FORMS["page.har"](shown)), workspace=space)
    with space.casebook() as casebook:
        (row,) = casebook.queue_rows()
        source = casebook.served_from(row["picture_url"], row["picture_sha256"])
    (report,) = space.reports_path.iterdir()
    assert source is not None
    assert f"<bdi>{source}</bdi>" in report.read_text(encoding="utf-8")
