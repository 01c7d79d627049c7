"""What goes on in the browser while the owner looks: each answer is heard, judged and written down.

Nothing is done to a page: no script runs in it, nothing is clicked, scrolled or filled in. Each answer that may be kept
is held for the moment in which its body is copied, byte for byte, before the browser goes on with it; so nothing is
lost when she opens a link in a new tab or leaves a page quickly. What the browser takes from its memory was answered
before.
"""

from __future__ import annotations

import base64
import logging
import time
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from casebook.types import ListingState
from copycatch.recording.devtools import BrowserGone, Event
from copycatch.recording.keeping import Heard, Role, judged, request_headers, response_headers, role_of
from crawler.archives.exchange import LARGEST_BODY, MIB, web_address
from crawler.canonical import same_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from copycatch.recording.devtools import Devtools, Values
    from copycatch.recording.journal import Journal
    from crawler.page import Reading

log = logging.getLogger("copycatch.recording")

_TICK = 0.2  # seconds
_LONGEST_WAIT = 30.0  # seconds for a page before the next one is opened all the same
_SECONDS_TO_OPEN = 120.0  # a browser that ends is noticed at once, however slow the machine
_SECONDS_OF_SILENCE = 3.0
_SECONDS_TO_CLOSE = 30.0
_TABS = [{"type": "page"}, {"exclude": True}]
_KINDS = ("Document", "Image", "XHR", "Fetch", "Script")
_HELD = [{"urlPattern": "http*", "resourceType": kind, "requestStage": "Response"} for kind in _KINDS]
_TOO_LARGE = f"it is larger than {LARGEST_BODY // MIB} MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One line for the person: a page that was read, or what was not kept and why. `reading` is None for the latter."""

    url: str
    reading: Reading | None = None
    why_not: str = ""


@dataclass(slots=True)
class _Tab:
    url: str = ""
    answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request. `form` says that it began with something else than a GET, such as sending a login."""

    url: str
    headers: Mapping[str, str]
    kind: str
    frame: str
    form: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a server, or a worker of its page, answered."""

    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    server: str | None = None

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


class _Opener:
    """Opens the given pages in tabs of their own, the next one `pause` seconds after the last one was answered."""

    def __init__(self, devtools: Devtools, urls: Iterable[str], pause: float):
        self._devtools, self._urls, self._pause = devtools, deque(urls), pause
        self._blank: str | None = None
        self._last: str | None = ""  # the tab that was opened last; None while it is being opened
        self._opened_at = self._rested_since = -_LONGEST_WAIT

    def go_on(self, tabs: Mapping[str, _Tab], walls: Iterable[str]) -> str | None:
        """Open the next page if it is time; return the address of one that is not opened, because of a wall."""
        now = time.monotonic()
        if not self._urls or not tabs:
            return None
        if self._blank is None:
            self._blank = next(iter(tabs))
        answered = self._last is not None and (self._last not in tabs or tabs[self._last].answered)
        if not answered and now - self._opened_at < _LONGEST_WAIT:
            self._rested_since = now
            return None
        if now - self._rested_since < self._pause:
            return None
        url = self._urls.popleft()
        if any(same_site(url, wall) for wall in walls):
            return url
        self._last, self._opened_at, self._rested_since = None, now, now
        self._devtools.ask("Target.createTarget", then=self._opened, url=url)
        return None

    def _opened(self, result: Values | None) -> None:
        self._last = "" if result is None else result["targetId"]
        if self._blank:  # the empty tab that the browser began with
            self._devtools.ask("Target.closeTarget", targetId=self._blank)
            self._blank = ""


