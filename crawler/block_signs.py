"""Signs that a page is a bot wall and not what was asked for.

Only sharp signs count: an element or header that the wall itself needs to work. Words such as "captcha" stand in the
string tables of a quarter of all good pages and prove nothing; so do a protection vendor's script tags, and elements
that a seller could write into a description.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.addresses import split_url

if TYPE_CHECKING:
    from crawler.page import Page

_ELEMENTS = (
    (
        "PerimeterX",  # a seller's own HTML may hold the element, but no script to fill it
        '//*[starts-with(@id, "px-captcha")][//script[contains(., "_pxAppId") or contains(@src, "/captcha.js")]]',
    ),
    ("Incapsula", '//iframe[contains(@src, "_Incapsula_Resource")]'),
    ("DataDome", '//script[contains(@src, "captcha-delivery.com")] | //iframe[contains(@src, "captcha-delivery.com")]'),
    ("Pardon Our Interruption", '//title[contains(., "Pardon Our Interruption")]'),
    ("Amazon validateCaptcha", '//form[contains(@action, "/errors/validateCaptcha")]'),
    ("AWS WAF", '//script[contains(., "window.gokuProps") or contains(., "awsWafCookieDomainList")]'),
    (
        "Cloudflare",
        '//script[contains(., "_cf_chl_opt")] | //form[contains(@action, "__cf_chl")]',
    ),
    (
        "x5sec",
        '//title[contains(., "Captcha Interception")] | (//script|//comment())[contains(., "rgv587_flag")]',
    ),
)
_HEADERS = (
    ("Cloudflare", "cf-mitigated", re.compile("challenge")),
    ("AWS WAF", "x-amzn-waf-action", re.compile("challenge|captcha")),
)
_REFUSALS = frozenset({401, 403, 407, 429, 430})
_WALL_PATH = re.compile(r"/(?:log-?in|sign-?in|captcha|challenge|punish)(?:[/._-]|$)", re.IGNORECASE)


def block_sign(page: Page) -> str | None:
    """Return what proves that this page is a bot wall, or None."""
    for vendor, name, pattern in _HEADERS:
        if pattern.search(page.header(name) or ""):
            return f"{vendor} answered with a challenge (header {name})"
    for vendor, path in _ELEMENTS:
        if page.selector.xpath(path):
            return f"{vendor} block page"
    return None


def refusal(page: Page) -> str | None:
    """Return why a page without a listing counts as refused: its status, or a redirect to a login or challenge."""
    if page.status in _REFUSALS:
        return f"the server refused with status {page.status}"
    path = split_url(page.url).path
    if _WALL_PATH.search(path) and any(not _WALL_PATH.search(split_url(url).path) for url in page.redirected_from):
        return f"redirected to {path}"
    return None
