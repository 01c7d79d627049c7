"""The rules of review: who is not asked again, who is, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.rulings import Box, Decision, Licence, Place, PlaceKind, Reviewed, Ruling, Scope
from casebook.settling import Case, Resemblance, Rules, Told, settle

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
THEN = NOW - timedelta(days=2)
WHOLE = Box(left=0, top=0, right=1, bottom=1)
LOGO = Box(left=0.7, top=0.8, right=0.95, bottom=0.95)


def case(name: str = "1", *contents: str, seller: str | None = "etsy:thief", **changed: object) -> Case:
    shown = tuple(
        Resemblance(picture=f"{name}-{content}", content=content, reference="r1") for content in contents or ("a",)
    )
    made = Case(
        candidate_id=f"c{name}", listing_key=f"etsy:{name}", work_id="W-1", marketplace="etsy", host="www.etsy.com",
        netloc="www.etsy.com",
        seller_key=seller, seller_url="https://www.etsy.com/shop/Thief/", shown=shown,
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


def told(on: Case, ruling: Ruling, scope: Scope = Scope.LISTING, *, seq: int = 1, **changed: object) -> Told:
    decision = Decision(
        candidate_id=on.candidate_id, decided_at=THEN, reviewer="Ana", ruling=ruling, act=f"act {seq}", scope=scope,
        listing_key=on.listing_key, work_id=on.work_id, seller_key=on.seller_key, references=("r1",), seq=seq,
    )  # fmt: skip
    return Told(replace(decision, **changed), frozenset(each.content for each in on.shown))  # type: ignore[arg-type]


def rules(*said: Told, people: int = 1, licences: tuple[Licence, ...] = (), places: tuple[Place, ...] = ()) -> Rules:
    made = Rules(people=people, licences=licences, places=places)
    made.add(said)
    return made


def reviewed(of: Case, by: Rules, now: datetime = NOW) -> Reviewed:
    return settle(of, by, now).reviewed


def test_nothing_decided_is_open_and_says_nothing() -> None:
    settled = settle(case(), rules(), NOW)
    assert (settled.reviewed, settled.because, settled.settled_by) == (Reviewed.OPEN, "", None)


@pytest.mark.parametrize("ruling", [each for each in Ruling if each is not Ruling.UNDONE])
def test_a_word_on_this_very_listing_holds_for_it(ruling: Ruling) -> None:
    settled = settle(case(), rules(told(case(), ruling)), NOW)
    assert (settled.reviewed, settled.settled_by, settled.direct) == (Reviewed(ruling), "D-1", True)
    assert settled.because == f"Ana said {ruling.words} on 2026-11-21"


def test_the_newest_word_on_a_listing_holds() -> None:
    said = rules(told(case(), Ruling.NOT_A_MATCH), told(case(), Ruling.INFRINGING, seq=2))
    assert reviewed(case(), said) is Reviewed.INFRINGING


def test_a_decided_listing_comes_back_with_a_new_picture_and_says_so() -> None:
    said = rules(told(case("1", "a"), Ruling.NOT_A_MATCH))
    settled = settle(case("1", "a", "b"), said, NOW)
    assert settled.reviewed is Reviewed.OPEN
    assert settled.because == (
        "shown again: 1 picture here was not seen then; before, Ana said not a match on 2026-11-21"
    )


def test_the_same_content_under_another_file_is_nothing_new() -> None:
    again = case("1", "a")
    again = replace(again, shown=(replace(again.shown[0], picture="re-encoded"),))
    assert reviewed(again, rules(told(case("1", "a"), Ruling.NOT_A_MATCH))) is Reviewed.NOT_A_MATCH


@pytest.mark.parametrize("ruling", [Ruling.NOT_A_MATCH, Ruling.OWN_PHOTO, Ruling.UNSURE])
def test_what_was_said_of_a_picture_holds_wherever_it_turns_up(ruling: Ruling) -> None:
    said = rules(told(case("1"), ruling, Scope.CONTENT))
    settled = settle(case("2", seller="ebay:stranger"), said, NOW)
    assert (settled.reviewed, settled.direct) == (Reviewed(ruling), False)
    assert settled.because == f"hidden by decision D-1: Ana said {ruling.words} on 2026-11-21"


def test_an_infringing_picture_at_another_place_is_recognised_and_waits_for_a_word_on_it() -> None:
    said = rules(told(case("1"), Ruling.INFRINGING, Scope.CONTENT))
    settled = settle(case("2", seller="ebay:stranger"), said, NOW)
    assert settled.reviewed is Reviewed.TO_CONFIRM
    assert "recognised by decision D-1" in settled.because


def test_a_word_on_one_listing_only_says_nothing_of_another_but_is_told() -> None:
    settled = settle(case("2"), rules(told(case("1"), Ruling.NOT_A_MATCH, Scope.LISTING)), NOW)
    assert settled.reviewed is Reviewed.OPEN
    assert "Ana said not a match" in settled.because


def test_a_word_on_a_seller_reaches_no_other_seller() -> None:
    said = rules(told(case("1"), Ruling.NOT_A_MATCH, Scope.SELLER))
    assert reviewed(case("2"), said) is Reviewed.NOT_A_MATCH
    assert reviewed(case("3", seller="etsy:other"), said) is Reviewed.OPEN
    assert reviewed(case("4", seller=None), said) is Reviewed.OPEN


def test_a_seller_nobody_could_read_is_not_the_same_as_another_such() -> None:
    said = rules(told(case("1", seller=None), Ruling.LICENSED, Scope.SELLER))
    assert reviewed(case("2", seller=None), said) is Reviewed.OPEN


def test_a_word_on_the_right_of_a_seller_holds_whatever_he_shows() -> None:
    said = rules(told(case("1", "a"), Ruling.LICENSED, Scope.SELLER))
    assert reviewed(case("2", "b", "c"), said) is Reviewed.LICENSED


def test_a_new_crop_by_a_decided_seller_is_shown_with_what_was_said_before() -> None:
    said = rules(told(case("1", "a"), Ruling.INFRINGING, Scope.CONTENT))
    settled = settle(case("2", "crop"), said, NOW)
    assert settled.reviewed is Reviewed.OPEN
    assert settled.because == (
        "a picture not seen before; of another one that this seller shows of the work, "
        "Ana said infringing on 2026-11-21"
    )


def test_where_only_some_pictures_were_decided_the_case_is_open_and_says_which() -> None:
    said = rules(told(case("1", "a"), Ruling.NOT_A_MATCH, Scope.CONTENT))
    settled = settle(case("2", "a", "b", seller="etsy:other"), said, NOW)
    assert settled.reviewed is Reviewed.OPEN
    assert settled.because == "1 picture here was never decided; of the rest, Ana said not a match on 2026-11-21"


def test_of_several_words_that_explain_all_pictures_the_gravest_names_the_case() -> None:
    said = rules(
        told(case("1", "a"), Ruling.INFRINGING, Scope.CONTENT),
        told(case("2", "b"), Ruling.UNSURE, Scope.CONTENT, seq=2),
    )
    assert reviewed(case("3", "a", "b", seller="etsy:other"), said) is Reviewed.TO_CONFIRM


def test_a_decision_on_another_work_says_nothing() -> None:
    other = replace(case("1"), work_id="W-2")
    assert reviewed(case("2"), rules(told(other, Ruling.NOT_A_MATCH, Scope.CONTENT))) is Reviewed.OPEN


def test_a_decision_ends_with_its_last_moment_and_says_so() -> None:
    said = rules(told(case(), Ruling.LICENSED, until=NOW))
    assert reviewed(case(), said, NOW - timedelta(seconds=1)) is Reviewed.LICENSED
    ended = settle(case(), said, NOW)
    assert ended.reviewed is Reviewed.OPEN
    assert ended.because == "shown again: Ana said licensed on 2026-11-21, and that held until 2026-11-23"


def test_a_copy_of_a_reference_that_the_work_did_not_have_is_new() -> None:
    now = case("1", "a")
    now = replace(now, shown=(*now.shown, replace(now.shown[0], reference="r2")))
    settled = settle(now, rules(told(case("1", "a"), Ruling.NOT_A_MATCH)), NOW)
    assert settled.reviewed is Reviewed.OPEN
    assert "copies a reference that the work did not have then" in settled.because


def test_a_mere_resemblance_to_a_later_reference_is_not() -> None:
    now = case("1", "a")
    now = replace(now, shown=(*now.shown, replace(now.shown[0], reference="r2", copy=False)))
    assert reviewed(now, rules(told(case("1", "a"), Ruling.NOT_A_MATCH))) is Reviewed.NOT_A_MATCH


def test_a_logo_that_everyone_has_is_told_once() -> None:
    said = rules(told(case("1"), Ruling.NOT_A_MATCH, Scope.REGION, region=("r1", LOGO)))
    other = case("2", "b", seller="etsy:other")
    inside = replace(other, shown=(replace(other.shown[0], agreed=Box(left=0.72, top=0.8, right=0.97, bottom=0.95)),))
    assert reviewed(inside, said) is Reviewed.NOT_A_MATCH
    assert reviewed(replace(other, shown=(replace(other.shown[0], agreed=WHOLE),)), said) is Reviewed.OPEN
    assert reviewed(other, said) is Reviewed.OPEN
    elsewhere = replace(inside, shown=(replace(inside.shown[0], reference="r2"),))
    assert reviewed(elsewhere, said) is Reviewed.OPEN


@pytest.mark.parametrize(
    "place", ["etsy:thief", "https://www.etsy.com/shop/Thief", "etsy.com"], ids=["seller", "his page", "host"]
)
def test_what_stands_at_the_owners_own_place_is_no_candidate(place: str) -> None:
    own = Place(kind=PlaceKind.OWN, place=place, title="My shop", seq=3)
    settled = settle(case(), rules(told(case(), Ruling.INFRINGING), places=(own,)), NOW)
    assert (settled.reviewed, settled.settled_by) == (Reviewed.OWN_SHOP, "P-3")
    assert settled.because == "hidden by place P-3: My shop is your own place"


@pytest.mark.parametrize(
    ("place", "own"), [("shop.example", True), ("shop.example:8080", True), ("shop.example:81", False)]
)
def test_a_shop_is_a_place_with_its_port_or_on_whatever_port(place: str, own: bool) -> None:
    shop = case(marketplace="generic", host="www.shop.example", netloc="www.shop.example:8080")
    mine = Place(kind=PlaceKind.OWN, place=place, seq=1)
    assert reviewed(shop, rules(places=(mine,))) is (Reviewed.OWN_SHOP if own else Reviewed.OPEN)


def test_an_authorised_seller_is_licensed_for_all_works() -> None:
    place = Place(kind=PlaceKind.AUTHORISED, place="etsy:thief", seq=4)
    assert reviewed(case(), rules(places=(place,))) is Reviewed.LICENSED
    assert reviewed(case(seller="etsy:other"), rules(places=(place,))) is Reviewed.OPEN


def test_a_licence_hides_what_it_covers_by_its_name_and_nothing_else() -> None:
    licence = Licence(
        licensee="Posterhaus", works=("W-1",), places=("etsy:thief",), starts=date(2026, 1, 1), ends=date(2026, 12, 31),
        seq=12,
    )  # fmt: skip
    settled = settle(case(), rules(licences=(licence,)), NOW)
    assert (settled.reviewed, settled.settled_by) == (Reviewed.LICENSED, "L-12")
    assert settled.because == "hidden by licence L-12 of Posterhaus"
    assert settled.until == datetime(2027, 1, 1, tzinfo=UTC)
    for other in (
        replace(licence, works=("W-2",)),
        replace(licence, places=("ebay", "etsy:other")),
        replace(licence, ends=date(2026, 11, 22)),
        replace(licence, starts=date(2026, 11, 24)),
    ):
        assert reviewed(case(), rules(licences=(other,))) is Reviewed.OPEN
    for broad in (replace(licence, works=()), replace(licence, places=("*",)), replace(licence, places=("etsy",))):
        assert reviewed(case(), rules(licences=(broad,))) is Reviewed.LICENSED


def test_a_licence_that_begins_later_has_the_case_settled_anew_on_its_first_day() -> None:
    later = Licence(licensee="Posterhaus", places=("etsy:thief",), starts=date(2026, 12, 1), seq=2)
    first_day = datetime(2026, 12, 1, tzinfo=UTC)
    decided = told(case(), Ruling.INFRINGING)
    for known in ((), (decided,)):
        settled = settle(case(), rules(*known, licences=(later,)), NOW)
        assert (settled.settled_by, settled.until) == ("D-1" if known else None, first_day)
        assert settle(case(), rules(*known, licences=(later,)), first_day).settled_by == "L-2"
    elsewhere = replace(later, places=("etsy:other",))
    assert settle(case(), rules(licences=(elsewhere,)), NOW).until is None


def test_a_licence_that_ends_on_the_last_day_there_is_never_ends() -> None:
    for_ever = Licence(licensee="Posterhaus", places=("*",), ends=date(9999, 12, 31), seq=1)
    settled = settle(case(), rules(licences=(for_ever,)), NOW)
    assert (settled.reviewed, settled.until) == (Reviewed.LICENSED, None)


def test_a_second_person_must_confirm_where_two_are_asked_for() -> None:
    one = told(case(), Ruling.INFRINGING)
    same = told(case(), Ruling.INFRINGING, seq=2)
    second = told(case(), Ruling.INFRINGING, seq=3, reviewer="Ben")
    assert reviewed(case(), rules(one, people=2)) is Reviewed.TO_CONFIRM
    assert reviewed(case(), rules(one, same, people=2)) is Reviewed.TO_CONFIRM
    assert reviewed(case(), rules(one, second, people=2)) is Reviewed.INFRINGING
    assert reviewed(case(), rules(told(case(), Ruling.UNSURE), people=2)) is Reviewed.UNSURE


def test_two_people_agree_until_the_word_of_one_of_them_has_ended() -> None:
    tomorrow = NOW + timedelta(days=1)
    one = told(case(), Ruling.INFRINGING, until=tomorrow)
    other = told(case(), Ruling.INFRINGING, seq=2, reviewer="Ben")
    assert settle(case(), rules(one, other, people=2), NOW).until == tomorrow
    assert settle(case(), rules(one, other, people=2), tomorrow).reviewed is Reviewed.TO_CONFIRM
    assert settle(case(), rules(one, other), NOW).until is None


def test_two_spellings_of_a_name_are_one_person() -> None:
    one, other = (
        told(case(), Ruling.INFRINGING, seq=seq, reviewer=name) for seq, name in ((1, "Ana  Maria"), (2, "ana maria"))
    )
    assert reviewed(case(), rules(one, other, people=2)) is Reviewed.TO_CONFIRM


def test_who_said_something_else_since_confirms_no_more() -> None:
    first, changed, other = (
        told(case(), ruling, seq=seq, reviewer=name)
        for seq, (ruling, name) in enumerate(
            ((Ruling.INFRINGING, "Ana"), (Ruling.LICENSED, "Ana"), (Ruling.INFRINGING, "Ben")), start=1
        )
    )
    assert reviewed(case(), rules(first, other, people=2)) is Reviewed.INFRINGING
    assert reviewed(case(), rules(first, changed, other, people=2)) is Reviewed.TO_CONFIRM


_RULINGS = st.sampled_from([each for each in Ruling if each is not Ruling.UNDONE])
_CASES = st.builds(
    lambda name, contents, seller: case(name, *contents, seller=seller),
    st.sampled_from("123"),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
    st.sampled_from(["etsy:x", "etsy:y", None]),
)
_SCOPES = st.sampled_from([Scope.LISTING, Scope.SELLER, Scope.CONTENT])


@given(of=_CASES, said=st.lists(st.tuples(_CASES, _RULINGS, _SCOPES), max_size=6))
def test_a_picture_that_nobody_ever_saw_is_never_hidden_by_what_was_said_of_pictures(
    of: Case, said: list[tuple[Case, Ruling, Scope]]
) -> None:
    by = rules(*(told(on, ruling, scope, seq=number) for number, (on, ruling, scope) in enumerate(said, 1)))
    settled = settle(of, by, NOW)
    seen = {each.content for on, ruling, _ in said if not ruling.about_right for each in on.shown}
    if not {each.content for each in of.shown} <= seen:
        assert settled.reviewed in (Reviewed.OPEN, Reviewed.LICENSED, Reviewed.OWN_SHOP)
    if settled.reviewed is not Reviewed.OPEN:
        assert settled.because
        assert settled.settled_by is not None
    if settled.reviewed is Reviewed.INFRINGING:
        assert any(on.candidate_id == of.candidate_id and ruling is Ruling.INFRINGING for on, ruling, _ in said)
