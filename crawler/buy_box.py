"""Is this bare page one product, a list of products, or neither? Prices, buy buttons and product cards, by markup."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from casebook.types import ListingState, Money
from crawler.canonical import canonical_url, listing_name, same_host
from crawler.elements import ancestors, in_other_zone, steps_from, text_of, words_of
from crawler.picture_urls import is_picture_url
from crawler.prices import currency_code, read_price

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.page import Page

_PRICE_WORDS = re.compile(r"price|(?:^|[-_ ])(?:preis|prix|precio|prezzo|amount)(?:[-_ ]|$)")
_OLD_PRICE = re.compile(
    r"old|was|before|regular|compare|list-?price|rrp|strike|retail|shipping|saving|discount|tax|unit"
)
_PRICE_FILTER = re.compile(r"filter|facet|range|refine|basket-mini|mini-?(?:cart|basket)|cart-?total|sort")
_BUY_TEXT = re.compile(
    r"add(?:ed)?\s+to\s+(?:shopping\s+)?(?:cart|basket|bag|trolley)|buy\s+(?:it\s+)?now|in\s+den\s+(?:warenkorb|einkaufswagen)"
    r"|ajouter\s+au\s+panier|(?:añadir|agregar)\s+al\s+carrito|aggiungi\s+al\s+carrello|adicionar\s+ao\s+carrinho"
    r"|in\s+winkel(?:wagen|mand)|do\s+koszyka|в\s+корзину|sepete\s+ekle|加入购物车|加入購物車|カートに入れる|장바구니",
    re.IGNORECASE,
)
_BUY_TARGET = re.compile(
    r"(?:basket|cart|bag|warenkorb|panier|carrito)[/_-]?(?:add|lines|items)|add[-_/]?to[-_/]?(?:cart|basket|bag)"
)
_OUT_OF_STOCK = re.compile(r"(?:^|[-_ ])(?:out-?of-?stock|outofstock|sold-?out|soldout)(?:[-_ ]|$)")
_SELLER = re.compile(
    # "Shop all drills" leads to a category
    r"(?:(?:shop|store)\s*:|(?:seller|sold by|offered by|vendor|artist|verk[aä]ufer|verkauft von|vendu par|vendido por"
    r"|venduto da)\s*:?)\s+([^\s:].{0,78}\S)",
    re.IGNORECASE,
)
_MOST = 600
_CARD_HEIGHT = 8  # how far above its link a product card reaches


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A product card: a small block that links to one product and shows its picture or price."""

    element: HtmlElement
    url: str


