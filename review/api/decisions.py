"""`/api/decisions`: the ledger, to read and to add to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from casebook.deciding import default_scope, made_decisions, until_of
from casebook.decisions import UnusableDecisionError
from casebook.rulings import Ruling
from review.api.models import Decided, DecisionRecord, DecisionRequest, Ledger, LedgerQuery, UndoRequest
from review.api.problems import RefusedError, documented

if TYPE_CHECKING:
    from casebook.casebook import Casebook
    from casebook.rulings import Decision
    from review.desk import Desk


def decisions_router(desk: Desk) -> APIRouter:
    """Return `/decisions` and `/decisions/undo`."""
    router = APIRouter(tags=["decisions"])

    @router.get("/decisions", summary="The ledger", responses=documented(409))
    def ledger(asked: Annotated[LedgerQuery, Query()]) -> Ledger:
        """Decisions and undoings after the cursor, oldest first."""
        with desk.casebook() as casebook:
            if asked.cursor > (last := casebook.last_decision()):
                raise RefusedError(
                    409,
                    f"the cursor {asked.cursor} is ahead of this ledger, which ends at {last}",
                    remedy="The casebook was restored or is another one: begin again with cursor 0.",
                )
            found = casebook.decisions_since(asked.cursor, asked.limit)
        cursor = found[-1].seq if found else asked.cursor
        return Ledger(decisions=[decision_record(each) for each in found], cursor=cursor)

    @router.post("/decisions", summary="Decide", responses=documented(400, 404, 409, 413))
    def decide(asked: DecisionRequest) -> Decided:
        """Record what a person says of candidates, all or nothing."""
        with desk.casebook() as casebook, casebook.immediate():
            decided = _decided(casebook, desk, asked)
        return Decided(decisions=[decision_record(each) for each in decided])

    @router.post("/decisions/undo", summary="Take back", responses=documented(400, 404, 413))
    def undo(asked: UndoRequest) -> Decided:
        """Take decisions back by newer ones. Those that are taken back already are left out of the answer."""
        with desk.casebook() as casebook:
            try:
                undone = casebook.undo(
                    dict.fromkeys(asked.decisions), reviewer=asked.reviewer, at=desk.now(), people=desk.people()
                )
            except UnusableDecisionError as error:
                status = 422 if _nameless(asked.reviewer) else 404
                raise RefusedError(status, error.message, remedy=error.remedy) from None
        return Decided(decisions=[decision_record(each) for each in undone])

    return router


def decision_record(decision: Decision) -> DecisionRecord:
    """Return a decision as the interface gives it."""
    return DecisionRecord(
        decision=decision.name,
        number=decision.seq,
        candidate_id=decision.candidate_id,
        listing_key=decision.listing_key,
        work_id=decision.work_id,
        seller_key=decision.seller_key,
        decided_at=decision.decided_at,
        reviewer=decision.reviewer,
        act=decision.act,
        ruling=decision.ruling,
        scope=decision.scope,
        until=decision.until,
        note=decision.note,
        answers=dict(decision.answers),
        pictures=list(decision.pictures),
        references=list(decision.references),
        evidence_sha256=decision.evidence_sha256,
        chain_sha256=decision.chain_sha256,
        undoes=None if decision.undoes is None else f"D-{decision.undoes}",
    )


def _decided(casebook: Casebook, desk: Desk, asked: DecisionRequest) -> list[Decision]:
    """Record what is asked for."""
    ruling = Ruling(asked.ruling)
    candidates = list(dict.fromkeys(asked.candidates))
    if unknown := [each for each in candidates if casebook.candidate(each) is None]:
        raise RefusedError(404, f"there is no candidate {unknown[0]}", remedy="/api/candidates names them.")
    if strangers := sorted(set(asked.seen) - set(candidates)):
        raise RefusedError(
            422,
            f"seen names {strangers[0]}, which is not among the candidates",
            remedy="Correct it; nothing was recorded.",
        )
    made = made_decisions(
        casebook,
        candidates,
        ruling,
        reviewer=asked.reviewer.strip(),
        now=desk.now(),
        scope=asked.scope or default_scope(ruling),
        until=until_of(asked.until),
        note=asked.note,
        answers={str(name): str(answer) for name, answer in asked.answers.items()},
        act=asked.act,
    )
    return casebook.decide(made, people=desk.people(), seen=dict(asked.seen))


def _nameless(reviewer: str) -> bool:
    return not reviewer.strip() or not reviewer.strip().isprintable()
