"""The DevTools protocol over two pipes: commands out, answers and events in. No port is opened."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

log = logging.getLogger("copycatch.recording")

_END = b"\x00"  # of each message, in both directions
_CHUNK = 1 << 20  # bytes
_GONE = b""

Values = dict[str, Any]
Then = Callable[[Values | None], None]


class BrowserGone(Exception):  # noqa: N818 - it is no error that a person closes her browser
    """The browser closed the pipe."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the browser tells unasked; `session` names the page, frame or worker that it is about."""

    method: str
    session: str
    params: Values


class Devtools:
    """One connection. A thread of its own reads, so that the browser never waits for us; all else happens in the
    thread that asks."""

    def __init__(self, incoming: FileIO, outgoing: FileIO):
        self._incoming, self._outgoing = incoming, outgoing
        self._messages: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._waiting: dict[int, Then] = {}
        self._asked = 0
        self._reader = threading.Thread(target=self._read, name="devtools", daemon=True)
        self._reader.start()

    def ask(self, method: str, session: str = "", then: Then | None = None, **params: Any) -> None:
        """Send a command; `then` is called with its result, or with None where the browser could not do it.

        Raises:
            BrowserGone: the browser has closed the pipe.
        """
        self._asked += 1
        if then is not None:
            self._waiting[self._asked] = then
        message: Values = {"id": self._asked, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = memoryview(json.dumps(message).encode() + _END)
        try:
            while data:
                data = data[self._outgoing.write(data) or 0 :]
        except (OSError, ValueError) as error:
            raise BrowserGone from error

    def event(self, seconds: float) -> Event | None:
        """Return the next event; None where none came in that time. Answers are handed to who waits for them.

        Raises:
            BrowserGone: the browser has closed the pipe, and everything it said before is handed out.
        """
        try:
            data = self._messages.get(timeout=seconds)
        except queue.Empty:
            return None
        if data == _GONE:
            self._messages.put(_GONE)
            raise BrowserGone
        message = json.loads(data)
        if "method" in message:
            return Event(message["method"], message.get("sessionId", ""), message.get("params", {}))
        if "error" in message:
            log.debug("the browser could not answer: %s", message["error"])
        then = self._waiting.pop(message.get("id", 0), None)
        if then is not None:
            then(message.get("result"))
        return None

    @property
    def waiting(self) -> int:
        """How many answers that somebody waits for are still to come."""
        return len(self._waiting)

    def close(self) -> None:
        """Close the pipe, which ends the browser as well."""
        self._outgoing.close()
        self._reader.join(timeout=5)
        if not self._reader.is_alive():
            self._incoming.close()

    def _read(self) -> None:
        for message in self._split():
            self._messages.put(message)
        self._messages.put(_GONE)

    def _split(self) -> Iterator[bytes]:
        """Yield the messages; what was begun when the pipe was closed is none."""
        parts: list[bytes] = []
        while True:
            try:
                data = self._incoming.read(_CHUNK)
            except (OSError, ValueError):
                return
            if not data:
                return
            *ended, rest = data.split(_END)
            for end in ended:
                yield b"".join((*parts, end))
                parts.clear()
            if rest:
                parts.append(rest)