class Watch:
    """One recording under way; everything happens in the thread that calls `run`."""

    def __init__(self, devtools: Devtools, journal: Journal, tell: Callable[[Seen], None], now: Callable[[], datetime]):
        self._devtools, self._journal, self._tell, self._now = devtools, journal, tell, now
        self._tabs: dict[str, _Tab] = {}
        self._forms: set[str] = set()
        self._asked: dict[str, _Asked] = {}
        self._by_worker: dict[str, _Answer] = {}
        self._walls: list[str] = []
        self._descriptions: set[str] = set()
        self.began = False
        self._handlers: dict[str, Callable[[str, Values], None]] = {
            "Target.targetCreated": self._opened,
            "Target.targetDestroyed": self._closed,
            "Target.attachedToTarget": self._attached,
            "Fetch.requestPaused": self._held,
            "Network.requestWillBeSent": self._sent,
            "Network.responseReceived": self._received,
            "Network.loadingFinished": self._finished,
            "Network.loadingFailed": self._failed,
        }

    def run(self, urls: Iterable[str], pause: float, stopped: Callable[[], bool]) -> None:
        """Open the given pages, one after the other with `pause` seconds between them, and listen until the last tab is
        closed, or `stopped` says so. Raises OSError where what is heard cannot be written down."""
        opener = _Opener(self._devtools, urls, pause)
        begun = time.monotonic()
        ask = self._devtools.ask
        try:
            ask("Fetch.enable", patterns=_HELD)
            ask("Target.setDiscoverTargets", discover=True, filter=_TABS)
            ask("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True, filter=_TABS)
            while not stopped() and (self._tabs if self.began else time.monotonic() - begun < _SECONDS_TO_OPEN):
                self._listen(_TICK)
                refused = opener.go_on(self._tabs, self._walls)
                if refused:
                    self._tell(Seen(url=refused, why_not="not opened, since this site shows a wall"))
            self._end()
        except BrowserGone:
            return

    def _end(self) -> None:
        """Have the browser close, and hear what it still has to say."""
        # Of a page that was left the browser may never tell the bodies, so it is the silence that counts.
        before, since = self._devtools.waiting, time.monotonic()
        while self._devtools.waiting and time.monotonic() - since < _SECONDS_OF_SILENCE:
            self._listen(_TICK)
            if self._devtools.waiting != before:
                before, since = self._devtools.waiting, time.monotonic()
        until = time.monotonic() + _SECONDS_TO_CLOSE
        self._devtools.ask("Browser.close")
        while time.monotonic() < until:
            self._listen(_TICK)

    def _listen(self, seconds: float) -> None:
        event = self._devtools.event(seconds)
        if isinstance(event, Event) and event.method in self._handlers:
            self._handlers[event.method](event.session, event.params)

    # --- tabs

    def _opened(self, _session: str, params: Values) -> None:
        self._tabs.setdefault(params["targetInfo"]["targetId"], _Tab())
        self.began = True

    def _closed(self, _session: str, params: Values) -> None:
        self._tabs.pop(params["targetId"], None)

    def _attached(self, _session: str, params: Values) -> None:
        # What forms send never reaches us.
        self._devtools.ask("Network.enable", params["sessionId"], maxPostDataSize=0, maxResourceBufferSize=LARGEST_BODY)
        # A page that opens a window waits for this in any case, whatever was said of waiting.
        self._devtools.ask("Runtime.runIfWaitingForDebugger", params["sessionId"])

    # --- what comes from the network: held, copied, let go

    def _held(self, session: str, params: Values) -> None:
        def let_go() -> None:
            self._devtools.ask("Fetch.continueRequest", session, requestId=params["requestId"])

        tab = self._tabs.get(params.get("frameId", ""))
        if tab is not None and params["resourceType"] == "Document":
            tab.url, tab.answered = params["request"]["url"], True
        asked, answer = self._asked_for(params), _answer(params)
        role = None if answer is None or asked.form else self._role(asked, answer)
        if answer is None or role is None or 300 <= answer.status < 400:
            let_go()
            if answer is not None and role is not None:
                self._keep(asked, answer, role, {})
        elif _announced(answer) > LARGEST_BODY:
            let_go()
            self._tell(Seen(url=asked.url, why_not=_TOO_LARGE))
        else:
            kept_as = role

            def take(result: Values | None) -> None:
                let_go()
                if result is not None:
                    self._keep(asked, answer, kept_as, result)

            self._devtools.ask("Fetch.getResponseBody", session, take, requestId=params["requestId"])

    def _asked_for(self, params: Values) -> _Asked:
        request = params["request"]
        form = request["method"] != "GET" or params.get("redirectedRequestId") in self._forms
        if form:
            self._forms.add(params["requestId"])
        return _Asked(
            url=request["url"],
            headers=request["headers"],
            kind=params["resourceType"],
            frame=params.get("frameId", ""),
            form=form,
        )

    # --- what a page's own worker or the browser's prefetching answered: asked for as soon as it is whole

    def _sent(self, _session: str, params: Values) -> None:
        before, request = self._asked.get(params["requestId"]), params["request"]
        self._asked[params["requestId"]] = _Asked(
            url=request["url"],
            headers=request["headers"],
            kind=params.get("type", "Other"),
            frame=params.get("frameId", ""),
            form=request["method"] != "GET" or (before is not None and before.form),
        )

    def _received(self, _session: str, params: Values) -> None:
        response = params["response"]
        if response.get("fromServiceWorker") or response.get("fromPrefetchCache"):
            self._by_worker[params["requestId"]] = _Answer(
                status=response["status"],
                reason=response["statusText"],
                headers=tuple(response["headers"].items()),
                server=response.get("remoteIPAddress", "").strip("[]") or None,
            )

    def _finished(self, session: str, params: Values) -> None:
        asked = self._asked.pop(params["requestId"], None)
        answer = self._by_worker.pop(params["requestId"], None)
        if asked is None or answer is None or asked.form:
            return
        role = self._role(asked, answer)
        if role is None:
            return
        if params.get("encodedDataLength", 0) > LARGEST_BODY:
            self._tell(Seen(url=asked.url, why_not=_TOO_LARGE))
            return

        def take(result: Values | None) -> None:
            if result is not None:  # the browser may have dropped it in the meantime
                self._keep(asked, answer, role, result)

        self._devtools.ask("Network.getResponseBody", session, take, requestId=params["requestId"])

    def _failed(self, _session: str, params: Values) -> None:
        self._asked.pop(params["requestId"], None)
        self._by_worker.pop(params["requestId"], None)

    # --- what becomes of it

    def _role(self, asked: _Asked, answer: _Answer) -> Role | None:
        if not web_address(asked.url) or answer.header("content-disposition").lower().startswith("attachment"):
            return None
        role = role_of(asked.kind, answer.header("content-type"), top=asked.frame in self._tabs)
        return Role.DESCRIPTION if role is Role.DATA and asked.url in self._descriptions else role

    def _keep(self, asked: _Asked, answer: _Answer, role: Role, result: Values) -> None:
        heard = _heard(asked, answer, role, result, self._now())
        try:
            verdict = judged(heard, tuple({tab.url for tab in self._tabs.values()}))
        except Exception as error:
            # Readers meet whatever a stranger wrote; one page must cost that page only.
            log.warning("could not read %s: %r", asked.url, error)
            self._tell(Seen(url=heard.url, why_not=f"it cannot be read ({type(error).__name__})"))
            return
        if verdict.kept:
            self._journal.write(heard)
        if verdict.why_not:
            self._tell(Seen(url=heard.url, why_not=verdict.why_not))
        elif verdict.reading is not None and verdict.kept:
            self._tell(Seen(url=heard.url, reading=verdict.reading))
            if verdict.reading.description_url is not None:
                self._descriptions.add(verdict.reading.description_url)
            if verdict.reading.state is ListingState.BLOCKED:
                self._walls.append(heard.url)


def _answer(params: Values) -> _Answer | None:
    """Return the answer that is held; None where the request failed."""
    if "responseStatusCode" not in params:
        return None
    headers = tuple((header["name"], header["value"]) for header in params.get("responseHeaders", ()))
    return _Answer(status=params["responseStatusCode"], reason=params.get("responseStatusText", ""), headers=headers)


def _heard(asked: _Asked, answer: _Answer, role: Role, result: Values, at: datetime) -> Heard:
    """Return an exchange with the body that the browser gave, as bytes or as the text that it made of them."""
    body = result.get("body", "")
    is_text = bool(body) and not result.get("base64Encoded")
    data = body.encode("utf-8", "replace") if is_text else base64.b64decode(body)
    return Heard(
        url=asked.url,
        role=role,
        status=answer.status,
        reason=_reason(answer.status, answer.reason),
        asked=request_headers(asked.headers, asked.url),
        headers=response_headers(answer.headers, len(data), is_utf8=is_text),
        body=data,
        at=at,
        server=answer.server,
    )


def _reason(status: int, told: str) -> str:
    """Return the words behind a status; HTTP/2 has none, so they are those of the standard."""
    if told and told.isascii() and told.isprintable():
        return told
    return next((known.phrase for known in HTTPStatus if known == status), "")


def _announced(answer: _Answer) -> int:
    size = answer.header("content-length")
    return int(size) if size.isdecimal() and size.isascii() and len(size) < 20 else 0
