"""Whole scans through official interfaces with the owner's keys, and what must never happen to these keys."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casebook.errors import CopycatchError
from casebook.leads import Tip
from casebook.types import ListingState
from copycatch.coverage import run_alarms
from copycatch.health import Health, examine
from copycatch.leads import add_leads, standing
from copycatch.ways import crawled, not_crawled
from copycatch.workspace import Workspace
from crawler.interfaces import all_interfaces, asked_instead, host_of, interface_of
from crawler.keys import Keys, KeysError, read_keys
from crawler.marketplaces import marketplace
from crawler.page import Page
from crawler.picture_urls import picture_key
from tests.crawler.official import (
    BASIC,
    ETSY_KEY,
    KEYS,
    SECRETS,
    Asked,
    Ebay,
    Etsy,
    OpenInternet,
    Respond,
    ebay_item,
    etsy_listing,
    opened,
    told,
)
from tests.crawler.replay import NOWHERE, Answer
from tests.crawler.scans import give_keys, scan, workspace
from tests.crawler.test_replay import jpeg

PAGES = Path(__file__).parents[2] / "fixtures" / "pages"
EBAY = '[[targets]]\nname = "at eBay"\nmarketplace = "ebay"\n'
ETSY = '[[targets]]\nname = "at Etsy"\nmarketplace = "etsy"\n'
EVERYTHING_ALLOWED = Answer(b"User-agent: *\nDisallow:\n", headers={"Content-Type": "text/plain"})


def world(ebay: Respond | None = None, etsy: Respond | None = None) -> Respond:
    """Return the interfaces beside picture servers that have every picture; nothing else is there."""

    def respond(asked: Asked) -> Answer:
        host = asked.url.split("/")[2]
        if host == "api.ebay.com" and ebay is not None:
            return ebay(asked)
        if host == "openapi.etsy.com" and etsy is not None:
            return etsy(asked)
        if asked.url.endswith("/robots.txt"):
            return EVERYTHING_ALLOWED
        if host in ("i.ebayimg.com", "i.etsystatic.com"):
            return Answer(jpeg(asked.url), headers={"Content-Type": "image/jpeg"})
        return NOWHERE

    return respond


def states(made: Workspace, target: str) -> dict[str, ListingState]:
    with made.casebook() as casebook:
        return {listing.listing_id: listing.state for listing in casebook.known_listings(target)}


def pictures(made: Workspace, target: str) -> dict[str, set[str]]:
    """Return listing -> the pictures that were seen in it."""
    with made.casebook() as casebook:
        return {
            listing.listing_id: {sighting.picture_sha256 for sighting in casebook.sightings(listing.key)}
            for listing in casebook.known_listings(target)
        }


def alarms(made: Workspace, run_id: str) -> str:
    with made.casebook() as casebook:
        return "\n".join(run_alarms(casebook, run_id))


def written(made: Workspace) -> list[Path]:
    """Return all that a scan wrote into a workspace, but for the keys' own file."""
    return [path for path in made.root.rglob("*") if path.is_file() and path.name != "keys.toml"]


