from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from casebook.findings import Candidate, Reference, ReferenceKind, Verdict, WorkKind
from casebook.number_sets import NumberSet
from casebook.types import ListingState
from tests.casebook.comparing import comparable
from tests.casebook.makers import (
    NIGHT,
    RENDERING,
    at,
    gone_visit,
    listing,
    match,
    page_visit,
    picture,
    picture_visit,
    reference,
    run,
    sha,
    work,
)

if TYPE_CHECKING:
    from casebook.casebook import Casebook
    from casebook.findings import Match

NEVER = (Verdict.NONE,)


def know_works(casebook: Casebook, *names: str) -> None:
    casebook.sync_works([work(name) for name in names], [reference(name) for name in names])


def show(casebook: Casebook, listing_id: str, **contents: str) -> None:
    """Listing `listing_id` shows these contents at these addresses."""
    casebook.record(page_visit(listing(listing_id, *contents), 1))
    for name, content in contents.items():
        casebook.record(picture_visit(name, content, 2))


def examine(casebook: Casebook, content: str, *matches: Match, minutes: float = 10) -> None:
    """The matcher holds a picture against all current references."""
    found = [(match, RENDERING) for match in matches]
    casebook.record_examination(picture(content), "matcher", everything(casebook), found, at(minutes))


def everything(casebook: Casebook) -> NumberSet:
    return NumberSet.of(casebook.reference_numbers().values())


def verdicts(casebook: Casebook) -> dict[tuple[str, str], str]:
    return {(c.listing_key, c.work_id): c.verdict.value for c in casebook.candidates(tuple(Verdict))}


def test_works_and_references_come_back(casebook: Casebook) -> None:
    artwork = replace(work("tree"), kind=WorkKind.ARTWORK)
    broken = replace(reference("tree"), problem="truncated")
    casebook.sync_works([artwork, work("sea")], [broken, reference("sea")])
    assert casebook.works() == [work("sea"), artwork]
    assert casebook.references() == [reference("sea"), broken]


def test_works_gone_from_the_folder_are_kept_but_not_current(casebook: Casebook) -> None:
    know_works(casebook, "tree", "sea")
    know_works(casebook, "sea")
    assert (casebook.works(), casebook.references()) == ([work("sea")], [reference("sea")])
    assert len(comparable(casebook.path)["references"]) == 2
    know_works(casebook, "tree")
    assert casebook.works() == [work("tree")]


def test_a_reference_picture_stored_twice_goes_by_its_first_path(casebook: Casebook) -> None:
    twice = [Reference(sha256=sha("same"), work_id="tree", path=path) for path in ("b.jpg", "a.jpg", "c.jpg")]
    casebook.sync_works([work("tree")], twice)
    assert casebook.references() == [twice[1]]


def test_an_examination_adds_what_decoding_told(casebook: Casebook) -> None:
    show(casebook, "1", a="red")
    decoded = replace(picture("red"), width=640, height=480, problem="truncated")
    casebook.record_examination(decoded, "matcher", NumberSet(), [], at(10))
    assert casebook.picture(sha("red")) == decoded
    examine(casebook, "red", minutes=11)
    assert casebook.picture(sha("red")) == replace(decoded, problem=None)


def test_a_match_makes_a_candidate_with_all_its_evidence(casebook: Casebook) -> None:
    know_works(casebook, "tree")
    show(casebook, "1", a="red")
    examine(casebook, "red", match("red", "tree"))
    assert casebook.candidates() == [
        Candidate(
            listing_key="shop:1",
            work_id="tree",
            verdict=Verdict.COPY,
            score=0.9,
            because="the same picture",
            matches=(match("red", "tree"),),
            first_found_at=at(10),
            last_found_at=at(10),
        )
    ]
    assert casebook.rendering(sha("red"), sha("reference tree")) == RENDERING
    assert casebook.rendering(sha("red"), sha("reference sea")) is None


def test_a_match_without_drawing_has_no_rendering(casebook: Casebook) -> None:
    show(casebook, "1", a="red")
    casebook.record_examination(picture("red"), "matcher", NumberSet(), [(match("red", "tree"), None)], at(10))
    assert casebook.rendering(sha("red"), sha("reference tree")) is None


def test_a_match_that_comes_to_nothing_makes_no_candidate_until_it_comes_to_something(casebook: Casebook) -> None:
    know_works(casebook, "tree")
    show(casebook, "1", a="red")
    copy = match("red", "tree")
    nothing = replace(copy, verdict=Verdict.NONE)
    examine(casebook, "red", nothing)
    assert casebook.candidates() == []
    for now, expected in ((copy, [copy]), (nothing, [])):
        casebook.refresh_candidates(at(20), lambda known, now=now: [now])
        assert [each for found in casebook.candidates() for each in found.matches] == expected


