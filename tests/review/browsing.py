"""A real browser for tests; skipped visibly where there is none."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PICTURES = os.environ.get("COPYCATCH_SCREENSHOTS")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


def picture(page: Page, name: str, *, whole: bool = True) -> None:
    """Keep what a page looks like, where a person wants to look at it."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=whole)


@contextmanager
def browsing(url: str, **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page in a fresh browser, and what its console complains of."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            page = browser.new_page(base_url=url, **options)
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            yield page, complaints
        finally:
            browser.close()


def candidate(page: Page) -> str:
    """Return the candidate that is shown."""
    return str(page.locator("#case").get_attribute("data-candidate"))


def other_case(page: Page, than: str) -> str:
    """Wait until another case is shown; return it."""
    page.wait_for_function("than => document.getElementById('case').dataset.candidate !== than", arg=than)
    return candidate(page)


def said(page: Page, words: str) -> None:
    """Wait until the page has said this; ": …" is of what is saved, "… …" of what is on its way."""
    page.wait_for_function("words => document.getElementById('status').textContent.includes(words)", arg=words)
