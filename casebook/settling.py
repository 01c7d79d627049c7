"""What decisions, licences and places come to for one candidate: the rules, without any database.

`settle` is the one place where it is said why somebody is not asked again, and why somebody is.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from casebook.rulings import Box, Decision, Licence, Place, PlaceKind, Reviewed, Ruling, Scope, Settlement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A cell of the comparison is about this part of a reference; the same logo may touch one more or one less.
REGION_SLACK = 0.06

# Of several decisions that together explain all pictures of a listing, the gravest names it.
_GRAVEST = (Ruling.INFRINGING, Ruling.UNSURE, Ruling.OWN_PHOTO, Ruling.NOT_A_MATCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """One picture of a listing that matches one reference of the work.

    `content` names what the picture shows, the same for all encodings and sizes of it. `agreed` is the part of the
    reference that it shares, None where that is not known. `copy` tells a match that is more than possible.
    """

    picture: str
    content: str
    reference: str
    copy: bool = True
    agreed: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A candidate as the rules see it."""

    candidate_id: str
    listing_key: str
    work_id: str
    marketplace: str
    host: str
    netloc: str
    seller_key: str | None
    seller_url: str | None
    shown: tuple[Resemblance, ...]

    def at(self, place: str) -> bool:
        """Whether the listing stands at a place: see `Licence`."""
        url = self.seller_url and self.seller_url.rstrip("/")
        shops = (shop.removeprefix("www.") for shop in (self.host, self.netloc))  # without a port, and with one
        return place in (self.seller_key, url, self.marketplace, *shops, "*")


@dataclass(frozen=True, slots=True)
class Told:
    """A decision with the contents of the pictures that it was taken on."""

    decision: Decision
    contents: frozenset[str]


@dataclass(slots=True)
class Rules:
    """All that stands, found quickly by what it may hold for. `people` is how many must call something infringing."""

    people: int = 1
    licences: Sequence[Licence] = ()
    places: Sequence[Place] = ()
    _by_candidate: defaultdict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    _by_seller: defaultdict[tuple[str, str | None], list[Told]] = field(default_factory=lambda: defaultdict(list))
    _by_content: defaultdict[tuple[str, str], list[Told]] = field(default_factory=lambda: defaultdict(list))
    _by_region: defaultdict[tuple[str, str], list[Told]] = field(default_factory=lambda: defaultdict(list))

    def add(self, told: Iterable[Told]) -> None:
        """Add decisions in the order in which they were taken; undone ones and undoings do not belong here."""
        for one in told:
            decision = one.decision
            self._by_candidate[decision.candidate_id].append(one)
            if decision.seller_key is not None:
                self._by_seller[decision.work_id, decision.seller_key].append(one)
            if decision.scope in (Scope.CONTENT, Scope.REGION):
                for content in one.contents:
                    self._by_content[decision.work_id, content].append(one)
            if decision.scope is Scope.REGION and decision.region is not None:
                self._by_region[decision.work_id, decision.region[0]].append(one)

    def on(self, case: Case) -> list[Told]:
        """Return the decisions on this very candidate, newest first."""
        return self._by_candidate.get(case.candidate_id, [])[::-1]

    def of_seller(self, case: Case) -> list[Told]:
        """Return the decisions on the seller's listings of the work, newest first."""
        return self._by_seller.get((case.work_id, case.seller_key), [])[::-1]

    def reaching(self, case: Case) -> list[Told]:
        """Return the decisions on other listings that say something of this one, newest first."""
        by_seller = (told for told in self.of_seller(case) if told.decision.scope is Scope.SELLER)
        by_content = (self._by_content.get((case.work_id, each.content), ()) for each in case.shown)
        by_region = (self._by_region.get((case.work_id, each.reference), ()) for each in case.shown)
        found = {told.decision.seq: told for told in chain(by_seller, *by_content, *by_region)}
        return [
            found[seq] for seq in sorted(found, reverse=True) if found[seq].decision.candidate_id != case.candidate_id
        ]


_NEVER = datetime.max.replace(tzinfo=UTC)


