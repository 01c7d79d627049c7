"""What the pages of 1688, Taobao and Tmall have in common: their walls, their character sets, their API answers."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from crawler.script_data import value_after

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from crawler.json_path import Json
    from crawler.page import Page

WALL_URL = re.compile(
    r"^https?://login\.(?:m\.)?(?:1688|taobao|tmall)\.com/|^https?://[^/?#]+/[^?#]*_____tmd_____/|"
    r"^https?://bixi\.alicdn\.com/punish"
)
# Of a blocked part of a page (its description, its stock) the wall's address stays in an iframe of the good page; these
# are the wall's own scripts.
_WALL_SCRIPTS = '//script[contains(@src, "/sufei-punish/") or contains(@src, "/sd/punish/")]'
_WALL_FRAME = (
    '//iframe[contains(@src, "bixi.alicdn.com/punish") and contains(@src, "action=deny") and '
    'contains(@src, "detail.data.get")]'
)
_LOGIN_JUMP = re.compile(r"_config_\s*=\s*\{\s*\"action\"\s*:\s*\"(?:login|captcha|deny)\"")
_REFUSED_ANSWER = re.compile(r"\"ret\"\s*:\s*\[\s*\"(?:FAIL_SYS_USER_VALIDATE|RGV587_ERROR)")
_ANSWER = re.compile(r"\A\s*(?:[\w.]{1,60}\s*\(\s*)?(?=\{)")
_LONGEST_CHARACTER = 4  # bytes


def wall(page: Page) -> str | None:
    """Return what proves that a page is the group's bot wall or login, or None."""
    if _LOGIN_JUMP.search(page.text) or page.selector.xpath(_WALL_SCRIPTS):
        return "x5sec login or slider page"
    if _REFUSED_ANSWER.search(page.text[:2000]):
        return "x5sec refused the answer"
    return "x5sec denied the page its data" if page.selector.xpath(_WALL_FRAME) else None


def decoded(page: Page) -> Page:
    """Return the page, told to be GBK where nothing names its character set and it is GBK and no UTF-8."""
    if "charset=" in (page.header("Content-Type") or "").lower():
        return page
    if _is_text(page.body, "utf-8") or not _is_text(page.body, "gb18030"):
        return page
    headers = [(name, value) for name, value in page.headers if name.lower() != "content-type"]
    return replace(page, headers=(("Content-Type", "text/html; charset=gb18030"), *headers))


def _is_text(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start >= len(body) - _LONGEST_CHARACTER  # an answer that was cut within a character
    return True


def answer(page: Page) -> Json:
    """Return the object that is the whole body, bare or as the argument of a callback; None where it is none."""
    return value_after(page.text, _ANSWER)


def argument(parts: SplitResult, name: str) -> str:
    """Return the first value of a query parameter, or an empty text."""
    with suppress(ValueError):
        return parse_qs(parts.query).get(name, [""])[0]
    return ""
