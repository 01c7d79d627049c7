"""One name for one page: canonical URLs, and whether a page's own claim of one may be believed."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlunsplit

import tldextract

from crawler.addresses import split_url

if TYPE_CHECKING:
    from crawler.page import Page

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKING = frozenset(
    {
        "gclid", "gclsrc", "dclid", "wbraid", "gbraid", "fbclid", "msclkid", "twclid", "ttclid", "yclid", "igshid",
        "mc_cid", "mc_eid", "srsltid", "ref", "ref_", "referrer", "_ga", "_gl", "_pos", "_sid", "_ss", "_psq",
        "_fid", "_kx", "spm", "scm", "pvid", "algo_pvid", "algo_exp_id", "epik", "irclickid", "affid", "aff_id",
        "cjevent", "phpsessid", "jsessionid", "aspsessionid", "oscsid", "zenid", "sessionid", "session_id", "cfid",
        "cftoken",
    }
)  # fmt: skip
_TRACKING_PREFIXES = ("utm_", "hsa_", "pk_", "mtm_", "matomo_", "ga_", "_hs")
# Short names that are a session only when their value looks like one; otherwise they may name the product.
_MAYBE_SESSION = frozenset({"sid", "s", "session", "token"})
_SESSION_VALUE = re.compile(r"[0-9A-Za-z]{20,}")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
# Query names that commonly name the product itself: a canonical link that drops one of them is a template's mistake.
_IDENTITY = re.compile(
    r"(?:id|p|pid|sku|item|product|prod|goods|listing|article|artikel|offer)|.*(?:_id|id)", re.IGNORECASE
)
_HOME_PATH = re.compile(r"/?(?:index|home|default)?(?:\.\w{2,5})?/?", re.IGNORECASE)
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_PATH_SAFE = "/:@!$&'()*+,;=~-._"
_QUERY_SAFE = "/:@!$'()*,;~-._?"

_READER = re.compile(r"^(?:www|m|mobile|amp)\.")  # one shop's hosts for other screens

# Private suffixes count: the stores below myshopify.com have nothing in common but their platform.
_suffixes = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)


@lru_cache(maxsize=10_000)
def canonical_url(url: str) -> str:
    """Return the URL in one spelling; a text that is no http(s) URL comes back unchanged.

    1. Scheme and host in lower case (IDNA), default port, user name and fragment dropped.
    2. Dots in the path resolved, session ids in the path dropped.
    3. Percent-encoding: upper case, only where needed, non-ASCII text as UTF-8.
    4. Tracking and session parameters dropped, the others sorted by name (repeats keep their order).
    """
    try:
        parts = split_url(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return url
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return url
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    path = _without_dots(_reencoded(_PATH_SESSION.sub("", parts.path), _PATH_SAFE)) or "/"
    return urlunsplit((scheme, netloc, path, _query(parts.query), ""))


@lru_cache(maxsize=10_000)
def listing_name(url: str) -> str:
    """Return `host[:port]/path?query` of a URL: its canonical spelling without scheme, `www.` and trailing slash."""
    parts = split_url(canonical_url(url))
    name = shop_host(url) + parts.path.rstrip("/")
    return f"{name}?{parts.query}" if parts.query else name


@lru_cache(maxsize=10_000)
def shop_host(url: str) -> str:
    """Return the lower-case host of a URL, with its port where that is not the scheme's own, without `www.`."""
    return split_url(canonical_url(url)).netloc.removeprefix("www.")


def same_host(one: str, other: str) -> bool:
    """Whether two URLs lie on one host and port; `www.` makes no difference."""
    return shop_host(one) == shop_host(other)


def same_site(one: str, other: str) -> bool:
    """Whether two URLs belong to one registrable domain (`a.shop.co.uk` and `shop.co.uk` do, `a.myshopify.com` and
    `b.myshopify.com` do not)."""
    hosts = {split_url(one).hostname or "", split_url(other).hostname or ""}
    return len(hosts) == 1 or len({_registrable(host) for host in hosts}) == 1


def is_home(url: str) -> bool:
    """Whether a URL is its site's front page."""
    parts = split_url(url)
    return _HOME_PATH.fullmatch(parts.path) is not None and not parts.query


def declared_url(page: Page) -> str | None:
    """Return the canonical URL that the page claims for itself, or None where it claims none that can be believed.

    Themes often write the same claim on every page, and neighbours on one domain may be strangers. A claim is not
    believed when it lies on another host (`www.` and `m.` apart) or port, names the front page, or drops from the
    page's own URL the query value that names the product. What is believed here is still no more than a claim.
    """
    claims = [
        *page.selector.xpath("//link[contains(concat(' ', normalize-space(@rel), ' '), ' canonical ')]/@href").getall(),
        *page.meta.get("og:url", ()),
    ]
    for claim in claims:
        url = page.join(claim)
        if url is not None and _believable(url, page.url):
            return canonical_url(url)
    return None


def _believable(claim: str, url: str) -> bool:
    one_shop = _READER.sub("", shop_host(claim)) == _READER.sub("", shop_host(url))
    if not one_shop or (is_home(claim) and not is_home(url)):
        return False
    claimed, own = split_url(canonical_url(claim)), split_url(canonical_url(url))
    if claimed.path.rstrip("/") != own.path.rstrip("/"):
        return True
    kept = set(claimed.query.split("&"))
    dropped = [piece.partition("=")[0] for piece in own.query.split("&") if piece and piece not in kept]
    return not any(_IDENTITY.fullmatch(name) and name.lower() != "variant_id" for name in dropped)


def _query(query: str) -> str:
    pieces = []
    for piece in query.replace("&amp;", "&").split("&"):
        name, _, value = piece.partition("=")
        lower = name.lower()
        if not piece or lower in _TRACKING or lower.startswith(_TRACKING_PREFIXES):
            continue
        if lower in _MAYBE_SESSION and _SESSION_VALUE.fullmatch(value):
            continue
        pieces.append(_reencoded(piece.replace("+", "%20"), _QUERY_SAFE + "="))
    return "&".join(sorted(pieces, key=lambda piece: piece.partition("=")[0]))


def _reencoded(text: str, safe: str) -> str:
    """Decode what need not be encoded and encode the rest; an encoded delimiter stays encoded, so meaning stays."""
    whole = _STRAY_PERCENT.sub("%25", text)
    return quote(_ESCAPE.sub(_spelled, whole), safe=safe + "%", errors="replace")


def _spelled(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character.isascii() and (character.isalnum() or character in "-._~") else escape[0].upper()


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    pieces = path.split("/")[1:]
    for piece in pieces:
        if piece == "..":
            kept = kept[:-1]
        elif piece != ".":
            kept.append(piece)
    if pieces[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


@cache
def _registrable(host: str) -> str:
    host = host.lower().removeprefix("www.")
    found = _suffixes(host)
    return f"{found.domain}.{found.suffix}" if found.suffix else host
