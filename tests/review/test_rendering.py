"""What came from strangers, as it stands in a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from review.rendering import harmless, link, moment, short


@given(st.text())
def test_no_text_can_turn_a_line_around_or_break_a_page(text: str) -> None:
    shown = harmless(text)
    shown.encode()
    assert not set(shown) & set("\0\x1b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200e\u200f\u2028\u2029\ufeff\x85")


@pytest.mark.parametrize(
    "text",
    [
        "木製\u3000ポスター",
        "prix\u00a012,50\u202f€",
        "نمی\u200cخواهم",
        "👩\u200d🎨 heron",
        "line\nline\tcell",
        "été",
        "",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_a_null_is_seen_and_does_nothing() -> None:
    assert harmless("a\0b\ud800") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"


def test_what_is_no_text_or_is_ours_is_left_alone() -> None:
    assert harmless(17) == 17
    assert harmless(None) is None
    assert harmless(Markup("<b>\u202e</b>")) == Markup("<b>\u202e</b>")


@pytest.mark.parametrize("url", ["https://shop.example/1", "http://shop.example", "HTTPS://SHOP.EXAMPLE/"])
def test_an_address_of_the_web_may_be_followed(url: str) -> None:
    assert link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//shop.example",
        "shop.example",
        "https//shop.example",
        "http://[::1",
        "",
        None,
    ],
)
def test_every_other_address_is_only_text(url: str | None) -> None:
    assert link(url) is None


def test_a_long_text_is_cut_and_says_so() -> None:
    assert short("x" * 300) == "x" * 300
    assert short("x" * 10_000) == "x" * 299 + "…"


def test_a_moment_is_told_in_utc() -> None:
    assert moment("2026-11-21T03:30:00+01:00") == "2026-11-21 02:30 UTC"
    assert moment(None) == "never"
