"""Prices as shops write them, to `Money`."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from price_parser import Price

from casebook.types import Money

_SYMBOLS = {
    "€": "EUR", "£": "GBP", "US$": "USD", "¥": "JPY", "￥": "JPY", "円": "JPY", "元": "CNY", "RMB": "CNY",
    "₹": "INR", "Rs.": "INR", "₽": "RUB", "руб": "RUB", "руб.": "RUB", "₴": "UAH", "₩": "KRW", "zł": "PLN",
    "Kč": "CZK", "Ft": "HUF", "lei": "RON", "лв": "BGN", "₺": "TRY", "TL": "TRY", "R$": "BRL", "C$": "CAD",
    "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "NT$": "TWD", "S$": "SGD",
    "MX$": "MXN", "฿": "THB", "₫": "VND", "₱": "PHP", "₪": "ILS", "ر.س": "SAR", "د.إ": "AED", "RM": "MYR",
    "Rp": "IDR", "GH₵": "GHS", "Fr.": "CHF", "SFr.": "CHF",
}  # fmt: skip
_CODE = re.compile(r"(?<![A-Za-z])([A-Z]{3})(?![A-Za-z])")
_CODES = frozenset(
    {
        "AED", "ARS", "AUD", "BDT", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR",
        "GBP", "GEL", "GHS", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES", "KRW", "KWD", "MAD", "MXN", "MYR",
        "NGN",
        "NOK", "NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TRY",
        "TWD", "UAH", "USD", "UYU", "VND", "ZAR",
    }
)  # fmt: skip
_PLAIN = re.compile(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*")
_LONGEST = 80


def read_price(text: object, currency: object = None) -> Money | None:
    """Return the first price in a text or number, or None; `currency` is what the page names beside it.

    A bare dollar sign means USD only where the page names no other currency. Amounts are never negative.
    """
    if isinstance(text, bool) or text is None:
        return None
    written = str(text).strip()
    if not written or len(written) > _LONGEST:
        return None
    code = currency_code(currency)
    plain = _PLAIN.fullmatch(written)
    if plain:
        # Structured data writes 1234.5 with a point whatever the page's language; "173.000" stays 173.
        return _money(plain[1], code)
    parsed = Price.fromstring(written, currency_hint=code)
    if parsed.amount is None:
        return None
    return _money(str(parsed.amount), code or currency_code(written) or currency_code(parsed.currency))


def currency_code(text: object) -> str | None:
    """Return the ISO 4217 code that a text names or shows by its symbol, or None."""
    if not isinstance(text, str) or not text.strip():
        return None
    written = text.strip()
    for code in _CODE.findall(written.upper() if len(written) == 3 else written):
        if code in _CODES:
            return str(code)
    for symbol in sorted(_SYMBOLS, key=len, reverse=True):
        if symbol in written:
            return _SYMBOLS[symbol]
    return "USD" if "$" in written else None


def _money(amount: str, currency: str | None) -> Money | None:
    try:
        value = Decimal(amount)
    except InvalidOperation:
        return None
    return Money(amount=value, currency=currency) if value.is_finite() and value >= 0 else None
