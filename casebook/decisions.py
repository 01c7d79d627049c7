"""The ledger of decisions: rows are added and never changed; what was undone stays in it, with its undoing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from casebook.chain import LINKED, links
from casebook.decision_rows import decision_columns, decision_of
from casebook.errors import CasebookError
from casebook.rulings import REQUIRED_ANSWERS, Decision, Ruling, Scope
from casebook.settlements import Settlements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

_ADD = """
INSERT INTO decision (
    candidate_id, listing_key, work_id, seller_key, decided_at, reviewer, act, ruling, scope, until, region_reference,
    region, note, answers, work_references, evidence_sha256, undoes
) VALUES (
    :candidate_id, :listing_key, :work_id, :seller_key, :decided_at, :reviewer, :act, :ruling, :scope, :until,
    :region_reference, :region, :note, :answers, :work_references, :evidence_sha256, :undoes
)
"""

_CANDIDATE = """
SELECT c.candidate_id, c.listing_key, c.work_id, l.seller_key, s.change
FROM candidate AS c JOIN listing AS l USING (listing_key) LEFT JOIN settlement AS s USING (candidate_id)
WHERE c.candidate_id = :candidate_id
"""

_SELECT = """
SELECT d.*, (
    SELECT json_group_array(picture_sha256) FROM decision_picture AS p WHERE p.seq = d.seq ORDER BY picture_sha256
) AS pictures, c.sha256 AS chain_sha256
FROM decision AS d LEFT JOIN decision_chain AS c USING (seq)
"""

# All that a person has in sight: each matched picture and reference, with what every stage said of them.
_EVIDENCE = """
SELECT DISTINCT
    cm.picture_sha256, cm.reference_sha256, cm.verdict, cm.because, e.evidence_id, e.verdict, e.score, e.because
FROM candidate AS c
JOIN candidate_match AS cm ON cm.listing_key = c.listing_key AND cm.work_id = c.work_id
LEFT JOIN match_evidence AS me
    ON me.picture_sha256 = cm.picture_sha256 AND me.reference_sha256 = cm.reference_sha256
