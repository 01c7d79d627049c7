"""Whole scans of every marketplace under its real host names: from a seller's or a category's page over its cards to
the listings' own pages and all their pictures, answered on loopback from a table; and the same pages as a person
brings them. Each site's robots.txt disallows what the real one is not known to allow.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from protego import Protego

from copycatch.importing import run_import
from crawler.layouts import Permission, Way
from crawler.marketplaces import all_marketplaces, marketplace
from crawler.robots import PRODUCT_TOKEN
from tests.crawler.replay import Authority
from tests.crawler.replay_scans import counted, known, scanned, watching
from tests.crawler.replay_table import TABLES, Table, table
from tests.crawler.saved_tables import FORMS

CRAWLED = [one.NAME for one in all_marketplaces() if Way.NIGHTLY in one.ACCESS.ways]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def allowed(served: Table, url: str) -> bool:
    rules = served.robots.get(urlsplit(url).netloc, "")
    return bool(Protego.parse(rules).can_fetch(url, PRODUCT_TOKEN))


def test_every_marketplace_has_a_table() -> None:
    assert [one.NAME for one in all_marketplaces()] == TABLES


@pytest.mark.parametrize("name", TABLES)
def test_no_table_allows_a_search_that_the_real_site_is_not_known_to_allow(name: str) -> None:
    search = marketplace(name).search_url("heron", 1)
    assert marketplace(name).ACCESS.search is not Permission.ALLOWED  # the day one is, its table may allow it as well
    if name in CRAWLED and search is not None:
        assert not allowed(table(name), search)


@pytest.mark.parametrize("name", CRAWLED)
def test_a_scan_goes_from_a_page_of_results_over_its_cards_to_every_picture(
    name: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = table(name)
    workspace = watching(tmp_path / "space", name, served)
    summary, asked = scanned(workspace, served, authority, monkeypatch)
    with workspace.casebook() as casebook:
        listings = known(casebook)
        (row,) = casebook.coverage_rows(summary.run_id)
    pages = [url for url in asked if urlsplit(url).path != "/robots.txt"]
    assert listings == served.listings
    assert counted(row) == served.row
    assert [url for url in pages if not allowed(served, url)] == []
    assert len(pages) == len(set(pages))
    assert {urlsplit(url).hostname for url in asked}.isdisjoint({"127.0.0.1", "localhost"})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", TABLES)
def test_the_pages_that_a_person_saved_give_the_same_listings_and_pictures(
    name: str, form: str, tmp_path: Path
) -> None:
    served = table(name)
    workspace = watching(tmp_path / "space", name, served)
    path = tmp_path / form
    path.write_bytes(FORMS[form](served))
    imported = run_import(workspace, [path], compare=False)
    with workspace.casebook() as casebook:
        listings = known(casebook, "import")
    (read,) = imported.files
    assert (read.flaws, read.error, imported.missing) == ((), None, 0)
    assert listings == served.imported
