"""`/case/{candidate}`: one listing and one work of the owner's, with the proof in sight."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from casebook.findings import ReferenceKind
from casebook.rulings import Reviewed, Ruling, Scope
from review.filters import filter_of, query_of
from review.handoff import handoff_row
from review.reviewer import reviewer_in

if TYPE_CHECKING:
    from casebook.casebook import Casebook
    from casebook.findings import Match
    from casebook.renditions import Shown
    from review.desk import Desk
    from review.rendering import Show

AHEAD = 6  # following cases that the page knows; it asks for the first of them before they are needed
SELLER_CASES = 12
GROUP = 200

# Each ruling with its key, its words on the button, and what it says.
RULINGS = (
    (Ruling.INFRINGING, "i", "Infringing", "my work, used without leave"),
    (Ruling.LICENSED, "l", "Licensed", "the seller has leave"),
    (Ruling.OWN_SHOP, "o", "Own shop", "I put it there myself"),
    (Ruling.OWN_PHOTO, "p", "Own photo", "same product, their own photograph"),
    (Ruling.NOT_A_MATCH, "n", "Not a match", "it shows something else"),
    (Ruling.UNSURE, "u", "Unsure", "I cannot tell"),
)
# What the law asks, as something that a person confirms: name, sentence.
CONFIRMED = (
    ("licensed", "The seller has no licence from me."),
    ("own_upload", "Neither I nor somebody for me put it there."),
    ("fair_use", "It is no review, news, comparison or parody, nor otherwise free to use."),
    ("same_picture", "It is my very picture, not only a similar one."),
)
SAME_MARK = "It bears my own mark, not only a similar one."  # where a mark is all that matches

REACHES = {
    Scope.LISTING: "this listing",
    Scope.SELLER: "this seller",
    Scope.CONTENT: "these pictures",
    Scope.REGION: "this part of the reference",
}


def case_router(desk: Desk, show: Show) -> APIRouter:
    """Return `/case/{candidate}`, and `/next`, which leads to the first case."""
    router = APIRouter(include_in_schema=False)

    @router.get("/case/{candidate_id}")
    def case(request: Request, candidate_id: str) -> Response:
        wanted = filter_of(request.query_params)
        template = "case_part.html" if "part" in request.query_params else "case.html"
        with desk.casebook() as casebook:
            row = casebook.case(candidate_id)
            if row is None:
                raise HTTPException(404, "There is no such case, or nothing matches there any more.")
            values = case_values(casebook, row)
            following = casebook.following(candidate_id, wanted, AHEAD + 1)
        values |= {
            "following": json.dumps([each for each in following if each != candidate_id][:AHEAD]),
            "wanted": wanted,
            "query": query_of(wanted),
            "people": desk.people(),
            "reviewer": reviewer_in(request, desk),
            "act": uuid4().hex,
        }
        return show(request, template, values, 200)

    @router.get("/next")
    def following(request: Request) -> Response:
        wanted = filter_of(request.query_params)
        with desk.casebook() as casebook:
            found = casebook.cases(wanted, 1)
        query = str(request.url.query)
        place = f"/case/{found[0]['candidate_id']}" if found else "/queue"
        return RedirectResponse(f"{place}?{query}" if query else place, status_code=303)

    return router


def case_values(casebook: Casebook, row: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a candidate; `row` is its row of the view `candidates`."""
    candidate = casebook.candidate(str(row["candidate_id"]))
    matches = [] if candidate is None else _best_first(row, candidate.matches)
    names = {name for match in matches for name in (match.picture_sha256, match.reference_sha256)}
    renditions = casebook.renditions(sorted(names))
    said = casebook.decisions(str(row["candidate_id"]))
    undone = {each.undoes for each in said}
    return {
        "case": row,
        "claims": json.loads(str(row["picture_claims"] or "[]")),
        "views": [_view(match, renditions, row) for match in matches[:GROUP]],
        "group": casebook.group(str(row["candidate_id"]), GROUP),
        "group_size": casebook.group_size(row),
        "said": [(each, each.seq in undone) for each in said],
        "of_seller": [
            each
            for each in (casebook.of_seller(str(row["seller_key"]), SELLER_CASES + 1) if row["seller_key"] else [])
            if each["candidate_id"] != row["candidate_id"]
        ],
        "first_uses": casebook.first_uses(str(row["work_id"]))[:3],
        "handoff": handoff_row(row),
        "rulings": RULINGS,
        "confirmed": _confirmed(casebook, row),
        "reaches": REACHES,
        "open": row["reviewed"] in (Reviewed.OPEN, Reviewed.TO_CONFIRM),
    }


def _confirmed(casebook: Casebook, row: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is to be confirmed, as it is asked of this candidate: name, sentence."""
    kinds = casebook.reference_kinds(str(row["work_id"]), str(row["reference_sha256"]))
    by_mark = kinds == {ReferenceKind.WATERMARK}
    return [(name, SAME_MARK if by_mark and name == "same_picture" else sentence) for name, sentence in CONFIRMED]


def _best_first(row: dict[str, Any], matches: tuple[Match, ...]) -> list[Match]:
    """Return the matches with the one that the candidate goes by at the front."""
    pair = (row["picture_sha256"], row["reference_sha256"])
    return sorted(matches, key=lambda match: (match.picture_sha256, match.reference_sha256) != pair)


def _view(match: Match, renditions: dict[str, Shown], row: dict[str, Any]) -> dict[str, Any]:
    """Return one pair of pictures with what lays one over the other."""
    geometry = next((found.geometry for found in match.evidence if found.geometry is not None), None)
    drawn = (row["picture_sha256"], row["reference_sha256"]) == (match.picture_sha256, match.reference_sha256)
    return {
        "match": match,
        "picture": renditions.get(match.picture_sha256),
        "reference": renditions.get(match.reference_sha256),
        "transform": json.dumps(geometry.transform if geometry else []),
        "agreed": None if geometry is None or not geometry.agreed else geometry.agreed,
        "inliers": row["inliers"] if drawn else None,
    }