def test_there_is_one_candidate_per_listing_and_work_best_match_first(casebook: Casebook) -> None:
    know_works(casebook, "tree", "sea")
    show(casebook, "1", a="red", b="blue")
    show(casebook, "2", a="red")
    possible = match("red", "tree", Verdict.POSSIBLE, 0.99)
    examine(casebook, "red", possible, match("red", "sea", score=0.8))
    examine(casebook, "blue", match("blue", "tree", score=0.5))
    assert verdicts(casebook) == {
        ("shop:1", "tree"): "copy",
        ("shop:1", "sea"): "copy",
        ("shop:2", "tree"): "possible",
        ("shop:2", "sea"): "copy",
    }
    (best,) = (c for c in casebook.candidates() if (c.listing_key, c.work_id) == ("shop:1", "tree"))
    assert best.matches == (match("blue", "tree", score=0.5), possible)


def test_candidates_can_be_asked_for_by_verdict_and_time(casebook: Casebook) -> None:
    know_works(casebook, "tree", "sea")
    show(casebook, "1", a="red", b="blue")
    examine(casebook, "red", match("red", "tree"), minutes=10)
    examine(casebook, "blue", match("blue", "sea", Verdict.POSSIBLE), minutes=20)
    assert [c.work_id for c in casebook.candidates()] == ["tree", "sea"]
    assert [c.work_id for c in casebook.candidates([Verdict.POSSIBLE])] == ["sea"]
    assert [c.work_id for c in casebook.candidates(since=at(15))] == ["sea"]
    assert casebook.candidates(NEVER) == []


def test_a_picture_examined_before_makes_a_candidate_of_the_next_listing_that_shows_it(casebook: Casebook) -> None:
    know_works(casebook, "tree")
    show(casebook, "1", a="red")
    examine(casebook, "red", match("red", "tree"))
    show(casebook, "2", b="red")
    casebook.refresh_candidates(at(30))
    assert {c.listing_key: c.first_found_at for c in casebook.candidates()} == {"shop:1": at(10), "shop:2": at(30)}


def test_refreshing_changes_nothing_that_has_not_changed(casebook: Casebook) -> None:
    know_works(casebook, "tree")
    show(casebook, "1", a="red")
    examine(casebook, "red", match("red", "tree"))
    before = casebook.candidate_rows()
    casebook.refresh_candidates(at(30))
    casebook.refresh_candidates(at(40))
    assert casebook.candidate_rows() == before


def test_the_newest_examination_holds(casebook: Casebook) -> None:
    know_works(casebook, "tree", "sea")
    show(casebook, "1", a="red")
    examine(casebook, "red", match("red", "tree"), match("red", "sea"))
    better = match("red", "sea", Verdict.POSSIBLE, 0.4)
    examine(casebook, "red", better, minutes=20)
    assert verdicts(casebook) == {("shop:1", "tree"): "none", ("shop:1", "sea"): "possible"}
    (cleared,) = casebook.candidates(NEVER)
    assert (cleared.matches, cleared.score, cleared.first_found_at) == ((), 0, at(10))
    assert [row["work_id"] for row in casebook.candidate_rows()] == ["sea"]


def test_a_match_found_again_keeps_when_its_candidate_was_first_found(casebook: Casebook) -> None:
    know_works(casebook, "tree")
    show(casebook, "1", a="red")
    for minutes, matches in ((10, [match("red", "tree")]), (20, []), (30, [match("red", "tree")])):
        examine(casebook, "red", *matches, minutes=minutes)
    (found,) = casebook.candidates()
    assert (found.verdict, found.first_found_at, found.last_found_at) == (Verdict.COPY, at(10), at(30))


def test_evidence_of_another_stage_version_stands_beside_the_older(casebook: Casebook) -> None:
    show(casebook, "1", a="red")
    old = match("red", "tree")
    new = replace(old, evidence=(replace(old.evidence[0], stage_version=2, parameters="library 2.0"),))
    examine(casebook, "red", old)
    examine(casebook, "red", new)
    tables = comparable(casebook.path)
    assert (len(tables["evidence"]), len(tables["match_evidence"])) == (3, 1)


def test_a_work_gone_from_the_folder_has_no_candidates_until_it_is_back(casebook: Casebook) -> None:
    know_works(casebook, "tree")
    show(casebook, "1", a="red")
    examine(casebook, "red", match("red", "tree"))
    for names, verdict in (([], "none"), (["tree"], "copy")):
        know_works(casebook, *names)
        casebook.refresh_candidates(at(30))
        assert verdicts(casebook) == {("shop:1", "tree"): verdict}