def settle(case: Case, rules: Rules, now: datetime) -> Settlement:
    """Say what all that stands comes to for a candidate.

    1. What stands at the owner's own place is hers. A licence or an authorised place clears it, whatever it shows.
    2. The newest decision on this very listing holds. One about the right (licensed, own shop) holds whatever is
       shown, one about pictures as long as a person saw every picture that matches: in it, or in one that reaches here.
    3. Else a decision about the right that reaches to this seller clears it.
    4. Else decisions about pictures do, where every matching picture was decided; the gravest of them names it. That
       something infringes waits for a person's word on this very listing all the same: another seller may have leave.
    5. Whatever was decided before and is open now says what is new.

    Where a licence begins later, all but what places say holds until then.
    """
    by_place = _by_place(case, rules)
    if by_place is not None:
        return by_place
    found = _by_licence(case, rules, now) or _by_words(case, rules, now)
    begins = [
        each.starts for each in rules.licences if each.starts and each.starts > now.date() and _covers(each, case)
    ]
    if not begins:
        return found
    return replace(found, until=min(found.until or _NEVER, datetime.combine(min(begins), time(), UTC)))


def _by_words(case: Case, rules: Rules, now: datetime) -> Settlement:
    """Return what the decisions of people come to: steps 2 to 5 of `settle`."""
    direct = next(iter(rules.on(case)), None)
    reaching = [told for told in rules.reaching(case) if told.decision.holds(now)]
    if direct is not None and direct.decision.holds(now):
        return _by_word(case, direct, reaching, rules, now)
    for told in reaching:
        if told.decision.ruling.about_right and told.decision.scope is Scope.SELLER:
            return _settled(case, told.decision, Reviewed(told.decision.ruling), direct=False)
    explained = {shown: _explanation(shown, reaching) for shown in case.shown}
    known = [told for told in explained.values() if told is not None]
    if case.shown and len(known) == len(case.shown):
        gravest = min(known, key=lambda told: _GRAVEST.index(told.decision.ruling)).decision
        reviewed = Reviewed.TO_CONFIRM if gravest.ruling is Ruling.INFRINGING else Reviewed(gravest.ruling)
        until = min((told.decision.until for told in known if told.decision.until), default=None)
        return _settled(case, gravest, reviewed, direct=False, until=until)
    return _open(case, direct, explained, rules, now)


def _by_place(case: Case, rules: Rules) -> Settlement | None:
    for place in rules.places:
        if case.at(place.place):
            own = place.kind is PlaceKind.OWN
            what = "your own place" if own else "an authorised seller"
            return Settlement(
                candidate_id=case.candidate_id,
                reviewed=Reviewed.OWN_SHOP if own else Reviewed.LICENSED,
                because=f"hidden by place {place.name}: {place.title or place.place} is {what}",
                settled_by=place.name,
            )
    return None


def _by_licence(case: Case, rules: Rules, now: datetime) -> Settlement | None:
    today = now.date()
    for licence in rules.licences:
        held = (licence.starts is None or licence.starts <= today) and (licence.ends is None or today <= licence.ends)
        if held and _covers(licence, case):
            return Settlement(
                candidate_id=case.candidate_id,
                reviewed=Reviewed.LICENSED,
                because=f"hidden by licence {licence.name} of {licence.licensee}",
                settled_by=licence.name,
                until=_end_of(licence.ends),
            )
    return None


def _covers(licence: Licence, case: Case) -> bool:
    """Whether a licence is about a candidate, on the days on which it holds."""
    return (not licence.works or case.work_id in licence.works) and any(map(case.at, licence.places))


def _end_of(day: date | None) -> datetime | None:
    """Return the moment after a last day; None where there is none, or no day after it (9999-12-31 means never)."""
    return None if day is None or day == date.max else datetime.combine(day + timedelta(days=1), time(), UTC)


def _by_word(case: Case, direct: Told, reaching: list[Told], rules: Rules, now: datetime) -> Settlement:
    """Return what a standing word on this very listing comes to."""
    decision = direct.decision
    if not decision.ruling.about_right:
        said_here = [told for told in rules.on(case) if told.decision.holds(now)]
        explained = {shown: _explanation(shown, [*said_here, *reaching]) for shown in case.shown}
        if None in explained.values():
            return _open(case, direct, explained, rules, now)
    if decision.ruling is Ruling.INFRINGING:
        words: dict[str, Told] = {}  # the newest of each person
        for told in rules.on(case):
            if told.decision.holds(now):
                words.setdefault(_person(told.decision.reviewer), told)
        confirming = [told.decision for told in words.values() if _confirms(told, direct)]
        if len(confirming) < rules.people:
            return Settlement(
                candidate_id=case.candidate_id,
                reviewed=Reviewed.TO_CONFIRM,
                because=f"{_said(decision)}; a second person has still to confirm it",
                settled_by=decision.name,
                direct=True,
                until=decision.until,
            )
        ends = sorted(each.until or _NEVER for each in confirming)
        until = ends[len(ends) - rules.people]  # from then on too few say so
        return _settled(case, decision, Reviewed.INFRINGING, direct=True, until=None if until == _NEVER else until)
    return _settled(case, decision, Reviewed(decision.ruling), direct=True)


