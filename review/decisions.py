"""`POST /decisions` and `POST /undo`: what the buttons and keys of a case do, with a script or without."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from casebook.deciding import made_decisions, until_of
from casebook.decisions import DecidedMeanwhileError, UnusableDecisionError, UsedActError
from casebook.errors import CopycatchError
from casebook.rulings import REQUIRED_ANSWERS, Ruling, Scope
from review.case import AHEAD
from review.filters import filter_of
from review.reviewer import reviewer_in

if TYPE_CHECKING:
    from casebook.rulings import Decision
    from review.desk import Desk
    from review.rendering import Show

_CONFLICT, _UNUSABLE = 409, 422


def decisions_router(desk: Desk, show: Show) -> APIRouter:
    """Return `/decisions` and `/undo`. A script that asks for JSON gets it; a form is led to the next case."""
    router = APIRouter(include_in_schema=False)

    @router.post("/decisions")
    async def decide(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=2000) as form:
            return await run_in_threadpool(answered, request, form, _decide)

    @router.post("/undo")
    async def undo(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=2000) as form:
            return await run_in_threadpool(answered, request, form, _undo)

    def answered(request: Request, form: FormData, does: Any) -> Response:
        query = str(form.get("query", ""))
        try:
            done = does(desk, reviewer_in(request, desk), form)
        except CopycatchError as error:
            status = _CONFLICT if isinstance(error, (DecidedMeanwhileError, UsedActError)) else _UNUSABLE
            if _wants_json(request):
                return JSONResponse({"message": error.message, "remedy": error.remedy}, status_code=status)
            case = f"/case/{quote(str(form['candidate']), safe='')}" if "candidate" in form else None
            back = f"{case}?{query}" if case and query else case
            values = {"title": "That was not decided", "message": error.message, "remedy": error.remedy, "back": back}
            return show(request, "problem.html", values, status)
        if _wants_json(request):
            return JSONResponse(done)
        place = f"/case/{done['next']}" if done["next"] else "/queue"
        return RedirectResponse(f"{place}?{query}" if query else place, status_code=303)

    return router


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _decide(desk: Desk, reviewer: str, form: FormData) -> dict[str, Any]:
    """Record what a form says; return the decisions, what else they settle, and which case comes next."""
    candidates = list(dict.fromkeys(str(each) for each in form.getlist("candidate")))
    if "group" in form:
        candidates = list(dict.fromkeys([*candidates, *(str(each) for each in form.getlist("member"))]))
    if not candidates:
        raise UnusableDecisionError("no case is named", remedy="Open the case again.")
    confirmed = {str(each) for each in form.getlist("confirmed")}
    with desk.casebook() as casebook, casebook.immediate():
        following = casebook.following(candidates[0], _filter(form), len(candidates) + AHEAD * 4)
        near = {*following, *(str(row["candidate_id"]) for row in casebook.group(candidates[0]))}
        before = casebook.changes_of(near)
        decided = casebook.decide(
            made_decisions(
                casebook,
                candidates,
                _ruling(form),
                reviewer=reviewer,
                now=desk.now(),
                scope=_scope(form),
                until=_until(form),
                note=str(form.get("note", "")).strip(),
                answers={name: REQUIRED_ANSWERS[name] for name in REQUIRED_ANSWERS if name in confirmed},
                act=str(form.get("act", ""))[:64] or None,
            ),
            people=desk.people(),
            seen=_seen(form, candidates),
        )
        settled = set(casebook.settled_by([decision.name for decision in decided]))
        after = casebook.changes_of(near)
    left = [each for each in following if each not in settled | set(candidates)]
    return _told(decided) | {
        "settled": sorted(settled - set(candidates)),
        "following": left[:AHEAD],
        "next": left[0] if left else None,
        # What the reviewer has in sight already and this moved, by nobody else's doing: candidate:change, then the new.
        "moved": {f"{name}:{before[name]}": f"{name}:{after[name]}" for name in before if before[name] != after[name]},
    }


def _undo(desk: Desk, reviewer: str, form: FormData) -> dict[str, Any]:
    """Take back the decisions that a form names, or else what the reviewer decided last; the case comes next."""
    with desk.casebook() as casebook:
        named = [int(str(each)) for each in form.getlist("seq") if str(each).isdecimal() and len(str(each)) < 16]
        undone = casebook.undo(
            named or [decision.seq for decision in casebook.last_act(reviewer)],
            reviewer=reviewer,
            at=desk.now(),
            people=desk.people(),
        )
    return _told(undone) | {"next": undone[0].candidate_id if undone else None}


def _told(decisions: list[Decision]) -> dict[str, Any]:
    return {
        "decisions": [
            {"seq": each.seq, "name": each.name, "candidate": each.candidate_id, "ruling": each.ruling.words}
            for each in decisions
        ]
    }


def _ruling(form: FormData) -> Ruling:
    try:
        ruling = Ruling(str(form.get("ruling", "")))
    except ValueError:
        raise UnusableDecisionError("it is not said what the case is", remedy="Choose one of the buttons.") from None
    if ruling is Ruling.UNDONE:
        raise UnusableDecisionError("an undoing is no ruling", remedy="Use undo for that.")
    return ruling


def _scope(form: FormData) -> Scope | None:
    try:
        return Scope(str(form["scope"])) if form.get("scope") else None
    except ValueError:
        raise UnusableDecisionError("that is no scope", remedy="Choose one of the list.") from None


def _until(form: FormData) -> datetime | None:
    text = str(form.get("until", "")).strip()
    try:
        return until_of(date.fromisoformat(text)) if text else None
    except ValueError:
        raise UnusableDecisionError(f"{text[:40]!r} is no day such as 2027-01-31", remedy="Correct the day.") from None


_DIGITS = 19  # as many as a number in the casebook may have


def _seen(form: FormData, candidates: list[str]) -> dict[str, int]:
    """Return by candidate the change that the reviewer had in sight: fields `seen` of `candidate:change`."""
    seen = (str(each).partition(":") for each in form.getlist("seen"))
    return {
        name: int(change)
        for name, _, change in seen
        if name in candidates and change.isdecimal() and len(change) < _DIGITS
    }


def _filter(form: FormData) -> Any:
    return filter_of(dict(parse_qsl(str(form.get("query", "")))))
