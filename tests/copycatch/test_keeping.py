"""What of an answer is written down by a recording."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from copycatch.recording.keeping import (
    Heard,
    Role,
    judged,
    kept_address,
    request_headers,
    response_headers,
    role_of,
    without_secrets,
)
from copycatch.recording.wacz import surt

LONG = "a1B2" * 8


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://ana:word@shop.example/item/1#reviews", "https://shop.example/item/1"),
        ("https://shop.example/item?code=AB12&key=blue", "https://shop.example/item?code=AB12&key=blue"),
        (f"https://shop.example/back?code={LONG}&state=1", "https://shop.example/back?code=***&state=1"),
        ("https://shop.example/item?id=3&access_token=x;s=2", "https://shop.example/item?id=3&access_token=***;s=2"),
        ("https://shop.example/by?author=ana&page=2", "https://shop.example/by?author=ana&page=2"),
    ],
)
def test_tokens_are_cut_out_of_addresses_and_what_names_the_goods_stays(url: str, written: str) -> None:
    assert without_secrets(url) == written


def test_headers_that_may_hold_secrets_are_left_out_and_those_of_the_wire_are_renamed() -> None:
    answer = [
        ("Set-Cookie", "sid=1"), ("X-CSRF-Token", "2"), ("Content-Encoding", "br"), ("Content-Length", "5"),
        ("Location", "/next?session_id=3"), ("X-Seen", "a\nb"), ("bad name\r\n", "4"),
    ]  # fmt: skip
    assert response_headers(answer, 9) == (
        ("X-Archive-Orig-Content-Encoding", "br"),
        ("X-Archive-Orig-Content-Length", "5"),
        ("Location", "/next?session_id=***"),
        ("X-Seen", "a"),
        ("X-Seen", "b"),
        ("Content-Length", "9"),
    )
    asked = {"Cookie": "sid=1", "User-Agent": "a browser", "X-Anything": "2", "Referer": "https://a.example/?token=3"}
    assert request_headers(asked, "https://ana@shop.example:8443/item") == (
        ("Host", "shop.example:8443"),
        ("User-Agent", "a browser"),
        ("Referer", "https://a.example/?token=***"),
    )


def test_a_page_that_the_browser_gave_as_text_is_told_to_be_utf_8() -> None:
    headers = dict(response_headers([("Content-Type", "text/html; charset=gbk")], 3, is_utf8=True))
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["X-Archive-Orig-Content-Type"] == "text/html; charset=gbk"


@pytest.mark.parametrize(
    ("kind", "mime", "top", "role"),
    [
        ("Document", "text/html; charset=utf-8", True, Role.PAGE),
        ("Document", "text/html", False, Role.DATA),
        ("Document", "application/pdf", True, None),
        ("Document", "image/jpeg", True, Role.PICTURE),
        ("Image", "application/octet-stream", False, Role.PICTURE),
        ("Image", "image/svg+xml", False, None),
        ("Fetch", "image/webp", True, Role.PICTURE),
        ("XHR", "application/json", True, Role.DATA),
        ("Fetch", "text/event-stream", True, None),
        ("Media", "video/mp4", True, None),
    ],
)
def test_what_may_be_kept_is_told_by_the_kind_of_answer(kind: str, mime: str, top: bool, role: Role | None) -> None:
    assert role_of(kind, mime, top=top) is role


def test_addresses_are_sorted_as_other_archives_sort_them() -> None:
    assert surt("https://www.Shop.Example:8443/Item?b=2&a=1") == "example,shop:8443)/item?a=1&b=2"
    assert surt("https://shop.example") == "example,shop)/"


def test_the_description_of_a_listing_keeps_the_address_by_which_its_page_names_it() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    url = f"https://desc.example/desc.htm?productId=1&token={LONG}"
    described = Heard(
        url=url, role=Role.DESCRIPTION, status=200, reason="OK", asked=(), headers=(), body=b"<img>", at=at
    )
    assert judged(described, ()).kept
    assert kept_address(described) == url
    assert not judged(replace(described, status=404), ()).kept
    assert not judged(replace(described, role=Role.DATA), ()).kept