def _person(name: str) -> str:
    """Return the one spelling of a reviewer's name: `Ana` and `ana` are one person."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _confirms(told: Told, direct: Told) -> bool:
    """Whether a decision on the same listing says so of the same pictures."""
    return told.decision.ruling is Ruling.INFRINGING and told.contents >= direct.contents


def _explanation(shown: Resemblance, told: Iterable[Told]) -> Told | None:
    """Return the newest decision by which a matching picture is nothing new."""
    for one in told:
        decision = one.decision
        if decision.ruling.about_right or _beyond_what_was_known(shown, decision):
            continue
        if shown.content in one.contents or (decision.scope is Scope.REGION and _in_region(shown, decision)):
            return one
    return None


def _beyond_what_was_known(shown: Resemblance, decision: Decision) -> bool:
    """Whether the picture copies a reference that the work did not have when it was decided."""
    return shown.copy and shown.reference not in decision.references


def _in_region(shown: Resemblance, decision: Decision) -> bool:
    if decision.region is None or shown.agreed is None:
        return False
    reference, box = decision.region
    return shown.reference == reference and box.holds(shown.agreed, REGION_SLACK)


def _open(
    case: Case, direct: Told | None, explained: dict[Resemblance, Told | None], rules: Rules, now: datetime
) -> Settlement:
    """Return that a person has to look, and what is new where one has looked before."""
    new = {shown.picture for shown, told in explained.items() if told is None}
    known = next((told.decision for told in explained.values() if told is not None), None)
    if direct is not None and not direct.decision.holds(now):
        because = f"shown again: {_said(direct.decision)}, and that held until {_last_day(direct.decision):%Y-%m-%d}"
    elif direct is not None:
        because = f"shown again: {_new_pictures(case, new, direct.decision)}; before, {_said(direct.decision)}"
    elif known is not None:
        because = f"{_counted(len(new))} here {_was(len(new))} never decided; of the rest, {_said(known)}"
    else:
        because = _history(case, rules)
    return Settlement(candidate_id=case.candidate_id, reviewed=Reviewed.OPEN, because=because)


def _new_pictures(case: Case, new: set[str], decision: Decision) -> str:
    later = {shown.picture for shown in case.shown if _beyond_what_was_known(shown, decision)}
    if new <= later:
        copies = "copies" if len(new) == 1 else "copy"
        return f"{_counted(len(new))} here {copies} a reference that the work did not have then"
    return f"{_counted(len(new))} here {_was(len(new))} not seen then"


def _history(case: Case, rules: Rules) -> str:
    """Say what was decided of other pictures that the seller shows of the work, which is no reason to hide this one."""
    told = next(iter(rules.of_seller(case)), None)
    if told is None:
        return ""
    return f"a picture not seen before; of another one that this seller shows of the work, {_said(told.decision)}"


def _settled(
    case: Case, decision: Decision, reviewed: Reviewed, *, direct: bool, until: datetime | None = None
) -> Settlement:
    because = _said(decision) if direct else f"hidden by decision {decision.name}: {_said(decision)}"
    if reviewed is Reviewed.TO_CONFIRM:
        because = f"recognised by decision {decision.name}: {_said(decision)} of another listing; confirm it here"
    return Settlement(
        candidate_id=case.candidate_id,
        reviewed=reviewed,
        because=because,
        settled_by=decision.name,
        direct=direct,
        until=until or decision.until,
    )


def _last_day(decision: Decision) -> datetime:
    """Return the last moment at which a decision held that has ended."""
    return (decision.until or _NEVER) - timedelta(microseconds=1)


def _said(decision: Decision) -> str:
    return f"{decision.reviewer} said {decision.ruling.words} on {decision.decided_at:%Y-%m-%d}"


def _counted(pictures: int) -> str:
    return "1 picture" if pictures == 1 else f"{pictures} pictures"


def _was(pictures: int) -> str:
    return "was" if pictures == 1 else "were"
