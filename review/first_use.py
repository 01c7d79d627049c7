"""What the pages of first use need of the program around them: works, places to watch, the owner, a scan, a report.

`copycatch/first_use.py` implements `FirstUse` with the functions of the command line. Everything it refuses comes as a
`FieldError`, which names the field of the form that is to be corrected, or as a `CopycatchError` that concerns none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from casebook.errors import CopycatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime


class FieldError(CopycatchError):
    """A field of a form cannot be used as it stands; nothing was changed."""

    def __init__(self, field: str, message: str, *, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file as a browser sent it; its name may be anything. `read` gives its bytes anew each time, and of one that is
    too large no more than show that: so many large pictures are never in memory at once."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to tell a person: what it concerns, what it is, and what to do about it (empty: nothing)."""

    what: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorksAdded:
    """What became of pictures that were sent: those that are watched now, and those that are not, with the reason."""

    added: tuple[Note, ...] = ()
    left: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkShown:
    """A work that is watched, with how many pictures and watermarks it has; it has no id where works.toml does not
    list it. `shown_sha256` names a JPEG that shows it, None until something matched it; it is `compared` once a scan or
    match knew of it."""

    work_id: str
    title: str
    kind: str
    pictures: int
    watermarks: int
    rights: str = ""
    shown_sha256: str | None = None
    compared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceShown:
    """One thing that is watched: `target`, `key` and `value` name it in the configuration; `place` and `what` tell
    people where and what it is."""

    target: str
    key: str
    value: str
    place: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceAdded:
    """What became of something pasted: `crawled` tells what scans will do there, `left` what they will not, and why."""

    place: PlaceShown
    known: bool
    crawled: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceToSearch:
    """A marketplace words can be searched on; `crawled` is false where no scan may ask its search as things stand."""

    name: str
    title: str
    crawled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerShown:
    """Who watches, as shops see it."""

    name: str = ""
    contact_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanShown:
    """How the last scan stands. `state` is running, finished, stopped or failed; `what` says in words what it does now,
    `done` of `total` how far that is (0 of 0: it counts nothing), `looking_at` the address it asked for last."""

    state: str
    started_at: datetime
    what: str
    done: int = 0
    total: int = 0
    unit: str = ""
    looking_at: str | None = None
    not_seen: tuple[str, ...] = ()
    complete: bool = False
    candidates: int = 0
    new: int = 0
    message: str = ""
    remedy: str = ""
    stopping: bool = False

    @property
    def running(self) -> bool:
        return self.state == "running"


class FirstUse(Protocol):
    """What `copycatch` gives to these pages. All of it may block, and every method may raise CopycatchError."""

    def works(self) -> Sequence[WorkShown]:
        """Return what is watched, listed in works.toml or not."""

    def add_pictures(self, files: Sequence[SentFile], form: Mapping[str, str], *, watermark: bool) -> WorksAdded:
        """Add pictures or watermarks; `form` may hold title, kind, rights and work. FieldError: a field is unusable."""

    def describe_work(self, form: Mapping[str, str]) -> None:
        """Write down the title and the rights of the listed work that a form names. FieldError: a field is unusable."""

    def places(self) -> Sequence[PlaceShown]:
        """Return everything that is watched, in the order of the configuration."""

    def places_to_search(self) -> Sequence[PlaceToSearch]:
        """Return the marketplaces that have a search, those that scans may ask first."""

    def add_place(self, text: str, marketplace: str) -> PlaceAdded:
        """Watch what was pasted: an address, or words for a marketplace. FieldError: it is neither."""

    def remove_place(self, target: str, key: str, value: str) -> None:
        """Watch one thing no longer."""

    def owner(self) -> OwnerShown:
        """Return who watches."""

    def set_owner(self, owner: OwnerShown) -> None:
        """Write down who watches. FieldError: a field is unusable."""

    def scan(self) -> ScanShown | None:
        """Return how the last scan stands; None before the first."""

    def start_scan(self) -> None:
        """Start a scan in a process of its own."""

    def stop_scan(self) -> None:
        """Ask the running scan to end."""

    def report(self) -> bytes | None:
        """Return the newest report, an HTML file; None before the first."""
