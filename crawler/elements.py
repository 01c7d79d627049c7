"""Walking a parsed page: ancestors, words, text, and which part of a page an element belongs to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

_OTHER_ZONE = re.compile(
    r"related|recommend|recently|viewed|upsell|cross-?sell|crossell|similar|also-(?:bought|like|view)|you-may|bestsell"
    r"|mini-?(?:cart|basket|bag)|mega-?menu|(?:^|[-_ ])(?:nav|navbar|navigation|menu|breadcrumbs?|footer|newsletter"
    r"|cookies?|reviews?|comments?|testimonials?|ugc|social|payments?|sponsor\w*|advert\w*|ads?|promotion|banners?"
    r"|product_pod|swatch(?:es)?|colou?r-(?:answer|option|picker|swatch|chip|select)s?|colorway\w*)(?:[-_ ]|$)"
)
_ZONE_TAGS = frozenset({"header", "footer", "nav", "aside", "head", "template", "svg"})
_WHOLE_PAGE = frozenset({"html", "body", "main", "article"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Hostile pages nest ten thousand deep; no shop nests its parts deeper than this around each other.
_MOST_ANCESTORS = 80


def ancestors(element: HtmlElement, most: int = _MOST_ANCESTORS) -> Iterator[HtmlElement]:
    """Yield the elements around an element, nearest first."""
    parent = element.getparent()
    while parent is not None and most > 0:
        yield parent
        parent, most = parent.getparent(), most - 1


def words_of(element: HtmlElement) -> str:
    """Return an element's class, id and role as lower-case text, camel case split by dashes."""
    names = ("class", "id", "role", "data-testid")
    return _CAMEL.sub("-", " ".join(value for name in names if (value := element.get(name)))[:600]).lower()


def text_of(element: HtmlElement) -> str:
    """Return the text inside an element as one line, scripts left out."""
    pieces = element.xpath("(.//text()[not(parent::script or parent::style or parent::noscript)])[position() <= 200]")
    return " ".join(" ".join(str(piece)[:5000] for piece in pieces).split())


def in_other_zone(element: HtmlElement) -> bool:
    """Whether an element belongs to a menu, the footer, reviews or other products, by tag or class around it."""
    for up in (element, *ancestors(element)):
        if up.tag not in _WHOLE_PAGE and (up.tag in _ZONE_TAGS or _OTHER_ZONE.search(words_of(up))):
            return True
    return False


def steps_from(heading: HtmlElement, elements: Iterable[HtmlElement]) -> list[int | None]:
    """Return for each element how many steps up from the heading the first element lies that holds both.

    None where they have nothing in common within the depth that is looked at.
    """
    around = {up: step for step, up in enumerate(ancestors(heading))}
    return [next((around[up] for up in ancestors(element) if up in around), None) for element in elements]