LEFT JOIN evidence AS e USING (evidence_id)
WHERE c.candidate_id = :candidate_id
ORDER BY 1, 2, 5
"""

_REFERENCES = "SELECT DISTINCT sha256 FROM reference WHERE work_id = :work_id AND current ORDER BY sha256"

_LONGEST_NAME, _LONGEST_NOTE = 100, 5000
_UNDOING = "undo "  # before the name of the act that is taken back


class UnknownCandidateError(CasebookError):
    """There is no candidate of that id."""


class UnusableDecisionError(CasebookError):
    """A decision lacks what it must have, or says what cannot be."""


class DecidedMeanwhileError(CasebookError):
    """The case is no longer as the reviewer saw it: somebody decided it, or a scan found something."""


class UsedActError(CasebookError):
    """An act has recorded something else already, or what it recorded was taken back."""


class Decisions(Settlements):
    def decide(
        self, decisions: Sequence[Decision], *, people: int = 1, seen: Mapping[str, int] | None = None
    ) -> list[Decision]:
        """Add decisions, all of them or none; return them with their numbers and the evidence they rest on.

        An act that is known already is returned as it was recorded: sending one twice decides once. `seen` gives by
        candidate the `change` of its settlement that the reviewer had in sight; `people` is how many must say that
        something infringes.

        Raises:
            UnknownCandidateError: the casebook knows no such candidate.
            UnusableDecisionError: answers that the law asks for are missing, or ruling and scope do not go together.
            DecidedMeanwhileError: a case has changed since it was seen.
            UsedActError: an act is known that said something else, or was taken back.
        """
        with self.immediate():
            recorded = []
            for act, group in groupby(decisions, key=lambda decision: decision.act):
                recorded += self._recorded_before(act, said := list(group)) or self._record_act(said, seen or {})
            if recorded:
                # As they were sent now: an act that is sent again settles nothing as of the day it was first sent.
                latest = max(decision.decided_at for decision in decisions)
                self.settle(latest, people=people, candidates=self._touched(recorded))
        return recorded

    def undo(self, seqs: Iterable[int], *, reviewer: str, at: datetime, people: int = 1) -> list[Decision]:
        """Take decisions back, by newer ones; return these. What was undone already stays so and is left out.

        Raises:
            UnusableDecisionError: there is no such decision, or it is an undoing itself.
        """
        with self.immediate():
            undone = [decision for seq in seqs if (decision := self._undo(seq, reviewer, at)) is not None]
            if undone:
                self.settle(at, people=people, candidates=self._touched(undone))
        return undone

    def decisions(self, candidate_id: str) -> list[Decision]:
        """Return every decision on a candidate, oldest first, undone ones and undoings included."""
        rows = self._run(f"{_SELECT} WHERE candidate_id = :id ORDER BY seq", {"id": candidate_id})
        return [decision_of(row) for row in rows.fetchall()]

    def decisions_since(self, seq: int, limit: int = 1000) -> list[Decision]:
        """Return the decisions after number `seq`, oldest first."""
        rows = self._run(f"{_SELECT} WHERE seq > :seq ORDER BY seq LIMIT :limit", {"seq": seq, "limit": limit})
        return [decision_of(row) for row in rows.fetchall()]

    def decisions_numbered(self, seqs: Iterable[int]) -> dict[int, Decision]:
        """Return decisions by their numbers; those that there are none of are left out."""
        where = "WHERE seq IN (SELECT value FROM json_each(:seqs))"
        rows = self._run(f"{_SELECT} {where}", {"seqs": list(seqs)})
        return {row["seq"]: decision_of(row) for row in rows.fetchall()}

    def last_decision(self) -> int:
        """Return the number of the newest decision, 0 where there is none."""
        return int(self._first("SELECT coalesce(max(seq), 0) AS last FROM decision", {})["last"])

    def of_act(self, act: str) -> list[Decision]:
        """Return what one act decided."""
        rows = self._run(f"{_SELECT} WHERE act = :act ORDER BY seq", {"act": act})
        return [decision_of(found) for found in rows.fetchall()]

    def last_act(self, reviewer: str) -> list[Decision]:
        """Return what the newest act of a reviewer decided that is not undone."""
        row = self._first(
            "SELECT act FROM decision AS d WHERE reviewer = :reviewer AND ruling <> 'undone' "
            "AND NOT EXISTS (SELECT 1 FROM decision AS u WHERE u.undoes = d.seq) ORDER BY seq DESC LIMIT 1",
            {"reviewer": reviewer},
        )
        return [] if row is None else [each for each in self.of_act(row["act"]) if each.reviewer == reviewer]

    def broken_link(self) -> str | None:
        """Return the first decision, such as `D-17`, that is not as it was when it was recorded; None where all are."""
        known = {row["seq"]: row["sha256"] for row in self._run("SELECT seq, sha256 FROM decision_chain", {})}
        found = dict(links("", map(tuple, self._run(LINKED, {"after": 0}))))
        wrong = [seq for seq in known.keys() | found.keys() if known.get(seq) != found.get(seq)]
        return f"D-{min(wrong)}" if wrong else None

    def _link(self, seq: int) -> str:
        """Add the newest decision to the chain; return its hash."""
        last = self._first("SELECT sha256 FROM decision_chain ORDER BY seq DESC LIMIT 1", {})
        ((_, sha256),) = links(
            "" if last is None else last["sha256"], map(tuple, self._run(LINKED, {"after": seq - 1}))
        )
        self._run("INSERT INTO decision_chain VALUES (:seq, :sha256)", {"seq": seq, "sha256": sha256})
        return sha256

    def _recorded_before(self, act: str, said: Sequence[Decision]) -> list[Decision]:
        """Return what an act recorded when it was sent before, in the order of `said`; nothing where it is new.

        Raises:
            UsedActError: it said something else then, or was taken back since.
        """
        known = {each.candidate_id: each for each in self.of_act(act)}
        if not known:
            return []
        first = next(iter(known.values()))
        remedy = "Nothing was recorded. Open the case again; a program gives each request an act of its own."
        if {_meaning(each) for each in said} != {_meaning(each) for each in known.values()}:
            raise UsedActError(
                f"the act {act!r} recorded something else: {first.name}, {first.ruling.words} on {first.candidate_id}",
                remedy=remedy,
            )
        undone = self._run(
            "SELECT undoes FROM decision WHERE undoes IN (SELECT value FROM json_each(:seqs)) ORDER BY undoes",
            {"seqs": [each.seq for each in known.values()]},
        ).fetchone()
        if undone is not None:
            raise UsedActError(f"D-{undone['undoes']} of the act {act!r} was taken back since", remedy=remedy)
        return [known[each.candidate_id] for each in said]

    def _record_act(self, said: Sequence[Decision], seen: Mapping[str, int]) -> list[Decision]:
        for decision in said:
            self._check_unchanged(decision.candidate_id, seen)
        return [self._record(decision) for decision in said]

    def _check_unchanged(self, candidate_id: str, seen: Mapping[str, int]) -> None:
        row = self._first(_CANDIDATE, {"candidate_id": candidate_id})
        if row is not None and candidate_id in seen and row["change"] != seen[candidate_id]:
            raise DecidedMeanwhileError(
                f"the case {candidate_id} is no longer as you saw it",
                remedy="Look at it again: somebody decided it meanwhile, or a scan found something new.",
            )

    def _record(self, decision: Decision) -> Decision:
        _check(decision)
        row = self._first(_CANDIDATE, {"candidate_id": decision.candidate_id})
        if row is None:
            raise UnknownCandidateError(
                f"there is no candidate {decision.candidate_id}", remedy="`copycatch candidates` names them."
            )
        evidence = [tuple(found) for found in self._run(_EVIDENCE, {"candidate_id": decision.candidate_id})]
        if not evidence and decision.ruling is not Ruling.UNDONE:
            raise UnusableDecisionError(
                f"nothing matches at the candidate {decision.candidate_id} any more",
                remedy="There is nothing to decide; what was decided of it stays in the ledger.",
            )
        pictures = tuple(sorted({found[0] for found in evidence}))
        known = self._run(_REFERENCES, {"work_id": row["work_id"]}).fetchall()
        recorded = replace(
            decision,
            listing_key=row["listing_key"],
            work_id=row["work_id"],
            seller_key=row["seller_key"],
            pictures=pictures,
            references=tuple(reference["sha256"] for reference in known),
            evidence_sha256=hashlib.sha256(json.dumps(evidence).encode()).hexdigest(),
        )
        seq = self._run(_ADD, decision_columns(recorded)).lastrowid or 0
        for picture in pictures:
            self._run("INSERT INTO decision_picture VALUES (:seq, :picture)", {"seq": seq, "picture": picture})
        return replace(recorded, seq=seq, chain_sha256=self._link(seq))

    def _undo(self, seq: int, reviewer: str, at: datetime) -> Decision | None:
        row = self._first(f"{_SELECT} WHERE seq = :seq", {"seq": seq})
        if row is None:
            raise UnusableDecisionError(
                f"there is no decision D-{seq} to undo", remedy="`copycatch candidates --all` names what was decided."
            )
        if row["ruling"] == Ruling.UNDONE:
            raise UnusableDecisionError(
                f"D-{seq} is an undoing itself, and cannot be undone", remedy="Decide the candidate anew."
            )
        if self._first("SELECT 1 FROM decision WHERE undoes = :seq", {"seq": seq}) is not None:
            return None
        undone = decision_of(row)
        return self._record(
            Decision(
                candidate_id=undone.candidate_id,
                decided_at=at,
                reviewer=reviewer,
                ruling=Ruling.UNDONE,
                act=f"{_UNDOING}{undone.act}",
                undoes=seq,
            )
        )


def _meaning(decision: Decision) -> tuple[object, ...]:
    """Return what a person said, without what the casebook adds."""
    return (
        decision.candidate_id, decision.ruling, decision.scope, decision.until, decision.note,
        tuple(sorted(decision.answers)), decision.reviewer.strip(),
    )  # fmt: skip


def _check(decision: Decision) -> None:
    """Raise UnusableDecisionError where a decision cannot be recorded."""
    name = decision.reviewer.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UnusableDecisionError(
            "a decision needs the name of the person who takes it", remedy="Give a name of 1 to 100 characters."
        )
    if decision.act.startswith(_UNDOING) and decision.ruling is not Ruling.UNDONE:
        raise UnusableDecisionError(
            f"the name of an act cannot begin with {_UNDOING!r}", remedy="Open the case again, or name it otherwise."
        )
    if len(decision.note) > _LONGEST_NOTE:
        raise UnusableDecisionError(
            f"the note is longer than {_LONGEST_NOTE} characters", remedy="Say it in fewer words."
        )
    if decision.until is not None and decision.until <= decision.decided_at:
        raise UnusableDecisionError(
            "this decision would have ended before it was taken", remedy="Give today or a later day (UTC), or none."
        )
    if decision.ruling.about_right and decision.scope not in (Scope.LISTING, Scope.SELLER):
        raise UnusableDecisionError(
            f"{decision.ruling.words} is about who shows the work, and so holds for a listing or a seller",
            remedy="Choose that scope, or write down a licence for it.",
        )
    if decision.scope is Scope.REGION and (decision.region is None or decision.ruling is not Ruling.NOT_A_MATCH):
        raise UnusableDecisionError(
            "a part of a reference can only be no match, and it must be said which part",
            remedy="Say not a match, of a picture whose agreeing part is known.",
        )
    answers = dict(decision.answers)
    wrong = [name for name, needed in REQUIRED_ANSWERS.items() if answers.get(name) != needed]
    if decision.ruling is Ruling.INFRINGING and wrong:
        needed = ", ".join(f"{name} = {REQUIRED_ANSWERS[name]}" for name in wrong)
        raise UnusableDecisionError(
            f"nothing is infringing before this is answered so: {needed}",
            remedy="Answer what the law asks; where an answer is another one, choose another ruling, or unsure.",
        )
