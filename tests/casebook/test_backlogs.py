"""No picture is compared twice with one reference, whatever comes and goes, and no comparison is left out."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.casebook import Casebook
from casebook.edits import Relation
from casebook.findings import Evidence, Match, ReferenceKind, Verdict, WorkKind
from casebook.number_sets import NumberSet
from matching.stage import Context
from matching.verdicts import decided, weighed
from tests.casebook.makers import at, listing, match, page_visit, picture, picture_visit, reference, run, sha, work

Folder = dict[str, WorkKind]  # the owner's references by name, each of a work of its own
PHOTO, ARTWORK = WorkKind.PHOTO, WorkKind.ARTWORK


def know(casebook: Casebook, folder: Folder) -> None:
    kinds = {"d": ReferenceKind.WATERMARK}
    casebook.sync_works(
        [replace(work(name), kind=kind) for name, kind in folder.items()],
        [replace(reference(name), kind=kinds.get(name, ReferenceKind.PICTURE)) for name in folder],
    )


def photos(*names: str) -> Folder:
    return dict.fromkeys(names, PHOTO)


def show(casebook: Casebook, *contents: str) -> None:
    """A listing of its own shows each of these pictures."""
    for content in contents:
        casebook.record(page_visit(listing(content, content), 1))
        casebook.record(picture_visit(content, content, 2))


def to_compare(casebook: Casebook, matcher: str = "matcher") -> list[tuple[set[str], set[str]]]:
    """What the backlogs ask for: names of references with contents of pictures."""
    names = {number: name for name in "abcd" if (number := casebook.reference_numbers().get(sha(f"reference {name}")))}
    contents = {sha(content): content for content in ("red", "blue", "green")}
    return [
        (
            {names[number] for number in backlog.references},
            {contents[found.sha256] for found in casebook.backlog_pictures(backlog, matcher)},
        )
        for backlog in casebook.backlogs(matcher)
    ]


def compare(casebook: Casebook, matcher: str = "matcher") -> None:
    for backlog in casebook.backlogs(matcher):
        for found in casebook.backlog_pictures(backlog, matcher):
            casebook.record_examination(found, matcher, backlog.references, [], at(10))


def test_a_picture_seen_in_a_listing_lacks_every_reference_at_first(casebook: Casebook) -> None:
    know(casebook, photos("a", "b"))
    show(casebook, "red", "blue")
    casebook.record(picture_visit("nowhere", "green", 3))
    assert to_compare(casebook) == [({"a", "b"}, {"red", "blue"})]
    assert [backlog.pictures for backlog in casebook.backlogs("matcher")] == [2]
    compare(casebook)
    assert to_compare(casebook) == []


def test_without_references_there_is_nothing_to_compare(casebook: Casebook) -> None:
    show(casebook, "red")
    assert to_compare(casebook) == []


def test_old_pictures_lack_the_new_reference_only_and_new_pictures_all(casebook: Casebook) -> None:
    know(casebook, photos("a", "b"))
    show(casebook, "red")
    compare(casebook)
    know(casebook, photos("a", "b", "c"))
    show(casebook, "blue")
    assert to_compare(casebook) == [({"a", "b", "c"}, {"blue"}), ({"c"}, {"red"})]


def test_a_reference_that_comes_back_meets_only_the_pictures_it_never_met(casebook: Casebook) -> None:
    show(casebook, "red")
    know(casebook, photos("a", "b"))
    compare(casebook)
    know(casebook, photos("b"))
    assert to_compare(casebook) == []
    show(casebook, "blue")
    compare(casebook)
    know(casebook, photos("a", "b"))
    assert to_compare(casebook) == [({"a"}, {"blue"})]


def test_a_reference_that_becomes_art_meets_every_picture_again(casebook: Casebook) -> None:
    show(casebook, "red")
    know(casebook, photos("a", "b"))
    compare(casebook)
    for kind in (ARTWORK, PHOTO):
        know(casebook, {"a": kind, "b": PHOTO})
        assert to_compare(casebook) == [({"a"}, {"red"})]
        compare(casebook)


def test_a_picture_that_serves_as_a_watermark_as_well_is_compared_anew(casebook: Casebook) -> None:
    show(casebook, "red")
    know(casebook, photos("a"))
    compare(casebook)
    mark = replace(reference("a"), kind=ReferenceKind.WATERMARK)
    casebook.sync_works([work("a")], [reference("a"), mark])
    assert to_compare(casebook) == [({"a"}, {"red"})]


def test_another_work_of_the_same_kind_makes_no_difference(casebook: Casebook) -> None:
    show(casebook, "red")
    know(casebook, photos("a"))
    compare(casebook)
    casebook.sync_works([work("a"), work("twin")], [reference("a"), reference("a", of="twin")])
    assert to_compare(casebook) == []


def test_another_matcher_begins_from_scratch(casebook: Casebook) -> None:
    show(casebook, "red")
    know(casebook, photos("a"))
    compare(casebook)
    assert to_compare(casebook, "matcher 2") == [({"a"}, {"red"})]
    compare(casebook, "matcher 2")
    assert to_compare(casebook, "matcher") == [({"a"}, {"red"})], "only the newest examination is kept"


def test_a_picture_that_could_not_be_read_this_time_is_tried_again(casebook: Casebook) -> None:
    show(casebook, "red")
    know(casebook, photos("a"))
    casebook.record_problem(replace(picture("red"), problem="its bytes are missing"))
    assert to_compare(casebook) == [({"a"}, {"red"})]
    found = casebook.picture(sha("red"))
    assert found is not None
    assert found.problem == "its bytes are missing"


def test_a_long_backlog_is_read_in_parts_while_it_gets_shorter(casebook: Casebook) -> None:
    know(casebook, photos("a"))
    contents = [str(number) for number in range(2100)]
    with casebook.immediate():
        show(casebook, *contents)
    (backlog,) = casebook.backlogs("matcher")
    seen = []
    for found in casebook.backlog_pictures(backlog, "matcher"):
        seen.append(found.sha256)
        casebook.record_examination(found, "matcher", backlog.references, [], at(10))
    assert seen == sorted(map(sha, contents))
    assert casebook.backlogs("matcher") == []


def test_a_comparison_with_some_references_leaves_the_matches_with_others(casebook: Casebook) -> None:
    show(casebook, "red")
    know(casebook, photos("a", "b"))
    numbers = casebook.reference_numbers()
    a, b = (NumberSet.of([numbers[sha(f"reference {name}")]]) for name in "ab")
    for references, found in ((a | b, [match("red", "a"), match("red", "b")]), (b, [])):
        casebook.record_examination(picture("red"), "matcher", references, [(each, None) for each in found], at(10))
    assert [candidate.work_id for candidate in casebook.candidates()] == ["a"]
    casebook.record_examination(picture("red"), "matcher 2", b, [], at(20))
    assert casebook.candidates() == [], "another matcher has not confirmed it"


def test_a_sibling_is_demoted_by_what_is_found_later_and_stands_again_when_that_leaves(casebook: Casebook) -> None:
    show(casebook, "red")
    know(casebook, photos("a", "b"))
    numbers = casebook.reference_numbers()
    context = Context(libraries={})
    decide = partial(decided, context=context)

    def verdicts() -> dict[str, str]:
        return {candidate.work_id: candidate.verdict.value for candidate in casebook.candidates()}

    for name, log_odds in (("a", 6.0), ("b", 9.0)):
        found = weighed([found_of("red", name, log_odds)], context)
        assert found is not None
        references = NumberSet.of([numbers[sha(f"reference {name}")]])
        casebook.record_examination(picture("red"), "matcher", references, [(found, None)], at(10), decide)
        assert verdicts()[name] == "copy"
    assert verdicts() == {"a": "possible", "b": "copy"}
    for folder, expected in ((photos("a"), {"a": "copy"}), (photos("a", "b"), {"a": "possible", "b": "copy"})):
        know(casebook, folder)
        casebook.refresh_candidates(at(20), decide)
        assert verdicts() == expected


# What follows is one random history after another, each against a single comparison of everything at its end.

NAMES, CONTENTS = "abcd", ("red", "blue", "green")
FOLDERS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([PHOTO, ARTWORK]))
EVENTS = st.one_of(
    st.tuples(st.just("folder"), FOLDERS),
    st.tuples(st.just("show"), st.sampled_from(CONTENTS)),
    st.tuples(st.just("compare"), st.integers(0, 4)),  # killed after so many pictures
    st.tuples(st.just("update"), st.none()),
    st.tuples(st.just("budget"), st.sampled_from([100.0, 1.0, 0.01])),
)


LEFT, RIGHT = (0.0, 0.0, 4.0, 0.0, 4.0, 3.0, 0.0, 3.0), (5.0, 0.0, 9.0, 0.0, 9.0, 3.0, 5.0, 3.0)


def found_of(content: str, name: str, log_odds: float, outline: tuple[float, ...] = LEFT) -> Evidence:
    """Evidence that the reference lies there in the picture; beyond log-odds of 0 it says copy."""
    (evidence, _) = match(content, name, Verdict.COPY if log_odds > 0 else Verdict.POSSIBLE).evidence
    assert evidence.geometry is not None
    return replace(
        evidence,
        score=0.5 + log_odds / 100,
        relation=Relation.SAME_PHOTOGRAPH if log_odds > 0 else Relation.SAME_SCENE,
        log_odds=log_odds,
        geometry=replace(evidence.geometry, outline=outline),
    )


def answer(content: str, name: str, kind: WorkKind, matcher: int, context: Context) -> Match | None:
    """What a matcher of this version would say: nothing to do with pictures, but always the same."""
    found, odds, side, *_ = hashlib.sha256(f"{content} {name} {kind} {matcher}".encode()).digest()
    evidence = found_of(content, name, odds / 32 - 2, LEFT if side % 2 else RIGHT)
    return weighed([evidence if name != "d" else replace(evidence, log_odds=None)], context) if found % 3 else None


class Owner:
    """An owner with a folder, a casebook, and a matcher that counts what it has compared."""

    def __init__(self, path: Path) -> None:
        self.casebook = Casebook.open(path, create=True)
        self.casebook.begin_run(run(1))
        self.folder: Folder = {}
        self.shown: set[str] = set()
        self.matcher = 1
        self.budget = 100.0
        self.kind_changes: Counter[str] = Counter()
        self.last_kinds: Folder = {}
        self.compared: Counter[tuple[str, str, int, int]] = Counter()

    def put(self, folder: Folder) -> None:
        for name, kind in folder.items():
            self.kind_changes[name] += self.last_kinds.get(name, kind) is not kind
        self.last_kinds |= folder
        self.folder = folder
        know(self.casebook, folder)

    def show(self, content: str) -> None:
        self.shown.add(content)
        show(self.casebook, content)

    def compare(self, most: int | None = None) -> None:
        matcher = f"matcher {self.matcher}"
        context = Context(libraries={}, budget=self.budget)
        decide = partial(decided, context=context)
        names = {self.casebook.reference_numbers()[sha(f"reference {name}")]: name for name in self.folder}
        contents = {sha(content): content for content in self.shown}
        waiting = (
            (backlog, found)
            for backlog in self.casebook.backlogs(matcher)
            for found in self.casebook.backlog_pictures(backlog, matcher)
        )
        for backlog, found in islice(waiting, most):
            content = contents[found.sha256]
            held = [names[number] for number in backlog.references]
            self.compared.update((content, name, self.kind_changes[name], self.matcher) for name in held)
            answers = [answer(content, name, self.folder[name], self.matcher, context) for name in held]
            self.casebook.record_examination(
                found, matcher, backlog.references, [(each, None) for each in answers if each], at(10), decide
            )
        if most is None:
            self.casebook.refresh_candidates(at(20), decide)

    def candidates(self) -> list[tuple[object, ...]]:
        return sorted(
            (each.listing_key, each.work_id, each.verdict, each.score, each.because, each.matches)
            for each in self.casebook.candidates()
        )


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, max_size=14))
def test_whatever_came_and_went_candidates_are_those_of_one_comparison_of_everything(
    events: list[tuple[str, object]],
) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        owner, fresh = Owner(Path(folder) / "long.db"), Owner(Path(folder) / "fresh.db")
        with owner.casebook, fresh.casebook:
            for event, value in events:
                match event:
                    case "folder":
                        assert isinstance(value, dict)
                        owner.put(value)
                    case "show":
                        owner.show(str(value))
                    case "compare":
                        assert isinstance(value, int)
                        owner.compare(most=value)
                    case "budget":
                        assert isinstance(value, float)
                        owner.budget = value
                    case _:
                        owner.matcher += 1
            owner.compare()
            fresh.matcher, fresh.budget = owner.matcher, owner.budget
            fresh.put(owner.folder)
            for content in sorted(owner.shown):
                fresh.show(content)
            fresh.compare()
            assert owner.candidates() == fresh.candidates()
            assert [times for times in owner.compared.values() if times > 1] == []
