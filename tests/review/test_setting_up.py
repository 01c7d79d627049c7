"""First use in the browser: each form does what the command line does, and what is hostile costs only itself."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from parsel import Selector

from casebook.findings import Work, WorkKind
from copycatch.config import Config, Target
from copycatch.live import Told
from copycatch.scan import no_progress
from copycatch.works import read_entries
from copycatch.workspace import Workspace
from review.newest_report import report_policy
from tests.copycatch.filled import picture_bytes
from tests.copycatch.test_works_upload import bomb
from tests.review.serving import Answer, Site, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import SmallDisk


OWNER = {"name": "Ann", "contact_url": "https://ann.example/"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "space", Config())


@pytest.fixture
def site(workspace: Workspace) -> Iterator[Site]:
    with served(workspace) as running:
        yield running


def page(answer: Answer, status: int = 200) -> Selector:
    assert answer.status == status, answer.body
    return Selector(answer.text)


def words(found: Selector, css: str) -> str:
    return " ".join(" ".join(found.css(css).xpath(".//text()").getall()).split())


def files_in(workspace: Workspace) -> set[str]:
    return {str(path.relative_to(workspace.root.parent)) for path in workspace.root.parent.rglob("*") if path.is_file()}


def test_the_first_page_shows_three_steps_and_what_is_missing(site: Site) -> None:
    start = page(site.ask("/start"))
    assert [words(step, "h2") for step in start.css(".steps > li")] == [
        "Your pictures", "Where to look, and who asks", "Look now",
    ]  # fmt: skip
    assert start.css(".steps a::attr(href)").getall() == ["#pictures", "#place", "#owner"]


def test_three_forms_make_a_workspace_that_can_scan(site: Site, workspace: Workspace) -> None:
    picture = ("files", ("heron.jpg", picture_bytes(1)))
    texts = [("title", "Heron"), ("kind", "artwork"), ("rights", "Drawn by me"), ("back", "start")]
    start = page(site.post("/works/add", [picture, *texts]))
    assert "heron.jpg : added as W-0001" in words(start, ".result")
    start = page(site.post("/targets", {"text": "https://shop.example/", "back": "start"}))
    assert "Watched now: pages from https://shop.example/" in words(start, ".result")
    start = page(site.post("/owner", {"name": "Ann", "contact_url": "ann.example/contact", "back": "start"}))
    assert start.css("form[action='/scan'] button")
    assert len(start.css(".steps > li.done")) == 2
    assert words(start, ".owner") == "Ann"
    (entry,) = read_entries(workspace.works_path)
    assert (entry.work.title, entry.work.kind, entry.rights) == ("Heron", WorkKind.ARTWORK, "Drawn by me")
    config = workspace.config()
    assert config.targets == (Target(name="shop.example", start=("https://shop.example/",)),)
    assert (config.owner.name, config.owner.contact_url) == ("Ann", "https://ann.example/contact")
    config.require_scannable(workspace.config_path)


def test_works_that_were_added_since_the_last_scan_are_told_on_the_first_page(site: Site, workspace: Workspace) -> None:
    site.post("/owner", OWNER)
    site.post("/targets", {"text": "https://shop.example/"})
    site.post("/works/add", [("files", ("heron.jpg", picture_bytes(1)))])
    with Told(workspace.live_path, no_progress) as told:
        told.ends(complete=True, candidates=0, new=0)
    with workspace.casebook() as casebook:
        casebook.sync_works([Work(work_id="W-0001", title="heron", kind=WorkKind.PHOTO)], [])
    start = page(site.ask("/start"))
    assert len(start.css(".steps > li.done")) == 3
    assert not start.css(".news")
    start = page(site.post("/works/add", [("files", ("gull.jpg", picture_bytes(2))), ("back", "start")]))
    assert words(start, ".news") == "1 work was added since the last scan. It is compared by the next one."
    assert len(start.css(".steps > li.done")) == 2


def test_a_full_disk_is_told_and_leaves_everything_as_it_was(small_disk: SmallDisk) -> None:
    workspace = Workspace.create(small_disk.folder / "space", Config())
    workspace.casebook().close()
    with served(workspace) as site:
        fill = small_disk.fill_up()
        before = files_in(workspace)
        for path, fields in (
            ("/works/add", [("files", ("heron.jpg", picture_bytes(1) + bytes(100_000)))]),
            ("/targets", {"text": "https://shop.example/" + "x" * 1500}),
        ):
            answer = page(site.post(path, fields), 507)
            assert "The disk is full" in words(answer, "main"), path
            assert "Free some space" in words(answer, "main")
        assert files_in(workspace) == before
        fill.unlink()
        page(site.post("/targets", {"text": "https://shop.example/"}))
        added = page(site.post("/works/add", [("files", ("heron.jpg", picture_bytes(1)))]))
        assert "heron.jpg : added as W-0001" in words(added, ".result")


def test_a_browser_that_leaves_during_an_upload_is_no_fault(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    with served(workspace) as site:
        head = (
            "POST /works/add HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n--x\r\n"
        )
        with socket.create_connection(("127.0.0.1", site.port)) as browser:
            browser.sendall(head.encode())
            page(site.ask("/works/add"))  # by then it reads what is sent
    assert caplog.records == []


def test_hostile_files_are_named_beside_the_good_one_and_leave_nothing_behind(site: Site, workspace: Workspace) -> None:
    before = files_in(workspace)
    sent = [
        ("files", ("page.jpg", b"<script>alert(1)</script>")),
        ("files", ("bomb.png", bomb())),
        ("files", ("<img src=x onerror=alert(1)>.svg", b"<svg onload='alert(1)'/>")),
        ("files", ("../../x", picture_bytes(1))),
    ]
    answer = site.post("/works/add", sent)
    assert b"<img src=x" not in answer.body
    notes = page(answer).css(".result .notes li").xpath("string()").getall()
    assert notes[0] == "x.jpg: added as W-0001"
    assert len(notes) == 4
    assert files_in(workspace) - before == {"space/reference_images/x.jpg"}


@pytest.mark.parametrize(
    ("texts", "field", "sentence"),
    [
        ({"title": "t" * 10_000}, "title", "This has 10,000 characters, and at most 200 can be kept"),
        ({"title": "a\0b"}, "title", "characters that cannot be shown"),
        ({"title": "a\r\nb"}, "title", "several lines"),
        ({"rights": "r" * 2000}, "rights", "at most 1,000"),
        ({"kind": "<b>"}, "kind", "no kind of work"),
    ],
)
def test_a_text_that_cannot_be_kept_is_refused_beside_its_field_and_nothing_is_lost(
    site: Site, workspace: Workspace, texts: dict[str, str], field: str, sentence: str
) -> None:
    before = files_in(workspace)
    answer = page(site.post("/works/add", [("files", ("a.jpg", picture_bytes(1))), *texts.items()]), 422)
    assert sentence in words(answer, f"#pictures-{field}-wrong")
    if field in ("title", "rights") and "\0" not in texts[field] and "\n" not in texts[field]:
        assert answer.css(f"#pictures-{field}::attr(value)").get() == texts[field]
        assert answer.css(f"#pictures-{field}::attr(aria-describedby)").get() == f"pictures-{field}-wrong"
    assert files_in(workspace) == before


def test_a_work_is_called_otherwise_everywhere_and_its_file_keeps_what_a_person_wrote_there(
    site: Site, workspace: Workspace
) -> None:
    page(site.post("/works/add", [("files", ("a.jpg", picture_bytes(1))), ("rights", "Drawn by me")]))
    text = workspace.works_path.read_text()
    workspace.works_path.write_text(text.replace('title = "a"', 'title = "a" # mine'))
    with workspace.casebook() as casebook:
        casebook.sync_works([entry.work for entry in read_entries(workspace.works_path)], ())
    form = page(site.ask("/works/add?work=W-0001"))
    assert form.css("#describe-title::attr(value)").get() == "a"
    assert form.css("#describe-rights::attr(value)").get() == "Drawn by me"
    saved = page(site.post("/works/describe", {"work": "W-0001", "title": "Heron at dawn", "rights": ""}))
    assert "Saved" in words(saved, ".result")
    assert "Heron at dawn" in words(saved, "table")
    assert "# mine" in workspace.works_path.read_text()
    (entry,) = read_entries(workspace.works_path)
    assert (entry.work.title, entry.rights) == ("Heron at dawn", "")
    with workspace.casebook() as casebook:
        assert [work.title for work in casebook.works()] == ["Heron at dawn"]


@pytest.mark.parametrize(("work", "title"), [("W-0001", " "), ("W-0001", "t" * 1000), ("W-0002", "x"), ("", "x")])
def test_a_work_that_cannot_be_called_so_keeps_its_name(
    site: Site, workspace: Workspace, work: str, title: str
) -> None:
    page(site.post("/works/add", [("files", ("a.jpg", picture_bytes(1)))]))
    before = workspace.works_path.read_bytes()
    answer = site.post("/works/describe", {"work": work, "title": title})
    assert answer.status in (409, 422)
    assert words(Selector(answer.text), ".wrong")
    assert workspace.works_path.read_bytes() == before


def test_a_form_without_a_picture_says_so_beside_the_files(site: Site) -> None:
    nothing = page(site.post("/works/add", [("files", ("", b"")), ("title", "Heron")]), 422)
    assert "No picture was chosen" in words(nothing, "#pictures-files-wrong")
    assert nothing.css("#pictures-title::attr(value)").get() == "Heron"
    page(site.post("/works/add", [("files", ("a.jpg", b"no picture"))]), 422)


def test_a_form_of_a_thousand_files_or_fields_is_refused(site: Site, workspace: Workspace) -> None:
    before = files_in(workspace)
    page(site.post("/works/add", [("files", (f"{n}.jpg", b"x")) for n in range(501)]), 422)
    page(site.post("/targets", [(f"f{n}", "x") for n in range(51)]), 422)
    page(site.post("/targets", [("text", "x" * 300_000)]), 422)
    assert files_in(workspace) == before


def test_a_title_from_a_form_is_shown_and_never_obeyed(site: Site) -> None:
    title = "<script>alert(1)</script>\" onfocus='x'"
    answer = site.post("/works/add", [("files", ("a.jpg", picture_bytes(1))), ("title", title)])
    assert b"<script>alert" not in answer.body
    assert title in page(answer).css("table bdi::text").getall()


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "heron at dawn"}, "marketplace"),
        ({"text": "https://user:pw@shop.example/"}, "text"),
        ({"text": "x" * 10_000, "marketplace": "ebay"}, "text"),
        ({"text": "a\0b", "marketplace": "ebay"}, "text"),
        ({"text": "heron", "marketplace": "'; DROP"}, "marketplace"),
    ],
)
def test_a_place_that_cannot_be_watched_is_refused_beside_its_field(
    site: Site, workspace: Workspace, texts: dict[str, str], field: str
) -> None:
    before = workspace.config_path.read_bytes()
    assert words(page(site.post("/targets", texts), 422), f"#place-{field}-wrong")
    assert workspace.config_path.read_bytes() == before


def test_words_for_a_closed_search_tell_which_ways_are_left(site: Site) -> None:
    done = page(site.post("/targets", {"text": "heron", "marketplace": "etsy"}))
    assert "its searches are not crawled" in words(done, ".result .caution")


def test_a_watched_place_is_removed_by_its_button(site: Site, workspace: Workspace) -> None:
    site.post("/targets", {"text": "https://shop.example/"})
    site.post("/targets", {"text": 'a "quoted" <heron>', "marketplace": "ebay"})
    listed = page(site.ask("/targets"))
    for form in listed.css("form[action='/targets/remove']"):
        fields = {one.attrib["name"]: one.attrib["value"] for one in form.css("input")}
        assert site.post("/targets/remove", fields).headers["location"] == "/targets"
    assert workspace.config() == Config()
    again = page(site.post("/targets/remove", {"target": "shop.example", "key": "start", "value": "x"}), 409)
    assert "Load the page again" in words(again, ".wrong")
    page(site.post("/targets/remove", {"target": "shop.example", "key": "page_budget", "value": "1"}), 409)


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({**OWNER, "contact_url": ""}, "contact_url"),
        ({**OWNER, "contact_url": "https://"}, "contact_url"),
        ({**OWNER, "contact_url": "https://a b"}, "contact_url"),
        ({**OWNER, "contact_url": "javascript://x"}, "contact_url"),
        ({**OWNER, "contact_url": "https://ann.example/\r\nX: y"}, "contact_url"),
        ({**OWNER, "name": "A" * 10_000}, "name"),
        ({**OWNER, "name": "A\0"}, "name"),
    ],
)
def test_an_owner_that_cannot_be_kept_is_refused_beside_the_field(
    site: Site, workspace: Workspace, texts: dict[str, str], field: str
) -> None:
    before = workspace.config_path.read_bytes()
    assert words(page(site.post("/owner", texts), 422), f"#owner-{field}-wrong")
    assert workspace.config_path.read_bytes() == before


def test_a_scan_that_cannot_start_says_why_on_its_page(site: Site) -> None:
    refused = page(site.post("/scan"), 409)
    assert "owner.contact_url is empty" in words(refused, ".wrong")
    assert page(site.ask("/scan")).css("form[action='/scan'] button")


def test_a_running_scan_is_shown_and_can_be_asked_to_stop(site: Site, workspace: Workspace) -> None:
    site.post("/targets", {"text": "https://shop.example/"})
    site.post("/owner", OWNER)
    stopping = workspace.live_path.with_name("stop-scan")
    with workspace.lock("A scan"), Told(workspace.live_path, no_progress) as told:
        told("crawl", 3, 12)
        told._write()
        shown = page(site.ask("/scan"))
        assert "Looking at pages and pictures" in words(shown, "#scan-state h3")
        assert shown.css("progress::attr(value)").get() == "3"
        assert shown.css("[data-again]::attr(data-again)").get() == "1000"
        assert "already running" in words(page(site.post("/scan"), 409), ".wrong")
        told._ended.set()  # so that this test's own thread is not ended
        assert site.post("/scan/stop").status == 303
        assert stopping.exists()
        assert "Stopping" in words(page(site.ask("/scan")), "#scan-state h3")
    ended = page(site.ask("/scan"))
    assert "over for now" in words(ended, "#scan-state h3")
    assert ended.css("#scan-state a::attr(href)").getall() == ["/queue", "/report"]


@pytest.mark.parametrize("path", ["/works/add", "/targets", "/targets/remove", "/owner", "/scan", "/scan/stop"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
)
def test_no_other_page_can_change_anything(
    site: Site, workspace: Workspace, path: str, headers: dict[str, str]
) -> None:
    before = files_in(workspace), workspace.config_path.read_bytes()
    fields = [("files", ("a.jpg", picture_bytes(1))), ("text", "https://evil.example/"), *OWNER.items()]
    assert site.post(path, fields, headers=headers).status == 403
    assert (files_in(workspace), workspace.config_path.read_bytes()) == before


def test_a_broken_configuration_is_told_and_not_touched(site: Site, workspace: Workspace) -> None:
    workspace.config_path.write_text("nonsense = 1\n", encoding="utf-8")
    answer = site.post("/targets", {"text": "https://shop.example/"})
    assert answer.status == 409
    assert b"nonsense: unknown key" in answer.body
    assert site.ask("/start").status == 409
    assert workspace.config_path.read_text(encoding="utf-8") == "nonsense = 1\n"


def test_the_report_is_served_sandboxed_with_its_own_style_alone(site: Site, workspace: Workspace) -> None:
    assert site.ask("/report").status == 404
    workspace.reports_path.mkdir()
    style = "A" * 43 + "="
    for name, text in (("20260101T000000Z-a", "old"), ("20260102T000000Z-a", "new")):
        html = f"<meta content=\"style-src 'sha256-{style}'\"><p>{text}"
        (workspace.reports_path / f"{name}.html").write_text(html, encoding="utf-8")
    answer = site.ask("/report")
    assert b"<p>new" in answer.body
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; img-src data:; ")
    assert f"style-src 'sha256-{style}';" in policy
    assert "script" not in policy


def test_a_report_of_another_make_gets_no_style_at_all() -> None:
    assert "style-src 'none'" in report_policy(b"<style>a{}</style>")
    assert "style-src 'none'" in report_policy(b"x" * 2000 + b"style-src 'sha256-" + b"A" * 43 + b"='")