def assert_no_secret_is_written(made: Workspace, *further: str) -> None:
    texts = [*SECRETS, BASIC.partition(" ")[2], ETSY_KEY, "v^1.1#token", *further]
    with sqlite3.connect(made.casebook_path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        dump = "\n".join(connection.iterdump())
    assert [text for text in texts if text in dump] == []
    for path in written(made):
        data = path.read_bytes()
        assert [text for text in texts if text.encode() in data] == [], path
    for sha in (path.parent.name + path.name for path in made.blobs_path.rglob("*") if path.is_file()):
        data = made.blobs().get(sha.partition(".")[0])
        assert [text for text in texts if text.encode() in data] == []


def keyed(internet: OpenInternet) -> set[str]:
    """Return the hosts that were shown a key."""
    names = ("authorization", "x-api-key")
    return {one.url.split("/")[2] for one in internet.requests if any(name in one.headers for name in names)}


def test_a_search_at_ebay_leads_over_its_pages_and_items_to_every_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = {"itemEndDate": "2020-01-01T00:00:00.000Z"}
    ebay = Ebay(
        items={
            "305512340001": ebay_item("305512340001", "Heron at dusk", "aaa111", "bbb222"),
            "305512340002": ebay_item("305512340002", "Heron at noon", "ccc333", stock="OUT_OF_STOCK"),
            "305512340003": ebay_item("305512340003", "Heron at dawn", "ddd444", **past),
            "305512340005": ebay_item(
                "305512340005", "Heron", "hhh888", itemWebUrl="https://www.ebay.de/itm/305512340005"
            ),
        },
        groups={"305512340004": json.loads((PAGES / "ebay/live-browse-group.txt").read_text())},
        per_page=2,
    )
    for one in ebay.groups["305512340004"]["items"]:  # type: ignore[attr-defined]
        one["itemId"] = one["itemId"].replace("305512340003", "305512340004")
    made = workspace(tmp_path, EBAY + 'searches = ["heron print"]\n', keys=KEYS)
    with opened(world(ebay), tmp_path, monkeypatch) as internet:
        run_id = scan(made)
    assert states(made, "at eBay") == {
        "305512340001": ListingState.LIVE,
        "305512340002": ListingState.SOLD_OUT,
        "305512340003": ListingState.ENDED,
        "305512340004": ListingState.LIVE,
        "305512340005": ListingState.LIVE,
    }
    counts = {number: len(shown) for number, shown in pictures(made, "at eBay").items()}
    assert counts == dict(zip(sorted(counts), (2, 1, 1, 5, 1), strict=True))
    searches = [one.url for one in internet.of("https://api.ebay.com/buy/browse/v1/item_summary/search")]
    assert [url.partition("offset=")[2].partition("&")[0] for url in searches] == ["0", "200", "400"]
    assert all("AUCTION" in url for url in searches)
    assert [one.url for one in internet.requests][:1] == ["https://api.ebay.com/robots.txt"]
    assert len(internet.of("https://api.ebay.com/identity/")) == 1
    assert keyed(internet) == {"api.ebay.com"}
    assert internet.of("https://www.ebay.") == []
    assert "blocked" not in alarms(made, run_id)
    with sqlite3.connect(made.casebook_path) as connection:
        kept = connection.execute("SELECT status, body_sha256 FROM fetch WHERE purpose = 'token'").fetchall()
    assert kept == [(200, None)]
    assert_no_secret_is_written(made)


def test_variations_are_told_where_the_interface_says_it_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = json.loads((PAGES / "ebay/live-browse-group.txt").read_text())
    made = workspace(tmp_path, EBAY + 'listings = ["https://www.ebay.de/itm/305512340003"]\n', keys=KEYS)
    with opened(world(Ebay(groups={"305512340003": group})), tmp_path, monkeypatch) as internet:
        scan(made)
    assert states(made, "at eBay") == {"305512340003": ListingState.LIVE}
    assert len(pictures(made, "at eBay")["305512340003"]) == 5
    countries = {one.headers.get("x-ebay-c-marketplace-id") for one in internet.of("https://api.ebay.com/buy/")}
    assert countries == {"EBAY_DE"}


def test_a_shop_and_a_search_at_etsy_lead_to_every_picture_and_known_listings_are_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etsy = Etsy(per_page=1)
    for number in range(3):
        listing = etsy_listing(1500000041 + number, f"Brooch {number}", f"a{number}", f"b{number}")
        etsy.listings[1500000041 + number] = listing
    made = workspace(tmp_path, ETSY + 'searches = ["brooch"]\nshops = ["saltmarshmade"]\n', keys=KEYS)
    with opened(world(None, etsy), tmp_path, monkeypatch) as internet:
        scan(made)
        first = [one.url for one in internet.of("https://openapi.etsy.com/")]
        assert states(made, "at Etsy") == dict.fromkeys(map(str, etsy.listings), ListingState.LIVE)
        assert {len(shown) for shown in pictures(made, "at Etsy").values()} == {2}
        assert sum("/listings/batch" in url for url in first) == 3  # one for each page, and no listing alone
        assert not [url for url in first if "/listings/15" in url]
        etsy.listings[1500000041]["state"] = "sold_out"
        del etsy.listings[1500000042]
        internet.requests.clear()
        scan(made)
        second = [one.url for one in internet.of("https://openapi.etsy.com/v3/application/listings/15")]
    assert sorted(url.partition("?")[0][-10:] for url in second) == ["1500000041", "1500000042", "1500000043"]
    assert states(made, "at Etsy") == {
        "1500000041": ListingState.SOLD_OUT,
        "1500000042": ListingState.UNKNOWN,  # gone; a second look, hours later, may prove it
        "1500000043": ListingState.LIVE,
    }
    with made.casebook() as casebook:
        assert [look.gone for look in casebook.looks("etsy:1500000042")][-1:] == [True]
    assert keyed(internet) == {"openapi.etsy.com"}
    assert internet.of("https://www.etsy.com") == []
    assert_no_secret_is_written(made)


def test_a_token_that_expires_is_renewed_before_the_next_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = {str(number): ebay_item(str(number), "Heron", f"x{number}") for number in range(305512340001, 305512340004)}
    named = ", ".join(f'"https://www.ebay.com/itm/{number}"' for number in items)
    made = workspace(tmp_path, EBAY + f"listings = [{named}]\n", keys=KEYS)
    with opened(world(Ebay(items=items, expires_in=0)), tmp_path, monkeypatch) as internet:
        scan(made)
    assert states(made, "at eBay") == dict.fromkeys(items, ListingState.LIVE)
    assert len(internet.of("https://api.ebay.com/identity/")) >= 2
    assert_no_secret_is_written(made)


def test_a_token_that_is_no_longer_accepted_is_renewed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = {str(number): ebay_item(str(number), "Heron", f"x{number}") for number in range(305512340001, 305512340005)}
    named = ", ".join(f'"https://www.ebay.com/itm/{number}"' for number in items)
    made = workspace(tmp_path, EBAY + f"listings = [{named}]\n", keys=KEYS)
    with opened(world(Ebay(items=items, lives=3)), tmp_path, monkeypatch) as internet:
        scan(made)
    assert states(made, "at eBay") == dict.fromkeys(items, ListingState.LIVE)
    assert len(internet.of("https://api.ebay.com/identity/")) == 2


def test_keys_that_are_not_accepted_are_told_and_nothing_else_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = KEYS.replace("PRD-ebay-hush-2222", "PRD-not-the-secret-5555")
    both = EBAY + 'searches = ["heron", "egret"]\n' + EBAY.replace("at eBay", "again") + 'shops = ["marsh_and_mere"]\n'
    made = workspace(tmp_path, both, keys=wrong)
    with opened(world(Ebay()), tmp_path, monkeypatch) as internet:
        run_id = scan(made)
    asked = [(one.method, one.url) for one in internet.requests]
    assert asked == [
        ("GET", "https://api.ebay.com/robots.txt"),
        ("POST", "https://api.ebay.com/identity/v1/oauth2/token"),
    ]
    said = alarms(made, run_id)
    assert "Nothing could be seen at at eBay." in said
    assert "1 access token: no token from the eBay Browse API: it answers 401" in said
    assert 'says "client authentication failed"' in said
    assert "are the keys under [ebay] in keys.toml right?" in said
    assert_no_secret_is_written(made, "PRD-not-the-secret-5555")


def test_an_interface_that_repeats_the_key_in_its_refusal_does_not_get_it_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def repeating(asked: Asked) -> Answer:
        if asked.url.endswith("/robots.txt"):
            return NOWHERE
        key = asked.headers["x-api-key"]
        return told({"error": f"Invalid API key: {key}"}, 403, **{"X-Debug": key})

    made = workspace(tmp_path, ETSY + 'searches = ["brooch", "pin"]\nshops = ["SaltmarshMade"]\n', keys=KEYS)
    with opened(world(None, repeating), tmp_path, monkeypatch) as internet:
        run_id = scan(made)
    assert len(internet.of("https://openapi.etsy.com/v3/")) == 1
    said = alarms(made, run_id)
    assert "1 page: blocked: the official interface answers 403: it does not let the key in" in said
    assert "2 pages: the Etsy Open API v3 answers 403; are the keys under [etsy] in keys.toml right?" in said
    assert_no_secret_is_written(made)


def test_an_interface_that_is_asked_too_often_is_given_the_time_it_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etsy, busy = Etsy({1500000041: etsy_listing(1500000041, "Brooch", "a0")}), ["once"]

    def respond(asked: Asked) -> Answer:
        if "/listings/" in asked.url and busy:
            busy.clear()
            return told({"error": "Exceeded rate limit"}, 429, **{"Retry-After": "2"})
        return etsy(asked)

    made = workspace(tmp_path, ETSY + 'listings = ["https://www.etsy.com/listing/1500000041/brooch"]\n', keys=KEYS)
    with opened(world(None, respond), tmp_path, monkeypatch) as internet:
        scan(made)
    first, second = internet.of("https://openapi.etsy.com/v3/")
    assert second.at - first.at >= 2.0
    assert states(made, "at Etsy") == {"1500000041": ListingState.LIVE}


def test_pages_of_an_interface_count_against_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = {str(number): ebay_item(str(number), "Heron", f"x{number}") for number in range(305512340001, 305512340005)}
    made = workspace(tmp_path, EBAY + 'shops = ["marsh_and_mere"]\npage_budget = 3\n', keys=KEYS)
    with opened(world(Ebay(items=items, per_page=1)), tmp_path, monkeypatch) as internet:
        run_id = scan(made)
    assert len(internet.of("https://api.ebay.com/buy/")) == 3
    assert "the page budget of 3 is used up" in alarms(made, run_id)


def test_a_redirect_to_another_host_does_not_carry_the_key_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def respond(asked: Asked) -> Answer:
        if asked.url.endswith("/robots.txt"):
            return NOWHERE
        return Answer(status=302, headers={"Location": "https://elsewhere.example/listings"})

    made = workspace(tmp_path, ETSY + 'listings = ["https://www.etsy.com/listing/1500000041"]\n', keys=KEYS)
    with opened(world(None, respond), tmp_path, monkeypatch) as internet:
        scan(made)
    (there,) = internet.of("https://elsewhere.example/listings")
    assert not {"x-api-key", "authorization"} & there.headers.keys()
    assert not any(secret in str(there) for secret in SECRETS)
    assert_no_secret_is_written(made)


def test_the_robots_txt_of_an_interface_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(asked: Asked) -> Answer:
        return Answer(b"User-agent: *\nDisallow: /\n", headers={"Content-Type": "text/plain"})

    made = workspace(tmp_path, EBAY + 'searches = ["heron"]\n', keys=KEYS)
    with opened(world(respond), tmp_path, monkeypatch) as internet:
        run_id = scan(made)
    assert [one.url for one in internet.requests] == ["https://api.ebay.com/robots.txt"]
    assert "robots.txt disallows this address" in alarms(made, run_id)


def test_a_listing_seen_plainly_and_through_the_interface_is_one_listing_with_one_set_of_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = (PAGES / "ebay/live-item-2025.html").read_bytes()
    own = json.loads((PAGES / "ebay/live-browse-item.txt").read_text())
    url = "https://www.ebay.co.uk/itm/305512340001"
    interface = world(Ebay(items={"305512340001": own}))

    def respond(asked: Asked) -> Answer:
        return Answer(plain, headers={"Content-Type": "text/html"}) if asked.url == url else interface(asked)

    made = workspace(tmp_path, EBAY + f'listings = ["{url}"]\n')
    with opened(respond, tmp_path, monkeypatch) as internet:
        scan(made)
        assert keyed(internet) == set()
        assert internet.of("https://api.ebay.com") == []
        shown = pictures(made, "at eBay")
        give_keys(made, KEYS)
        internet.requests.clear()
        scan(made)
        assert internet.of("https://www.ebay.co.uk/itm") == []
        again = pictures(made, "at eBay")
    assert list(again) == ["305512340001"]
    own_picture = {"https://i.ebayimg.com/images/g/eeeAAOSwHeron005/s-l1600.jpg"}  # its description's
    assert {one.url for one in internet.of("https://i.ebayimg.com/images")} == own_picture
    assert len(again["305512340001"] - shown["305512340001"]) == 1


@pytest.mark.parametrize(
    ("place", "one", "other"),
    [
        ("ebay", "live-item-2025.html", "live-browse-item.txt"),
        ("etsy", "live-listing-2026.html", "live-api-v3.txt"),
    ],
)
def test_the_interfaces_answer_and_the_page_are_read_as_one_listing(place: str, one: str, other: str) -> None:
    listings = []
    for name in (one, other):
        path = PAGES / place / name
        url = json.loads(path.with_name(path.stem + ".answers.json").read_text())["url"]
        listing = marketplace(place).read(Page(url=url, status=200, body=path.read_bytes())).listing
        assert listing is not None
        listings.append(listing)
    assert listings[0].key == listings[1].key
    assert listings[0].seller is not None
    assert listings[1].seller is not None
    assert listings[0].seller.key == listings[1].seller.key
    keys = [{picture_key(picture.url) for picture in listing.gallery} for listing in listings]
    assert len(keys[0] & keys[1]) >= 2


def test_without_a_key_nothing_changes_and_status_says_what_a_key_would_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = workspace(tmp_path, ETSY + 'searches = ["brooch"]\nshops = ["SaltmarshMade"]\n')
    with opened(world(), tmp_path, monkeypatch) as internet:
        scan(made)
    assert internet.requests == []
    targets = made.config().targets
    said = "\n".join(not_crawled(targets))
    assert "its searches are not crawled" in said
    assert "its official interface, with a key of your own in keys.toml" in said
    give_keys(made, KEYS)
    keys = read_keys(made.keys_path)
    assert list(not_crawled(targets, keys)) == []
    assert list(crawled(targets)) == []
    (sentence,) = crawled(targets, keys)
    assert sentence.endswith("1 search, 1 shop and every listing found there, through its official interface.")


def test_a_shop_in_a_form_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    text = '[[targets]]\nname = "posters"\nmarketplace = "shopify"\nshops = ["shop.example", "Cheap Posters"]\n'
    made = workspace(tmp_path, text)
    (sentence,) = not_crawled(made.config().targets)
    assert "could be crawled: 'Cheap Posters'. Is each written as docs/marketplaces.md tells?" in sentence
    assert list(crawled(made.config().targets)) == ["posters: each scan looks at 1 shop and every listing found there."]


def test_what_was_left_to_ask_of_an_interface_is_refused_when_its_key_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = workspace(tmp_path, EBAY + 'start = ["https://api.ebay.com/buy/browse/v1/item_summary/search?q=heron"]\n')
    with opened(world(Ebay()), tmp_path, monkeypatch) as internet:
        run_id = scan(made)
    assert internet.requests == []
    assert "there is no key for it in keys.toml" in alarms(made, run_id)


def test_a_scan_does_not_start_with_a_file_of_keys_that_others_can_read(tmp_path: Path) -> None:
    made = workspace(tmp_path, ETSY + 'searches = ["brooch"]\n', keys=KEYS)
    made.keys_path.chmod(0o644)
    with pytest.raises(KeysError, match="can be read by others"):
        scan(made)
    (check,) = [check for check in examine(made, None) if check.name == "keys.toml"]
    assert (check.health, check.remedy) == ("problem", f"Run `chmod 600 {made.keys_path}`.")


def test_doctor_tells_for_each_interface_whether_a_key_is_given(tmp_path: Path) -> None:
    made = workspace(tmp_path, ETSY + 'searches = ["brooch"]\n', keys=KEYS.replace("[ebay]", "[tineye]", 0))
    give_keys(made, "[etsy]" + KEYS.partition("[etsy]")[2])
    told_of = {check.name: check.message for check in examine(made, None) if check.name.startswith("key of")}
    assert told_of == {
        "key of eBay Browse API": "no key given; with client_id and client_secret in keys.toml a scan asks it",
        "key of Etsy Open API v3": "key given",
    }


def test_doctor_names_the_half_of_a_key_that_is_missing(tmp_path: Path) -> None:
    made = workspace(tmp_path, ETSY + 'searches = ["brooch"]\n', keys='[etsy]\nkeystring = "etsykeystring3333"\n')
    (check,) = [check for check in examine(made, None) if check.name == "key of etsy"]
    assert (check.health, "lacks shared_secret under [etsy]" in check.message) == (Health.PROBLEM, True)


def test_a_lead_that_no_target_watches_is_looked_at_through_the_interface_where_there_is_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = workspace(tmp_path, "", keys=KEYS)
    address = "https://www.ebay.de/itm/305512340001"
    tip = Tip(source="person", told_at=datetime(2026, 11, 1, tzinfo=UTC))
    with made.casebook() as casebook:
        add_leads(casebook, [address], tip)
    ebay = Ebay(items={"305512340001": ebay_item("305512340001", "Heron at dusk", "aaa111")})
    with opened(world(ebay), tmp_path, monkeypatch) as internet:
        scan(made)
    with made.casebook() as casebook:
        (lead,) = casebook.leads()
        assert str(standing(lead)[0]) == "live"
    assert internet.of("https://www.ebay.") == []
    assert keyed(internet) == {"api.ebay.com"}


@pytest.mark.parametrize(
    ("service", "plain", "instead"),
    [
        ("ebay", "https://www.ebay.de/itm/some-heron/305512340001?x=1", "legacy_item_id=305512340001"),
        ("ebay", "https://www.ebay.com/sch/i.html?_ssn=marsh_and_mere", "sellers%3A%7Bmarsh_and_mere%7D"),
        ("ebay", "https://www.ebay.com/usr/marsh_and_mere", "category_ids=0"),
        ("etsy", "https://www.etsy.com/de-en/listing/1500000041/avocet", "/listings/1500000041?includes=Images,Shop"),
        ("etsy", "https://www.etsy.com/shop/SaltmarshMade?ref=x", "/shops?shop_name=SaltmarshMade"),
    ],
)
def test_a_plain_page_is_asked_for_at_the_interface(service: str, plain: str, instead: str) -> None:
    interface = interface_of(service)
    assert interface is not None
    asked = asked_instead(interface, plain)
    assert asked is not None
    assert instead in asked.url
    assert host_of(asked.url) == interface.HOST


@pytest.mark.parametrize(
    "url",
    [
        "http://api.ebay.com/buy/browse/v1/item_summary/search",
        "https://api.ebay.com.evil.example/",
        "https://api.ebay.com:8443/",
        "https://evil.example/api.ebay.com",
        "https://api.ebay.com:x/",
        "https://[x",
        "https://www.ebay.com/sch/i.html?_nkw=heron",
    ],
)
def test_no_address_but_the_interfaces_own_gets_a_key(url: str) -> None:
    assert host_of(url) is None
    for interface in all_interfaces():
        assert asked_instead(interface, url) is None


@pytest.mark.parametrize("seller", ["a}b", "a|b", "a,b", "a b", "x" * 65, "{"])
def test_a_seller_whose_name_would_change_the_filter_is_not_asked_for(seller: str) -> None:
    interface = interface_of("ebay")
    assert interface is not None
    assert interface.shop_url(seller) is None


def test_errors_of_keys_are_the_programs_own(tmp_path: Path) -> None:
    with pytest.raises(CopycatchError):
        Keys({})["ebay"]