class BuyBox:
    """What one page offers for sale, read from its markup alone. Every part is computed once, when first asked for."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @cached_property
    def heading(self) -> HtmlElement | None:
        """The page's main heading: the first h1 outside header, menus and cards, else any h1."""
        headings = [node.root for node in self._page.selector.xpath("//h1")[:20]]
        named = [one for one in headings if text_of(one)]
        return next((one for one in named if not in_other_zone(one)), next(iter(named), None))

    @cached_property
    def cards(self) -> tuple[Card, ...]:
        """The product cards in document order.

        1. A link to another page of this host that wraps a picture or a heading, or lies in a heading, may face a card.
        2. Its card is the highest block around it that holds no link of this kind to anything else and no h1.
        3. The block must show a price or a buy button; a block with picture and text counts where three or more
           of them stand in one list.
        """
        found: dict[HtmlElement, str] = {}
        for element, url in self._faces:
            block = self._block(element, url)
            if block is not None:
                found.setdefault(block, url)
        siblings: dict[HtmlElement, int] = {}
        for block in found:
            siblings[_list_of(block)] = siblings.get(_list_of(block), 0) + 1
        marks = {up for mark in (*self._prices, *self._buttons) for up in (mark, *ancestors(mark))}
        cards = []
        for block, url in found.items():
            priced = block in marks
            pictured = siblings[_list_of(block)] >= 3 and bool(block.xpath(".//img")) and not in_other_zone(block)
            if priced or pictured:
                cards.append(Card(element=block, url=url))
        return tuple(cards)

    @cached_property
    def offered_alone(self) -> bool:
        """Whether the page sells one thing: from the heading outwards, the first price or buy button met is no card's.

        A list meets the price of a card first, or none.
        """
        if self.heading is None:
            return False
        marks = (*self._prices, *self._buttons)
        steps = steps_from(self.heading, marks)
        nearest = min((step for step in steps if step is not None), default=None)
        return any(step == nearest and not self._in_card(mark) for mark, step in zip(marks, steps, strict=True))

    @cached_property
    def price(self) -> Money | None:
        """The price nearest to the heading that is no card's, one that is not crossed out before one that is."""
        if self.heading is None:
            return None
        free = [one for one in self._prices if not self._in_card(one)]
        near = [(step, one) for one, step in zip(free, steps_from(self.heading, free), strict=True) if step is not None]
        near.sort(key=lambda found: (_is_old_price(found[1]), found[0]))
        return next((money for _, one in near if (money := _price_of(one))), None)

    @cached_property
    def seller(self) -> str | None:
        """The seller's name where the page names one in a line of its own near the heading ("Sold by …")."""
        if self.heading is None:
            return None
        for up in ancestors(self.heading, 4):
            for line in up.xpath(
                ".//*[self::p or self::div or self::span or self::li or self::dd or self::td][text()]"
            )[:300]:
                match = _SELLER.fullmatch(text_of(line)[:200])
                if match and not self._in_card(line) and not in_other_zone(line):
                    return match[1]
        return None

    @cached_property
    def state(self) -> ListingState:
        """Sold out where an availability mark near the heading says so and nothing there can be bought; else live."""
        if self.heading is None:
            return ListingState.LIVE
        for up in ancestors(self.heading, 4):
            marked = [one for one in up.xpath(".//*[@class]")[:2000] if _OUT_OF_STOCK.search(words_of(one))]
            if any(not self._in_card(one) for one in marked):
                inside = steps_from(self.heading, self._buttons)
                buys = any(
                    step is not None and step < 4 and not self._in_card(one)
                    for one, step in zip(self._buttons, inside, strict=True)
                )
                return ListingState.LIVE if buys else ListingState.SOLD_OUT
        return ListingState.LIVE

    @cached_property
    def _blocks(self) -> frozenset[HtmlElement]:
        return frozenset(card.element for card in self.cards)

    def _in_card(self, element: HtmlElement) -> bool:
        return element in self._blocks or any(up in self._blocks for up in ancestors(element))

    @cached_property
    def _prices(self) -> tuple[HtmlElement, ...]:
        found: list[HtmlElement] = []
        for node in self._page.selector.xpath("//body//*[not(self::script or self::style or self::option)][text()]"):
            element = node.root
            text = " ".join(node.xpath("text()").getall()).strip()
            if len(text) > 60 or not any(sign.isdigit() for sign in text):
                continue
            named = element.get("itemprop") == "price" or any(
                _PRICE_WORDS.search(words_of(one)) for one in (element, *ancestors(element, 2))
            )
            if not named and not (currency_code(text) and len(text) <= 25):
                continue
            if read_price(text) is None or _in_filter(element):
                continue
            found.append(element)
            if len(found) >= _MOST:
                break
        return tuple(found)

    @cached_property
    def _buttons(self) -> tuple[HtmlElement, ...]:
        found = []
        for node in self._page.selector.xpath("//body//*[self::button or self::input or self::a or self::form]")[:5000]:
            element = node.root
            if element.tag == "form":
                buys = _BUY_TARGET.search((element.get("action") or "").lower())
            else:
                marks = " ".join((element.get("name") or "", element.get("id") or "", element.get("class") or ""))
                label = element.get("value") or (text_of(element) if element.tag != "input" else "")
                buys = _BUY_TEXT.search(label[:80]) or _BUY_TARGET.search(marks.lower())
            if buys and not _in_filter(element) and "disabled" not in element.attrib:
                found.append(element)
        return tuple(found[:_MOST])

    @cached_property
    def _faces(self) -> tuple[tuple[HtmlElement, str], ...]:
        found = []
        heading = "self::h2 or self::h3 or self::h4 or self::h5"
        query = f"//body//a[@href][.//*[self::img or {heading}] or ancestor::*[{heading}]]"
        for node in self._page.selector.xpath(query)[: _MOST * 3]:
            url = self._page.join(node.root.get("href"))
            if url is None or is_picture_url(url) or not same_host(url, self._page.url):
                continue
            if listing_name(url) != listing_name(self._page.url):
                found.append((node.root, canonical_url(url)))
        return tuple(found)

    @cached_property
    def _faces_inside(self) -> dict[HtmlElement, set[str]]:
        inside: dict[HtmlElement, set[str]] = {}
        for element, url in self._faces:
            for up in (element, *ancestors(element, _CARD_HEIGHT + 1)):
                inside.setdefault(up, set()).add(url)
        return inside

    def _block(self, face: HtmlElement, url: str) -> HtmlElement | None:
        block = None
        for up in (face, *ancestors(face, _CARD_HEIGHT)):
            holds_heading = self.heading is not None and any(up is above for above in ancestors(self.heading))
            if up.tag in ("body", "main", "html", "nav") or holds_heading or self._faces_inside.get(up, {url}) != {url}:
                break
            block = up
        return block


def _list_of(block: HtmlElement) -> HtmlElement:
    parent = block.getparent()
    return block if parent is None else parent


def _price_of(element: HtmlElement) -> Money | None:
    whole = " ".join(str(piece).strip() for piece in element.xpath("text()"))
    money = read_price(element.get("content") or whole)
    if money is not None and money.currency is None:
        for up in ancestors(element, 2):
            found = read_price(text_of(up))
            if found is not None and found.amount == money.amount and found.currency:
                return found
    return money


def _is_old_price(element: HtmlElement) -> bool:
    near = (element, *ancestors(element, 1))
    return any(up.tag in ("del", "s", "strike") or _OLD_PRICE.search(words_of(up)) for up in near)


def _in_filter(element: HtmlElement) -> bool:
    return any(
        up.tag in ("header", "nav", "footer", "aside", "select") or _PRICE_FILTER.search(words_of(up))
        for up in (element, *ancestors(element))
        if up.tag not in ("body", "html")
    )
