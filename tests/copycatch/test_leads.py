"""`copycatch leads`: what is added, what a scan visits of it, and what is told of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from casebook.leads import Tip
from casebook.types import ListingState
from copycatch.cli import cli
from copycatch.config import Config, ConfigError, CrawlLimits, MatchSettings, Owner, Target
from copycatch.config_file import load_config
from copycatch.leads import add_leads, standing
from copycatch.scan import run_scan, utc_now
from copycatch.workspace import Workspace
from tests.copycatch.conftest import Run
from tests.copycatch.filled import fill, picture_bytes
from tests.copycatch.test_commands import documented, lines
from tests.crawler.saved_pages import PAGE, PICTURES, URL, har
from tests.crawler.sites import Answer, Site, html, links, product

PICTURE = Answer(picture_bytes(1), headers={"Content-Type": "image/jpeg"})
WALL = html('<iframe src="https://geo.captcha-delivery.com/captcha/?x=1"></iframe>', title="blocked")


def watching(folder: Path, *sites: Site, targets: tuple[Target, ...] = (), delay: float = 0.0) -> Workspace:
    """A workspace that may crawl these sites on loopback."""
    crawl = CrawlLimits(delay_seconds=delay, allowed_private_hosts=tuple(site.host for site in sites))
    config = Config(
        owner=Owner(name="Mara", contact_url="https://owner.example/about"),
        crawl=crawl,
        match=MatchSettings(processes=1),
        targets=targets,
    )
    return Workspace.create(folder, config)


def told(workspace: Workspace) -> dict[str, tuple[str, str]]:
    """Address of each lead -> what became of it."""
    with workspace.casebook() as casebook:
        return {lead.url: (str(standing(lead)[0]), standing(lead)[1]) for lead in casebook.leads()}


def test_addresses_from_anywhere_are_added_once_under_their_canonical_spelling(
    workspace: Workspace, run: Run, tmp_path: Path
) -> None:
    table = tmp_path / "tips.csv"
    table.write_text("who,where\nAna,https://www.etsy.com/de/listing/1234567890/a-print?ref=search\n", encoding="utf-8")
    pasted = ["leads", "add", f"{URL}?hash=item1", URL, str(table), "-", "--note", "told by Ana"]
    result = CliRunner().invoke(
        cli, [*pasted, "--workspace", str(workspace.root)], input="seen at https://blog.example/theft, really"
    )
    assert (result.exit_code, result.stdout) == (0, "3 leads added, 1 known already.\n"), result.stderr
    records = {record["url"]: record for record in lines(run("leads", "--json", workspace=workspace).stdout)}
    assert {url: (one["listing_key"], one["marketplace"]) for url, one in records.items()} == {
        URL: ("ebay:305512340001", "ebay"),
        "https://www.etsy.com/listing/1234567890": ("etsy:1234567890", "etsy"),
        "https://blog.example/theft": (None, "generic"),
    }
    (tip,) = records["https://www.etsy.com/listing/1234567890"]["tips"]
    assert (tip["source"], tip["origin"], tip["note"]) == ("person", "tips.csv", "told by Ana")
    shown = run("leads", workspace=workspace).stdout
    assert "tips.csv; told by Ana" in shown
    assert "waits for the next scan" in shown


def test_what_is_no_address_is_told_and_costs_the_others_nothing(
    workspace: Workspace, run: Run, tmp_path: Path
) -> None:
    result = run(
        "leads", "add", "https://me:secret@a.example/", tmp_path / "missing.txt", "https://b.example/1",
        f"https://c.example/{'x' * 9000}", "nothing at all", workspace=workspace,
    )  # fmt: skip
    assert result.exit_code == 1
    assert "user names and passwords" in result.stderr
    assert "longer than 8,000" in result.stderr
    assert "missing.txt is no file" in result.stderr
    assert list(told(workspace)) == ["https://b.example/1"]
    assert run("leads", "add", "https://b.example/1", "--note", "x" * 501, workspace=workspace).exit_code == 2


def test_a_lead_is_removed_by_its_id_or_its_address(workspace: Workspace, run: Run) -> None:
    assert "No leads." in run("leads", workspace=workspace).stdout
    run("leads", "add", URL, "https://b.example/1", workspace=workspace)
    first, second = lines(run("leads", "list", "--json", workspace=workspace).stdout)
    result = run("leads", "remove", first["lead_id"], f"{second['url']}#top", "L-none", workspace=workspace)
    assert (result.exit_code, result.stdout.count("is no lead any more")) == (1, 2)
    assert "there is no lead L-none" in result.stderr
    assert told(workspace) == {}


def test_leads_as_json_have_the_documented_fields_and_name_what_their_listings_show(
    filled: Workspace, run: Run
) -> None:
    run("leads", "add", "https://shop.example/item/1", "--note", "=1+1\x1b[31m", workspace=filled)
    (record,) = lines(run("leads", "--json", workspace=filled).stdout)
    assert {*record, *record["tips"][0], *record["candidates"][0]} == documented("leads list", "`--json` fields:")
    assert (record["state"], record["candidates"][0]["verdict"]) == ("live", "copy")
    text = run("leads", workspace=filled).stdout
    assert "copy of W-0001" in text
    assert "\x1b" not in text


def test_status_tells_which_leads_wait_for_a_person(workspace: Workspace, run: Run) -> None:
    temu = "https://www.temu.com/heron-print-g-601099512345678.html"
    run("leads", "add", URL, temu, "https://www.ebay.com/sch/i.html?_nkw=heron", workspace=workspace)
    (record,) = lines(run("status", "--json", workspace=workspace).stdout)
    assert record["leads"] == {"waits": 1, "by_hand": 2}
    text = run("status", workspace=workspace).stdout
    assert "Leads: 1 waits, 2 by hand" in text
    assert "- 1 lead: Temu answers programs with a wall: look at it yourself, and import its page" in text
    assert "this is no address of a listing of eBay" in text


def test_a_scan_visits_each_lead_follows_nothing_and_stops_at_a_wall_for_that_site_only(tmp_path: Path) -> None:
    routes = {
        "/robots.txt": Answer(b"User-agent: *\nDisallow: /private\n"),
        "/item/1": product("Heron print", "/1.jpg"),
        "/1.jpg": PICTURE,
        "/about": links("/item/2", "/category"),
        "/gone": Answer(b"not here", 404, {"Content-Type": "text/html"}),
        "/short": Answer(b"", 302, {"Location": "/item/1"}),
    }
    walled = {"/robots.txt": Answer(b""), "/item/1": WALL, "/item/2": WALL}
    with Site(routes) as shop, Site(walled) as wall:
        space = watching(tmp_path / "space", shop, wall, delay=0.4)
        names = ("/item/1", "/about", "/gone", "/private/1", "/short")
        urls = [*(shop.url + name for name in names), f"{wall.url}/item/1", f"{wall.url}/item/2"]
        with space.casebook() as casebook:
            add(space, *urls)
            assert casebook.last_run() is None
        summary = run_scan(space)
        assert summary.complete
        assert sorted(set(shop.paths()) - {"/robots.txt"}) == ["/1.jpg", "/about", "/gone", "/item/1", "/short"]
        assert len(wall.paths("/item")) == 1
        became = told(space)
        assert {url.removeprefix(shop.url): became[url][0] for url in urls[:5]} == {
            "/item/1": "live", "/about": "no_listing", "/gone": "no_listing", "/private/1": "by_hand", "/short": "live",
        }  # fmt: skip
        assert "robots.txt disallows" in became[f"{shop.url}/private/1"][1]
        assert "no listing was read there" in became[f"{shop.url}/about"][1]
        assert all("waits for the next scan" in became[f"{wall.url}/item/{n}"][1] for n in (1, 2))
        with space.casebook() as casebook:
            (row,) = casebook.coverage_rows(summary.run_id)
        assert (row["target"], row["listings_live"], row["pictures_done"]) == ("leads", 1, 1)
        before = len(shop.hits)
        run_scan(space)
        again = [hit.path for hit in shop.hits[before:]]
        assert ("/item/1" in again, "/about" in again, "/gone" in again) == (True, False, False)


def add(space: Workspace, *urls: str) -> None:
    with space.casebook() as casebook:
        add_leads(casebook, urls, Tip(source="person", told_at=utc_now()))


def test_a_lead_in_a_place_that_a_target_watches_goes_by_that_target(tmp_path: Path) -> None:
    routes = {
        "/robots.txt": Answer(b""),
        "/item/1": product("Heron print"),
        "/item/9": html('<a href="/item/8">more</a>' + product("Owl print").body.decode()),
        "/item/8": product("Never asked for"),
    }
    with Site(routes) as shop:
        space = watching(
            tmp_path / "space", shop, targets=(Target(name="one", listings=(f"{shop.url}/item/1",), page_budget=2),)
        )
        add(space, f"{shop.url}/item/9")
        summary = run_scan(space)
        assert "/item/8" not in shop.paths()
        with space.casebook() as casebook:
            (row,) = casebook.coverage_rows(summary.run_id)
            assert [listing.title for listing in casebook.known_listings("one")] == ["Heron print", "Owl print"]
    assert (row["target"], row["pages"]) == ("one", 2)


def test_a_lead_added_while_a_scan_is_interrupted_does_not_start_it_anew(tmp_path: Path) -> None:
    with Site({"/robots.txt": Answer(b""), "/item/1": product("Heron print"), "/item/2": product("Owl")}) as shop:
        space = watching(tmp_path / "space", shop)
        add(space, f"{shop.url}/item/1")
        first = run_scan(space)
        with space.casebook() as casebook:
            casebook._run("UPDATE run SET state = 'running', phase = 'crawl'", {})
        add(space, f"{shop.url}/item/2")
        assert (run_scan(space).run_id, shop.paths("/item")) == (first.run_id, ["/item/1"])
        run_scan(space)
        assert shop.paths("/item") == ["/item/1", "/item/1", "/item/2"]


def test_importing_a_page_settles_the_lead_to_it(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    blog = "https://blog.example/theft"
    run("leads", "add", URL, f"{blog}?utm_source=x", workspace=workspace)
    saved = tmp_path / "page.har"
    log = json.loads(har({}))
    log["log"]["entries"] += json.loads(har({}, url=f"{blog}#top", page=b"<html><p>A story.</p></html>"))["log"][
        "entries"
    ]
    saved.write_text(json.dumps(log))
    run("import", saved, "--no-compare", workspace=workspace)
    assert {url: state for url, (state, _) in told(workspace).items()} == {URL: "live", blog: "no_listing"}
    assert b"305512340001" in PAGE


def test_a_lead_that_was_read_without_a_compared_picture_is_told_as_such(
    workspace: Workspace, run: Run, tmp_path: Path
) -> None:
    run("leads", "add", URL, workspace=workspace)
    (workspace.references_path / "mine.jpg").write_bytes(picture_bytes(7))
    saved = tmp_path / "page.har"
    saved.write_bytes(har({}))
    run("import", saved, workspace=workspace)
    assert told(workspace)[URL][1].endswith(", but none of its pictures was compared")
    shown = run("status", workspace=workspace).stdout
    assert "1 lead was read, but no picture there was compared" in shown
    (record,) = lines(run("leads", "--json", workspace=workspace).stdout)
    assert (record["pictures"], record["pictures_compared"]) == (4, 0)
    saved.write_bytes(har({PICTURES[0]: picture_bytes(8)}))
    run("import", saved, workspace=workspace)
    assert told(workspace)[URL][1].endswith("UTC")
    assert "no picture there was compared" not in run("status", workspace=workspace).stdout


def test_a_lead_whose_listing_was_removed_is_gone_and_not_visited(tmp_path: Path) -> None:
    with Site({"/robots.txt": Answer(b""), "/item/1": product("Heron print")}) as shop:
        space = watching(tmp_path / "space", shop)
        add(space, f"{shop.url}/item/1")
        run_scan(space)
        with space.casebook() as casebook:
            casebook._run(
                "UPDATE listing SET state = :state, state_reason = 'gone twice'", {"state": ListingState.REMOVED}
            )
        assert told(space)[f"{shop.url}/item/1"] == ("gone", "gone twice")
        run_scan(space)
        assert shop.paths("/item") == ["/item/1"]


def test_no_target_may_take_the_name_under_which_leads_are_visited(tmp_path: Path) -> None:
    path = tmp_path / "copycatch.toml"
    path.write_text('[[targets]]\nname = "leads"\nstart = ["https://a.example/"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="belongs to what `copycatch leads` keeps"):
        load_config(path)


def test_doctor_takes_leads_for_something_to_scan(tmp_path: Path, run: Run) -> None:
    space = watching(tmp_path / "space")
    before = run("doctor", "--offline", "--json", workspace=space).stdout
    run("leads", "add", URL, workspace=space)
    after = run("doctor", "--offline", "--json", workspace=space).stdout
    assert ("there is no target to scan" in before, "0 targets, 1 lead" in after) == (True, True)
    fill(space)


def test_a_shop_s_address_without_https_is_taken_where_it_is_typed_and_no_such_file_exists(
    workspace: Workspace, run: Run, tmp_path: Path
) -> None:
    result = run("leads", "add", "myshop.example/prints/1", workspace=workspace)
    assert (result.exit_code, result.stdout) == (0, "1 lead added, 0 known already.\n")
    assert "myshop.example/prints/1 was taken for https://myshop.example/prints/1" in result.stderr
    for typed in ("myshop.example", "lists/leads.txt", "my.folder/leads.txt"):
        refused = run("leads", "add", typed, workspace=workspace)
        assert refused.exit_code == 1
        assert "file" in refused.stderr
    assert "write https:// in front" in run("leads", "add", "myshop.example", workspace=workspace).stderr
    (tmp_path / "etsy.com").mkdir()
    (tmp_path / "etsy.com" / "list").write_text("https://a.example/1")
    assert "1 lead added" in run("leads", "add", tmp_path / "etsy.com" / "list", workspace=workspace).stdout


def test_a_picture_is_no_list_of_leads(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    (tmp_path / "shot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40) + b"https://junk.example/x")
    result = run("leads", "add", tmp_path / "shot.png", "https://a.example/1", workspace=workspace)
    assert result.exit_code == 1
    assert "shot.png is a picture (PNG), no list of addresses" in result.stderr
    assert "copycatch works add" in result.stderr
    assert "1 lead added" in result.stdout


def test_a_lead_at_etsy_names_a_key_as_a_way_until_one_is_given(workspace: Workspace, run: Run) -> None:
    url = "https://www.etsy.com/listing/1234567890"
    run("leads", "add", url, "https://www.etsy.com/listing/1234567891", workspace=workspace)
    assert "put a key of yours into keys.toml under [etsy]" in told(workspace)[url][1]
    assert "Leads: 2 by hand" in run("status", workspace=workspace).stdout
    workspace.keys_path.write_text('[etsy]\nkeystring = "k"\nshared_secret = "s"\n', encoding="utf-8")
    workspace.keys_path.chmod(0o600)
    shown = run("status", workspace=workspace).stdout
    assert "put a key" not in shown
    assert "Leads: 2 wait\n" in shown
