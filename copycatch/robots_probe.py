"""One polite request for a robots.txt, outside of any crawl, for `copycatch doctor`."""

from __future__ import annotations

import http.client
import socket
import urllib.error
import urllib.request
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from copycatch.version import user_agent
from crawler.guard import AllowedHosts, is_public
from crawler.robots import SIZE_LIMIT

if TYPE_CHECKING:
    from email.message import Message

    from copycatch.config import Config
    from copycatch.health import FetchRobots

_SECONDS = 15.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer here: it shows that the site can be reached, and following it would need the guard."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def robots_fetcher(config: Config) -> FetchRobots:
    """Return a function that asks for one robots.txt the way a scan introduces itself."""
    proxies = urllib.request.getproxies() if config.crawl.use_environment_proxy else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies), _NoRedirects)
    opener.addheaders = [("User-Agent", user_agent(config.owner.contact_url))]
    allowed = AllowedHosts(config.crawl.allowed_private_hosts)

    def fetch(url: str) -> tuple[int, str]:
        try:
            _refuse_private(url, allowed)
            with opener.open(url, timeout=_SECONDS) as answer:
                return answer.status, answer.read(SIZE_LIMIT).decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""
        except (http.client.HTTPException, UnicodeError) as error:
            raise OSError(f"no usable answer ({type(error).__name__})") from None
        except urllib.error.URLError as error:  # its own text wraps the reason in "<urlopen error …>"
            raise error.reason if isinstance(error.reason, OSError) else OSError(str(error.reason)) from None

    return fetch


def _refuse_private(url: str, allowed: AllowedHosts) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if allowed.allows(host, port):
        return
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not is_public(str(address[0]).split("%")[0]):
            raise OSError(f"{host} is a private address and is not in crawl.allowed_private_hosts")