def test_one_reference_picture_of_two_works_makes_two_candidates(casebook: Casebook) -> None:
    casebook.sync_works([work("tree"), work("sea")], [reference("same", of="tree"), reference("same", of="sea")])
    show(casebook, "1", a="red")
    examine(casebook, "red", match("red", "same"))
    assert verdicts(casebook) == {("shop:1", "tree"): "copy", ("shop:1", "sea"): "copy"}


def test_where_a_work_is_known_the_mark_on_it_makes_no_candidates_of_other_works(casebook: Casebook) -> None:
    works = [work("tree"), work("sea")]
    marks = [replace(reference("mark", of=each.work_id), kind=ReferenceKind.WATERMARK) for each in works]
    show(casebook, "1", a="red")
    for references, expected in (
        (marks, {"tree": "copy", "sea": "copy"}),
        ([*marks, reference("tree")], {"tree": "copy", "sea": "none"}),
        (marks, {"tree": "copy", "sea": "copy"}),
    ):
        casebook.sync_works(works, references)
        examine(casebook, "red", match("red", "mark"), *(match("red", "tree") for each in references[2:]))
        casebook.refresh_candidates(at(20))
        assert {work_id: verdict for (_, work_id), verdict in verdicts(casebook).items()} == expected


def test_a_copy_that_was_swapped_away_stays_a_candidate_that_is_no_longer_shown(casebook: Casebook) -> None:
    know_works(casebook, "tree")
    show(casebook, "1", a="red", b="red")
    examine(casebook, "red", match("red", "tree"))
    shown = []
    for night, swaps in ((2, ["a"]), (3, ["b"])):
        casebook.begin_run(run(night))
        casebook.record(page_visit(listing("1", "a", "b"), 1, night))
        for name in swaps:
            casebook.record(picture_visit(name, "green", 2, night))
        casebook.refresh_candidates(at(9, night))
        (row,) = casebook.candidate_rows()
        shown.append((row["still_shown"], row["verdict"]))
    assert shown == [(1, "copy"), (0, "copy")]


def test_a_candidate_row_tells_a_complaint_tool_what_it_needs(casebook: Casebook) -> None:
    know_works(casebook, "tree")
    show(casebook, "1", other="green", a="red", b="red")
    examine(casebook, "red", match("red", "tree"))
    (row,) = casebook.candidate_rows()
    expected = {
        "verdict": "copy",
        "because": "the same picture",
        "relation": "same photograph",
        "edits": "cropped (50 % shown), mirrored",
        "expected_false_alarms": 0.25,
        "work_title": "The tree",
        "listing_url": "https://shop.example/item/1",
        "listing_title": "A print",
        "price_amount": "12.50",
        "price_currency": "EUR",
        "state": "live",
        "marketplace": "shop",
        "seller_name": "Seven Prints",
        "picture_sha256": sha("red"),
        "picture_url": "https://cdn.example/a.jpg",
        "picture_position": 1,
        "reference_path": "tree.jpg",
        "stages": "orb, phash",
        "mirrored": 1,
        "matching_pictures": 1,
        "still_shown": 1,
        "side_by_side": RENDERING.side_by_side,
        "first_found_at": "2026-03-01T02:10:00.000000Z",
        "first_seen_at": "2026-03-01T02:01:00.000000Z",
    }
    assert {name: row[name] for name in expected} == expected


def test_the_queue_puts_copies_before_possible_and_live_before_gone(casebook: Casebook) -> None:
    know_works(casebook, "tree")
    cases = {
        "1": ("red", Verdict.POSSIBLE, 0.99),
        "2": ("green", Verdict.COPY, 0.7),
        "3": ("blue", Verdict.COPY, 0.8),
        "4": ("grey", Verdict.COPY, 0.95),
    }
    for listing_id, (content, verdict, score) in cases.items():
        show(casebook, listing_id, **{content: content})
        examine(casebook, content, match(content, "tree", verdict, score))
    casebook.record(gone_visit("4", 5))
    casebook.settle(NIGHT)
    assert [(row["place"], row["listing_id"]) for row in casebook.queue_rows()] == [
        (1, "3"),
        (2, "2"),
        (3, "4"),
        (4, "1"),
    ]


def test_sellers_are_counted_by_what_they_copied(casebook: Casebook) -> None:
    know_works(casebook, "tree", "sea")
    show(casebook, "1", a="red", b="blue")
    casebook.record(page_visit(listing("2", state=ListingState.SOLD_OUT), 3))
    examine(casebook, "red", match("red", "tree"))
    examine(casebook, "blue", match("blue", "sea", Verdict.POSSIBLE))
    (row,) = casebook._view("SELECT * FROM sellers")
    counts = {name: value for name, value in row.items() if isinstance(value, int)}
    assert counts == {
        "listings": 2,
        "listings_live": 1,
        "listings_suspected": 1,
        "copies": 1,
        "possible_copies": 1,
        "works_copied": 1,
    }
