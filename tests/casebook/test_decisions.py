"""The ledger of decisions: added to, never changed, and what stands follows from all of it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from casebook.casebook import Casebook
from casebook.decisions import DecidedMeanwhileError, UnknownCandidateError, UnusableDecisionError, UsedActError
from casebook.permissions import UnusablePermissionError
from casebook.rulings import REQUIRED_ANSWERS, Decision, Licence, Place, PlaceKind, Reviewed, Ruling, Scope
from copycatch.workspace import Workspace
from tests.copycatch.filled import fill, make_workspace

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
ANSWERS = tuple(sorted(REQUIRED_ANSWERS.items()))


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path / "space")
    fill(made)
    return made


def only(casebook: Casebook) -> str:
    (candidate,) = casebook.candidates()
    return candidate.candidate_id


def said(candidate_id: str, ruling: Ruling = Ruling.NOT_A_MATCH, act: str = "act", **changed: object) -> Decision:
    made = Decision(candidate_id=candidate_id, decided_at=AT, reviewer="Ana", ruling=ruling, act=act, answers=ANSWERS)
    return replace(made, **changed)  # type: ignore[arg-type]


def state(casebook: Casebook) -> Reviewed:
    settled = casebook.settlement(only(casebook))
    assert settled is not None
    return settled.reviewed


def test_a_decision_comes_back_with_the_evidence_it_rests_on(space: Workspace) -> None:
    with space.casebook() as casebook:
        candidate_id = only(casebook)
        (added,) = casebook.decide([said(candidate_id, note="seen it", until=LATER, scope=Scope.CONTENT)])
        assert casebook.decisions(candidate_id) == [added]
        (candidate,) = casebook.candidates()
        assert added.pictures == tuple({match.picture_sha256 for match in candidate.matches})
        assert added.references == tuple({match.reference_sha256 for match in candidate.matches})
        assert len(added.evidence_sha256) == 64
        assert (added.seq, added.work_id, added.listing_key) == (1, candidate.work_id, candidate.listing_key)
        assert (added.seller_key, added.note, added.until) == ("generic:s1", "seen it", LATER)


def test_the_hash_of_the_evidence_changes_with_what_was_in_sight(space: Workspace) -> None:
    with space.casebook() as casebook:
        (first,) = casebook.decide([said(only(casebook))])
    with sqlite3.connect(space.casebook_path) as raw:
        raw.execute("UPDATE evidence SET because = 'the hashes differ in 9 of 64 bits'")
    with space.casebook() as casebook:
        (second,) = casebook.decide([said(only(casebook), act="again")])
    assert first.evidence_sha256 != second.evidence_sha256


def test_the_queue_loses_what_is_decided_and_the_candidates_keep_it(space: Workspace) -> None:
    with space.casebook() as casebook:
        assert [row["candidate_id"] for row in casebook.queue_rows()] == [only(casebook)]
        casebook.decide([said(only(casebook))])
        assert casebook.queue_rows() == []
        (row,) = casebook.candidate_rows()
        assert (row["reviewed"], row["settled_by"]) == ("not_a_match", "D-1")
        assert row["review_because"] == "Ana said not a match on 2026-11-22"
        assert casebook.reviewed_counts() == {Reviewed.NOT_A_MATCH: 1}


def test_an_undone_decision_stays_in_the_ledger_and_the_one_before_holds_again(space: Workspace) -> None:
    with space.casebook() as casebook:
        candidate_id = only(casebook)
        casebook.decide([said(candidate_id, Ruling.UNSURE, "1")])
        casebook.decide([said(candidate_id, Ruling.INFRINGING, "2")])
        assert state(casebook) is Reviewed.INFRINGING
        (undone,) = casebook.undo([2], reviewer="Ben", at=LATER)
        assert (undone.ruling, undone.undoes, undone.reviewer) == (Ruling.UNDONE, 2, "Ben")
        assert state(casebook) is Reviewed.UNSURE
        assert casebook.undo([2], reviewer="Ben", at=LATER) == []
        casebook.undo([1], reviewer="Ben", at=LATER)
        assert state(casebook) is Reviewed.OPEN
        assert [each.ruling.value for each in casebook.decisions(candidate_id)] == [
            "unsure", "infringing", "undone", "undone",
        ]  # fmt: skip


@pytest.mark.parametrize("seq", [0, 99, -1, 2**62])
def test_what_was_never_decided_cannot_be_undone(space: Workspace, seq: int) -> None:
    with space.casebook() as casebook, pytest.raises(UnusableDecisionError, match="no decision"):
        casebook.undo([seq], reviewer="Ana", at=AT)


def test_an_undoing_cannot_be_undone(space: Workspace) -> None:
    with space.casebook() as casebook:
        casebook.decide([said(only(casebook))])
        casebook.undo([1], reviewer="Ana", at=LATER)
        with pytest.raises(UnusableDecisionError, match="D-2 is an undoing itself"):
            casebook.undo([2], reviewer="Ana", at=LATER)


def test_one_act_sent_twice_decides_once(space: Workspace) -> None:
    with space.casebook() as casebook:
        first = casebook.decide([said(only(casebook))])
        assert casebook.decide([said(only(casebook))]) == first
        assert len(casebook.decisions(only(casebook))) == 1


def test_an_act_that_says_something_else_or_was_taken_back_since_is_refused(space: Workspace) -> None:
    with space.casebook() as casebook:
        casebook.decide([said(only(casebook))])
        with pytest.raises(UsedActError, match="recorded something else: D-1, not a match"):
            casebook.decide([said(only(casebook), Ruling.UNSURE)])
        casebook.undo([1], reviewer="Ben", at=LATER)
        with pytest.raises(UsedActError, match="D-1 of the act 'act' was taken back since"):
            casebook.decide([said(only(casebook))])
        assert state(casebook) is Reviewed.OPEN


def test_an_act_sent_again_revives_nothing_that_has_ended_meanwhile(space: Workspace) -> None:
    with space.casebook() as casebook:
        first = said(only(casebook), until=LATER)
        casebook.decide([first])
        assert casebook.settle_what_ended(LATER) == 1
        casebook.decide([replace(first, decided_at=LATER)])
        assert state(casebook) is Reviewed.OPEN


def test_each_time_that_something_matches_no_more_or_again_is_a_change_of_a_higher_number(space: Workspace) -> None:
    def change() -> int:
        with sqlite3.connect(space.casebook_path) as raw:
            return int(raw.execute("SELECT change FROM settlement").fetchone()[0])

    with space.casebook() as casebook:
        casebook.decide([said(only(casebook))])
        numbers = [change()]
        for verdict in ("none", "copy", "none", "copy"):
            with sqlite3.connect(space.casebook_path) as raw:
                raw.execute("UPDATE candidate SET verdict = ?", [verdict])
            assert (casebook.settle(AT), casebook.settle(AT)) == (1, 0)
            numbers.append(change())
            assert casebook.reviewed_counts() == ({Reviewed.NOT_A_MATCH: 1} if verdict == "copy" else {})
    assert numbers == sorted(set(numbers))


def test_who_saw_a_case_before_the_matcher_said_something_else_of_it_is_told_so(space: Workspace) -> None:
    with space.casebook() as casebook:
        candidate_id = only(casebook)
        seen = casebook.changes_of([candidate_id])
        with sqlite3.connect(space.casebook_path) as raw:
            raw.execute("UPDATE candidate SET verdict = 'possible'")
        assert (casebook.settle(AT), casebook.settle(AT)) == (1, 0)
        with pytest.raises(DecidedMeanwhileError):
            casebook.decide([said(candidate_id)], seen=seen)
        assert casebook.decide([said(candidate_id)], seen=casebook.changes_of([candidate_id]))


def test_where_nothing_matches_any_more_nothing_is_decided_but_what_was_can_be_undone(space: Workspace) -> None:
    with space.casebook() as casebook:
        candidate_id = only(casebook)
        casebook.decide([said(candidate_id)])
        casebook.sync_works([], [])
        casebook.refresh_candidates(AT)
        with pytest.raises(UnusableDecisionError, match="nothing matches at the candidate"):
            casebook.decide([said(candidate_id, act="again")])
        (undone,) = casebook.undo([1], reviewer="Ana", at=LATER)
        assert undone.undoes == 1
        with pytest.raises(UnusableDecisionError, match="D-2 is an undoing itself"):
            casebook.undo([2], reviewer="Ana", at=LATER)


def test_an_act_cannot_bear_the_name_of_an_undoing(space: Workspace) -> None:
    with space.casebook() as casebook:
        casebook.decide([said(only(casebook), act="act")])
        with pytest.raises(UnusableDecisionError, match="cannot begin with 'undo '"):
            casebook.decide([said(only(casebook), act="undo act")])
        casebook.undo([1], reviewer="Ana", at=LATER)
        assert state(casebook) is Reviewed.OPEN


def test_the_last_act_of_a_person_is_what_is_left_of_it(space: Workspace) -> None:
    with space.casebook() as casebook:
        (decided,) = casebook.decide([said(only(casebook))])
        assert casebook.last_act("Ana") == [decided]
        assert casebook.last_act("Ben") == []
        casebook.undo([decided.seq], reviewer="Ana", at=LATER)
        assert casebook.last_act("Ana") == []


def test_what_changed_since_it_was_seen_is_not_decided(space: Workspace) -> None:
    with space.casebook() as casebook:
        candidate_id = only(casebook)
        with pytest.raises(DecidedMeanwhileError, match="no longer as you saw it"):
            casebook.decide([said(candidate_id)], seen={candidate_id: 99})
        assert casebook.decisions(candidate_id) == []


def test_a_decision_on_nothing_known_is_refused_and_takes_the_whole_act_with_it(space: Workspace) -> None:
    with space.casebook() as casebook:
        with pytest.raises(UnknownCandidateError, match="no candidate nothing"):
            casebook.decide([said(only(casebook)), said("nothing")])
        assert casebook.decisions(only(casebook)) == []


@pytest.mark.parametrize("missing", sorted(REQUIRED_ANSWERS))
def test_nothing_is_infringing_before_the_law_is_answered(space: Workspace, missing: str) -> None:
    wrong = dict(REQUIRED_ANSWERS) | {missing: "yes" if REQUIRED_ANSWERS[missing] == "no" else "no"}
    left_out = {name: answer for name, answer in REQUIRED_ANSWERS.items() if name != missing}
    with space.casebook() as casebook:
        for answers in (wrong, left_out):
            with pytest.raises(UnusableDecisionError, match=missing):
                casebook.decide([said(only(casebook), Ruling.INFRINGING, answers=tuple(answers.items()))])


@pytest.mark.parametrize(
    "changed",
    [
        {"reviewer": " "},
        {"reviewer": "x" * 101},
        {"reviewer": "two\nlines"},
        {"note": "x" * 5001},
        {"ruling": Ruling.LICENSED, "scope": Scope.CONTENT},
        {"ruling": Ruling.OWN_SHOP, "scope": Scope.REGION},
        {"ruling": Ruling.NOT_A_MATCH, "scope": Scope.REGION},
    ],
)
def test_what_cannot_be_decided_is_refused_with_a_remedy(space: Workspace, changed: dict[str, object]) -> None:
    with space.casebook() as casebook:
        with pytest.raises(UnusableDecisionError) as refused:
            casebook.decide([replace(said(only(casebook)), **changed)])  # type: ignore[arg-type]
        assert refused.value.remedy
        assert state(casebook) is Reviewed.OPEN


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decision SET ruling = 'unsure'",
        "DELETE FROM decision",
        "UPDATE decision_picture SET seq = 2",
        "DELETE FROM decision_picture",
        "INSERT OR REPLACE INTO decision SELECT * FROM decision",
        "INSERT INTO decision_picture SELECT seq, 'another' FROM decision",
        "UPDATE decision_chain SET sha256 = 'forged'",
        "INSERT OR REPLACE INTO decision_chain SELECT seq, 'forged' FROM decision_chain",
        "DELETE FROM decision_chain",
    ],
)
def test_the_file_itself_refuses_to_change_or_forget_a_decision(space: Workspace, statement: str) -> None:
    with space.casebook() as casebook:
        casebook.decide([said(only(casebook))])
    with (
        sqlite3.connect(space.casebook_path) as raw,
        pytest.raises(sqlite3.IntegrityError, match="a decision is never"),
    ):
        raw.execute(statement)


@pytest.mark.parametrize(
    ("forgery", "first"),
    [
        ("UPDATE decision SET reviewer = 'Eve' WHERE seq = 2", "D-2"),
        ("UPDATE decision SET evidence_sha256 = 'forged' WHERE seq = 1", "D-1"),
        ("DELETE FROM decision_picture WHERE seq = 2", "D-2"),
        ("DELETE FROM decision_picture; DELETE FROM decision WHERE seq = 3", "D-1"),
        ("UPDATE decision_chain SET sha256 = 'forged' WHERE seq = 3", "D-3"),
        ("DELETE FROM decision_chain WHERE seq = 3", "D-3"),
    ],
)
def test_who_takes_the_locks_off_and_forges_a_decision_is_found_out(space: Workspace, forgery: str, first: str) -> None:
    with space.casebook() as casebook:
        for act in ("1", "2", "3"):
            (decided,) = casebook.decide([said(only(casebook), act=act)])
            assert casebook.decisions_numbered([decided.seq]) == {decided.seq: decided}
            assert len(decided.chain_sha256) == 64
        assert casebook.broken_link() is None
    with sqlite3.connect(space.casebook_path) as raw:
        for (trigger,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {trigger}")
        raw.executescript(forgery)
    with space.casebook() as casebook:
        assert casebook.broken_link() == first


def test_decisions_of_an_older_casebook_are_chained_when_it_is_opened(space: Workspace) -> None:
    with space.casebook() as casebook:
        for act in ("1", "2"):
            (decided,) = casebook.decide([said(only(casebook), act=act)])
    with sqlite3.connect(space.casebook_path) as raw:
        raw.executescript(
            """
            DROP TRIGGER decision_added; DROP TRIGGER decision_picture_added; DROP TABLE decision_chain;
            ALTER TABLE settlement DROP COLUMN sight;
            DELETE FROM _sqlite_migrations WHERE name = 'm011_chain';
            PRAGMA user_version = 10;
            """
        )
    with space.casebook() as casebook:
        assert casebook.broken_link() is None
        assert casebook.decisions_numbered([2]) == {2: decided}


def test_own_places_and_licences_settle_and_are_counted_out_again(space: Workspace) -> None:
    with space.casebook() as casebook:
        place = casebook.add_place(Place(kind=PlaceKind.OWN, place="shop.example"), AT)
        licence = casebook.add_licence(Licence(licensee="Posterhaus", places=("*",)), AT)
        casebook.settle(AT)
        assert state(casebook) is Reviewed.OWN_SHOP
        (use,) = casebook.first_uses("W-0001")
        assert use["url"] == "https://shop.example/item/1"
        assert casebook.remove_place(place.seq, LATER)
        assert not casebook.remove_place(place.seq, LATER)
        casebook.settle(LATER)
        assert state(casebook) is Reviewed.LICENSED
        assert casebook.remove_licence(licence.seq, LATER)
        casebook.settle(LATER)
        assert state(casebook) is Reviewed.OPEN
        assert (casebook.places(), casebook.licences()) == ([], [])


@pytest.mark.parametrize(
    "licence",
    [
        Licence(licensee="", places=("*",)),
        Licence(licensee="x", places=()),
        Licence(licensee="x", places=("*",), starts=AT.date(), ends=(AT - timedelta(days=1)).date()),
    ],
)
def test_a_licence_that_holds_for_nothing_is_refused(space: Workspace, licence: Licence) -> None:
    with space.casebook() as casebook, pytest.raises(UnusablePermissionError):
        casebook.add_licence(licence, AT)


@pytest.mark.parametrize("where", ["", "  ", "*"])
def test_a_place_that_is_nowhere_or_everywhere_is_refused(space: Workspace, where: str) -> None:
    with space.casebook() as casebook, pytest.raises(UnusablePermissionError):
        casebook.add_place(Place(kind=PlaceKind.OWN, place=where), AT)


def test_what_held_until_a_moment_is_open_once_it_has_come(space: Workspace) -> None:
    with space.casebook() as casebook:
        casebook.decide([said(only(casebook), until=LATER)])
        assert casebook.settle_what_ended(LATER - timedelta(seconds=1)) == 0
        assert casebook.settle_what_ended(LATER) == 1
        assert state(casebook) is Reviewed.OPEN


def test_settling_twice_changes_nothing(space: Workspace) -> None:
    with space.casebook() as casebook:
        casebook.decide([said(only(casebook))])
        assert casebook.settle(LATER) == 0


def test_a_refuted_picture_is_told_as_a_pair_until_that_is_undone(space: Workspace) -> None:
    def refuted() -> list[tuple[str, str]]:
        with sqlite3.connect(space.casebook_path) as raw:
            return raw.execute("SELECT * FROM refuted").fetchall()

    with space.casebook() as casebook:
        (candidate,) = casebook.candidates()
        casebook.decide([said(candidate.candidate_id)])
        assert refuted() == [(candidate.matches[0].picture_sha256, candidate.matches[0].reference_sha256)]
        casebook.undo([1], reviewer="Ana", at=LATER)
        assert refuted() == []


def test_the_answers_are_kept_as_they_were_given(space: Workspace) -> None:
    with space.casebook() as casebook:
        casebook.decide([said(only(casebook), Ruling.INFRINGING)])
    with sqlite3.connect(space.casebook_path) as raw:
        (answers,) = raw.execute("SELECT answers FROM decision").fetchone()
    assert json.loads(answers) == REQUIRED_ANSWERS
