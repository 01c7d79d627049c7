"""Ask image searches where the owner's works are seen, and keep the pages they tell as leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PIL import Image

from casebook.errors import CopycatchError
from casebook.findings import ReferenceKind
from casebook.leads import Added, Tip
from copycatch.image_search.asking import PictureRefused, ask
from copycatch.leads import add_leads
from matching import rendition
from matching.decode import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from casebook.casebook import Casebook
    from casebook.findings import Reference, Work
    from copycatch.image_search import ImageSearch, PageFound
    from copycatch.works import Library
    from crawler.keys import Keys

ASKED_AGAIN_AFTER = timedelta(days=30)
LONGEST_SIDE = 1000  # pixels of the picture that is sent
_QUALITY = 90


class UnknownWorkError(CopycatchError):
    """There is no work of that id, or none with a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be searched: with which interfaces, for which works (none named means all), for how many pictures at
    most, and whether also for works that were searched for lately."""

    interfaces: Sequence[ImageSearch]
    work_ids: Collection[str] = ()
    limit: int = 20
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One picture that goes to one interface."""

    interface: ImageSearch
    work: Work
    reference: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be sent, how many pictures were left out as searched for lately, and how many wait for another time."""

    errands: tuple[Errand, ...]
    lately: int
    later: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What one errand brought: pages that are new leads, known ones, those on the owner's own sites and those that are
    no usable addresses. `problem` is why it brought none."""

    errand: Errand
    new: int = 0
    known: int = 0
    own: int = 0
    unusable: int = 0
    problem: str | None = None


def plan_search(library: Library, casebook: Casebook, wish: Wish, now: datetime) -> Plan:
    """Choose what to send: of each work its first picture that is not known to be bad, in the order of the library.

    UnknownWorkError: a work is named that is none, or has no picture.
    """
    pictures: dict[str, Reference] = {}
    for reference in library.references:
        if reference.kind is ReferenceKind.PICTURE:
            pictures.setdefault(reference.work_id, reference)
    unknown = sorted(set(wish.work_ids) - set(pictures))
    if unknown:
        raise UnknownWorkError(
            f"there is no work with a picture under the id {', '.join(unknown)[:300]}",
            remedy="`copycatch works list` names the works.",
        )
    errands, lately = [], 0
    for interface in wish.interfaces:
        asked = set() if wish.again else casebook.searched_works(interface.NAME, now - ASKED_AGAIN_AFTER)
        for work in library.works:
            if work.work_id not in pictures or (wish.work_ids and work.work_id not in wish.work_ids):
                continue
            if work.work_id in asked:
                lately += 1
                continue
            errands.append(Errand(interface=interface, work=work, reference=pictures[work.work_id]))
    return Plan(errands=tuple(errands[: wish.limit]), lately=lately, later=len(errands[wish.limit :]))


def run_search(
    library: Library,
    casebook: Casebook,
    plan: Plan,
    *,
    keys: Keys,
    user_agent: str,
    own_hosts: Collection[str],
    now: Callable[[], datetime],
    base_urls: Mapping[str, str] | None = None,
) -> Iterator[Searched]:
    """Send each picture and store what comes back before the next one goes; yield what each brought.

    `base_urls` stands in for the interfaces' own addresses, for tests.

    Raises:
        SearchError: an interface will not answer further; what was found before is stored.
    """
    for errand in plan.errands:
        interface, work = errand.interface, errand.work
        key = keys[interface.NAME]["api_key"]
        try:
            jpeg = scaled_down(library.readers[errand.reference.reference_id]())
        except ValueError as error:
            yield Searched(errand=errand, problem=f"{errand.reference.path}: {error}")
            continue
        base_url = (base_urls or {}).get(interface.NAME)
        try:
            answer = ask(interface, jpeg, key=key, user_agent=user_agent, base_url=base_url)
        except PictureRefused as error:
            casebook.add_search(interface.NAME, work.work_id, errand.reference.sha256, now(), 0, error.message)
            yield Searched(errand=errand, problem=error.message)
            continue
        yield _store(casebook, errand, interface.pages(answer), own_hosts, now())


def scaled_down(data: bytes) -> bytes:
    """Return a picture as a JPEG of at most 1,000 pixels on its longer side, with nothing that its file says about
    itself. ValueError: it cannot be decoded."""
    raster = decode(data)
    if raster.pixels is None:
        raise ValueError(raster.problem or "it cannot be decoded")
    return rendition.jpeg(rendition.scaled_down(Image.fromarray(raster.pixels), LONGEST_SIDE), _QUALITY)


def is_own(url: str, own_hosts: Collection[str]) -> bool:
    """Whether a page lies on one of these hosts or below it (shop.mara.example on mara.example)."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return False
    return any(host == own or host.endswith(f".{own}") for own in own_hosts)


def _store(
    casebook: Casebook, errand: Errand, pages: Sequence[PageFound], own_hosts: Collection[str], at: datetime
) -> Searched:
    """Keep the pages as leads and note the search, in one transaction."""
    strangers = [page for page in pages if not is_own(page.url, own_hosts)]
    numbers = {"new": 0, "known": 0, "unusable": 0}
    new: set[str] = set()
    with casebook.immediate():
        for page in strangers:
            tip = Tip(
                source=errand.interface.NAME,
                told_at=at,
                work_id=errand.work.work_id,
                score=page.score,
                picture_url=page.picture_url,
                title=page.title,
            )
            (taken,) = add_leads(casebook, [page.url], tip)
            if taken.added is Added.NEW:
                new.add(taken.url)
            kind = "unusable" if taken.added is None else "new" if taken.added is Added.NEW else "known"
            numbers[kind] += kind != "known" or taken.url not in new
        casebook.add_search(errand.interface.NAME, errand.work.work_id, errand.reference.sha256, at, len(pages))
    return Searched(
        errand=errand,
        new=numbers["new"],
        known=numbers["known"],
        own=len(pages) - len(strangers),
        unusable=numbers["unusable"],
    )
