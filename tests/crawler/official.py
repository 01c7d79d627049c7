"""Official interfaces of marketplaces on loopback, as far as their documentation tells; they see method and headers."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.crawler.replay import NOWHERE, Answer, Authority, Internet, _Handler

JSON = {"Content-Type": "application/json"}
KEYS = """
[ebay]
client_id = "studio-heron-PRD-1111"
client_secret = "PRD-ebay-hush-2222"
[etsy]
keystring = "etsykeystring3333"
shared_secret = "etsyhush4444"
"""
SECRETS = ("studio-heron-PRD-1111", "PRD-ebay-hush-2222", "etsykeystring3333", "etsyhush4444")
BASIC = "Basic " + b64encode(b"studio-heron-PRD-1111:PRD-ebay-hush-2222").decode()
ETSY_KEY = "etsykeystring3333:etsyhush4444"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that arrived, at a time of the monotonic clock."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    at: float


Respond = Callable[[Asked], Answer]


class OpenInternet(Internet):
    """An internet whose answers depend on the whole request."""

    def __init__(self, respond: Respond, authority: Authority):
        super().__init__(lambda url: NOWHERE, authority)
        self.respond = respond
        self.requests: list[Asked] = []
        self._server.RequestHandlerClass = _OpenHandler

    def of(self, start: str) -> list[Asked]:
        return [one for one in self.requests if one.url.startswith(start)]


class _OpenHandler(_Handler):
    def do_GET(self) -> None:  # noqa: N802 - the base class calls it so
        internet = self.server.internet
        assert isinstance(internet, OpenInternet)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.origin + self.path, headers, body, time.monotonic())
        internet.requests.append(asked)
        answer = internet.respond(asked)
        self.send_response(answer.status)  # with a Date header, which tells ended items
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    do_POST = do_GET  # noqa: N815


@contextmanager
def opened(respond: Respond, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenInternet]:
    with OpenInternet(respond, Authority(folder)) as internet:
        for variable, value in internet.environment().items():
            monkeypatch.setenv(variable, value)
        yield internet


def told(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(json.dumps(value).encode(), status, {**JSON, **headers})


@dataclass(slots=True)
class Ebay:
    """The Browse API over some items; a token ends when `lives` requests were let in by it."""

    items: dict[str, dict[str, object]] = field(default_factory=dict)
    groups: dict[str, dict[str, object]] = field(default_factory=dict)
    expires_in: int = 7200
    lives: int = 10**6
    per_page: int = 200
    given: int = 0
    used: int = 0

    def __call__(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.url)
        if parts.path == "/identity/v1/oauth2/token":
            return self._token(asked)
        if parts.path == "/robots.txt":
            return NOWHERE
        if asked.headers.get("authorization") != f"Bearer v^1.1#token-{self.given}":
            return told({"errors": [{"errorId": 1001, "message": "Invalid access token"}]}, 401)
        self.used += 1
        if self.used >= self.lives:
            self.given, self.used = self.given + 1, 0  # nobody knows the next token yet
        return self._answer(parts.path, {name: values[-1] for name, values in parse_qs(parts.query).items()})

    def _token(self, asked: Asked) -> Answer:
        form = parse_qs(asked.body.decode())
        if asked.method != "POST" or asked.headers.get("authorization") != BASIC:
            return told({"error": "invalid_client", "error_description": "client authentication failed"}, 401)
        assert form == {"grant_type": ["client_credentials"], "scope": ["https://api.ebay.com/oauth/api_scope"]}
        self.given += 1
        token = {"access_token": f"v^1.1#token-{self.given}", "expires_in": self.expires_in}
        return told({**token, "token_type": "Application Access Token"})

    def _answer(self, path: str, query: Mapping[str, str]) -> Answer:
        if path.endswith("/item_summary/search"):
            start = int(query["offset"])
            shown = [*self.items.values(), *(group["items"][0] for group in self.groups.values())]  # type: ignore[index]
            shown = shown[start // 200 * self.per_page :][: self.per_page]
            keep = ("itemId", "legacyItemId", "title", "price", "image", "seller", "itemWebUrl")
            cards = [{name: one[name] for name in keep if name in one} for one in shown]
            pages = -(-(len(self.items) + len(self.groups)) // self.per_page)
            return told({"total": 200 * pages, "itemSummaries": cards})
        number = query.get("legacy_item_id", "")
        if path.endswith("/get_items_by_item_group"):
            return told(self.groups[query["item_group_id"]])
        if number in self.groups:
            return told({"errors": [{"errorId": 11006, "message": "The legacy Id is invalid."}]}, 400)
        if number in self.items:
            return told(self.items[number])
        return told({"errors": [{"errorId": 11003, "message": "The specified legacy item Id was not found."}]}, 404)


def ebay_item(number: str, title: str, *names: str, stock: str = "IN_STOCK", **more: object) -> dict[str, object]:
    pictures = [{"imageUrl": f"https://i.ebayimg.com/images/g/{name}/s-l500.jpg"} for name in names]
    return {
        "itemId": f"v1|{number}|0",
        "legacyItemId": number,
        "title": title,
        "price": {"value": "24.50", "currency": "USD"},
        "image": pictures[0],
        "additionalImages": pictures[1:],
        "seller": {"username": "marsh_and_mere"},
        "estimatedAvailabilities": [{"estimatedAvailabilityStatus": stock}],
        "itemWebUrl": f"https://www.ebay.com/itm/{number}",
        **more,
    }


def etsy_listing(number: int, title: str, *names: str, state: str = "active") -> dict[str, object]:
    pictures = [f"https://i.etsystatic.com/28000017/r/il/aa/{name}/il_fullxfull.{name}_wxyz.jpg" for name in names]
    return {
        "listing_id": number,
        "shop_id": 28000017,
        "title": title,
        "state": state,
        "price": {"amount": 3150, "divisor": 100, "currency_code": "EUR"},
        "images": [{"url_fullxfull": url} for url in pictures],
        "shop": {"shop_id": 28000017, "shop_name": "SaltmarshMade"},
    }


@dataclass(slots=True)
class Etsy:
    """The Open API over the listings of one shop, a hundred of which are a page, though it shows `per_page`."""

    listings: dict[int, dict[str, object]] = field(default_factory=dict)
    per_page: int = 100

    def __call__(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.url)
        path, query = parts.path.removeprefix("/v3/application"), parse_qs(parts.query)
        if path == "/robots.txt":
            return NOWHERE
        if asked.headers.get("x-api-key") != ETSY_KEY:
            return told({"error": "Shared secret is required in x-api-key header."}, 403)
        whole = "Images,Shop" in query.get("includes", [])
        if path == "/shops":
            return told({"count": 1, "results": [{"shop_id": 28000017, "shop_name": "SaltmarshMade"}]})
        if path in ("/listings/active", "/shops/28000017/listings/active"):
            found = [one for one in self.listings.values() if one["state"] == "active"]
            start = int(query["offset"][0]) // 100 * self.per_page
            bare = [{name: one[name] for name in one if name not in ("images", "shop")} for one in found]
            return told({"count": 100 * len(bare) // self.per_page, "results": bare[start : start + self.per_page]})
        if path == "/listings/batch" and whole:
            wanted = [int(one) for one in query["listing_ids"][0].split(",")]
            shown = [self.listings[one] for one in wanted if one in self.listings]
            return told({"count": len(shown), "results": shown})
        number = int(path.rpartition("/")[2])
        if whole and number in self.listings:
            return told(self.listings[number])
        return told({"error": "Resource not found"}, 404)
